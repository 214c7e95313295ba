"""The send log: what became of each check-in, step by step and in words, without a word of an answer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from checkin.domain.ids import PromptId
from checkin.domain.ladder import MOST_CONTACTS, contacts, rung_words
from checkin.domain.message import HELD, WAITING, Message, MessageKind, MessageState, Reason, reason_words
from checkin.domain.prompt import DISCHARGED, INFUSION_CANCELLED, SUPERSEDED, Prompt, PromptState
from checkin.domain.replan import KEPT_REASONS
from checkin.domain.trouble import why
from checkin.domain.words import Text, text

_AT_ONCE = timedelta(minutes=5)  # an answer that took longer to reach us was kept on the phone meanwhile
_S, _P = MessageState, PromptState


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A message with what its row knows beside it. ``settled_at``: when its last try or its wait ended."""

    message: Message
    settled_at: datetime | None
    opened_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Answered:
    """When a prompt was answered, and when we had it."""

    answered_at: datetime
    received_at: datetime
    late: bool


@dataclass(frozen=True, kw_only=True)
class Closed:
    """When a prompt came to its end; ``reason`` is the code of why, where its state does not tell."""

    at: datetime
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that happened, or is planned to. ``trouble``: somebody should look at it."""

    at: datetime
    words: Text
    why: Text | None = None
    trouble: bool = False


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A prompt with its steps in the order of time; ``status`` is what it has come to.

    ``again``: something about it has not arrived, and one more message may be sent.
    """

    prompt: Prompt
    status: Text
    steps: tuple[Step, ...]
    again: bool = False

    @property
    def trouble(self) -> bool:
        """Whether nothing about it has reached the patient, though it should have."""
        return any(step.trouble for step in self.steps)


_SENT_WORDS: Mapping[MessageState, Text] = {
    _S.PENDING: text("%(what)s: waiting to be sent"),
    _S.CLAIMED: text("%(what)s: being sent"),
    _S.ATTEMPTING: text("%(what)s: being sent"),
    _S.ACCEPTED: text("%(what)s: sent"),
    _S.RETRY: text("%(what)s: not sent yet, will be tried again"),
    _S.FAILED: text("%(what)s: failed"),
    _S.UNCERTAIN: text("%(what)s: perhaps sent, nobody can tell"),
    _S.RECEIPTED: text("%(what)s: arrived"),
    _S.CANCELLED: text("%(what)s: not needed any more"),
    _S.EXPIRED: text("%(what)s: too late to send"),
}
_STATUS: Mapping[PromptState, Text] = {
    _P.PLANNED: text("Planned"),
    _P.OPEN: text("Waiting for an answer"),
    _P.ANSWERED: text("Answered"),
    _P.DECLINED: text("Not today"),
    _P.EXPIRED: text("Not answered"),
    _P.CANCELLED: text("Cancelled"),
}
_CANCELLED_BECAUSE: Mapping[str, Text] = {
    **KEPT_REASONS,
    SUPERSEDED: reason_words(Reason.SUPERSEDED),
    DISCHARGED: text("The treatment here ended."),
    INFUSION_CANCELLED: text("The infusion was cancelled."),
}


def entries(
    prompts: Iterable[Prompt],
    sent: Mapping[PromptId, Sequence[Sent]],
    answered: Mapping[PromptId, Answered],
    closed: Mapping[PromptId, Closed],
) -> tuple[Entry, ...]:
    """Return what became of the prompts whose moment has come or that were cancelled, newest first."""
    made = [
        _entry(prompt, sent.get(prompt.id, ()), answered.get(prompt.id), closed.get(prompt.id))
        for prompt in prompts
        if prompt.state is not _P.PLANNED
    ]
    return tuple(sorted(made, key=lambda entry: entry.prompt.due_at, reverse=True))


def _entry(prompt: Prompt, sent: Sequence[Sent], answered: Answered | None, closed: Closed | None) -> Entry:
    steps = [step for one in sent for step in message_steps(one)]
    steps += _ending(prompt, answered, closed)
    late = answered is not None and answered.late
    return Entry(
        prompt=prompt,
        status=text("Answered late") if late else _status(prompt),
        steps=tuple(sorted(steps, key=lambda step: step.at)),
        again=prompt.state is _P.OPEN and _may_go_again([one.message for one in sent]),
    )


def _status(prompt: Prompt) -> Text:
    return text("Not sent") if _never_sent(prompt) else _STATUS[prompt.state]


def _never_sent(prompt: Prompt) -> bool:
    return prompt.state is _P.EXPIRED and not prompt.notified


def _may_go_again(messages: Sequence[Message]) -> bool:
    missed = bool(messages) and messages[-1].state in {_S.FAILED, _S.UNCERTAIN, _S.RETRY}
    under_way = any(one.state in {_S.PENDING, _S.CLAIMED, _S.ATTEMPTING} for one in messages)
    return missed and not under_way and contacts(messages) < MOST_CONTACTS


def message_steps(sent: Sent) -> Iterator[Step]:
    """What became of one message."""
    message = sent.message
    channel = rung_words(message.channel)
    reminder = message.kind is MessageKind.REMINDER
    what = text("Reminder, %(channel)s", channel=channel) if reminder else channel
    to_come = message.state in WAITING or message.state in HELD
    silent = message.state in {_S.ACCEPTED, _S.RECEIPTED} or message.reason is None
    yield Step(
        at=message.due_at if to_come else sent.settled_at or message.due_at,
        words=Text(_SENT_WORDS[message.state].message, values={"what": what}),
        why=None if silent else why(str(message.reason)),
        trouble=message.state in {_S.FAILED, _S.UNCERTAIN},
    )
    if sent.opened_at is not None:
        yield Step(at=sent.opened_at, words=text("%(what)s: opened", what=channel))


def _ending(prompt: Prompt, answered: Answered | None, closed: Closed | None) -> Iterator[Step]:
    closed_at = prompt.expires_at if closed is None else closed.at
    if answered is not None:
        kept = answered.received_at - answered.answered_at > _AT_ONCE
        words = text("Answered on a phone without a network") if kept else text("Answered")
        yield Step(at=answered.answered_at, words=words)
        if kept:
            yield Step(at=answered.received_at, words=text("The answer reached us"))
    if prompt.state is _P.DECLINED:
        yield Step(at=closed_at, words=text("The patient chose “not today”"))
    if prompt.state is _P.CANCELLED:
        because = None if closed is None else _CANCELLED_BECAUSE.get(closed.reason or "")
        yield Step(at=closed_at, words=text("Cancelled"), why=because)
    if _never_sent(prompt):
        words = text("Its time ended before anything was sent: the sender was not running")
        yield Step(at=prompt.expires_at, words=words, trouble=True)
    elif prompt.state is _P.EXPIRED:
        yield Step(at=prompt.expires_at, words=text("The time to answer ended"))
