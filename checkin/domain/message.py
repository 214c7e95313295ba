"""What waits in the outbox for one person on one channel, and the states it goes through."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from checkin.domain.ids import ClinicId, MessageId, PersonId, PromptId
from checkin.domain.words import Text, text


class MessageKind(StrEnum):
    """What it says. A notice and a reminder belong to a prompt; the last seven are about an appointment.

    ``NUMBER``: a code that shows whose phone number it is. ``TEST``: asked for, to see whether it arrives.
    ``DECLINED``: no time proposed suits.
    ``OUTSIDE``: the time agreed is no longer within the window. ``CLASH``: it is too near an infusion by now.
    ``NO_INFUSION``: there is none before it any more.
    """

    NOTICE = "notice"
    REMINDER = "reminder"
    INVITATION = "invitation"
    RESET = "reset"
    NUMBER = "number"
    TEST = "test"
    ALERT = "alert"
    PROPOSAL = "proposal"
    APPOINTMENT = "appointment"
    CANCELLATION = "cancellation"
    DECLINED = "declined"
    OUTSIDE = "outside"
    CLASH = "clash"
    NO_INFUSION = "no_infusion"


class ChannelName(StrEnum):
    """The ways to reach a person. The console stands in for e-mail on a developer's machine."""

    WEB_PUSH = "web_push"
    SMS = "sms"
    EMAIL = "email"
    CONSOLE = "console"


class MessageState(StrEnum):
    """pending → claimed → attempting → accepted, retry, failed or uncertain.

    ``accepted`` means that the provider took it, not that anybody saw it. ``uncertain`` means that nobody can
    tell whether the provider took it. ``retry`` waits for ``due_at`` and is then claimed like a pending one.
    ``receipted``: the other end confirmed it. ``cancelled`` and ``expired``: not to be sent any more.
    """

    PENDING = "pending"
    CLAIMED = "claimed"
    ATTEMPTING = "attempting"
    ACCEPTED = "accepted"
    RETRY = "retry"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    RECEIPTED = "receipted"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


_S = MessageState
_MOVES: Mapping[MessageState, frozenset[MessageState]] = {
    # A late receipt of an earlier attempt may come at any time before the end.
    _S.PENDING: frozenset({_S.CLAIMED, _S.RECEIPTED, _S.CANCELLED, _S.EXPIRED}),
    # Back to pending when the lease ends; retry, failed or uncertain when the message could not be written.
    _S.CLAIMED: frozenset(
        {_S.PENDING, _S.ATTEMPTING, _S.RETRY, _S.FAILED, _S.UNCERTAIN, _S.RECEIPTED, _S.CANCELLED, _S.EXPIRED}
    ),
    # A receipt may overtake the provider's own answer.
    _S.ATTEMPTING: frozenset({_S.ACCEPTED, _S.RETRY, _S.FAILED, _S.UNCERTAIN, _S.RECEIPTED}),
    _S.RETRY: frozenset({_S.CLAIMED, _S.RECEIPTED, _S.CANCELLED, _S.EXPIRED}),
    # The other end reports later what became of it: it arrived, or not (an undelivered text, a bounce).
    _S.ACCEPTED: frozenset({_S.RECEIPTED, _S.FAILED}),
    _S.UNCERTAIN: frozenset({_S.RECEIPTED, _S.FAILED}),
}
WAITING = frozenset({_S.PENDING, _S.RETRY})  # a claim takes these once due
HELD = frozenset({_S.CLAIMED, _S.ATTEMPTING})  # somebody's lease runs
SETTLED = frozenset(_S) - WAITING - HELD  # nothing more will be sent
FINAL = SETTLED - {_S.ACCEPTED, _S.UNCERTAIN}  # nothing more can happen at all

# Several times the longest call to a provider, so that only a dead or frozen dispatcher loses its lease.
LEASE = timedelta(minutes=2)


def may_become(before: MessageState, after: MessageState) -> bool:
    """Whether a row may move from one state to another; a final state never moves again."""
    return after in _MOVES.get(before, frozenset())


@dataclass(frozen=True, kw_only=True)
class Message:
    """A row of the outbox. Moments are aware UTC.

    ``due_at`` is the next moment to try; ``not_after`` ends its use, None means never. ``attempts`` counts
    the claims, a running one included. ``token`` grows with every claim, and an outcome with an older one is
    refused. ``maybe_sent``: an earlier attempt ended without an answer. ``reason`` is a ``Reason`` or a code
    of the channel, never a provider's text, which may repeat the address.
    """

    id: MessageId
    clinic_id: ClinicId
    person_id: PersonId
    prompt_id: PromptId | None
    kind: MessageKind
    channel: ChannelName
    state: MessageState
    due_at: datetime
    not_after: datetime | None = None
    attempts: int = 0
    token: int = 0
    claimed_by: str | None = None
    maybe_sent: bool = False
    reason: str | None = None


OF_A_PROMPT = frozenset({MessageKind.NOTICE, MessageKind.REMINDER})  # each counts as a contact
OF_AN_APPOINTMENT = frozenset(
    {
        MessageKind.PROPOSAL,
        MessageKind.APPOINTMENT,
        MessageKind.CANCELLATION,
        MessageKind.DECLINED,
        MessageKind.OUTSIDE,
        MessageKind.CLASH,
        MessageKind.NO_INFUSION,
    }
)
# They change nothing by themselves.
LOOK_AGAIN = frozenset({MessageKind.OUTSIDE, MessageKind.CLASH, MessageKind.NO_INFUSION})

# Alerts never wait behind others; then those who sit at a sign-in page; a prompt has an hour or more.
_ORDER = (
    MessageKind.ALERT,
    MessageKind.RESET,
    MessageKind.NUMBER,
    MessageKind.TEST,
    MessageKind.INVITATION,
    MessageKind.CANCELLATION,
    MessageKind.APPOINTMENT,
    MessageKind.CLASH,
    MessageKind.NO_INFUSION,
    MessageKind.OUTSIDE,
    MessageKind.DECLINED,
    MessageKind.PROPOSAL,
    MessageKind.NOTICE,
    MessageKind.REMINDER,
)


def rank(kind: MessageKind) -> int:
    """The place in the queue among messages that are due: 0 goes first."""
    return _ORDER.index(kind)


def spread(person_id: PersonId, width: timedelta) -> timedelta:
    """A delay in [0, width), always the same for one person: what is due together does not go at once."""
    microseconds = width // timedelta(microseconds=1)
    drawn = int.from_bytes(sha256(person_id.bytes).digest()[:8])
    return timedelta(microseconds=microseconds * drawn >> 64)


class Reason(StrEnum):
    """Why a message is where it is, as far as the rules know; channels add codes of their own."""

    ANSWERED = "answered"
    DECLINED = "declined"
    SUPERSEDED = "superseded"
    NOT_AGREED = "not_agreed"
    NOT_SHARED = "not_shared"
    NO_LONGER_NEEDED = "no_longer_needed"
    SNOOZED = "snoozed"
    PAUSED = "paused"
    QUIET_HOURS = "quiet_hours"
    WINDOW_OVER = "window_over"
    LEASE_ENDED = "lease_ended"
    UNEXPECTED = "unexpected"


_REASON_WORDS: Mapping[str, Text] = {
    Reason.ANSWERED: text("The check-in was answered."),
    Reason.DECLINED: text("The patient chose “not today”."),
    Reason.SUPERSEDED: text("The plan changed."),
    Reason.NOT_AGREED: text("The person does not want these messages."),
    Reason.NOT_SHARED: text("The therapist may not see the patient's scores any more."),
    Reason.NO_LONGER_NEEDED: text("It was no longer needed."),
    Reason.SNOOZED: text("The patient asked to be reminded later."),
    Reason.PAUSED: text("The patient has paused reminders."),
    Reason.QUIET_HOURS: text("All the time left was in hours in which nobody is disturbed."),
    Reason.WINDOW_OVER: text("It was too late to send it."),
    Reason.LEASE_ENDED: text("The sender stopped while it was sending."),
    Reason.UNEXPECTED: text("The sender met a fault in itself. See the log."),
}


def reason_words(reason: str) -> Text:
    """The reason for staff to read; a channel's code is shown as it is."""
    return _REASON_WORDS.get(reason) or text("The channel answered: %(code)s.", code=reason)
