"""Reminding: prompts whose moment has come become messages, in one transaction with their state."""

from datetime import datetime, timedelta

from checkin.domain.message import MessageKind, Reason, spread
from checkin.domain.prompt import PromptState
from checkin.services.deps import Deps
from checkin.storage import messages, prompts
from checkin.storage.engine import Transaction
from checkin.storage.prompts import DuePrompt

_BATCH = 200
_SPREAD = timedelta(seconds=30)  # what is due at the same second does not go at the same second


def remind(deps: Deps) -> int:
    """Open what is due, remind of what is still open, close what is over; return how many rows changed."""
    now = deps.now()
    with deps.transaction() as tx:
        expired = prompts.take_expired(tx, now, _BATCH)
        for due in expired:
            prompts.close_prompt(tx, due.prompt.id, PromptState.EXPIRED, now=now)
        messages.cancel_for_prompts(
            tx, [due.prompt.id for due in expired], reason=Reason.WINDOW_OVER, now=now
        )
        opened = prompts.take_due(tx, now, _BATCH)
        for due in opened:
            prompts.mark_open(tx, due.prompt.id)
            _contact(tx, deps, due, MessageKind.NOTICE, not_after=due.prompt.remind_at)
        unreminded = prompts.take_unreminded(tx, now, _BATCH)
        for due in unreminded:
            prompts.mark_reminded(tx, due.prompt.id)
            _contact(tx, deps, due, MessageKind.REMINDER, not_after=due.prompt.expires_at)
    return len(expired) + len(opened) + len(unreminded)


def _contact(tx: Transaction, deps: Deps, due: DuePrompt, kind: MessageKind, *, not_after: datetime) -> None:
    """Put the one notice, or the one reminder, into the outbox."""
    now, prompt = deps.now(), due.prompt
    if kind is MessageKind.REMINDER:
        messages.cancel_for_prompts(tx, [prompt.id], reason=Reason.SUPERSEDED, now=now)
    if not_after <= now:
        return
    due_at = now + min(spread(prompt.patient_id, _SPREAD), (not_after - now) / 2)
    messages.add_message(
        tx,
        clinic=due.clinic_id,
        person=prompt.patient_id,
        prompt=prompt.id,
        kind=kind,
        channel=deps.settings.mail_channel,
        now=now,
        due_at=due_at,
        not_after=not_after,
    )
