"""Several messages at once on their way to a provider: the call begins, the provider has taken them."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, update

from checkin.domain.message import Message, MessageState
from checkin.storage.engine import Transaction
from checkin.storage.messages import STILL, messages

_ACCEPT = (
    update(messages)
    .where(STILL)
    .values(state=MessageState.ACCEPTED.value, reason=None, settled_at=bindparam("at"))
)


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
