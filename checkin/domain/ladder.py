"""The ladder: over which of a patient's channels the next message about a prompt goes, if any may go."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from checkin.domain.errors import Invalid
from checkin.domain.message import ChannelName, Message, MessageKind, MessageState
from checkin.domain.words import Text, text

RUNGS = (ChannelName.WEB_PUSH, ChannelName.SMS, ChannelName.EMAIL)
"""Every rung, in the order of a patient who never chose one: what costs nothing and comes at once first."""
MOST_CONTACTS = 2
"""How often a patient may hear about one prompt, over all channels together."""
UNOPENED = 2
"""After so many pushes in a row that nobody opened, the phone counts as one that is not looked at."""

_NOT_SENT = frozenset({MessageState.FAILED, MessageState.CANCELLED, MessageState.EXPIRED})
HANDS_OVER = frozenset({MessageState.FAILED, MessageState.UNCERTAIN})
"""What a message is when its channel hands over to the next one."""
_RUNG_WORDS = {
    ChannelName.WEB_PUSH: text("Message on the phone"),
    ChannelName.SMS: text("Text message"),
    ChannelName.EMAIL: text("E-mail"),
}


def rung_words(channel: ChannelName) -> Text:
    """What the channel is called where people choose it."""
    return _RUNG_WORDS[rung_of(channel)]


def rung_of(channel: ChannelName) -> ChannelName:
    """The rung that a message's channel is: the console stands in for e-mail on a developer's machine."""
    return ChannelName.EMAIL if channel is ChannelName.CONSOLE else channel


def read_order(names: Iterable[str]) -> tuple[ChannelName, ...]:
    """Return the rungs of these names in their order. Raises ``Invalid`` for none, or one that is none."""
    try:
        order = tuple(dict.fromkeys(ChannelName(name) for name in names))
    except ValueError:
        order = ()
    if not order or not set(order) <= set(RUNGS):
        raise Invalid(text("Choose at least one way to reach you."), field="channels")
    return order


@dataclass(frozen=True, kw_only=True)
class Push:
    """A push about a prompt that was sent, and whether it or its prompt was opened since."""

    sent_at: datetime
    opened: bool


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """A patient's rungs as they are at one moment.

    ``order``: the channels they agreed to, first choice first; ``live``: those over which something can
    arrive. ``pushes``: the last pushes, newest first; ``phone_seen_at``: when the app was last open on a
    phone that takes pushes, None if there is none.
    """

    order: Sequence[ChannelName]
    live: Collection[ChannelName]
    pushes: Sequence[Push] = ()
    phone_seen_at: datetime | None = None

    @property
    def usable(self) -> tuple[ChannelName, ...]:
        return tuple(channel for channel in self.order if channel in self.live)

    @property
    def unlooked_at(self) -> bool:
        """Whether the last pushes went by unopened, and the app was not open on the phone since."""
        last = self.pushes[:UNOPENED]
        if len(last) < UNOPENED or any(push.opened for push in last):
            return False
        return self.phone_seen_at is None or self.phone_seen_at <= last[0].sent_at


def next_channel(ladder: Ladder) -> ChannelName | None:
    """Return over which channel the next notice or reminder goes; None if nothing can arrive anywhere.

    A phone that is not looked at gives way to the rung below it, if there is one.
    """
    usable = ladder.usable
    if not usable:
        return None
    if usable[0] is ChannelName.WEB_PUSH and ladder.unlooked_at and len(usable) > 1:
        return usable[1]
    return usable[0]


def counts(message: Message) -> bool:
    """Whether this is a contact: it reached the patient, or it may have, or it still may."""
    return message.maybe_sent or message.state not in _NOT_SENT


def contacts(messages: Iterable[Message]) -> int:
    """Return how often a patient has heard of a prompt, or may have, or is about to."""
    return sum(counts(message) for message in messages)


def hand_over(ladder: Ladder, ended: Message, of_prompt: Sequence[Message]) -> ChannelName | None:
    """Return which channel takes over from a message that has failed, or of which nobody knows.

    ``of_prompt`` holds all messages of its prompt, itself included. It is the next usable rung after its own,
    from the top again after the last one, that nothing was tried on for this prompt. None if there is none,
    if the patient has been contacted often enough, or if a reminder has followed a notice already.
    """
    if ended.state not in HANDS_OVER or contacts(of_prompt) >= MOST_CONTACTS:
        return None
    if ended.kind is MessageKind.NOTICE and any(one.kind is MessageKind.REMINDER for one in of_prompt):
        return None
    tried = {rung_of(message.channel) for message in of_prompt}
    order, rung = list(ladder.order), rung_of(ended.channel)
    place = order.index(rung) + 1 if rung in order else 0
    rest = (*order[place:], *order[:place])
    return next((channel for channel in rest if channel in ladder.live and channel not in tried), None)
