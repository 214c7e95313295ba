"""A channel that keeps what it was given, and fails when it is told to."""

from collections.abc import Callable

from checkin.channels.base import SEND_TIMEOUT_S, Outgoing, Receipt
from checkin.domain.message import ChannelName, MessageKind


class FakeChannel:
    """``sent`` holds what the provider took. ``meanwhile`` runs in the middle of each call and may raise."""

    def __init__(self, name: ChannelName = ChannelName.EMAIL) -> None:
        self.name = name
        self.sent: list[Outgoing] = []
        self.meanwhile: Callable[[Outgoing], None] = lambda outgoing: None

    def send(self, outgoing: Outgoing, *, timeout_s: float = SEND_TIMEOUT_S) -> Receipt:
        self.meanwhile(outgoing)
        self.sent.append(outgoing)
        return Receipt(provider_id=str(outgoing.message_id))

    def fails(self, *errors: Exception | None) -> None:
        """Raise these one after the other (None: takes the message); after the last one all goes well."""
        waiting = list(errors)

        def fail(_outgoing: Outgoing) -> None:
            error = waiting.pop(0) if waiting else None
            if error is not None:
                raise error

        self.meanwhile = fail

    def of_kind(self, kind: MessageKind) -> list[Outgoing]:
        return [outgoing for outgoing in self.sent if outgoing.kind is kind]
