"""Check-ins: append-only; answers and notes are sealed with the patient's key."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    bindparam,
    func,
    insert,
    select,
)

from checkin.domain.check_in import CheckIn, Score
from checkin.domain.ids import CheckInId, ClinicId, InfusionId, PersonId, PromptId
from checkin.storage.data_keys import get_keys
from checkin.storage.engine import Transaction
from checkin.storage.keyring import DataKey, Sealed
from checkin.storage.schema import Instant, SealedBytes, clinic_id, metadata, row_id

check_ins = Table(
    "check_ins",
    metadata,
    row_id(),
    clinic_id(),
    Column("patient_id", Uuid, ForeignKey("patients.person_id"), nullable=False),
    Column("infusion_id", Uuid, ForeignKey("infusions.id"), nullable=True),
    Column("prompt_id", Uuid, ForeignKey("prompts.id"), nullable=True),
    Column("submission_key", String(64), nullable=False),
    Column("body_hash", LargeBinary(32), nullable=False),
    Column("answered_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("assisted", Boolean, nullable=False),
    Column("secondary", Boolean, nullable=False),
    Column("corrects", Uuid, ForeignKey("check_ins.id"), nullable=True),
    Column("answers", SealedBytes, nullable=False),
    Column("note", SealedBytes, nullable=True),
    UniqueConstraint("patient_id", "submission_key"),
    UniqueConstraint("corrects"),
    Index("ix_check_ins_patient", "patient_id", "answered_at"),
    Index("ix_check_ins_prompt", "prompt_id"),
)


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What is known of a stored submission without opening it."""

    id: CheckInId
    prompt_id: PromptId | None
    submission_key: str
    body_hash: bytes
    answered_at: datetime
    received_at: datetime
    late: bool
    secondary: bool
    corrects: CheckInId | None


def add_check_in(
    tx: Transaction,
    check_in: CheckIn,
    *,
    clinic: ClinicId,
    submission_key: str,
    body_hash: bytes,
    key: DataKey,
) -> None:
    """Store a check-in. Raises ``IntegrityError`` when the submission key was used already."""
    content = {
        "answers": {reference: dict(given) for reference, given in check_in.answers.items()},
        "scores": [[s.instrument, s.line, s.value, s.maximum, s.prorated] for s in check_in.scores],
        "safety": check_in.safety,
    }
    row = {
        "id": check_in.id,
        "clinic_id": clinic,
        "patient_id": check_in.patient_id,
        "infusion_id": check_in.infusion_id,
        "prompt_id": check_in.prompt_id,
        "submission_key": submission_key,
        "body_hash": body_hash,
        "answered_at": check_in.answered_at,
        "received_at": check_in.received_at,
        "late": check_in.late,
        "assisted": check_in.assisted,
        "secondary": check_in.secondary,
        "corrects": check_in.corrects,
        "answers": _seal(key, check_in, "answers", json.dumps(content)),
        "note": None if not check_in.note else _seal(key, check_in, "note", check_in.note),
    }
    tx.execute(_ADD, row)


def _seal(key: DataKey, check_in: CheckIn, column: str, value: str) -> Sealed:
    return key.seal(value, table="check_ins", row=check_in.id, column=column)


def find_receipt(tx: Transaction, patient: PersonId, submission_key: str) -> Receipt | None:
    """Return the receipt of an earlier submission with this key, or None."""
    row = tx.execute(_RECEIPT_BY_KEY, {"patient": patient, "submission_key": submission_key}).one_or_none()
    return None if row is None else _receipt_from(row)


def receipts_of_prompt(tx: Transaction, prompt: PromptId) -> tuple[Receipt, ...]:
    """Return what was sent for a prompt, first one first."""
    return tuple(_receipt_from(row) for row in tx.execute(_RECEIPTS_OF_PROMPT, {"prompt": prompt}))


def unprompted_receipts(tx: Transaction, patient: PersonId, since: datetime) -> tuple[Receipt, ...]:
    """Return what a patient sent unasked since a moment, first one first."""
    wanted = _RECEIPT.where(
        check_ins.c.patient_id == patient,
        check_ins.c.prompt_id.is_(None),
        check_ins.c.received_at >= since,
    )
    ordered = wanted.order_by(check_ins.c.received_at, check_ins.c.id)
    return tuple(_receipt_from(row) for row in tx.execute(ordered))


def check_ins_of(tx: Transaction, patient: PersonId) -> tuple[CheckIn, ...]:
    """Return a patient's check-ins in the order of answering."""
    return check_ins_by_patient(tx, [patient]).get(patient, ())


def check_ins_by_patient(
    tx: Transaction, patients: Iterable[PersonId]
) -> Mapping[PersonId, tuple[CheckIn, ...]]:
    """Return the check-ins of several patients in two statements."""
    wanted = list(patients)
    keys = get_keys(tx, wanted)
    rows = tx.execute(
        select(check_ins)
        .where(check_ins.c.patient_id.in_(wanted))
        .order_by(check_ins.c.answered_at, check_ins.c.id)
    ).all()
    corrected = {row.corrects for row in rows if row.corrects is not None}
    found: dict[PersonId, list[CheckIn]] = {}
    for row in rows:
        value = _check_in_from(keys[row.patient_id], row, corrected)
        found.setdefault(value.patient_id, []).append(value)
    return {patient: tuple(values) for patient, values in found.items()}


def count_since(tx: Transaction, patient: PersonId, since: datetime) -> int:
    """How many check-ins a patient sent since a moment."""
    return tx.execute(
        select(func.count())
        .select_from(check_ins)
        .where(check_ins.c.patient_id == patient, check_ins.c.received_at >= since)
    ).scalar_one()


# What every submission runs is built once: putting a statement together takes longer than running it.
_ADD = insert(check_ins)
_RECEIPT = select(*(check_ins.c[name] for name in Receipt.__dataclass_fields__))
_RECEIPT_BY_KEY = _RECEIPT.where(
    check_ins.c.patient_id == bindparam("patient"), check_ins.c.submission_key == bindparam("submission_key")
)
_RECEIPTS_OF_PROMPT = _RECEIPT.where(check_ins.c.prompt_id == bindparam("prompt")).order_by(
    check_ins.c.received_at, check_ins.c.id
)


def _receipt_from(row: Any) -> Receipt:
    return Receipt(**{**row._mapping, "body_hash": bytes(row.body_hash)})


def _check_in_from(key: DataKey, row: Any, corrected: set[UUID]) -> CheckIn:
    content = json.loads(key.open(row.answers, table="check_ins", row=row.id, column="answers"))
    return CheckIn(
        id=CheckInId(row.id),
        patient_id=PersonId(row.patient_id),
        infusion_id=None if row.infusion_id is None else InfusionId(row.infusion_id),
        prompt_id=None if row.prompt_id is None else PromptId(row.prompt_id),
        answered_at=row.answered_at,
        received_at=row.received_at,
        answers=content["answers"],
        scores=tuple(
            Score(instrument=i, line=line, value=value, maximum=maximum, prorated=prorated)
            for i, line, value, maximum, prorated in content["scores"]
        ),
        late=row.late,
        assisted=row.assisted,
        secondary=row.secondary,
        corrects=row.corrects,
        corrected=row.id in corrected,
        note=None if row.note is None else key.open(row.note, table="check_ins", row=row.id, column="note"),
        safety=content["safety"],
    )
