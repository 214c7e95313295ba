"""What every channel takes, gives and raises, and what some can do besides sending."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from checkin.domain.delivery import Fault
from checkin.domain.ids import MessageId
from checkin.domain.message import ChannelName, MessageKind
from checkin.domain.push import PushAddress

SEND_TIMEOUT_S = 10.0
_LINK = re.compile(r"https?://[!#-;=?-~]+")  # printable ASCII without spaces, quotes and angle brackets


@dataclass(frozen=True, kw_only=True)
class CalendarFile:
    """A calendar file to go with a message; ``method`` says what a calendar does with it (RFC 5546)."""

    content: bytes = field(repr=False)
    method: str


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message with everything its words need, and nothing else: no name, answer or score can slip in.

    ``sender_name`` is the neutral name the clinic set. ``minutes`` is how long the check-in takes;
    ``expires_at`` is when the link ends, ``at`` the moment the message is about and ``times`` are others
    that it names (aware UTC), all read out in ``zone``. ``values`` holds what a kind asks for by name: an
    alert its ``reference``.
    ``possible_repeat``: an earlier copy may have arrived. A link that is not an absolute, printable web
    address raises ``ValueError``.
    """

    message_id: MessageId
    kind: MessageKind
    to_address: str
    language: str
    sender_name: str
    sent_at: datetime
    zone: str
    link: str | None = None
    minutes: int | None = None
    expires_at: datetime | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    unsubscribe_link: str | None = None
    topic: str | None = None
    possible_repeat: bool = False
    at: datetime | None = None
    calendar: CalendarFile | None = None
    times: tuple[datetime, ...] = ()

    @property
    def time_left(self) -> timedelta | None:
        """How long the link still works; never below zero, None if it does not end."""
        return None if self.expires_at is None else max(self.expires_at - self.sent_at, timedelta(0))

    def __post_init__(self) -> None:
        for link in (self.link, self.unsubscribe_link):
            if link is not None and not _LINK.fullmatch(link):
                raise ValueError("a link in a message must be an absolute, printable web address")


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The provider took it; ``provider_id`` is what it can be found by there."""

    provider_id: str


class ChannelError(Exception):
    """It was not sent. ``permanent``: trying again cannot help. ``reason`` is a code without private data.

    ``retry_after``: the provider does not want to be asked again before.
    """

    def __init__(self, *, permanent: bool, reason: str, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.permanent = permanent
        self.reason = reason
        self.retry_after = retry_after

    @property
    def fault(self) -> Fault:
        """What the delivery rules call this error."""
        return Fault.PERMANENT if self.permanent else Fault.TEMPORARY


class Gone(ChannelError):
    """The provider says that this address is dead: nothing will ever arrive there."""

    def __init__(self, *, reason: str) -> None:
        super().__init__(permanent=True, reason=reason)


class Stopped(Gone):
    """The provider says that the phone has answered STOP."""


class Uncertain(ChannelError):
    """The call began and the answer never came: it may have been sent."""

    def __init__(self, *, reason: str) -> None:
        super().__init__(permanent=False, reason=reason)

    @property
    def fault(self) -> Fault:
        return Fault.UNKNOWN


class Channel(Protocol):
    """One way to reach a person."""

    @property
    def name(self) -> ChannelName: ...

    def send(self, outgoing: Outgoing, *, timeout_s: float = SEND_TIMEOUT_S) -> Receipt:
        """Send it and return when the provider has taken it.

        Raises ``ChannelError`` if it was not sent and ``Uncertain`` if nobody can tell. Any other exception
        is a fault of ours, raised before anything left the machine.
        """
        ...


Alarm = Callable[
    [str], None
]  # tells whoever runs the server that a channel needs a hand; takes a reason code


@runtime_checkable
class KeepsConnections(Protocol):
    """A channel that keeps its connections from one message to the next."""

    def rest(self) -> None:
        """Close what is kept: nothing is to be sent for now."""
        ...


@runtime_checkable
class TakesSubscriptions(Protocol):
    """A channel that browsers subscribe to."""

    @property
    def key_id(self) -> str:
        """The id of the key that a new subscription is made with."""
        ...

    @property
    def key_ids(self) -> Collection[str]:
        """The ids of all keys that can still send; a subscription made with another one is dead."""
        ...

    @property
    def public_key(self) -> str:
        """Its public half as browsers take it (``applicationServerKey``, base64url)."""
        ...

    def key_of(self, public: str) -> str | None:
        """The id of the key with this public half, old ones too; None if it is not ours."""
        ...

    def takes(self, address: PushAddress) -> bool:
        """Whether this channel may and can send there."""
        ...


@dataclass(frozen=True, kw_only=True)
class Callback:
    """A request that a provider made to us, as it came. ``url`` is the whole address it called."""

    url: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Forged(Exception):
    """A callback whose signature is missing, wrong or too old, or which cannot be read."""


@dataclass(frozen=True, kw_only=True)
class DeliveryReport:
    """What became of a message. ``gone``: its address is dead; ``stopped``: its owner has answered STOP.

    ``reason`` is a code without private data.
    """

    message_id: MessageId
    delivered: bool
    reason: str
    gone: bool = False
    stopped: bool = False


@dataclass(frozen=True, kw_only=True)
class IncomingText:
    """Somebody wrote to our number."""

    number: str = field(repr=False)
    words: str = field(repr=False)


@runtime_checkable
class TakesCallbacks(Protocol):
    """A channel whose provider calls back."""

    def read(self, callback: Callback, now: datetime) -> DeliveryReport | IncomingText | None:
        """Check and read a callback; None for news that changes nothing. Raises ``Forged``."""
        ...
