"""How full the outbox is and how delivery goes: counts for a monitoring system, nothing of anybody."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, func, or_, select

from checkin.domain.ids import new_id
from checkin.domain.message import HELD, WAITING, ChannelName, MessageState
from checkin.domain.prompt import PromptState
from checkin.domain.trouble import MOST_FAILURES, Failing, ours
from checkin.storage.engine import Transaction
from checkin.storage.messages import messages
from checkin.storage.prompts import prompts
from checkin.storage.schema import fixed

_WAITS, _IN_HAND = (sorted(state.value for state in states) for states in (WAITING, HELD))
_UNSENT = sorted(state.value for state in WAITING | HELD)
_TAKEN = sorted({MessageState.ACCEPTED.value, MessageState.RECEIPTED.value})
_LOST = sorted({MessageState.FAILED.value, MessageState.UNCERTAIN.value})
_LOOKS_BACK = timedelta(days=1)  # what went wrong earlier and was given up says nothing about today

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


def oldest_tried(tx: Transaction) -> datetime | None:
    """When the oldest message was made that has been tried and still waits; each try moves when it is due."""
    waiting = messages.c.state.in_(_UNSENT) & messages.c.settled_at.is_not(None)
    return tx.execute(select(func.min(messages.c.created_at)).where(waiting)).scalar_one()


def failing(tx: Transaction, now: datetime) -> tuple[Failing, ...]:
    """Return the channels over which nothing was taken since several tries failed on the sender's side."""
    since = new_id(now - _LOOKS_BACK, random_bits=0)
    lost = and_(messages.c.id >= since, messages.c.state.in_(_LOST))
    troubled = messages.c.settled_at.is_not(None) & or_(messages.c.state.in_(_UNSENT), lost)
    # Three questions, each with an index of its own: asked together, years of what is over would be read.
    tried = messages.c.settled_at.is_not(None)
    asked = (messages.c.state.in_(fixed(*_WAITS)), messages.c.state.in_(fixed(*_IN_HAND)), lost)
    channels = {
        channel
        for where in asked
        for channel in tx.execute(select(messages.c.channel).where(tried, where).distinct()).scalars()
    }
    if not channels:  # nearly always: what was taken today need not be looked through
        return ()
    taken = (
        select(messages.c.channel, func.max(messages.c.settled_at).label("at"))
        .where(messages.c.id >= since, messages.c.state.in_(_TAKEN), messages.c.channel.in_(channels))
        .group_by(messages.c.channel)
        .subquery()
    )
    under_way = messages.c.state.in_(sorted(state.value for state in HELD))  # not known to have failed yet
    tries = func.sum(messages.c.attempts - case((under_way, 1), else_=0))
    since_taken = func.coalesce(taken.c.at, func.min(messages.c.created_at))
    counted = (
        select(messages.c.channel, messages.c.reason, func.count().label("number"))
        .add_columns(tries.label("tries"), since_taken.label("since"))
        .outerjoin(taken, taken.c.channel == messages.c.channel)
        .where(troubled, or_(taken.c.at.is_(None), messages.c.settled_at > taken.c.at))
        .group_by(messages.c.channel, messages.c.reason, taken.c.at)
    )
    found = [row for row in tx.execute(counted) if row.reason is not None and ours(row.reason)]
    by_channel = [[row for row in found if row.channel == channel] for channel in sorted(channels)]
    return tuple(_failing(rows) for rows in by_channel if sum(row.tries for row in rows) >= MOST_FAILURES)


def _failing(rows: Sequence[Any]) -> Failing:
    worst = max(rows, key=lambda row: (row.number, row.reason))
    return Failing(
        channel=ChannelName(worst.channel),
        since=min(row.since for row in rows),
        number=sum(row.number for row in rows),
        code=worst.reason,
    )


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
