"""Web push: encrypted for one browser, neutral inside too, honest about each answer of the push service."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from checkin.channels.base import SEND_TIMEOUT_S, Alarm, ChannelError, Gone, Outgoing, Receipt
from checkin.channels.https import Answer, HttpsClient, alarming
from checkin.channels.rendering import Renderer
from checkin.channels.vapid_key import VapidKey
from checkin.domain.message import ChannelName, MessageKind
from checkin.domain.push import PUSH_SERVICES, PushAddress, allowed, host_and_port, known_service

MOST_BYTES = 4096  # RFC 8030 7.2: what every push service takes
# No link that signs in.
SAYS = frozenset({MessageKind.NOTICE, MessageKind.REMINDER, MessageKind.ALERT, MessageKind.TEST})
_ASKS = frozenset({MessageKind.NOTICE, MessageKind.REMINDER})  # may be put off
_SIGNED_FOR = timedelta(hours=12)  # RFC 8292 2: 24 h at most, and clocks differ
_ENDLESS = timedelta(days=1)  # how long a push without an end waits for a phone that is off
_MAILTO = re.compile(r"mailto:[^\s<>@:/]+@([a-z0-9-]+\.)+[a-z][a-z0-9-]+", re.IGNORECASE | re.ASCII)
_SITE = re.compile(r"https://([a-z0-9-]+\.)+[a-z][a-z0-9-]+", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, kw_only=True)
class PushSettings:
    """``keys``, newest first: browsers subscribe with the first, the others still reach who came earlier.

    ``subject`` is how a push service reaches whoever runs this: Apple refuses what cannot be a real address.
    Raises ``ValueError``.
    """

    keys: tuple[VapidKey, ...]
    subject: str
    services: tuple[str, ...] = PUSH_SERVICES

    def __post_init__(self) -> None:
        if not self.keys or len({key.id for key in self.keys}) < len(self.keys):
            raise ValueError("needs at least one key, each with its own id")
        if not (_MAILTO.fullmatch(self.subject) or _SITE.fullmatch(self.subject)):
            raise ValueError("needs mailto:somebody@example.org or https://example.org to be reached at")
        for service in self.services:
            known_service(service)


class PushCrypto(Protocol):
    """What ``push_crypto`` does."""

    def encrypt(self, content: bytes, address: PushAddress) -> bytes: ...

    def authorization(self, key: VapidKey, *, audience: str, subject: str, until: datetime) -> str: ...


class WebPushChannel:
    """Sends through the push service that the browser chose, if it is one of ours.

    ``crypto`` is asked for at each send, so that a process which sends nothing does not load its libraries.
    """

    name = ChannelName.WEB_PUSH

    def __init__(
        self,
        settings: PushSettings,
        renderer: Renderer,
        client: HttpsClient,
        crypto: Callable[[], PushCrypto],
        *,
        alarm: Alarm,
    ) -> None:
        self._settings = settings
        self._renderer = renderer
        self._client = client
        self._crypto = crypto
        self._alarm = alarm
        self._keys = {key.id: key for key in settings.keys}

    @property
    def key_id(self) -> str:
        return self._settings.keys[0].id

    @property
    def key_ids(self) -> frozenset[str]:
        return frozenset(self._keys)

    @property
    def public_key(self) -> str:
        return self._settings.keys[0].public

    def key_of(self, public: str) -> str | None:
        return next((key.id for key in self._settings.keys if key.public == public), None)

    def takes(self, address: PushAddress) -> bool:
        """Whether the service is on our list and we still hold the key that the browser knows."""
        return address.key in self._keys and allowed(address.endpoint, self._settings.services)

    def send(self, outgoing: Outgoing, *, timeout_s: float = SEND_TIMEOUT_S) -> Receipt:
        """Hand it to the push service; that it took it does not mean that anybody saw it."""
        address = self._address(outgoing)
        headers, body = self._headers(outgoing, address), self._encrypted(outgoing, address)
        with alarming(self._alarm):
            answer = self._client.post(address.endpoint, headers=headers, body=body, timeout_s=timeout_s)
        if not 200 <= answer.status < 300:
            raise self._refusal(answer, outgoing.sent_at)
        return Receipt(provider_id=answer.headers.get("location", str(outgoing.message_id)))

    def _address(self, outgoing: Outgoing) -> PushAddress:
        if outgoing.kind not in SAYS:
            raise ChannelError(permanent=True, reason="kind_not_sent_here")
        address = PushAddress.from_json(outgoing.to_address)
        if not allowed(address.endpoint, self._settings.services):
            raise self._needs_a_hand("push_service_not_listed")
        if address.key not in self._keys:
            raise self._needs_a_hand("push_key_missing")
        return address

    def _encrypted(self, outgoing: Outgoing, address: PushAddress) -> bytes:
        try:
            body = self._crypto().encrypt(payload(outgoing, self._renderer), address)
        except ValueError:  # the browser's point is not on the curve
            raise Gone(reason="push_keys_unusable") from None
        if len(body) > MOST_BYTES:
            raise ChannelError(permanent=True, reason="push_too_large")
        return body

    def _headers(self, outgoing: Outgoing, address: PushAddress) -> dict[str, str]:
        left = _ENDLESS if outgoing.time_left is None else outgoing.time_left
        if left < timedelta(seconds=1):
            raise ChannelError(permanent=True, reason="window_over")
        host, port = host_and_port(address.endpoint)
        headers = {
            "TTL": str(int(left.total_seconds())),
            "Urgency": "high" if outgoing.kind is MessageKind.ALERT else "normal",
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "Authorization": self._crypto().authorization(
                self._keys[address.key],
                audience=f"https://{host}" if port == 443 else f"https://{host}:{port}",
                subject=self._settings.subject,
                until=outgoing.sent_at + _SIGNED_FOR,
            ),
        }
        return headers if outgoing.topic is None else {**headers, "Topic": outgoing.topic}

    def _refusal(self, answer: Answer, now: datetime) -> ChannelError:
        """RFC 8030 says 404 for a subscription that ended; push services say 410. 403 is about our key.

        Push is tried for the speed of it: what a wait cannot mend is left to the person's next channel.
        """
        reason = f"push {answer.status}"
        if answer.status in {404, 410}:
            return Gone(reason=reason)
        if answer.status in {408, 425, 429} or answer.status >= 500:
            return ChannelError(permanent=False, reason=reason, retry_after=answer.retry_after(now))
        return self._needs_a_hand(reason)

    def _needs_a_hand(self, reason: str) -> ChannelError:
        self._alarm(reason)
        return ChannelError(permanent=True, reason=reason)


def payload(outgoing: Outgoing, renderer: Renderer) -> bytes:
    """What the phone shows and where a tap leads: our own path only, so that no push can lead elsewhere.

    ``start`` and ``later`` are the words of its buttons; ``again`` lets it be heard.
    """
    parts = ("title", "body", *(("start", "later") if outgoing.kind in _ASKS else ()))
    words = renderer.lines(outgoing, ChannelName.WEB_PUSH, *parts)
    content: dict[str, object] = dict(zip(parts, words, strict=True))
    content["path"] = urlsplit(outgoing.link or "/").path
    if outgoing.topic is not None:
        content["tag"] = outgoing.topic
        # A notice that takes the place of another is silent, and the one reminder should be heard.
        content |= {"again": True} if outgoing.kind is MessageKind.REMINDER else {}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
