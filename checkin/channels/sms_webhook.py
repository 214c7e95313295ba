"""Texts over a plain HTTPS gateway: signed JSON in both directions, for any provider with some lines of glue.

We send ``{"id", "to", "from", "text", "expires_in"}`` and take any 2xx as yes. The gateway sends back
``{"type": "status", "id", "status", "code"}``, where the status is "delivered" or "failed", and
``{"type": "text", "from", "text"}``. Both sides sign as ``Checkin-Signature: t=SECONDS,v1=HEX`` with
HMAC-SHA-256 over "SECONDS.BODY".
"""

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit
from uuid import UUID

from checkin.channels.base import Callback, ChannelError, DeliveryReport, Forged, Gone, IncomingText, Stopped
from checkin.channels.https import Answer, HttpsClient
from checkin.channels.sms import TextMessage, known_sender, lowered
from checkin.domain.ids import MessageId

SIGNATURE = "Checkin-Signature"
_FRESH = timedelta(minutes=5)  # how old a callback may be, so that a copied one is soon worthless
_SIGNED = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_DEAD = frozenset({"number_unknown", "number_gone"})  # error codes that end an address
_STOPPED = "opted_out"


@dataclass(frozen=True, kw_only=True)
class WebhookSettings:
    """Where to send, as whom, and the secret that both sides sign with. Raises ``ValueError``."""

    url: str
    sender: str
    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme != "https" or not parts.hostname or parts.username or not self.url.isprintable():
            raise ValueError("the gateway needs an https:// address without a name or password in it")
        if len(self.secret) < 32:
            raise ValueError("the gateway's secret needs at least 32 characters")
        known_sender(self.sender)


class WebhookProvider:
    """Speaks to the gateway."""

    def __init__(self, settings: WebhookSettings, client: HttpsClient) -> None:
        self._settings = settings
        self._client = client

    def hand_over(self, message: TextMessage, *, timeout_s: float) -> Answer:
        content: dict[str, object] = {
            "id": str(message.id),
            "to": message.number,
            "from": self._settings.sender,
            "text": message.words,
        }
        if message.time_left is not None:
            content["expires_in"] = int(message.time_left.total_seconds())
        body = json.dumps(content).encode()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": str(message.id),
            SIGNATURE: sign(self._settings.secret, body, message.sent_at),
        }
        return self._client.post(self._settings.url, headers=headers, body=body, timeout_s=timeout_s)

    def id_in(self, answer: Answer) -> str | None:
        found = _object(answer.body).get("id")
        return found if isinstance(found, str) and _CODE.fullmatch(found) else None

    def refusal(self, answer: Answer) -> ChannelError:
        code = _code(_object(answer.body).get("error"))
        reason = f"sms {answer.status} {code}".rstrip()
        if code == _STOPPED:
            return Stopped(reason=reason)
        return Gone(reason=reason) if code in _DEAD else ChannelError(permanent=True, reason=reason)

    def read(self, callback: Callback, now: datetime) -> DeliveryReport | IncomingText | None:
        """Check the signature and its age. Raises ``Forged``."""
        _check(self._settings.secret, callback, now)
        content = _object(callback.body)
        match content:
            case {"type": "status", "id": str(written), "status": "delivered" | "failed" as status}:
                code = _code(content.get("code"))
                return DeliveryReport(
                    message_id=_message_id(written),
                    delivered=status == "delivered",
                    reason=f"sms {status} {code}".rstrip(),
                    gone=status == "failed" and code in _DEAD,
                    stopped=status == "failed" and code == _STOPPED,
                )
            case {"type": "text", "from": str(number), "text": str(words)}:
                return IncomingText(number=number, words=words)
        return None


def sign(secret: str, body: bytes, at: datetime) -> str:
    """Return the signature header for a body sent at this moment."""
    seconds = str(int(at.timestamp()))
    return f"t={seconds},v1={_digest(secret, seconds, body)}"


def _check(secret: str, callback: Callback, now: datetime) -> None:
    found = _SIGNED.fullmatch(lowered(callback.headers).get(SIGNATURE.lower(), ""))
    if found is None or not hmac.compare_digest(_digest(secret, found[1], callback.body), found[2]):
        raise Forged("the signature does not fit")
    if abs(now.timestamp() - int(found[1])) > _FRESH.total_seconds():
        raise Forged("the signature is too old")


def _digest(secret: str, seconds: str, body: bytes) -> str:
    return hmac.new(secret.encode(), seconds.encode() + b"." + body, sha256).hexdigest()


def _object(body: bytes) -> Mapping[str, object]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _code(value: object) -> str:
    """A provider's code if it looks like one: its words may repeat the number."""
    return value if isinstance(value, str) and _CODE.fullmatch(value) else ""


def _message_id(written: str) -> MessageId:
    try:
        return MessageId(UUID(written))
    except ValueError:
        raise Forged("no message id") from None
