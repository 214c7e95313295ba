"""Texts over the HTTP interface that Twilio made and others copied: one form POST, signed form callbacks."""

import base64
import hmac
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha1
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit
from uuid import UUID

from checkin.channels.base import Callback, ChannelError, DeliveryReport, Forged, Gone, IncomingText, Stopped
from checkin.channels.https import Answer, HttpsClient
from checkin.channels.sms import TextMessage, known_sender, lowered
from checkin.domain.ids import MessageId

SIGNATURE = "X-Twilio-Signature"
MESSAGE_FIELD = "message"  # in the address of a status callback
_LONGEST_VALIDITY_S = 36_000  # what ValidityPeriod takes
_ACCOUNT = re.compile(r"[A-Za-z0-9]{2,64}")
_SID = re.compile(r"[A-Za-z0-9]{2,64}")
_ERROR = re.compile(r"[0-9]{3,6}")
# No such number, cannot take texts, unknown or closed handset.
_DEAD = frozenset({"21211", "21217", "21614", "30005", "30006"})
_STOPPED = "21610"
_DELIVERED = frozenset({"delivered", "read"})
_FAILED = frozenset({"failed", "undelivered"})


@dataclass(frozen=True, kw_only=True)
class TwilioSettings:
    """``sender``: a number, a short code, a name, or the id of a messaging service. Raises ``ValueError``."""

    url: str
    account: str
    token: str = field(repr=False)
    sender: str
    callback_url: str

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme != "https" or not parts.hostname or parts.path.strip("/"):
            raise ValueError("the provider needs a host name, such as api.twilio.com")
        if not _ACCOUNT.fullmatch(self.account) or len(self.token) < 16:
            raise ValueError("the provider needs an account id and its token")
        known_sender(self.sender)


class TwilioProvider:
    """Speaks to Twilio, or to whoever answers like it."""

    def __init__(self, settings: TwilioSettings, client: HttpsClient) -> None:
        self._settings = settings
        self._client = client

    def hand_over(self, message: TextMessage, *, timeout_s: float) -> Answer:
        settings = self._settings
        service = settings.sender.startswith("MG")
        form = {
            "To": message.number,
            "MessagingServiceSid" if service else "From": settings.sender,
            "Body": message.words,
            "StatusCallback": f"{settings.callback_url}?{MESSAGE_FIELD}={message.id}",
        }
        if message.time_left is not None:
            form["ValidityPeriod"] = str(min(int(message.time_left.total_seconds()), _LONGEST_VALIDITY_S))
        secret = base64.b64encode(f"{settings.account}:{settings.token}".encode()).decode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "Authorization": f"Basic {secret}",
        }
        url = f"{settings.url}/2010-04-01/Accounts/{quote(settings.account)}/Messages.json"
        return self._client.post(url, headers=headers, body=urlencode(form).encode(), timeout_s=timeout_s)

    def id_in(self, answer: Answer) -> str | None:
        found = _field(answer.body, "sid")
        return found if _SID.fullmatch(found) else None

    def refusal(self, answer: Answer) -> ChannelError:
        code = _field(answer.body, "code")
        code = code if _ERROR.fullmatch(code) else ""
        reason = f"sms {answer.status} {code}".rstrip()
        if code == _STOPPED:
            return Stopped(reason=reason)
        return Gone(reason=reason) if code in _DEAD else ChannelError(permanent=True, reason=reason)

    def read(self, callback: Callback, now: datetime) -> DeliveryReport | IncomingText | None:
        """Check the signature; it has no age, so what it says must do no harm twice. Raises ``Forged``."""
        form = _form(callback.body)
        expected = sign(self._settings.token, callback.url, form)
        given = lowered(callback.headers).get(SIGNATURE.lower(), "")
        if not hmac.compare_digest(expected.encode(), given.encode()):
            raise Forged("the signature does not fit")
        values = dict(form)
        status = values.get("MessageStatus", values.get("SmsStatus", ""))
        if status in _DELIVERED | _FAILED:
            code = values.get("ErrorCode", "")
            code = code if _ERROR.fullmatch(code) else ""
            return DeliveryReport(
                message_id=_message_id(callback.url),
                delivered=status in _DELIVERED,
                reason=f"sms {status} {code}".rstrip(),
                gone=status in _FAILED and code in _DEAD,
                stopped=status in _FAILED and code == _STOPPED,
            )
        if "Body" in values and "From" in values and "MessageStatus" not in values:
            return IncomingText(number=values["From"], words=values["Body"])
        return None


def sign(token: str, url: str, form: list[tuple[str, str]]) -> str:
    """Return the signature of a callback: HMAC-SHA-1 over the address and the sorted fields."""
    content = url + "".join(name + value for name, value in sorted(set(form)))
    return base64.b64encode(hmac.new(token.encode(), content.encode(), sha1).digest()).decode()


def _form(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=200)
    except ValueError:
        raise Forged("not a form") from None


def _field(body: bytes, name: str) -> str:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return str(content.get(name, "")) if isinstance(content, dict) else ""


def _message_id(url: str) -> MessageId:
    try:
        return MessageId(UUID(parse_qs(urlsplit(url).query)[MESSAGE_FIELD][0]))
    except (KeyError, ValueError):
        raise Forged("no message id") from None
