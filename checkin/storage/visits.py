"""A visit in one look-up: what a link or a signed-in patient opens, with the key to seal the answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from checkin.domain.ids import ClinicId, PersonId, PromptId
from checkin.domain.prompt import Prompt
from checkin.domain.token import Purpose
from checkin.storage.data_keys import KEY_COLUMNS, data_keys, key_from
from checkin.storage.engine import Transaction
from checkin.storage.keyring import DataKey, token_hash
from checkin.storage.people import people
from checkin.storage.prompts import prompt_from, prompts
from checkin.storage.tokens import tokens


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A prompt with its patient's key and language. ``link_ends``: None if signed in."""

    prompt: Prompt
    clinic_id: ClinicId
    patient_id: PersonId
    language: str
    key: DataKey
    link_ends: datetime | None


def visit_by_link(tx: Transaction, secret: str, *, lock: bool) -> Visit | None:
    """Return what an answering link opens; None for an unknown one or a disabled person."""
    wanted = (
        _selection(tokens.c.expires_at.label("link_ends"))
        .join(tokens, tokens.c.object_id == prompts.c.id)
        .where(tokens.c.token_hash == token_hash(secret), tokens.c.purpose == Purpose.ANSWER.value)
    )
    return _visit(tx, wanted, lock=lock)


def visit_of_patient(tx: Transaction, patient: PersonId, prompt: PromptId, *, lock: bool) -> Visit | None:
    """Return a patient's own prompt; None if it is somebody else's."""
    wanted = _selection().where(prompts.c.id == prompt, prompts.c.patient_id == patient)
    return _visit(tx, wanted, lock=lock)


def _selection(*more: Any) -> Any:
    return (
        select(*prompts.c, *(column for column in KEY_COLUMNS), people.c.language, *more)
        .join(people, people.c.id == prompts.c.patient_id)
        .join(data_keys, data_keys.c.person_id == people.c.id)
        .where(people.c.disabled_at.is_(None))
    )


def _visit(tx: Transaction, wanted: Any, *, lock: bool) -> Visit | None:
    row = tx.execute(wanted.with_for_update(of=prompts) if lock else wanted).one_or_none()
    if row is None:
        return None
    return Visit(
        prompt=prompt_from(row),
        clinic_id=ClinicId(row.clinic_id),
        patient_id=PersonId(row.patient_id),
        language=row.language,
        key=key_from(tx, row.key_id, row.master, row.wrapped),
        link_ends=getattr(row, "link_ends", None),
    )
