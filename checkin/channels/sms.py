"""Text messages: one channel, whichever provider carries them; words that fit into a single segment."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from checkin.channels.base import (
    SEND_TIMEOUT_S,
    Alarm,
    Callback,
    ChannelError,
    DeliveryReport,
    IncomingText,
    Outgoing,
    Receipt,
    Uncertain,
)
from checkin.channels.https import Answer, alarming
from checkin.channels.rendering import Renderer, one_line
from checkin.domain.errors import Invalid
from checkin.domain.ids import MessageId
from checkin.domain.message import ChannelName, MessageKind
from checkin.domain.texting import normal_number, segments, to_alphabet

# No link that signs in.
SAYS = frozenset(
    {MessageKind.NOTICE, MessageKind.REMINDER, MessageKind.ALERT, MessageKind.NUMBER, MessageKind.TEST}
)
_SENDER = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,8}|[A-Za-z0-9 ]{1,11}|MG[0-9a-f]{32}")


@dataclass(frozen=True, kw_only=True)
class TextMessage:
    """What a provider is given. ``time_left``: after that it is better not delivered; None if it keeps."""

    id: MessageId
    number: str = field(repr=False)
    words: str = field(repr=False)
    sent_at: datetime
    time_left: timedelta | None


class Provider(Protocol):
    """Somebody who carries text messages."""

    def hand_over(self, message: TextMessage, *, timeout_s: float) -> Answer:
        """Send it. Raises ``ChannelError`` if nothing left this machine, ``Uncertain`` if nobody can tell."""
        ...

    def id_in(self, answer: Answer) -> str | None:
        """What the provider calls the message that it has taken, if it says so."""
        ...

    def refusal(self, answer: Answer) -> ChannelError:
        """What an answer from 400 to 499 means for this message and its address."""
        ...

    def read(self, callback: Callback, now: datetime) -> DeliveryReport | IncomingText | None:
        """Check and read a callback. Raises ``Forged``."""
        ...


def known_sender(sender: str) -> str:
    """Return who texts come from: a number, a short code or a name. Raises ``ValueError``."""
    if not _SENDER.fullmatch(sender):
        raise ValueError("must be a number such as +15550100, a short code, or a name of up to 11 letters")
    return sender


class SmsChannel:
    """Sends by the clinic's provider of text messages."""

    name = ChannelName.SMS

    def __init__(self, provider: Provider, renderer: Renderer, *, alarm: Alarm) -> None:
        self._provider = provider
        self._renderer = renderer
        self._alarm = alarm

    def send(self, outgoing: Outgoing, *, timeout_s: float = SEND_TIMEOUT_S) -> Receipt:
        """Hand it to the provider. A lost answer is uncertain: the text may be on its way."""
        message = self._written(outgoing)
        with alarming(self._alarm):
            answer = self._provider.hand_over(message, timeout_s=timeout_s)
        if 200 <= answer.status < 300:
            return Receipt(provider_id=self._provider.id_in(answer) or str(message.id))
        raise self._refusal(answer, outgoing.sent_at)

    def _refusal(self, answer: Answer, now: datetime) -> ChannelError:
        status, reason = answer.status, f"sms {answer.status}"
        if status in {502, 504}:  # something in between gave up waiting for the provider, who may have it
            return Uncertain(reason=reason)
        if status in {408, 425, 429} or status >= 500:
            return ChannelError(permanent=False, reason=reason, retry_after=answer.retry_after(now))
        if status in {401, 403}:  # says nothing about this text, so it waits until somebody mends it
            self._alarm(reason)
            return ChannelError(permanent=False, reason=reason)
        if status >= 400:
            return self._provider.refusal(answer)
        self._alarm(reason)
        return ChannelError(permanent=True, reason=reason)

    def read(self, callback: Callback, now: datetime) -> DeliveryReport | IncomingText | None:
        """Check and read what the provider called us with. Raises ``Forged``."""
        return self._provider.read(callback, now)

    def _written(self, outgoing: Outgoing) -> TextMessage:
        if outgoing.kind not in SAYS:
            raise ChannelError(permanent=True, reason="kind_not_sent_here")
        if outgoing.time_left is not None and outgoing.time_left < timedelta(seconds=1):
            raise ChannelError(permanent=True, reason="window_over")
        try:
            number = normal_number(outgoing.to_address)
        except Invalid:
            raise ChannelError(permanent=True, reason="address_invalid") from None
        return TextMessage(
            id=outgoing.message_id,
            number=number,
            words=one_segment(outgoing, self._renderer),
            sent_at=outgoing.sent_at,
            time_left=outgoing.time_left,
        )


def one_segment(outgoing: Outgoing, renderer: Renderer) -> str:
    """Write the text so that the network sends it as one piece; the sender's name gives way if it must.

    In a language outside the alphabet of text messages it may take several pieces: better than not at all.
    """

    def written(sender: str) -> str:
        (words,) = renderer.lines(replace(outgoing, sender_name=sender), ChannelName.SMS, "body")
        return to_alphabet(words)

    sender = one_line(to_alphabet(outgoing.sender_name))
    whole = written(sender)
    if segments(whole) == 1 or segments(written("")) > 1:
        return whole
    return written(_longest_that_fits(sender, lambda shorter: segments(written(shorter)) == 1))


def _longest_that_fits(name: str, fits: Callable[[str], bool]) -> str:
    return next(name[:size].rstrip() for size in range(len(name), -1, -1) if fits(name[:size].rstrip()))


def lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers by their names in lower case."""
    return {name.lower(): value for name, value in headers.items()}
