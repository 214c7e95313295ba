"""What every channel takes, gives and raises."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from checkin.domain.delivery import Fault
from checkin.domain.ids import MessageId
from checkin.domain.message import ChannelName, MessageKind

SEND_TIMEOUT_S = 10.0
_LINK = re.compile(r"https?://[!#-;=?-~]+")  # printable ASCII without spaces, quotes and angle brackets


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message with everything its words need, and nothing else: no name, answer or score can slip in.

    ``sender_name`` is the neutral name the clinic set. ``minutes`` is how long the check-in takes;
    ``expires_at`` is when the link ends (aware UTC), read out in ``zone``. ``values`` holds what a kind asks
    for by name: an alert its ``reference``. ``possible_repeat``: an earlier copy may have arrived. A link
    that is not an absolute, printable web address raises ``ValueError``.
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
    possible_repeat: bool = False

    def __post_init__(self) -> None:
        for link in (self.link, self.unsubscribe_link):
            if link is not None and not _LINK.fullmatch(link):
                raise ValueError("a link in a message must be an absolute, printable web address")


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The provider took it; ``provider_id`` is what it can be found by there."""

    provider_id: str


class ChannelError(Exception):
    """It was not sent. ``permanent``: trying again cannot help. ``reason`` is a code without private data."""

    def __init__(self, *, permanent: bool, reason: str) -> None:
        super().__init__(reason)
        self.permanent = permanent
        self.reason = reason

    @property
    def fault(self) -> Fault:
        """What the delivery rules call this error."""
        return Fault.PERMANENT if self.permanent else Fault.TEMPORARY


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
