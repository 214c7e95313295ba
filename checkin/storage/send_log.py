"""What the send log is made of: messages with their moments, when answers came, when prompts were closed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from checkin.domain.ids import ClinicId, PersonId, PromptId
from checkin.domain.message import MessageKind
from checkin.domain.send_log import Answered, Closed, Sent
from checkin.storage.check_ins import check_ins
from checkin.storage.engine import Transaction
from checkin.storage.messages import message_from, messages
from checkin.storage.prompts import prompts


def sent_by_prompt(tx: Transaction, patient: PersonId) -> Mapping[PromptId, Sequence[Sent]]:
    """Return the messages about each of a patient's prompts, in the order of making."""
    rows = tx.execute(
        select(messages)
        .where(messages.c.person_id == patient, messages.c.prompt_id.is_not(None))
        .order_by(messages.c.id)
    )
    found: dict[PromptId, list[Sent]] = {}
    for row in rows:
        sent = Sent(message=message_from(row), settled_at=row.settled_at, opened_at=row.opened_at)
        found.setdefault(PromptId(row.prompt_id), []).append(sent)
    return found


def tests_since(tx: Transaction, person: PersonId, at: datetime) -> tuple[Sent, ...]:
    """Return the test messages made for a person since a moment, in the order of making."""
    rows = tx.execute(
        select(messages)
        .where(
            messages.c.person_id == person,
            messages.c.kind == MessageKind.TEST.value,
            messages.c.created_at > at,
        )
        .order_by(messages.c.id)
    )
    return tuple(
        Sent(message=message_from(row), settled_at=row.settled_at, opened_at=row.opened_at) for row in rows
    )


def told_about(tx: Transaction, people: Iterable[PersonId], kind: MessageKind) -> Mapping[UUID, datetime]:
    """Return what these people were told about in messages of one kind, sent or not, and when last."""
    rows = tx.execute(
        select(messages.c.object_id, func.max(messages.c.created_at).label("at"))
        .where(messages.c.person_id.in_(list(people)), messages.c.kind == kind.value)
        .group_by(messages.c.object_id)
    )
    return {row.object_id: row.at for row in rows if row.object_id is not None}


def answered_prompts(tx: Transaction, patient: PersonId) -> Mapping[PromptId, Answered]:
    """Return when each of a patient's prompts was first answered; nothing of the answer is opened."""
    rows = tx.execute(
        select(check_ins.c.prompt_id, check_ins.c.answered_at, check_ins.c.received_at, check_ins.c.late)
        .where(check_ins.c.patient_id == patient, check_ins.c.prompt_id.is_not(None))
        .order_by(check_ins.c.received_at.desc(), check_ins.c.id.desc())
    )
    return {
        PromptId(row.prompt_id): Answered(
            answered_at=row.answered_at, received_at=row.received_at, late=row.late
        )
        for row in rows
    }


def awaited(tx: Transaction, clinic: ClinicId) -> tuple[PersonId, ...]:
    """Return the patients of a clinic who have check-ins to come or to answer."""
    unfinished = (prompts.c.clinic_id == clinic) & prompts.c.closed_at.is_(None)
    rows = tx.execute(select(prompts.c.patient_id).where(unfinished).distinct()).scalars()
    return tuple(PersonId(row) for row in rows)


def closed_prompts(tx: Transaction, patient: PersonId) -> Mapping[PromptId, Closed]:
    """Return when each of a patient's finished prompts came to its end, and why."""
    rows = tx.execute(
        select(prompts.c.id, prompts.c.closed_at, prompts.c.reason).where(
            prompts.c.patient_id == patient, prompts.c.closed_at.is_not(None)
        )
    )
    return {PromptId(row.id): Closed(at=row.closed_at, reason=row.reason) for row in rows}
