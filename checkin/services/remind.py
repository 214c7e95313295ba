"""Reminding: prompts whose moment has come become messages, in one transaction with their state."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from checkin.domain.free_time import MARGIN
from checkin.domain.ids import PersonId
from checkin.domain.message import MessageKind, Reason, spread
from checkin.domain.prompt import PromptState
from checkin.services.contact import contact, ladders_of
from checkin.services.deps import Deps
from checkin.storage import due_prompts, messages, prompts
from checkin.storage.due_prompts import DuePrompt
from checkin.storage.engine import Transaction

_BATCH = 200


def remind(deps: Deps) -> int:
    """Open what is due, remind of what is still open, close what is over; return how many rows changed."""
    now = deps.now()
    with deps.transaction() as tx:
        expired = due_prompts.take_expired(tx, now, _BATCH)
        for due in expired:
            prompts.close_prompt(tx, due.prompt.id, PromptState.EXPIRED, now=now)
        messages.cancel_for_prompts(
            tx, [due.prompt.id for due in expired], reason=Reason.WINDOW_OVER, now=now
        )
        opened = due_prompts.take_due(tx, now, _BATCH)
        for due in opened:
            due_prompts.mark_open(tx, due.prompt.id)
        unreminded = due_prompts.take_unreminded(tx, now, _BATCH)
        for due in unreminded:
            due_prompts.mark_reminded(tx, due.prompt.id)
        messages.cancel_for_prompts(
            tx, [due.prompt.id for due in unreminded], reason=Reason.SUPERSEDED, now=now
        )
        width = _width(tx, deps, len(opened) + len(unreminded))
        _contact(tx, deps, opened, unreminded, width)
    return len(expired) + len(opened) + len(unreminded)


def _width(tx: Transaction, deps: Deps, taken: int) -> timedelta:
    """Over how long to spread what is due: as long as sending it takes at the pace the providers bear."""
    waiting = taken if taken < _BATCH else taken + due_prompts.count_due(tx, deps.now())
    return timedelta(seconds=waiting / deps.settings.sends_per_second)


def _contact(
    tx: Transaction,
    deps: Deps,
    opened: Sequence[DuePrompt],
    unreminded: Sequence[DuePrompt],
    width: timedelta,
) -> None:
    """Put the one notice, or the one reminder, of each into the outbox; never several at once for one."""
    contacts = [(due, MessageKind.NOTICE, due.prompt.remind_at) for due in opened]
    contacts += [(due, MessageKind.REMINDER, due.prompt.expires_at) for due in unreminded]
    found = ladders_of(tx, deps, (due.prompt.patient_id for due, _, _ in contacts))
    before = Counter[PersonId]()
    for due, kind, not_after in contacts:
        patient = due.prompt.patient_id
        due_at = _moment(deps, patient, width, not_after) + before[patient] * MARGIN
        if due_at < not_after:
            before[patient] += 1
            contact(
                tx,
                deps,
                due.prompt,
                due.clinic_id,
                found[patient],
                kind,
                due_at=due_at,
                not_after=not_after,
            )


def _moment(deps: Deps, patient: PersonId, width: timedelta, not_after: datetime) -> datetime:
    now = deps.now()
    return now + min(spread(patient, width), max(not_after - now, timedelta(0)) / 2)
