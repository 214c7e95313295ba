"""Delivery: whether a message is still to be sent, and what follows an error or a lost lease."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from checkin.domain.message import OF_A_PROMPT, ChannelName, Message, MessageKind, MessageState, Reason
from checkin.domain.prompt import PromptState


class Decision(StrEnum):
    """What to do with a message that is about to be sent."""

    SEND = "send"
    CANCEL = "cancel"
    EXPIRE = "expire"


@dataclass(frozen=True, kw_only=True)
class Fate:
    """A decision; ``reason`` is None only where it is sent."""

    decision: Decision
    reason: Reason | None = None


_PROMPT_ENDS: Mapping[PromptState, Fate] = {
    PromptState.ANSWERED: Fate(decision=Decision.CANCEL, reason=Reason.ANSWERED),
    PromptState.DECLINED: Fate(decision=Decision.CANCEL, reason=Reason.DECLINED),
    PromptState.CANCELLED: Fate(decision=Decision.CANCEL, reason=Reason.SUPERSEDED),
    PromptState.EXPIRED: Fate(decision=Decision.EXPIRE, reason=Reason.WINDOW_OVER),
}


def fate(
    message: Message, now: datetime, prompt: PromptState | None = None, *, stopped: Reason | None = None
) -> Fate:
    """Look again just before the send.

    ``prompt`` is its prompt's state now, None if there is none (any more); ``stopped`` says why the person or
    the clinic does not want it now.
    """
    if stopped is not None:
        return Fate(decision=Decision.CANCEL, reason=stopped)
    if message.kind in OF_A_PROMPT and prompt is None:
        return _PROMPT_ENDS[PromptState.CANCELLED]
    if prompt is not None and prompt in _PROMPT_ENDS:
        return _PROMPT_ENDS[prompt]
    if message.not_after is not None and message.not_after <= now:
        return Fate(decision=Decision.EXPIRE, reason=Reason.WINDOW_OVER)
    return Fate(decision=Decision.SEND)


class Fault(StrEnum):
    """How an attempt went wrong.

    ``UNKNOWN``: the provider may have taken the message. ``UNEXPECTED``: a fault of ours, nothing was sent.
    """

    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    UNKNOWN = "unknown"
    UNEXPECTED = "unexpected"


class OnUncertain(StrEnum):
    """What follows when nobody knows whether a message arrived."""

    REPEAT = "repeat"
    OTHER_CHANNEL = "other_channel"


_ONCE = OF_A_PROMPT | {MessageKind.TEST}


def on_uncertain(kind: MessageKind, channel: ChannelName) -> OnUncertain:
    """Whether to send it again on the same channel.

    A second e-mail or text does not replace the first, so what counts as a contact is not repeated there; a
    second push about the same thing does, so it is still shown once. An alert, or a link that somebody waits
    for, does less harm twice than never.
    """
    if kind in _ONCE and channel is not ChannelName.WEB_PUSH:
        return OnUncertain.OTHER_CHANNEL
    return OnUncertain.REPEAT


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Pauses double from ``first`` up to ``most``; after ``attempts`` claims all but an alert is given up."""

    first: timedelta
    most: timedelta
    attempts: int

    def pause(self, attempt: int, jitter: float) -> timedelta:
        """The pause after the n-th attempt (from 1), drawn from its upper half by ``jitter`` in [0, 1)."""
        doublings = min(max(attempt, 1) - 1, 16)
        return min(self.most, self.first * (1 << doublings)) * (0.5 + jitter / 2)


_MINUTE = timedelta(minutes=1)
_OF_PROMPTS = Backoff(first=_MINUTE, most=15 * _MINUTE, attempts=8)
_OF_APPOINTMENTS = Backoff(first=_MINUTE, most=30 * _MINUTE, attempts=24)
BACKOFF: Mapping[MessageKind, Backoff] = {
    # At most 5 minutes apart, as GOV.UK Notify does for its texts (alphagov/notifications-api).
    MessageKind.ALERT: Backoff(first=_MINUTE / 2, most=5 * _MINUTE, attempts=48),
    MessageKind.RESET: Backoff(first=_MINUTE / 6, most=_MINUTE, attempts=8),
    MessageKind.TEST: Backoff(first=_MINUTE / 6, most=_MINUTE, attempts=3),
    MessageKind.NUMBER: Backoff(first=_MINUTE / 6, most=_MINUTE, attempts=8),
    MessageKind.INVITATION: Backoff(first=_MINUTE, most=60 * _MINUTE, attempts=24),
    MessageKind.CANCELLATION: _OF_APPOINTMENTS,
    MessageKind.APPOINTMENT: _OF_APPOINTMENTS,
    MessageKind.PROPOSAL: _OF_APPOINTMENTS,
    MessageKind.DECLINED: _OF_APPOINTMENTS,
    MessageKind.OUTSIDE: _OF_APPOINTMENTS,
    MessageKind.CLASH: _OF_APPOINTMENTS,
    MessageKind.NO_INFUSION: _OF_APPOINTMENTS,
    MessageKind.NOTICE: _OF_PROMPTS,
    MessageKind.REMINDER: _OF_PROMPTS,
}
POISON_PAUSE = timedelta(hours=1)  # a row that trips over a fault of ours must not hold up the others


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What to record after an attempt or a lost lease; ``next_at`` is set for pending and retry."""

    state: MessageState
    next_at: datetime | None = None
    reason: str | None = None
    maybe_sent: bool = False


def after_error(
    message: Message,
    fault: Fault,
    reason: str,
    now: datetime,
    jitter: float,
    *,
    retry_after: timedelta | None = None,
) -> Outcome:
    """What becomes of a held message after an error. ``jitter`` in [0, 1) is drawn by the caller.

    A next try lies after ``now`` and inside the window, and not before the provider's own ``retry_after``;
    where there is none left, the message has failed, or stays uncertain if one of its attempts may have
    arrived. An alert is never given up: it ends when somebody puts a name to it.
    """
    unknown = fault is Fault.UNKNOWN
    maybe_sent = message.maybe_sent or unknown
    given_up = MessageState.UNCERTAIN if maybe_sent else MessageState.FAILED
    endless = message.kind is MessageKind.ALERT
    if fault is Fault.PERMANENT and not endless:
        return Outcome(state=MessageState.FAILED, reason=reason, maybe_sent=maybe_sent)
    backoff = BACKOFF[message.kind]
    pause = POISON_PAUSE if fault is Fault.UNEXPECTED else backoff.pause(message.attempts, jitter)
    pause = max(pause, retry_after or pause)
    barred = unknown and on_uncertain(message.kind, message.channel) is OnUncertain.OTHER_CHANNEL
    over = message.not_after is not None and now + pause >= message.not_after
    if barred or over or (message.attempts >= backoff.attempts and not endless):
        return Outcome(state=given_up, reason=reason, maybe_sent=maybe_sent)
    return Outcome(state=MessageState.RETRY, next_at=now + pause, reason=reason, maybe_sent=maybe_sent)


def after_lease_end(message: Message, now: datetime, jitter: float) -> Outcome:
    """What an ended lease means: nothing was sent yet if claimed, nobody knows if attempting."""
    if message.state is MessageState.ATTEMPTING:
        return after_error(message, Fault.UNKNOWN, Reason.LEASE_ENDED, now, jitter)
    if message.attempts >= BACKOFF[message.kind].attempts:  # it stops every sender that takes it
        return after_error(message, Fault.TEMPORARY, Reason.LEASE_ENDED, now, jitter)
    return Outcome(
        state=MessageState.PENDING, next_at=now, reason=Reason.LEASE_ENDED, maybe_sent=message.maybe_sent
    )
