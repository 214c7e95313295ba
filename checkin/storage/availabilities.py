"""Availabilities: a therapist's hours, sealed with the therapist's key, and the busy times uploaded."""

import json
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    Table,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
    update,
)

from checkin.domain.availability import Availability, ExtraHours, WeeklyHours
from checkin.domain.clock import Interval
from checkin.domain.ids import ClinicId, PersonId, new_id
from checkin.storage.data_keys import get_key
from checkin.storage.engine import Transaction
from checkin.storage.keyring import Sealed
from checkin.storage.schema import Instant, SealedBytes, clinic_id, metadata, person_id, row_id

availabilities = Table(
    "availabilities",
    metadata,
    row_id(),
    clinic_id(),
    person_id("therapist_id"),
    Column("content", SealedBytes, nullable=False),
    Column("changed_at", Instant, nullable=False),
    UniqueConstraint("therapist_id"),
)

# Of somebody's other calendar only when it is busy is kept, never what it says.
busy_times = Table(
    "busy_times",
    metadata,
    row_id(),
    clinic_id(),
    person_id("therapist_id"),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("since < until", name="ends_later"),
    Index("ix_busy_times_therapist", "therapist_id", "since"),
)


def store_availability(
    tx: Transaction, therapist: PersonId, clinic: ClinicId, availability: Availability, now: datetime
) -> None:
    """Set a therapist's hours; the caller holds the therapist's lock."""
    known = tx.execute(
        select(availabilities.c.id).where(availabilities.c.therapist_id == therapist)
    ).scalar_one_or_none()
    row = known or new_id(now)
    values = {"content": _sealed(tx, therapist, row, availability), "changed_at": now}
    if known is None:
        tx.execute(insert(availabilities).values(id=row, clinic_id=clinic, therapist_id=therapist, **values))
    else:
        tx.execute(update(availabilities).where(availabilities.c.id == row).values(values))


def find_availability(tx: Transaction, therapist: PersonId) -> Availability | None:
    """Return a therapist's hours, None if none were ever set."""
    row = tx.execute(
        select(availabilities.c.id, availabilities.c.content).where(
            availabilities.c.therapist_id == therapist
        )
    ).one_or_none()
    if row is None:
        return None
    key = get_key(tx, therapist)
    return _read(key.open(row.content, table="availabilities", row=row.id, column="content"))


def replace_busy_times(
    tx: Transaction, therapist: PersonId, clinic: ClinicId, times: Iterable[Interval], now: datetime
) -> None:
    """Forget the busy times uploaded before and keep these."""
    tx.execute(delete(busy_times).where(busy_times.c.therapist_id == therapist))
    rows = [
        {
            "id": new_id(now),
            "clinic_id": clinic,
            "therapist_id": therapist,
            "since": taken.since,
            "until": taken.until,
            "created_at": now,
        }
        for taken in times
    ]
    if rows:
        tx.execute(insert(busy_times), rows)


def busy_times_of(tx: Transaction, therapist: PersonId, span: Interval) -> tuple[Interval, ...]:
    """Return the uploaded busy times that touch ``span``, in order."""
    rows = tx.execute(
        select(busy_times.c.since, busy_times.c.until)
        .where(
            busy_times.c.therapist_id == therapist,
            busy_times.c.since < span.until,
            busy_times.c.until > span.since,
        )
        .order_by(busy_times.c.since, busy_times.c.until)
    )
    return tuple(Interval(since=row.since, until=row.until) for row in rows)


def busy_uploaded(tx: Transaction, therapist: PersonId) -> tuple[int, datetime | None]:
    """Return how many busy times are kept and when they were uploaded."""
    row = tx.execute(
        select(func.count().label("number"), func.max(busy_times.c.created_at).label("uploaded_at")).where(
            busy_times.c.therapist_id == therapist
        )
    ).one()
    return row.number, row.uploaded_at


def _sealed(tx: Transaction, therapist: PersonId, row: UUID, availability: Availability) -> Sealed:
    content = {
        "zone": availability.zone,
        "weekly": [
            [hours.weekday, hours.since.isoformat(), hours.until.isoformat()] for hours in availability.weekly
        ],
        "days_off": sorted(day.isoformat() for day in availability.days_off),
        "extra": [
            [hours.day.isoformat(), hours.since.isoformat(), hours.until.isoformat()]
            for hours in availability.extra
        ],
        "length": availability.length // timedelta(minutes=1),
        "buffer": availability.buffer // timedelta(minutes=1),
    }
    key = get_key(tx, therapist)
    return key.seal(json.dumps(content), table="availabilities", row=row, column="content")


def _read(content: str) -> Availability:
    read = json.loads(content)
    return Availability(
        zone=read["zone"],
        weekly=tuple(
            WeeklyHours(weekday=day, since=time.fromisoformat(since), until=time.fromisoformat(until))
            for day, since, until in read["weekly"]
        ),
        days_off=frozenset(date.fromisoformat(day) for day in read["days_off"]),
        extra=tuple(
            ExtraHours(
                day=date.fromisoformat(day), since=time.fromisoformat(since), until=time.fromisoformat(until)
            )
            for day, since, until in read["extra"]
        ),
        length=timedelta(minutes=read["length"]),
        buffer=timedelta(minutes=read["buffer"]),
    )
