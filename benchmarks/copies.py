"""Years of use in seconds: copies of a real check-in and its prompt, each sealed anew for its own row."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from benchmarks.house import House
from checkin.domain.ids import PersonId, new_id
from checkin.domain.person import Person
from checkin.storage import audit
from checkin.storage.check_ins import check_ins
from checkin.storage.data_keys import get_keys
from checkin.storage.engine import Transaction
from checkin.storage.infusions import infusions
from checkin.storage.keyring import DataKey
from checkin.storage.prompts import prompts

_BATCH = 5000
_APART = timedelta(hours=9)


@dataclass(frozen=True)
class _Model:
    """A real row of each kind, the answers in clear, and what its copies need of the patients."""

    check_in: Mapping[str, Any]
    prompt: Mapping[str, Any]
    answers: str
    keys: Mapping[PersonId, DataKey]
    infusions: Mapping[UUID, UUID]


def copy_check_ins(house: House, patients: Sequence[Person], number: int) -> None:
    """Store ``number`` answered prompts, spread over the patients; one real check-in must be there."""
    with house.database.transaction() as tx:
        model = _model(tx, patients)
        for start in range(0, number, _BATCH):
            numbers = range(start, min(start + _BATCH, number))
            copied = [_copied(model, patients[n % len(patients)].id, n) for n in numbers]
            tx.execute(insert(prompts), [prompt for prompt, _ in copied])
            tx.execute(insert(check_ins), [check_in for _, check_in in copied])
            events = [
                audit.Event(action="answered", subject=check_in["patient_id"], object_id=check_in["id"])
                for _, check_in in copied
            ]
            audit.record_all(tx, house.clinic.id, events, model.check_in["received_at"])


def _model(tx: Transaction, patients: Sequence[Person]) -> _Model:
    check_in = tx.execute(select(check_ins).limit(1)).mappings().one()
    keys = get_keys(tx, [check_in["patient_id"], *(person.id for person in patients)])
    return _Model(
        check_in=dict(check_in),
        prompt=dict(
            tx.execute(select(prompts).where(prompts.c.id == check_in["prompt_id"])).mappings().one()
        ),
        answers=keys[check_in["patient_id"]].open(
            check_in["answers"], table="check_ins", row=check_in["id"], column="answers"
        ),
        keys=keys,
        infusions={row.patient_id: row.id for row in tx.execute(select(infusions))},
    )


def _copied(model: _Model, patient: PersonId, number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A prompt and its check-in of this patient, the higher the number the longer ago."""
    ago = _APART * (1 + number // len(model.infusions))
    at = model.check_in["received_at"] - ago
    prompt_id, check_in_id = new_id(at), new_id(at)
    about = {"patient_id": patient, "infusion_id": model.infusions[patient]}
    moments = {name: model.prompt[name] - ago for name in ("opens_at", "due_at", "remind_at", "expires_at")}
    sealed = model.keys[patient].seal(model.answers, table="check_ins", row=check_in_id, column="answers")
    prompt = {**model.prompt, **about, **moments, "id": prompt_id, "step": f"past {number}", "closed_at": at}
    check_in = {
        **model.check_in,
        **about,
        "id": check_in_id,
        "prompt_id": prompt_id,
        "submission_key": secrets.token_urlsafe(24),
        "answered_at": at,
        "received_at": at,
        "answers": sealed,
    }
    return prompt, check_in
