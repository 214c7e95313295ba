"""A visit in one look-up: what a link or a signed-in patient opens, with the key to seal the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

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
    return _visit(tx, _BY_LINK[lock], {"token_hash": token_hash(secret)})


def visit_of_patient(tx: Transaction, patient: PersonId, prompt: PromptId, *, lock: bool) -> Visit | None:
    """Return a patient's own prompt; None if it is somebody else's."""
    return _visit(tx, _OF_PATIENT[lock], {"prompt": prompt, "patient": patient})


def _selection(*more: Any) -> Any:
    return (
        select(*prompts.c, *(column for column in KEY_COLUMNS), people.c.language, *more)
        .join(people, people.c.id == prompts.c.patient_id)
        .join(data_keys, data_keys.c.person_id == people.c.id)
        .where(people.c.disabled_at.is_(None))
    )


def _locked_or_not(wanted: Any) -> dict[bool, Any]:
    return {True: wanted.with_for_update(of=prompts), False: wanted}


# Built once: putting such a statement together takes longer than running it.
_BY_LINK = _locked_or_not(
    _selection(tokens.c.expires_at.label("link_ends"))
    .join(tokens, tokens.c.object_id == prompts.c.id)
    .where(tokens.c.token_hash == bindparam("token_hash"), tokens.c.purpose == Purpose.ANSWER.value)
)
_OF_PATIENT = _locked_or_not(
    _selection().where(prompts.c.id == bindparam("prompt"), prompts.c.patient_id == bindparam("patient"))
)


def _visit(tx: Transaction, wanted: Any, values: Mapping[str, Any]) -> Visit | None:
    row = tx.execute(wanted, values).one_or_none()
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
