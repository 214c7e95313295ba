"""What providers report later about a message; states that are final absorb it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from checkin.domain.ids import ClinicId, MessageId, PersonId, PromptId
from checkin.domain.message import ChannelName, Message, MessageState, may_become
from checkin.storage.engine import Transaction
from checkin.storage.messages import message_from, messages


@dataclass(frozen=True, kw_only=True)
class Sent:
    """Whom a message went to, about which prompt if any, and when it was made."""

    person_id: PersonId
    clinic_id: ClinicId
    prompt_id: PromptId | None
    created_at: datetime


def find_sent(tx: Transaction, message: MessageId, channel: ChannelName) -> Sent | None:
    """Return to whom a message of this channel went."""
    row = tx.execute(
        select(messages).where(messages.c.id == message, messages.c.channel == channel.value)
    ).one_or_none()
    if row is None:
        return None
    return Sent(
        person_id=PersonId(row.person_id),
        clinic_id=ClinicId(row.clinic_id),
        prompt_id=None if row.prompt_id is None else PromptId(row.prompt_id),
        created_at=row.created_at,
    )


def last_sent(tx: Transaction, person: PersonId, channel: ChannelName) -> MessageId | None:
    """Return what a provider took last for a person on this channel, or may have taken."""
    taken = messages.c.state.in_([MessageState.ACCEPTED.value, MessageState.UNCERTAIN.value])
    found = (
        select(messages.c.id)
        .where(messages.c.person_id == person, messages.c.channel == channel.value, taken)
        .order_by(messages.c.settled_at.desc())
        .limit(1)
    )
    row = tx.execute(found).scalar_one_or_none()
    return None if row is None else MessageId(row)


def as_it_is(tx: Transaction, message: MessageId) -> Message:
    """Return a message that is known to exist, as it is after a report."""
    return message_from(tx.execute(select(messages).where(messages.c.id == message)).one())


def receive(
    tx: Transaction, message: MessageId, state: MessageState, *, reason: str | None, now: datetime
) -> bool:
    """Move a message on if its state may still become that one; False if it has come to its end before."""
    before = [one.value for one in MessageState if may_become(one, state)]
    moved = (
        update(messages)
        .where(messages.c.id == message, messages.c.state.in_(before))
        .values(state=state.value, reason=reason, settled_at=now)
    )
    return tx.execute(moved).rowcount == 1
