"""The outbox: one row per thing to send, claimed with a lease and a fencing token."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    and_,
    bindparam,
    insert,
    select,
    update,
)

from checkin.domain.delivery import POISON_PAUSE
from checkin.domain.ids import ClinicId, MessageId, PersonId, PromptId, new_id
from checkin.domain.message import HELD, WAITING, ChannelName, Message, MessageKind, MessageState, rank
from checkin.storage.engine import Transaction
from checkin.storage.lease import LeaseTime
from checkin.storage.schema import Instant, clinic_id, fixed, metadata, person_id, row_id

messages = Table(
    "messages",
    metadata,
    row_id(),
    clinic_id(),
    person_id("person_id", index=True),
    Column("prompt_id", Uuid, ForeignKey("prompts.id"), nullable=True),
    Column("object_id", Uuid, nullable=True),
    Column("kind", String(20), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("rank", SmallInteger, nullable=False),
    Column("state", String(12), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("not_after", Instant, nullable=True),
    Column("attempts", Integer, nullable=False),
    Column("token", Integer, nullable=False),
    Column("claimed_by", Uuid, nullable=True),
    Column("lease_epoch", String(40), nullable=True),
    Column("lease_until", Float, nullable=True),
    Column("maybe_sent", Boolean, nullable=False),
    Column("reason", String(80), nullable=True),
    Column("created_at", Instant, nullable=False),
    # When the last try, or the wait for one, came to its end.
    Column("settled_at", Instant, nullable=True),
    # When the patient opened its link, as their own device told.
    Column("opened_at", Instant, nullable=True),
    UniqueConstraint("prompt_id", "channel", "kind"),
    CheckConstraint(f"state IN ({', '.join(repr(s.value) for s in MessageState)})", name="state"),
    Index("ix_messages_waiting", "state", "rank", "due_at"),
)

_WAITING = sorted(state.value for state in WAITING)
_HELD = sorted(state.value for state in HELD)


@dataclass(frozen=True, kw_only=True)
class Queued:
    """A message with what it is about (an alert's id, …)."""

    message: Message
    object_id: UUID | None


def add_message(
    tx: Transaction,
    *,
    clinic: ClinicId,
    person: PersonId,
    kind: MessageKind,
    channel: ChannelName,
    now: datetime,
    due_at: datetime | None = None,
    not_after: datetime | None = None,
    prompt: PromptId | None = None,
    object_id: UUID | None = None,
) -> MessageId:
    """Put a message into the outbox. Raises ``IntegrityError`` if the prompt has this one already."""
    message = MessageId(new_id(now))
    tx.execute(
        insert(messages).values(
            id=message,
            clinic_id=clinic,
            person_id=person,
            prompt_id=prompt,
            object_id=object_id,
            kind=kind.value,
            channel=channel.value,
            rank=rank(kind),
            state=MessageState.PENDING.value,
            due_at=due_at or now,
            not_after=not_after,
            attempts=0,
            token=0,
            maybe_sent=False,
            created_at=now,
        )
    )
    return message


# Several dispatchers may run it at once: whoever locks a row first has it, the others pass over it. It is a
# common table expression because PostgreSQL may run a subquery with a limit more than once.
_DUE = (
    select(messages.c.id)
    .where(messages.c.state.in_(fixed(*_WAITING)), messages.c.due_at <= bindparam("now"))
    .order_by(messages.c.rank, messages.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_CLAIM = (
    update(messages)
    .where(messages.c.id.in_(select(_DUE.c.id)), messages.c.state.in_(fixed(*_WAITING)))
    .values(
        state=MessageState.CLAIMED.value,
        token=messages.c.token + 1,
        attempts=messages.c.attempts + 1,
        claimed_by=bindparam("dispatcher"),
        lease_epoch=bindparam("epoch"),
        lease_until=bindparam("until"),
    )
    .returning(*messages.c)
)


def claim(
    tx: Transaction,
    *,
    dispatcher: UUID,
    now: datetime,
    lease_now: LeaseTime,
    lease: timedelta,
    limit: int,
    faults: list[Exception] | None = None,
) -> tuple[Queued, ...]:
    """Take up to ``limit`` due messages for this dispatcher, most urgent first.

    A row that cannot be read is put off, and its fault added to ``faults``.
    """
    values = {
        "now": now,
        "most": limit,
        "dispatcher": dispatcher,
        "epoch": lease_now.epoch,
        "until": lease_now.seconds + lease.total_seconds(),
    }
    rows = sorted(tx.execute(_CLAIM, values), key=lambda row: (row.rank, row.due_at))
    found = readable(tx, rows, now, faults)
    return tuple(Queued(message=message, object_id=row.object_id) for row, message in found)


def readable(
    tx: Transaction, rows: Iterable[Any], now: datetime, faults: list[Exception] | None
) -> list[tuple[Any, Message]]:
    """Read held rows; one that cannot be read is put off, so that it keeps nobody from the others."""
    found = []
    for row in rows:
        try:
            found.append((row, message_from(row)))
        except ValueError as error:
            later = {"state": MessageState.RETRY.value, "due_at": now + POISON_PAUSE, "settled_at": now}
            tx.execute(update(messages).where(messages.c.id == row.id).values(later))
            if faults is not None:
                faults.append(error)
    return found


def move_message(
    tx: Transaction,
    message: Message,
    state: MessageState,
    *,
    now: datetime,
    due_at: datetime | None = None,
    reason: str | None = None,
    maybe_sent: bool | None = None,
) -> bool:
    """Change the state of a message that is still as the caller saw it; False if it has moved on."""
    begun = state in HELD
    ended = state is not MessageState.PENDING
    values = {
        "message": message.id,
        "seen_token": message.token,
        "seen_state": message.state.value,
        "to_state": state.value,
        "because": reason,
        "at": now if ended else None,
        "next_at": due_at,
        "maybe": maybe_sent,
    }
    return tx.execute(_moving(begun, due_at is not None, maybe_sent is not None), values).rowcount == 1


STILL = and_(
    messages.c.id == bindparam("message"),
    messages.c.token == bindparam("seen_token"),
    messages.c.state == bindparam("seen_state"),
)
"""A message is as the caller saw it: the fencing token tells."""


@cache
def _moving(begun: bool, due: bool, maybe: bool) -> Any:
    """The statement of ``move_message`` that also sets these two columns.

    While a try runs, what the last one came to stays: who looks how it goes must not miss it.
    """
    moved: dict[str, Any] = {"state": bindparam("to_state")}
    if not begun:
        moved |= {"reason": bindparam("because"), "settled_at": bindparam("at")}
    if due:
        moved["due_at"] = bindparam("next_at")
    if maybe:
        moved["maybe_sent"] = bindparam("maybe")
    return update(messages).where(STILL).values(moved)


def cancel_for_prompts(tx: Transaction, prompts: Iterable[PromptId], *, reason: str, now: datetime) -> int:
    """Cancel what has not been sent for these prompts; return how many."""
    values = [{"prompt": prompt, "because": reason, "at": now} for prompt in prompts]
    return tx.execute(_CANCEL_FOR_PROMPT, values).rowcount if values else 0


def cancel_for_person(
    tx: Transaction, person: PersonId, *, kinds: Iterable[MessageKind], reason: str, now: datetime
) -> int:
    """Cancel what of these kinds has not been sent to a person; return how many."""
    wanted = messages.c.kind.in_(sorted(kind.value for kind in kinds))
    values = {"because": reason, "at": now}
    return tx.execute(_cancelling(and_(messages.c.person_id == person, wanted)), values).rowcount


def cancel_about(
    tx: Transaction, person: PersonId | None, object_id: UUID, *, reason: str, now: datetime
) -> int:
    """Cancel what has not been sent about one thing, to a person or (None) to anybody; return how many."""
    about = messages.c.object_id == object_id
    wanted = about if person is None else and_(messages.c.person_id == person, about)
    return tx.execute(_cancelling(wanted), {"because": reason, "at": now}).rowcount


def messages_of(tx: Transaction, person: PersonId) -> tuple[Message, ...]:
    """Return everything sent or to be sent to a person, in the order of making."""
    rows = tx.execute(select(messages).where(messages.c.person_id == person).order_by(messages.c.id))
    return tuple(message_from(row) for row in rows)


def messages_of_prompt(tx: Transaction, prompt: PromptId) -> tuple[Message, ...]:
    rows = tx.execute(select(messages).where(messages.c.prompt_id == prompt).order_by(messages.c.id))
    return tuple(message_from(row) for row in rows)


def _cancelling(where: Any) -> Any:
    """The statement that cancels what is not sent; it takes ``because`` and ``at``."""
    return (
        update(messages)
        .where(where, messages.c.state.in_(fixed(*_WAITING, MessageState.CLAIMED.value)))
        .values(state=MessageState.CANCELLED.value, reason=bindparam("because"), settled_at=bindparam("at"))
    )


# Every answer runs it, so it is built once: putting it together takes longer than running it.
_CANCEL_FOR_PROMPT = _cancelling(messages.c.prompt_id == bindparam("prompt"))


def message_from(row: Any) -> Message:
    """Build the value from a row that has the table's columns."""
    return Message(
        id=MessageId(row.id),
        clinic_id=ClinicId(row.clinic_id),
        person_id=PersonId(row.person_id),
        prompt_id=None if row.prompt_id is None else PromptId(row.prompt_id),
        kind=MessageKind(row.kind),
        channel=ChannelName(row.channel),
        state=MessageState(row.state),
        due_at=row.due_at,
        not_after=row.not_after,
        attempts=row.attempts,
        token=row.token,
        claimed_by=None if row.claimed_by is None else str(row.claimed_by),
        maybe_sent=row.maybe_sent,
        reason=row.reason,
    )
