"""The console: shows each message where a developer looks, in place of e-mail."""

from typing import TextIO

from checkin.channels.base import SEND_TIMEOUT_S, Outgoing, Receipt, Uncertain
from checkin.channels.rendering import Renderer, one_line
from checkin.domain.message import ChannelName

_RULE = "-" * 72


class ConsoleChannel:
    """Prints what the e-mail would say. For development and demos only: it shows addresses and live links."""

    name = ChannelName.CONSOLE

    def __init__(self, stream: TextIO, renderer: Renderer) -> None:
        self._stream = stream
        self._renderer = renderer

    def send(self, outgoing: Outgoing, *, timeout_s: float = SEND_TIMEOUT_S) -> Receipt:
        """Write the message in one piece, so that other processes on the same terminal cannot cut into it."""
        words = self._renderer.render(outgoing, ChannelName.EMAIL)
        shown = "\n".join(
            (
                "",
                _RULE,
                f"To: {one_line(outgoing.to_address)}",
                f"From: {one_line(outgoing.sender_name)}",
                f"Subject: {words.subject}",
                "",
                words.text.rstrip(),
                _RULE,
                "",
            )
        )
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        try:
            self._stream.write(shown.encode(encoding, "replace").decode(encoding))
            self._stream.flush()
        except OSError as error:
            raise Uncertain(reason="console_lost") from error
        return Receipt(provider_id=str(outgoing.message_id))
