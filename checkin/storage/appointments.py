"""Appointments and the cells of two people's time that they take: no two can take the same one."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    and_,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    update,
)

from checkin.domain.appointment import HELD, Appointment, AppointmentState, cells
from checkin.domain.clock import Interval
from checkin.domain.errors import NotFound
from checkin.domain.ids import AppointmentId, ClinicId, PersonId, new_id
from checkin.domain.words import Moment
from checkin.storage.engine import Transaction
from checkin.storage.people import people
from checkin.storage.schema import Instant, clinic_id, metadata, person_id, row_id

appointments = Table(
    "appointments",
    metadata,
    row_id(),
    clinic_id(),
    person_id("therapist_id"),
    Column("patient_id", Uuid, ForeignKey("patients.person_id"), nullable=False),
    Column("state", String(12), nullable=False),
    Column("since", Instant, nullable=True),
    Column("until", Instant, nullable=True),
    Column("zone", String(64), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("unlikely", Boolean, nullable=False, server_default=false()),
    CheckConstraint(f"state IN ({', '.join(repr(s.value) for s in AppointmentState)})", name="state"),
    CheckConstraint("state NOT IN ('agreed', 'moved') OR since IS NOT NULL", name="held_at_a_time"),
    CheckConstraint("since < until", name="ends_later"),
    Index("ix_appointments_therapist", "therapist_id", "since"),
    Index("ix_appointments_patient", "patient_id", "since"),
)

appointment_options = Table(
    "appointment_options",
    metadata,
    row_id(),
    clinic_id(),
    Column("appointment_id", Uuid, ForeignKey("appointments.id"), nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("unlikely", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("appointment_id", "since"),
    CheckConstraint("since < until", name="ends_later"),
)

# Each quarter of an hour of somebody's time is given away once, whoever writes at the same moment.
appointment_cells = Table(
    "appointment_cells",
    metadata,
    row_id(),
    clinic_id(),
    person_id("person_id"),
    Column("appointment_id", Uuid, ForeignKey("appointments.id"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    UniqueConstraint("person_id", "at"),
)

_HELD = sorted(state.value for state in HELD)


def lock_therapist(tx: Transaction, therapist: PersonId) -> None:
    """Let one writer at a time change a therapist's calendar; SQLite's write lock does it by itself.

    Who needs the patient's lock too takes it after this one.
    """
    # Without key_share it would also hold up every row that refers to the therapist.
    tx.execute(select(people.c.id).where(people.c.id == therapist).with_for_update(key_share=True))


def add_appointment(tx: Transaction, appointment: Appointment) -> None:
    """Store a new proposal with its options."""
    tx.execute(
        insert(appointments).values(
            id=appointment.id,
            clinic_id=appointment.clinic_id,
            therapist_id=appointment.therapist_id,
            patient_id=appointment.patient_id,
            zone=appointment.zone,
            created_at=appointment.created_at,
            **_changing(appointment),
        )
    )
    rows = [
        {
            "id": new_id(appointment.created_at),
            "clinic_id": appointment.clinic_id,
            "appointment_id": appointment.id,
            "since": option.since,
            "until": option.until,
            "unlikely": option.since in appointment.unlikely,
        }
        for option in appointment.options
    ]
    tx.execute(insert(appointment_options), rows)


def change_appointment(tx: Transaction, before: Appointment, after: Appointment) -> bool:
    """Store the next state and the time it takes; False if it is not as ``before`` any more.

    Raises ``IntegrityError`` when somebody's time is given away already.
    """
    still = and_(
        appointments.c.id == before.id,
        appointments.c.state == before.state.value,
        appointments.c.sequence == before.sequence,
    )
    if tx.execute(update(appointments).where(still).values(_changing(after))).rowcount != 1:
        return False
    tx.execute(delete(appointment_cells).where(appointment_cells.c.appointment_id == after.id))
    if after.slot is not None and after.state in HELD:
        rows = [
            {
                "id": new_id(after.changed_at),
                "clinic_id": after.clinic_id,
                "person_id": person,
                "appointment_id": after.id,
                "at": cell,
            }
            for person in (after.therapist_id, after.patient_id)
            for cell in cells(after.slot)
        ]
        tx.execute(insert(appointment_cells), rows)
    return True


def get_appointment(tx: Transaction, appointment: AppointmentId, clinic: ClinicId) -> Appointment:
    """Return an appointment of this clinic. Raises ``NotFound``."""
    found = _appointments(tx, appointments.c.id == appointment, appointments.c.clinic_id == clinic)
    if not found:
        raise NotFound
    return found[0]


def appointments_of(tx: Transaction, person: PersonId) -> tuple[Appointment, ...]:
    """Return everything proposed to, by or agreed with a person, in the order of making."""
    return _appointments(tx, _with(person))


def agreed_after(tx: Transaction, now: datetime) -> tuple[Appointment, ...]:
    """Return every agreed appointment of all clinics that begins later than ``now``."""
    return _appointments(tx, appointments.c.state.in_(_HELD), appointments.c.since > now)


def to_come(tx: Transaction, clinic: ClinicId, now: datetime) -> dict[PersonId, int]:
    """Return how many agreed appointments that begin later than ``now`` each therapist of a clinic has."""
    wanted = (
        select(appointments.c.therapist_id, func.count().label("number"))
        .where(
            appointments.c.clinic_id == clinic,
            appointments.c.state.in_(_HELD),
            appointments.c.since > now,
        )
        .group_by(appointments.c.therapist_id)
    )
    return {PersonId(row.therapist_id): row.number for row in tx.execute(wanted)}


def next_agreed(tx: Transaction, therapist: PersonId, now: datetime) -> dict[PersonId, Moment]:
    """Return when a therapist next meets each patient, for those with an agreed time that is not over."""
    wanted = (
        select(appointments.c.patient_id, appointments.c.since, appointments.c.zone)
        .where(
            appointments.c.therapist_id == therapist,
            appointments.c.state.in_(_HELD),
            appointments.c.until > now,
        )
        .order_by(appointments.c.since.desc())
    )
    return {PersonId(row.patient_id): Moment(at=row.since, zone=row.zone) for row in tx.execute(wanted)}


def held_times(
    tx: Transaction, person: PersonId, *, until_after: datetime, but: AppointmentId | None = None
) -> tuple[Interval, ...]:
    """Return a person's agreed times that end later than ``until_after``, in order, all ``but`` one."""
    wanted = (
        select(appointments.c.since, appointments.c.until)
        .where(_with(person), appointments.c.state.in_(_HELD), appointments.c.until > until_after)
        .order_by(appointments.c.since)
    )
    if but is not None:
        wanted = wanted.where(appointments.c.id != but)
    return tuple(Interval(since=row.since, until=row.until) for row in tx.execute(wanted))


def held_times_among(
    tx: Transaction, patients: Iterable[PersonId], *, until_after: datetime
) -> Mapping[PersonId, Sequence[Interval]]:
    """Return the agreed times of several patients that end later than ``until_after``, in order."""
    wanted = (
        select(appointments.c.patient_id, appointments.c.since, appointments.c.until)
        .where(
            appointments.c.patient_id.in_(list(patients)),
            appointments.c.state.in_(_HELD),
            appointments.c.until > until_after,
        )
        .order_by(appointments.c.since)
    )
    found: dict[PersonId, list[Interval]] = {}
    for row in tx.execute(wanted):
        found.setdefault(PersonId(row.patient_id), []).append(Interval(since=row.since, until=row.until))
    return found


def _with(person: PersonId) -> Any:
    return or_(appointments.c.therapist_id == person, appointments.c.patient_id == person)


def _changing(appointment: Appointment) -> dict[str, Any]:
    slot = appointment.slot
    return {
        "state": appointment.state.value,
        "since": None if slot is None else slot.since,
        "until": None if slot is None else slot.until,
        "sequence": appointment.sequence,
        "unlikely": appointment.chosen_unlikely,
        "changed_at": appointment.changed_at,
    }


def _appointments(tx: Transaction, *where: Any) -> tuple[Appointment, ...]:
    rows = tx.execute(select(appointments).where(*where).order_by(appointments.c.id)).all()
    options = _options(tx, [row.id for row in rows]) if rows else {}
    return tuple(_appointment_from(row, options.get(row.id, ())) for row in rows)


def _appointment_from(row: Any, options: Sequence[Any]) -> Appointment:
    unlikely = {option.since for option in options if option.unlikely}
    return Appointment(
        id=AppointmentId(row.id),
        clinic_id=ClinicId(row.clinic_id),
        therapist_id=PersonId(row.therapist_id),
        patient_id=PersonId(row.patient_id),
        state=AppointmentState(row.state),
        options=tuple(Interval(since=option.since, until=option.until) for option in options),
        slot=None if row.since is None else Interval(since=row.since, until=row.until),
        zone=row.zone,
        sequence=row.sequence,
        created_at=row.created_at,
        changed_at=row.changed_at,
        unlikely=frozenset(unlikely | ({row.since} if row.unlikely else set())),
    )


def _options(tx: Transaction, ids: Iterable[AppointmentId]) -> dict[AppointmentId, list[Any]]:
    found: dict[AppointmentId, list[Any]] = {}
    wanted = select(appointment_options).where(appointment_options.c.appointment_id.in_(list(ids)))
    for row in tx.execute(wanted.order_by(appointment_options.c.since)):
        found.setdefault(row.appointment_id, []).append(row)
    return found
