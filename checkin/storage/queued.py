"""Messages that wait in the outbox: nothing was sent of them yet, so the plan may still move them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, insert, select, update

from checkin.domain.ids import PromptId, new_id
from checkin.domain.message import WAITING, ChannelName, MessageKind, MessageState, rank
from checkin.storage.due_prompts import DuePrompt
from checkin.storage.engine import Transaction
from checkin.storage.messages import messages
from checkin.storage.schema import fixed

_KINDS = (MessageKind.NOTICE, MessageKind.REMINDER)
_UNSENT = sorted({*(state.value for state in WAITING), MessageState.CLAIMED.value})


@dataclass(frozen=True, kw_only=True)
class Contact:
    """One notice or reminder to put into the outbox; it goes at ``due_at``, never from ``not_after`` on."""

    due: DuePrompt
    kind: MessageKind
    channel: ChannelName
    due_at: datetime
    not_after: datetime


def add_contacts(tx: Transaction, contacts: Sequence[Contact], now: datetime) -> None:
    """Put these into the outbox, in one statement for all."""
    rows = [
        {
            "id": new_id(now),
            "clinic_id": one.due.clinic_id,
            "person_id": one.due.prompt.patient_id,
            "prompt_id": one.due.prompt.id,
            "kind": one.kind.value,
            "channel": one.channel.value,
            "rank": rank(one.kind),
            "state": MessageState.PENDING.value,
            "due_at": one.due_at,
            "not_after": one.not_after,
            "attempts": 0,
            "token": 0,
            "maybe_sent": False,
            "created_at": now,
        }
        for one in contacts
    ]
    if rows:
        tx.execute(insert(messages), rows)


def count_waiting(tx: Transaction, until: datetime) -> int:
    """Return how many notices and reminders wait in the outbox to go before then."""
    ranks = messages.c.rank.in_([rank(kind) for kind in _KINDS])
    pending = messages.c.state.in_(fixed(MessageState.PENDING.value))
    counted = select(func.count()).select_from(messages).where(pending, ranks, messages.c.due_at < until)
    return tx.execute(counted).scalar_one()


def only_queued(tx: Transaction, prompts: Collection[PromptId]) -> frozenset[PromptId]:
    """Return those of these prompts that have a notice, and of which certainly nothing was sent."""
    if not prompts:
        return frozenset()
    unsent = messages.c.state.in_([*_UNSENT]) & ~messages.c.maybe_sent
    notice = messages.c.kind == MessageKind.NOTICE.value
    found = select(messages.c.prompt_id).where(messages.c.prompt_id.in_(list(prompts)))
    rows = tx.execute(
        found.group_by(messages.c.prompt_id).having(func.min(case((unsent & notice, 1), else_=0)) == 1)
    )
    return frozenset(PromptId(prompt) for prompt in rows.scalars())


def move_queued(tx: Transaction, prompt: PromptId, *, due_at: datetime, not_after: datetime) -> None:
    """Let what waits about a prompt go at another moment; whoever has claimed it has lost it."""
    waiting = messages.c.state.in_([*_UNSENT])
    values = {"state": MessageState.PENDING.value, "token": messages.c.token + 1}
    moved = update(messages).where(messages.c.prompt_id == prompt, waiting)
    tx.execute(moved.values(**values, due_at=due_at, not_after=not_after))
