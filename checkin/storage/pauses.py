"""Pauses: the times in which a patient wants no reminders. Nobody asks why."""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import CheckConstraint, Column, ColumnElement, Index, Table, insert, or_, select, update

from checkin.domain.clock import LAST_YEAR, Interval
from checkin.domain.ids import ClinicId, PersonId, new_id
from checkin.storage.engine import Transaction
from checkin.storage.schema import Instant, clinic_id, metadata, person_id, row_id

pauses = Table(
    "pauses",
    metadata,
    row_id(),
    clinic_id(),
    person_id("patient_id"),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=True),
    CheckConstraint("since <= until", name="ends_later"),
    Index("ix_pauses_patient", "patient_id", "since"),
)

_ENDLESS = datetime(LAST_YEAR, 1, 1, tzinfo=UTC)


def add_pause(
    tx: Transaction, patient: PersonId, clinic: ClinicId, since: datetime, until: datetime | None
) -> None:
    """Note a pause; without ``until`` it lasts until the patient resumes."""
    row = {"id": new_id(since), "clinic_id": clinic, "patient_id": patient, "since": since, "until": until}
    tx.execute(insert(pauses).values(row))


def end_pauses(tx: Transaction, patient: PersonId, now: datetime) -> int:
    """End the pause that runs now; return how many did."""
    running = (pauses.c.patient_id == patient, pauses.c.since <= now, _after(now))
    return tx.execute(update(pauses).where(*running).values(until=now)).rowcount


def running_pause(tx: Transaction, patient: PersonId, now: datetime) -> tuple[bool, datetime | None]:
    """Return whether reminders are paused, and until when; None means until the patient resumes."""
    ends = [pause.until for pause in pauses_of(tx, patient, now) if pause.contains(now)]
    last = max(ends, default=None)
    return bool(ends), None if last == _ENDLESS else last


def paused_among(tx: Transaction, patients: Iterable[PersonId], now: datetime) -> frozenset[PersonId]:
    """Return those of several patients whose reminders are paused now."""
    running = (pauses.c.patient_id.in_(list(patients)), pauses.c.since <= now, _after(now))
    return frozenset(
        PersonId(row.patient_id) for row in tx.execute(select(pauses.c.patient_id).where(*running))
    )


def pauses_of(tx: Transaction, patient: PersonId, now: datetime) -> tuple[Interval, ...]:
    """Return the pauses that are not over; one without an end reaches further than any plan."""
    rows = tx.execute(
        select(pauses.c.since, pauses.c.until).where(pauses.c.patient_id == patient, _after(now))
    )
    return tuple(Interval(since=row.since, until=row.until or _ENDLESS) for row in rows)


def _after(now: datetime) -> ColumnElement[bool]:
    return or_(pauses.c.until.is_(None), pauses.c.until > now)
