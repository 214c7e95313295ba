"""Infusions: planned, given, corrected or cancelled; a correction's earlier values stand in the audit."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Uuid,
    insert,
    select,
    text,
    update,
)

from checkin.domain.ids import ClinicId, InfusionId, PersonId
from checkin.domain.infusion import FORGOTTEN, Dose, DoseUnit, Infusion, InfusionState, Route
from checkin.storage.data_keys import get_key, get_keys
from checkin.storage.engine import Transaction
from checkin.storage.keyring import DataKey
from checkin.storage.schema import Instant, SealedBytes, clinic_id, constant, metadata, person_id, row_id

_UNCONFIRMED = text("state = 'planned' AND forgotten_at IS NULL")

infusions = Table(
    "infusions",
    metadata,
    row_id(),
    clinic_id(),
    Column("patient_id", Uuid, ForeignKey("patients.person_id"), nullable=False),
    Column("state", String(12), nullable=False),
    Column("at", Instant, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("treatment", SealedBytes, nullable=False),
    Column("note", SealedBytes, nullable=True),
    person_id("recorded_by", nullable=True),
    Column("protocol", String(120), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    # When a planned one that nobody confirmed stopped counting, and the prompts it had stopped came back.
    Column("forgotten_at", Instant, nullable=True),
    CheckConstraint("state IN ('planned', 'given', 'cancelled')", name="state"),
    Index("ix_infusions_patient", "patient_id", "at"),
    Index("ix_infusions_clinic", "clinic_id", "at"),
    Index("ix_infusions_unconfirmed", "at", sqlite_where=_UNCONFIRMED, postgresql_where=_UNCONFIRMED),
)


def add_infusion(tx: Transaction, infusion: Infusion, clinic: ClinicId, now: datetime) -> None:
    key = get_key(tx, infusion.patient_id)
    tx.execute(
        insert(infusions).values(
            id=infusion.id,
            clinic_id=clinic,
            patient_id=infusion.patient_id,
            created_at=now,
            recorded_by=infusion.recorded_by,
            **_values(key, infusion),
        )
    )


def change_infusion(tx: Transaction, infusion: Infusion, *, expected: int) -> bool:
    """Write the corrected values if the row still has revision ``expected``; else return False."""
    key = get_key(tx, infusion.patient_id)
    changed = (
        update(infusions)
        .where(infusions.c.id == infusion.id, infusions.c.revision == expected)
        .values(_values(key, infusion))
    )
    return tx.execute(changed).rowcount == 1


def forgotten_patients(tx: Transaction, now: datetime, limit: int) -> tuple[tuple[PersonId, ClinicId], ...]:
    """Return patients with a planned infusion that was not confirmed in time and not marked yet."""
    found = select(infusions.c.patient_id, infusions.c.clinic_id).where(*_forgotten(now))
    rows = tx.execute(found.distinct().limit(limit))
    return tuple((PersonId(row.patient_id), ClinicId(row.clinic_id)) for row in rows)


def mark_forgotten(tx: Transaction, patient: PersonId, now: datetime) -> None:
    """Note which of the patient's planned infusions have stopped counting."""
    changed = update(infusions).where(infusions.c.patient_id == patient, *_forgotten(now))
    tx.execute(changed.values(forgotten_at=now))


def _forgotten(now: datetime) -> tuple[ColumnElement[bool], ...]:
    unconfirmed = infusions.c.state == constant(InfusionState.PLANNED)
    return unconfirmed, infusions.c.forgotten_at.is_(None), infusions.c.at <= now - FORGOTTEN


def protocol_of(tx: Transaction, infusion: InfusionId) -> str:
    """Return the reference of the protocol that an infusion's prompts follow."""
    return tx.execute(select(infusions.c.protocol).where(infusions.c.id == infusion)).scalar_one()


def protocols_of(tx: Transaction, ids: Iterable[InfusionId]) -> Mapping[InfusionId, str]:
    """Return the reference of the protocol that the prompts of each of several infusions follow."""
    rows = tx.execute(select(infusions.c.id, infusions.c.protocol).where(infusions.c.id.in_(list(ids))))
    return {InfusionId(row.id): row.protocol for row in rows}


def infusions_of(tx: Transaction, patient: PersonId) -> tuple[Infusion, ...]:
    """Return a patient's infusions, earliest first, cancelled ones too."""
    return infusions_by_patient(tx, [patient]).get(patient, ())


def infusions_by_patient(
    tx: Transaction, patients: Iterable[PersonId]
) -> Mapping[PersonId, tuple[Infusion, ...]]:
    """Return the infusions of several patients in two statements."""
    wanted = list(patients)
    keys = get_keys(tx, wanted)
    found: dict[PersonId, list[Infusion]] = {}
    rows = tx.execute(
        select(infusions).where(infusions.c.patient_id.in_(wanted)).order_by(infusions.c.at, infusions.c.id)
    )
    for row in rows:
        found.setdefault(row.patient_id, []).append(_infusion_from(keys[row.patient_id], row))
    return {patient: tuple(values) for patient, values in found.items()}


def latest_given(tx: Transaction, patient: PersonId) -> datetime | None:
    """When the patient's last given infusion ended."""
    return tx.execute(
        select(infusions.c.at)
        .where(infusions.c.patient_id == patient, infusions.c.state == constant(InfusionState.GIVEN))
        .order_by(infusions.c.at.desc())
        .limit(1)
    ).scalar_one_or_none()


def latest_given_id(tx: Transaction, patient: PersonId, now: datetime) -> InfusionId | None:
    """Which infusion a check-in given now belongs to: the last one that has ended."""
    return tx.execute(
        select(infusions.c.id)
        .where(
            infusions.c.patient_id == patient,
            infusions.c.state == constant(InfusionState.GIVEN),
            infusions.c.at <= now,
        )
        .order_by(infusions.c.at.desc())
        .limit(1)
    ).scalar_one_or_none()


def _values(key: DataKey, infusion: Infusion) -> dict[str, Any]:
    treatment = {
        "route": infusion.route,
        "amount": None if infusion.dose is None else str(infusion.dose.amount),
        "unit": None if infusion.dose is None else infusion.dose.unit,
    }
    note = infusion.note
    return {
        "state": infusion.state.value,
        "at": infusion.at,
        "forgotten_at": None,
        "zone": infusion.zone,
        "treatment": key.seal(json.dumps(treatment), table="infusions", row=infusion.id, column="treatment"),
        "note": None if not note else key.seal(note, table="infusions", row=infusion.id, column="note"),
        "protocol": infusion.protocol,
        "revision": infusion.revision,
    }


def _infusion_from(key: DataKey, row: Any) -> Infusion:
    treatment = json.loads(key.open(row.treatment, table="infusions", row=row.id, column="treatment"))
    amount, unit, route = treatment["amount"], treatment["unit"], treatment["route"]
    return Infusion(
        id=InfusionId(row.id),
        patient_id=PersonId(row.patient_id),
        state=InfusionState(row.state),
        at=row.at,
        zone=row.zone,
        route=None if route is None else Route(route),
        dose=None if amount is None else Dose(amount=Decimal(amount), unit=DoseUnit(unit)),
        note=None if row.note is None else key.open(row.note, table="infusions", row=row.id, column="note"),
        recorded_by=row.recorded_by,
        protocol=row.protocol,
        revision=row.revision,
    )
