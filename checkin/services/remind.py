"""Reminding: prompts whose moment has come become messages, in one transaction with their state."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from checkin.domain.delivery import POISON_PAUSE
from checkin.domain.errors import Unavailable
from checkin.domain.free_time import MARGIN
from checkin.domain.ids import PersonId
from checkin.domain.message import MessageKind, Reason, spread
from checkin.domain.prompt import NOT_SENT, PromptState
from checkin.services.contact import channel_for, ladders_of
from checkin.services.deps import Deps
from checkin.storage import due_prompts, messages, prompts, queued
from checkin.storage.due_prompts import DuePrompt
from checkin.storage.engine import Transaction
from checkin.storage.queued import Contact

_BATCH = 200
_HEADROOM = 1.25  # patients fall where they fall: some seconds get more than the average


def remind(deps: Deps) -> int:
    """Open what is due, remind of what is still open, close what is over; return how many rows changed.

    A prompt that trips over a fault of ours is pushed ahead before the fault is raised.
    """
    now = deps.now()
    with deps.transaction() as tx:
        expired = due_prompts.take_expired(tx, now, _BATCH)
        for due in expired:
            reason = "" if due.prompt.notified else NOT_SENT
            prompts.close_prompt(tx, due.prompt.id, PromptState.EXPIRED, now=now, reason=reason)
        messages.cancel_for_prompts(
            tx, [due.prompt.id for due in expired], reason=Reason.WINDOW_OVER, now=now
        )
        opened = due_prompts.take_due(tx, now, _BATCH)
        due_prompts.mark_open(tx, [due.prompt.id for due in opened])
        unreminded = due_prompts.take_unreminded(tx, now, _BATCH)
        over = [due.prompt.id for due in unreminded]
        due_prompts.mark_reminded(tx, over)
        messages.cancel_for_prompts(tx, over, reason=Reason.SUPERSEDED, now=now)
        faults = _contact_whole(tx, deps, opened, unreminded)
    if faults:
        raise faults[0]
    return len(expired) + len(opened) + len(unreminded)


def _contact_whole(
    tx: Transaction, deps: Deps, opened: Sequence[DuePrompt], unreminded: Sequence[DuePrompt]
) -> list[Exception]:
    """Contact all together; if one trips over a fault of ours, each by itself, so that it costs no other."""
    try:
        with tx.savepoint():
            _contact(tx, deps, opened, unreminded)
    except Unavailable:
        raise
    except Exception as error:
        if len(opened) + len(unreminded) == 1:
            due_prompts.put_off(tx, (*opened, *unreminded)[0].prompt, deps.now() + POISON_PAUSE)
            return [error]
    else:
        return []
    faults = [fault for due in opened for fault in _contact_whole(tx, deps, [due], [])]
    return faults + [fault for due in unreminded for fault in _contact_whole(tx, deps, [], [due])]


def _contact(
    tx: Transaction, deps: Deps, opened: Sequence[DuePrompt], unreminded: Sequence[DuePrompt]
) -> None:
    """Put the one notice, or the one reminder, of each into the outbox; never several at once for one."""
    contacts = [(due, MessageKind.NOTICE, due.prompt.remind_at or due.prompt.expires_at) for due in opened]
    contacts += [(due, MessageKind.REMINDER, due.prompt.expires_at) for due in unreminded]
    if not contacts:
        return
    width = _width(tx, deps, len(contacts))
    found = ladders_of(tx, deps, (due.prompt.patient_id for due, _, _ in contacts))
    before, rows = Counter[PersonId](), []
    for due, kind, not_after in contacts:
        patient = due.prompt.patient_id
        due_at = _moment(deps, patient, width, not_after) + before[patient] * MARGIN
        if due_at < not_after:
            before[patient] += 1
            channel = channel_for(deps, found[patient])
            rows.append(Contact(due=due, kind=kind, channel=channel, due_at=due_at, not_after=not_after))
    queued.add_contacts(tx, rows, deps.now())


def _width(tx: Transaction, deps: Deps, taken: int) -> timedelta:
    """Over how long to spread what is due: as long as sending it takes at the pace the providers bear.

    What other passes have just put into the outbox counts, so that each pass spreads over the same time.
    """
    now = deps.now()
    together = taken + queued.count_waiting(tx, now + MARGIN)
    if taken >= _BATCH:
        together += due_prompts.count_due(tx, now)
    return timedelta(seconds=together * _HEADROOM / deps.settings.sends_per_second)


def _moment(deps: Deps, patient: PersonId, width: timedelta, not_after: datetime) -> datetime:
    now = deps.now()
    return now + min(spread(patient, width), max(not_after - now, timedelta(0)) / 2)
