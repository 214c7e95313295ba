"""How full the outbox is and how delivery goes: counts for a monitoring system, nothing of anybody."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from checkin.domain.ids import new_id
from checkin.domain.message import HELD, WAITING, ChannelName, MessageState
from checkin.domain.prompt import PromptState
from checkin.storage.engine import Transaction
from checkin.storage.messages import messages
from checkin.storage.prompts import prompts

_UNSENT = sorted(state.value for state in WAITING | HELD)


Counts = Mapping[tuple[ChannelName, MessageState], int]


def unsent(tx: Transaction) -> Counts:
    """Count what waits or is being sent; what is over is not looked at, however much there is."""
    return _by_channel_and_state(tx, messages.c.state.in_(_UNSENT))


def made_since(tx: Transaction, at: datetime) -> Counts:
    """Count what was put into the outbox since a moment, by its state now; ids are in the order of time."""
    return _by_channel_and_state(tx, messages.c.id >= new_id(at, random_bits=0))


def oldest_due(tx: Transaction, now: datetime) -> datetime | None:
    """Since when the message that has waited longest is due; None if none is."""
    waiting = messages.c.state.in_(sorted(state.value for state in WAITING))
    return tx.execute(
        select(func.min(messages.c.due_at)).where(waiting, messages.c.due_at <= now)
    ).scalar_one()


def prompts_due_before(tx: Transaction, at: datetime) -> int:
    """How many prompts were due before a moment and have not been opened."""
    found = select(func.count()).where(
        prompts.c.closed_at.is_(None), prompts.c.due_at < at, prompts.c.state == PromptState.PLANNED.value
    )
    return int(tx.execute(found).scalar_one())


def _by_channel_and_state(tx: Transaction, where: Any) -> Counts:
    kinds = (messages.c.channel, messages.c.state)
    counted = select(*kinds, func.count().label("number")).where(where).group_by(*kinds).order_by(*kinds)
    return {(ChannelName(row.channel), MessageState(row.state)): row.number for row in tx.execute(counted)}
