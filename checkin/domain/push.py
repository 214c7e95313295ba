"""Web push: what a browser hands over so that we can reach it, and which push services we talk to."""

import base64
import binascii
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from urllib.parse import urlsplit
from uuid import UUID

from checkin.domain.ids import ClinicId, PersonId
from checkin.domain.words import Text, text

# Chrome and most Android browsers; Safari; Firefox; Edge. An endpoint is chosen by whoever subscribes, so
# without such a list anybody could make this server call any other.
PUSH_SERVICES: tuple[str, ...] = (
    "fcm.googleapis.com",
    "*.push.apple.com",
    "updates.push.services.mozilla.com",
    "*.notify.windows.com",
)
LONGEST_ENDPOINT = 2000
HTTPS_PORT = 443

_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_HOST = rf"{_LABEL}(?:\.{_LABEL})*"
# Neither user names nor brackets, escapes or other scripts in the host: only what two readers read alike.
_ENDPOINT = re.compile(rf"https://{_HOST}(?::[0-9]{{1,5}})?/[!-\"$-~]*", re.IGNORECASE | re.ASCII)
_SERVICE = re.compile(rf"(?:\*\.)?({_HOST})(?::([0-9]{{1,5}}))?")
_IS_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # the last part of every way to write an IPv4 address


def allowed(endpoint: str, services: Iterable[str]) -> bool:
    """Whether we may send to this address: https, port 443 or the listed one, a listed name, never a number.

    ``services`` holds host names, ``*.`` before one stands for any names below it, ``:port`` may follow.
    """
    if len(endpoint) > LONGEST_ENDPOINT or not _ENDPOINT.fullmatch(endpoint):
        return False
    try:
        host, port = host_and_port(endpoint)
    except ValueError:  # a port that cannot be, or brackets around no address
        return False
    if _is_address(host):
        return False
    return any(_fits(host, port, service) for service in services)


def host_and_port(endpoint: str) -> tuple[str, int]:
    """The name and port of an address that ``allowed`` has taken."""
    parts = urlsplit(endpoint)
    return parts.hostname or "", HTTPS_PORT if parts.port is None else parts.port


def known_service(service: str) -> str:
    """Return the entry of an allow-list in lower case. Raises ``ValueError`` if it is none."""
    lowered = service.strip().lower()
    found = _SERVICE.fullmatch(lowered)
    if found is None or _is_address(found[1]) or not 0 < int(found[2] or HTTPS_PORT) < 65536:
        raise ValueError(f"{service!r} is not a host name such as push.example.org or *.example.org")
    return lowered


def _is_address(host: str) -> bool:
    return _IS_NUMBER.fullmatch(host.rpartition(".")[2]) is not None


def _fits(host: str, port: int, service: str) -> bool:
    name, _, wanted = service.partition(":")
    if port != int(wanted or HTTPS_PORT):
        return False
    return host.endswith(name[1:]) if name.startswith("*.") else host == name


@dataclass(frozen=True, kw_only=True)
class PushAddress:
    """Where and for whom to encrypt: all parts come from the browser, except ``key``.

    ``p256dh`` is its public key (65 bytes, base64url) and ``auth`` its secret (16 bytes, base64url);
    ``key`` is the id of our own key that it subscribed with. Raises ``ValueError`` for what cannot be one.
    """

    endpoint: str = field(repr=False)
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)
    key: str

    def __post_init__(self) -> None:
        point, secret = from_base64url(self.p256dh), from_base64url(self.auth)
        if len(point) != 65 or point[0] != 4 or len(secret) != 16:  # RFC 8291 3.2, uncompressed P-256
            raise ValueError("these are not the keys of a push subscription")

    def to_json(self) -> str:
        """The address as one string, as messages carry it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, content: str) -> "PushAddress":
        return cls(**json.loads(content))


def from_base64url(value: str) -> bytes:
    """Decode base64url with or without padding. Raises ``ValueError``."""
    stripped = value.rstrip("=")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", stripped):
        raise ValueError("not base64url")
    try:
        return base64.urlsafe_b64decode(stripped + "=" * (-len(stripped) % 4))
    except binascii.Error:
        raise ValueError("not base64url") from None


def to_base64url(value: bytes) -> str:
    """Encode without padding, as push and its tokens want it."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def topic_of(subject: UUID) -> str:
    """The Topic of all pushes about one thing: a newer one replaces what was not shown yet (RFC 8030 5.4).

    32 characters of base64url, the most a Topic may have; it does not tell what it is about.
    """
    return to_base64url(sha256(b"push topic:" + subject.bytes).digest()[:24])


class Device(StrEnum):
    """What a subscribed browser runs on, as far as it says."""

    IPHONE = "iphone"
    IPAD = "ipad"
    ANDROID = "android"
    WINDOWS = "windows"
    MAC = "mac"
    OTHER = "other"


# In this order: an iPhone also says "like Mac OS X".
_DEVICE_SIGNS = (
    ("iPhone", Device.IPHONE),
    ("iPad", Device.IPAD),
    ("Android", Device.ANDROID),
    ("Windows", Device.WINDOWS),
    ("Macintosh", Device.MAC),
)
_DEVICE_WORDS = {
    Device.IPHONE: text("iPhone"),
    Device.IPAD: text("iPad"),
    Device.ANDROID: text("Android phone or tablet"),
    Device.WINDOWS: text("Windows computer"),
    Device.MAC: text("Mac"),
    Device.OTHER: text("Another device"),
}


def device_from(user_agent: str) -> Device:
    """What a browser's own description says that it runs on."""
    return next((device for sign, device in _DEVICE_SIGNS if sign in user_agent), Device.OTHER)


def device_words(device: Device) -> Text:
    return _DEVICE_WORDS[device]


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """A browser that takes pushes for one person.

    ``confirmed_at``: when the browser last said that it still has it. ``gone_at``: when the push service told
    us that it ended. ``expires_at``: when it ends by itself, if the browser knows.
    """

    id: UUID
    clinic_id: ClinicId
    person_id: PersonId
    address: PushAddress
    device: Device
    created_at: datetime
    confirmed_at: datetime
    gone_at: datetime | None = None
    expires_at: datetime | None = None

    def usable(self, now: datetime) -> bool:
        """Whether a push may still arrive there."""
        return self.gone_at is None and (self.expires_at is None or now < self.expires_at)
