"""Patients: zone history, waking hours and how they want to be reached."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Row,
    String,
    Table,
    Time,
    Uuid,
    insert,
    select,
    update,
)

from checkin.domain.errors import NotFound
from checkin.domain.ids import ClinicId, PersonId, new_id
from checkin.domain.ladder import RUNGS
from checkin.domain.message import ChannelName
from checkin.domain.person import Patient, WakingHours, Zone
from checkin.storage.data_keys import data_keys
from checkin.storage.engine import Transaction
from checkin.storage.people import PERSON_COLUMNS, people, person_from
from checkin.storage.schema import Instant, clinic_id, metadata, person_id, row_id

patients = Table(
    "patients",
    metadata,
    Column("person_id", Uuid, ForeignKey("people.id"), primary_key=True),
    clinic_id(),
    Column("wakes", Time, nullable=False),
    Column("sleeps", Time, nullable=False),
    Column("reminders", Boolean, nullable=False),
    Column("set_up_at", Instant, nullable=True),
    Column("discharged_at", Instant, nullable=True),
    # Names of channels with spaces between them, first choice first; empty: the usual order.
    Column("channels", String(60), nullable=True),
    Column("quiet_agreed_at", Instant, nullable=True),
    Column("refused_zone", String(64), nullable=True),
)

patient_zones = Table(
    "patient_zones",
    metadata,
    row_id(),
    clinic_id(),
    person_id("patient_id"),
    Column("since", Instant, nullable=False),
    Column("zone", String(64), nullable=False),
    Index("ix_patient_zones_patient", "patient_id", "since"),
)


def add_patient(tx: Transaction, patient: Patient, now: datetime) -> None:
    """Store what makes an existing person a patient."""
    tx.execute(
        insert(patients).values(
            person_id=patient.id,
            clinic_id=patient.person.clinic_id,
            wakes=patient.waking.since,
            sleeps=patient.waking.until,
            reminders=patient.reminders,
            set_up_at=patient.set_up_at,
            discharged_at=patient.discharged_at,
        )
    )
    for zone in patient.zones:
        add_zone(tx, patient.id, patient.person.clinic_id, zone, now=now)


def add_zone(tx: Transaction, patient: PersonId, clinic: ClinicId, zone: Zone, *, now: datetime) -> None:
    """Note that the patient is in this zone from ``zone.since`` on; earlier entries stay."""
    tx.execute(
        insert(patient_zones).values(
            id=new_id(now), clinic_id=clinic, patient_id=patient, since=zone.since, zone=zone.name
        )
    )


def change_preferences(
    tx: Transaction, patient: PersonId, *, waking: WakingHours, reminders: bool, set_up_at: datetime
) -> None:
    """Set waking hours and whether reminders are sent."""
    tx.execute(
        update(patients)
        .where(patients.c.person_id == patient)
        .values(wakes=waking.since, sleeps=waking.until, reminders=reminders, set_up_at=set_up_at)
    )


def change_ladder(
    tx: Transaction, patient: PersonId, *, channels: Iterable[ChannelName], quiet_agreed_at: datetime | None
) -> None:
    """Set how the patient is reached, first choice first, and whether also in quiet hours."""
    names = " ".join(channel.value for channel in channels)
    tx.execute(
        update(patients)
        .where(patients.c.person_id == patient)
        .values(channels=names, quiet_agreed_at=quiet_agreed_at)
    )


def refuse_zone(tx: Transaction, patient: PersonId, zone: str | None) -> None:
    """Remember that reminders stay where they are while the phone is in ``zone``; None forgets it."""
    tx.execute(update(patients).where(patients.c.person_id == patient).values(refused_zone=zone))


def set_discharged(tx: Transaction, patient: PersonId, at: datetime | None) -> None:
    tx.execute(update(patients).where(patients.c.person_id == patient).values(discharged_at=at))


def lock_patient(tx: Transaction, patient: PersonId) -> None:
    """Let one writer at a time change a patient's plan; SQLite's write lock does it by itself."""
    # Without key_share it would also hold up every row that refers to the patient. An answer that is being
    # saved has locked its prompt, which the holder of this lock may want next: each would wait for the other.
    wanted = select(patients.c.person_id).where(patients.c.person_id == patient)
    tx.execute(wanted.with_for_update(key_share=True))


def get_patient(tx: Transaction, patient: PersonId, clinic: ClinicId) -> Patient:
    """Return a patient of this clinic. Raises ``NotFound``."""
    found = _patients(tx, patients.c.person_id == patient, patients.c.clinic_id == clinic)
    if not found:
        raise NotFound
    return found[0]


def patients_by_id(tx: Transaction, ids: Iterable[PersonId]) -> Mapping[PersonId, Patient]:
    """Return several patients in two statements."""
    return {patient.id: patient for patient in _patients(tx, patients.c.person_id.in_(list(ids)))}


def patients_of(tx: Transaction, clinic: ClinicId) -> tuple[Patient, ...]:
    """Return every patient of a clinic, in the order of joining."""
    return _patients(tx, patients.c.clinic_id == clinic)


def _patients(tx: Transaction, *where: Any) -> tuple[Patient, ...]:
    columns = (
        patients.c.wakes,
        patients.c.sleeps,
        patients.c.reminders,
        patients.c.set_up_at,
        patients.c.discharged_at,
        patients.c.channels,
        patients.c.quiet_agreed_at,
        patients.c.refused_zone,
    )
    rows = tx.execute(
        select(*PERSON_COLUMNS, *columns)
        .join(data_keys, data_keys.c.person_id == people.c.id)
        .join(patients, patients.c.person_id == people.c.id)
        .where(*where)
        .order_by(people.c.id)
    ).all()
    zones: dict[PersonId, list[Zone]] = {}
    known = select(patient_zones).where(patient_zones.c.patient_id.in_([row.id for row in rows]))
    for zone in tx.execute(known.order_by(patient_zones.c.since, patient_zones.c.id)) if rows else ():
        zones.setdefault(zone.patient_id, []).append(Zone(since=zone.since, name=zone.zone))
    return tuple(_patient_from(tx, row, zones[row.id]) for row in rows)


def _patient_from(tx: Transaction, row: Row[Any], zones: list[Zone]) -> Patient:
    return Patient(
        person=person_from(tx, row),
        zones=tuple(zones),
        waking=WakingHours(since=row.wakes, until=row.sleeps),
        reminders=row.reminders,
        set_up_at=row.set_up_at,
        discharged_at=row.discharged_at,
        channels=channels_from(row.channels),
        quiet_agreed_at=row.quiet_agreed_at,
        refused_zone=row.refused_zone,
    )


def channels_from(stored: str | None) -> tuple[ChannelName, ...]:
    """The rungs of a patient's ladder as the column keeps them."""
    return tuple(ChannelName(name) for name in stored.split()) if stored else RUNGS
