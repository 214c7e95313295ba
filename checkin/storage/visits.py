"""A visit in one look-up: what a link or a signed-in patient opens, with the key to seal the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select

from checkin.domain.ids import ClinicId, PersonId, PromptId
from checkin.domain.infusion import InfusionState
from checkin.domain.prompt import Prompt
from checkin.domain.token import Purpose
from checkin.storage.check_ins import check_ins
from checkin.storage.data_keys import KEY_COLUMNS, data_keys, key_from
from checkin.storage.engine import Transaction
from checkin.storage.infusions import infusions
from checkin.storage.keyring import DataKey, token_hash
from checkin.storage.messages import messages
from checkin.storage.people import people
from checkin.storage.prompts import prompt_from, prompts
from checkin.storage.schema import constant
from checkin.storage.tokens import tokens


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A prompt with its patient's key. ``infused_at``: when its infusion was given. ``link_ends``: None if
    signed in."""

    prompt: Prompt
    clinic_id: ClinicId
    patient_id: PersonId
    key: DataKey
    infused_at: datetime | None
    link_ends: datetime | None


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What is to say after sending: ``received_at`` is when the first answers to the prompt came.

    ``next_due_at`` and ``next_zone``: the patient's next prompt, None if there is none. ``first``: the
    patient has answered nothing else yet. ``infused_at``: when the prompt's infusion was given.
    """

    prompt_id: PromptId
    clinic_id: ClinicId
    infused_at: datetime | None
    link_ends: datetime
    received_at: datetime | None
    next_due_at: datetime | None
    next_zone: str | None
    first: bool


def visit_by_link(tx: Transaction, secret: str, *, lock: bool) -> Visit | None:
    """Return what an answering link opens; None for an unknown one or a disabled person."""
    return _visit(tx, _BY_LINK[lock], {"token_hash": token_hash(secret)})


def answered_by_link(tx: Transaction, secret: str, now: datetime) -> Answered | None:
    """Return what came of the prompt that a link opens; None as above."""
    row = tx.execute(_ANSWERED, {"token_hash": token_hash(secret), "now": now}).one_or_none()
    return None if row is None else Answered(**row._mapping)


def visit_of_patient(tx: Transaction, patient: PersonId, prompt: PromptId, *, lock: bool) -> Visit | None:
    """Return a patient's own prompt; None if it is somebody else's."""
    return _visit(tx, _OF_PATIENT[lock], {"prompt": prompt, "patient": patient})


def answering_times(tx: Transaction, prompt: Prompt) -> tuple[timedelta, ...]:
    """Return how long the patient took lately for the same instruments, from opening the message to it."""
    values = {"patient": prompt.patient_id, "instruments": "\n".join(prompt.instruments)}
    rows = tx.execute(_TIMES, values)
    return tuple(
        row.answered_at - row.opened_at
        for row in rows
        if row.opened_at is not None and row.opened_at <= row.answered_at
    )


_WAS_GIVEN = (infusions.c.id == prompts.c.infusion_id) & (infusions.c.state == constant(InfusionState.GIVEN))
# What makes a ``Prompt``, and no more: this is read twice in every visit.
_PROMPT = [prompts.c[name] for name in (*Prompt.__dataclass_fields__, "reminder")]


def _selection(*more: Any) -> Any:
    return (
        select(*_PROMPT, prompts.c.clinic_id, infusions.c.at.label("infused_at"), *KEY_COLUMNS, *more)
        .join(people, people.c.id == prompts.c.patient_id)
        .join(data_keys, data_keys.c.person_id == people.c.id)
        .outerjoin(infusions, _WAS_GIVEN)
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


_first_answer = select(func.min(check_ins.c.received_at)).where(check_ins.c.prompt_id == prompts.c.id)
_another = select(check_ins.c.id).where(
    check_ins.c.patient_id == prompts.c.patient_id, check_ins.c.prompt_id.is_distinct_from(prompts.c.id)
)
_next = prompts.alias("next")
_later = prompts.alias("later")
_next_id = (
    select(_later.c.id)
    .where(
        _later.c.patient_id == prompts.c.patient_id,
        _later.c.closed_at.is_(None),
        _later.c.expires_at > bindparam("now"),
    )
    .order_by(_later.c.due_at)
    .limit(1)
)
_ANSWERED = (
    select(
        prompts.c.id.label("prompt_id"),
        prompts.c.clinic_id,
        infusions.c.at.label("infused_at"),
        tokens.c.expires_at.label("link_ends"),
        _first_answer.correlate(prompts).scalar_subquery().label("received_at"),
        _next.c.due_at.label("next_due_at"),
        _next.c.zone.label("next_zone"),
        (~_another.correlate(prompts).exists()).label("first"),
    )
    .join(tokens, tokens.c.object_id == prompts.c.id)
    .join(people, people.c.id == prompts.c.patient_id)
    .outerjoin(infusions, _WAS_GIVEN)
    .outerjoin(_next, _next.c.id == _next_id.correlate(prompts).scalar_subquery())
    .where(
        tokens.c.token_hash == bindparam("token_hash"),
        tokens.c.purpose == Purpose.ANSWER.value,
        people.c.disabled_at.is_(None),
    )
)


_TIMES = (
    select(
        check_ins.c.answered_at,
        select(func.min(messages.c.opened_at))
        .where(messages.c.prompt_id == prompts.c.id)
        .correlate(prompts)
        .scalar_subquery()
        .label("opened_at"),
    )
    .join(prompts, prompts.c.id == check_ins.c.prompt_id)
    .where(
        check_ins.c.patient_id == bindparam("patient"),
        check_ins.c.corrects.is_(None),
        check_ins.c.secondary.is_(False),
        prompts.c.instruments == bindparam("instruments"),
    )
    .order_by(check_ins.c.answered_at.desc())
    .limit(9)
)


def _visit(tx: Transaction, wanted: Any, values: Mapping[str, Any]) -> Visit | None:
    row = tx.execute(wanted, values).one_or_none()
    if row is None:
        return None
    return Visit(
        prompt=prompt_from(row),
        clinic_id=ClinicId(row.clinic_id),
        patient_id=PersonId(row.patient_id),
        key=key_from(tx, row.key_id, row.master, row.wrapped),
        infused_at=row.infused_at,
        link_ends=getattr(row, "link_ends", None),
    )
