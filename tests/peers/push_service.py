"""A real push service with its browsers: it checks what the standards ask for, and browsers decrypt.

The decryption is written from RFC 8291 and RFC 8188 with plain primitives, so that it shares no code with
what encrypts.
"""

import base64
import hmac
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from peers.certificates import Certificate
from peers.https import HttpsPeer, Reply, Request, Trouble

from checkin.domain.push import PushAddress

DAY_S = 24 * 3600
_CURVE = ec.SECP256R1()
_SUBJECT = re.compile(r"mailto:[^\s<>]+@[^\s<>]+\.[a-z]+|https://[a-z0-9.-]+\.[a-z]+")


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decoded(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A push that the service holds for a browser, with what was inside."""

    content: dict[str, Any]
    ttl: int
    urgency: str
    topic: str | None
    size: int


@dataclass
class Browser:
    """One subscribed browser. ``waiting`` is what it would show when it is switched on."""

    path: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(_CURVE))
    secret: bytes = bytes(range(16))
    waiting: list[Taken] = field(default_factory=list)

    def address(self, service: str, key_id: str = "test") -> PushAddress:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return PushAddress(
            endpoint=service + self.path, p256dh=encoded(point), auth=encoded(self.secret), key=key_id
        )

    def decrypt(self, body: bytes) -> bytes:
        """Open a push as RFC 8291 3.3 and RFC 8188 2 say. Raises for anything that is not as it should be."""
        salt, size, length = body[:16], int.from_bytes(body[16:20]), body[20]
        sender, record = body[21 : 21 + length], body[21 + length :]
        assert len(record) <= size, "more than one record"
        public = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, sender))
        first = _hmac(_hmac(self.secret, shared), b"WebPush: info\0" + public + sender + b"\1")
        extracted = _hmac(salt, first)
        content = _hmac(extracted, b"Content-Encoding: aes128gcm\0\1")[:16]
        nonce = _hmac(extracted, b"Content-Encoding: nonce\0\1")[:12]
        padded = AESGCM(content).decrypt(nonce, record, None).rstrip(b"\0")
        assert padded.endswith(b"\2"), "not marked as the last record"
        return padded[:-1]


def _hmac(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, content, sha256)


class PushService(HttpsPeer):
    """Takes pushes for its browsers; ``public_key`` is the one key that they subscribed with.

    ``now`` is its own clock, in seconds.
    """

    def __init__(
        self,
        certificate: Certificate,
        public_key: str,
        *answers: Reply | Trouble,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(certificate, *answers)
        self.public_key = public_key
        self.now = now
        self.browsers: dict[str, Browser] = {}

    def browser(self, name: str = "one") -> Browser:
        """A browser that subscribes here; by its name the same one again."""
        path = f"/push/{name}"
        return self.browsers.setdefault(path, Browser(path=path))

    def reply(self, request: Request) -> Reply:
        fault = self._fault(request)
        if fault is not None:
            return fault
        self.taken(request)
        headers = {"Location": f"{self.url}/message/{len(self.requests)}", "TTL": request.headers["ttl"]}
        return Reply(status=201, headers=headers)

    def taken(self, request: Request) -> None:
        browser = self.browsers[request.path]
        topic = request.headers.get("topic")
        push = Taken(
            content=json.loads(browser.decrypt(request.body)),
            ttl=int(request.headers["ttl"]),
            urgency=request.headers["urgency"],
            topic=topic,
            size=len(request.body),
        )
        kept = [one for one in browser.waiting if topic is None or one.topic != topic]
        browser.waiting = [*kept, push]

    def _fault(self, request: Request) -> Reply | None:
        headers = request.headers
        if request.path not in self.browsers:
            return Reply(status=404)
        if not headers.get("ttl", "").isdecimal() or headers.get("content-encoding") != "aes128gcm":
            return Reply(status=400)
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", headers.get("topic", "x")):
            return Reply(status=400)
        if headers.get("urgency", "normal") not in {"very-low", "low", "normal", "high"}:
            return Reply(status=400)
        if len(request.body) > 4096:
            return Reply(status=413)
        return None if self._known(headers.get("authorization", "")) else Reply(status=403)

    def _known(self, authorization: str) -> bool:
        """Check the signature and its claims as RFC 8292 and Apple do."""
        found = re.fullmatch(r"vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), ?k=([\w-]+)", authorization)
        if found is None or found[4] != self.public_key:
            return False
        claims: dict[str, Any] = json.loads(decoded(found[2]))
        signature = decoded(found[3])
        point = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, decoded(found[4]))
        try:
            point.verify(
                encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:])),
                f"{found[1]}.{found[2]}".encode(),
                ec.ECDSA(hashes.SHA256()),
            )
        except InvalidSignature:
            return False
        in_time = self.now() < claims["exp"] <= self.now() + DAY_S
        return claims["aud"] == self.url and in_time and _SUBJECT.fullmatch(claims["sub"]) is not None
