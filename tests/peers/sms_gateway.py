"""Real gateways for texts: one that speaks signed JSON, one that answers like Twilio; both call back."""

import base64
import hmac
import json
import re
from dataclasses import dataclass
from hashlib import sha1, sha256
from urllib.parse import parse_qsl, urlencode

from peers.certificates import Certificate
from peers.https import HttpsPeer, Reply, Request, Trouble

SECRET = "a-secret-that-both-sides-of-these-tests-know"
ACCOUNT = "AC0123456789abcdef0123456789abcdef"


@dataclass(frozen=True, kw_only=True)
class Text:
    """A text that the gateway took."""

    id: str
    to: str
    sender: str
    words: str
    lasts_s: int | None


@dataclass(frozen=True, kw_only=True)
class Call:
    """A callback as the gateway makes it."""

    headers: dict[str, str]
    body: bytes


class WebhookGateway(HttpsPeer):
    """Checks the signature over the exact bytes, and takes each id once however often it comes."""

    def __init__(self, certificate: Certificate, *answers: Reply | Trouble) -> None:
        super().__init__(certificate, *answers)
        self.texts: dict[str, Text] = {}

    def reply(self, request: Request) -> Reply:
        found = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", request.headers.get("checkin-signature", ""))
        if found is None or not hmac.compare_digest(_digest(found[1].encode(), request.body), found[2]):
            return Reply(status=401)
        self.taken(request)
        return Reply(status=202, body=json.dumps({"id": f"gw-{len(self.texts)}"}).encode())

    def taken(self, request: Request) -> None:
        content = json.loads(request.body)
        assert request.headers["idempotency-key"] == content["id"]
        self.texts.setdefault(
            content["id"],
            Text(
                id=content["id"],
                to=content["to"],
                sender=content["from"],
                words=content["text"],
                lasts_s=content.get("expires_in"),
            ),
        )


def _digest(seconds: bytes, body: bytes) -> str:
    return hmac.digest(SECRET.encode(), seconds + b"." + body, sha256).hex()


def webhook_call(content: object, at: float) -> Call:
    """A callback of the JSON gateway, signed at this moment."""
    body, seconds = json.dumps(content).encode(), str(int(at))
    signature = f"t={seconds},v1={_digest(seconds.encode(), body)}"
    return Call(headers={"Checkin-Signature": signature, "Content-Type": "application/json"}, body=body)


class TwilioGateway(HttpsPeer):
    """Checks the account and its token; every request is a new text, as there."""

    def __init__(self, certificate: Certificate, *answers: Reply | Trouble) -> None:
        super().__init__(certificate, *answers)
        self.texts: list[Text] = []
        self.callbacks: list[str] = []

    def reply(self, request: Request) -> Reply:
        expected = base64.b64encode(f"{ACCOUNT}:{SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {expected}":
            return _error(401, 20003)
        if request.path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
            return _error(404, 20404)
        form = dict(parse_qsl(request.body.decode(), strict_parsing=True))
        if not re.fullmatch(r"\+[1-9]\d{6,14}", form["To"]):
            return _error(400, 21211)
        if not 1 <= int(form.get("ValidityPeriod", "1")) <= 36_000:
            return _error(400, 21620)
        self.taken(request)
        return Reply(status=201, body=json.dumps({"sid": f"SM{len(self.texts):032x}"}).encode())

    def taken(self, request: Request) -> None:
        form = dict(parse_qsl(request.body.decode(), strict_parsing=True))
        self.callbacks.append(form["StatusCallback"])
        self.texts.append(
            Text(
                id=f"SM{len(self.texts) + 1:032x}",
                to=form["To"],
                sender=form.get("From") or form["MessagingServiceSid"],
                words=form["Body"],
                lasts_s=int(form["ValidityPeriod"]) if "ValidityPeriod" in form else None,
            )
        )


def _error(status: int, code: int) -> Reply:
    return Reply(status=status, body=json.dumps({"code": code, "message": "To +15550101 is odd"}).encode())


def twilio_call(url: str, form: dict[str, str]) -> Call:
    """A callback as Twilio signs it: over the address it calls and the fields in the order of their names."""
    content = url + "".join(name + form[name] for name in sorted(form))
    signature = base64.b64encode(hmac.digest(SECRET.encode(), content.encode(), sha1)).decode()
    return Call(
        headers={
            "X-Twilio-Signature": signature,
            "Content-Type": "application/x-www-form-urlencoded",
        },
        body=urlencode(form).encode(),
    )
