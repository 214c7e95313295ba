"""Attempts under way: the call begins, the provider has taken it, or whoever made it never came back."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, or_, select, update

from checkin.domain.message import HELD, Message, MessageState
from checkin.storage.engine import Transaction
from checkin.storage.lease import LeaseTime
from checkin.storage.messages import STILL, messages, readable

_ACCEPT = (
    update(messages)
    .where(STILL)
    .values(state=MessageState.ACCEPTED.value, reason=None, settled_at=bindparam("at"))
)


def take_abandoned(
    tx: Transaction, lease_now: LeaseTime, limit: int, *, now: datetime, faults: list[Exception] | None = None
) -> tuple[Message, ...]:
    """Return messages whose lease has ended without an outcome, locked against others.

    A row that cannot be read is put off, and its fault added to ``faults``.
    """
    over = or_(messages.c.lease_epoch != lease_now.epoch, messages.c.lease_until <= lease_now.seconds)
    rows = tx.execute(
        select(messages)
        .where(messages.c.state.in_(sorted(state.value for state in HELD)), over)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    return tuple(message for _row, message in readable(tx, rows, now, faults))


def begin(tx: Transaction, claimed: Iterable[Message]) -> None:
    """Note that the call to the provider begins. They were claimed in this transaction, so nobody else can
    have moved them since."""
    ids = [message.id for message in claimed]
    if ids:
        held = (messages.c.id.in_(ids), messages.c.state == MessageState.CLAIMED.value)
        tx.execute(update(messages).where(*held).values(state=MessageState.ATTEMPTING.value))


def accept(tx: Transaction, sent: Iterable[Message], now: datetime) -> None:
    """Note that the provider has taken these, where they are still as the caller saw them."""
    values = [
        {"message": message.id, "seen_token": message.token, "seen_state": message.state.value, "at": now}
        for message in sent
    ]
    if values:
        tx.execute(_ACCEPT, values)
