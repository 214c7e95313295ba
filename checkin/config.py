"""Settings from the environment, checked at start; every wrong one is listed at once."""

import base64
import binascii
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from checkin.channels.email import SmtpSettings, TlsMode
from checkin.channels.sms_twilio import TwilioSettings
from checkin.channels.sms_webhook import WebhookSettings
from checkin.channels.vapid_key import VapidKey
from checkin.channels.web_push import PushSettings
from checkin.domain.push import PUSH_SERVICES, known_service

PREFIX = "CHECKIN_"
# Answers may wait so long on a phone; by then Safari may have deleted them (after 7 days without use).
LONGEST_DELAY = timedelta(days=7)
TEXTS_PATH = "/texts/callback"  # where the provider of texts calls back
_SECRET_BYTES = 32
_SECURITY = {
    "smtp+starttls": (TlsMode.STARTTLS, 587),
    "smtps": (TlsMode.TLS, 465),
    "smtp": (TlsMode.NONE, 25),
}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
T = TypeVar("T")


class SettingsError(Exception):
    """The environment is not usable; ``problems`` says for each setting what is wrong and what to do."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything the processes need to know before they start."""

    database_url: str = field(repr=False)
    base_url: str
    secret_key: str = field(repr=False)
    old_secret_keys: tuple[str, ...] = field(default=(), repr=False)
    master_keys: Mapping[str, bytes] = field(repr=False)
    master_key_id: str
    lookup_key: bytes = field(repr=False)
    smtp: SmtpSettings | None = None
    push: PushSettings | None = None
    sms: WebhookSettings | TwilioSettings | None = None
    trusted_proxies: int = 0
    sends_per_second: int = 400
    longest_delay: timedelta = LONGEST_DELAY
    metrics_token: str = field(default="", repr=False)
    demo: bool = False

    @property
    def secure(self) -> bool:
        """Whether browsers reach us over TLS; cookies are marked accordingly."""
        return self.base_url.startswith("https://")


class _Reader:
    """Reads one setting after the other and collects what is wrong."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.problems: list[str] = []

    def get(self, name: str, default: str | None = None) -> str:
        """The value of ``CHECKIN_<name>``, or the content of the file that ``CHECKIN_<name>_FILE`` names."""
        value = self.environment.get(PREFIX + name, "").strip()
        path = self.environment.get(f"{PREFIX}{name}_FILE", "").strip()
        if path and not value:
            value = self._from_file(f"{PREFIX}{name}_FILE", Path(path))
        if value:
            return value
        if default is None:
            self.wrong(name, "is not set")
            return ""
        return default

    def wrong(self, name: str, what: str) -> None:
        self.problems.append(f"{PREFIX}{name} {what}")

    def parsed(self, name: str, value: str, parse: Callable[[str], T], fallback: T) -> T:
        try:
            return parse(value)
        except ValueError as error:
            if value:
                self.wrong(name, str(error))
            return fallback

    def _from_file(self, name: str, path: Path) -> str:
        try:
            if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
                self.problems.append(f"{name}: {path} can be read by others; use chmod 600")
                return ""
            return path.read_text().strip()
        except OSError as error:
            self.problems.append(f"{name}: {path} cannot be read ({error.strerror})")
            return ""


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings. Raises ``SettingsError`` with everything that is wrong."""
    reader = _Reader(os.environ if environment is None else environment)
    no_keys: dict[str, bytes] = {}
    masters = reader.parsed("MASTER_KEYS", reader.get("MASTER_KEYS"), _master_keys, no_keys)
    base_url = reader.parsed("BASE_URL", reader.get("BASE_URL"), _base_url, "")
    settings = Settings(
        database_url=_database_url(reader),
        base_url=base_url,
        secret_key=reader.parsed("SECRET_KEY", reader.get("SECRET_KEY"), _secret, ""),
        old_secret_keys=tuple(reader.get("OLD_SECRET_KEYS", "").split()),
        master_keys=masters,
        master_key_id=next(iter(masters), ""),
        lookup_key=reader.parsed("LOOKUP_KEY", reader.get("LOOKUP_KEY"), _key, b""),
        smtp=_smtp(reader),
        push=_push(reader),
        sms=_sms(reader, base_url),
        longest_delay=reader.parsed(
            "LONGEST_DELAY_DAYS", reader.get("LONGEST_DELAY_DAYS", ""), _days, LONGEST_DELAY
        ),
        sends_per_second=reader.parsed("SENDS_PER_SECOND", reader.get("SENDS_PER_SECOND", "400"), _rate, 400),
        trusted_proxies=reader.parsed("TRUSTED_PROXIES", reader.get("TRUSTED_PROXIES", "0"), _count, 0),
        metrics_token=reader.parsed("METRICS_TOKEN", reader.get("METRICS_TOKEN", ""), _token, ""),
        demo=reader.parsed("DEMO", reader.get("DEMO", "no"), _flag, False),
    )
    if reader.problems:
        raise SettingsError(reader.problems)
    return settings


def _database_url(reader: _Reader) -> str:
    url = reader.environment.get("DATABASE_URL", "").strip() or reader.get("DATABASE_URL")
    if url and not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        reader.wrong("DATABASE_URL", "must begin with sqlite:/// or postgresql://")
        return ""
    return reader.parsed("DATABASE_URL", url, _readable_url, "")


def _readable_url(value: str) -> str:
    try:
        make_url(value)
    except (ArgumentError, ValueError):  # not repeated here: it may hold a password
        raise ValueError("cannot be read as user:password@host:port/database") from None
    return value


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
        raise ValueError("must be the address people open, such as https://checkin.example.org")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError("must use https except on this machine: answers would travel in clear")
    return value.rstrip("/")


def _secret(value: str) -> str:
    if len(value) < _SECRET_BYTES or len(set(value)) < 10:
        raise ValueError("is too short or too simple; make one with: openssl rand -hex 32")
    return value


def _token(value: str) -> str:
    return _secret(value) if value else ""


def _key(value: str) -> bytes:
    try:
        key = base64.b64decode(value, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != _SECRET_BYTES or len(set(key)) < 10:
        raise ValueError("must be 32 random bytes in base64; make it with: openssl rand -base64 32")
    return key


def _master_keys(value: str) -> dict[str, bytes]:
    """Read "id:base64 id:base64 …"; the first one seals what is new."""
    keys: dict[str, bytes] = {}
    for part in value.split():
        name, colon, encoded = part.partition(":")
        if not colon or not name:
            raise ValueError('must look like "2026:BASE64" (several with spaces, newest first)')
        keys[name] = _key(encoded)
    if not keys:
        raise ValueError("is empty")
    return keys


def _smtp(reader: _Reader) -> SmtpSettings | None:
    """Read smtp+starttls://user:password@host:587, smtps://…:465 or smtp://127.0.0.1; "console" prints."""
    value = reader.get("MAIL")
    if value in {"", "console"}:
        return None
    try:
        parts = urlsplit(value)
        tls, port = _SECURITY[parts.scheme]
        return SmtpSettings(
            host=parts.hostname or "",
            port=parts.port or port,
            tls=tls,
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            from_address=reader.get("MAIL_FROM"),
        )
    except KeyError:
        reader.wrong("MAIL", "must be console, smtp+starttls://user:password@host:587 or smtps://host:465")
    except ValueError as error:
        reader.wrong("MAIL", f"or {PREFIX}MAIL_FROM cannot be used: {error}")
    return None


def _push(reader: _Reader) -> PushSettings | None:
    """Read "id:key id:key …", newest first, as ``flask generate-vapid-keys`` prints them."""
    value = reader.get("PUSH_KEYS", "")
    if not value:
        return None
    subject = reader.get("PUSH_SUBJECT")
    no_keys: tuple[VapidKey, ...] = ()
    keys = reader.parsed("PUSH_KEYS", value, _vapid_keys, no_keys)
    services = reader.parsed("PUSH_SERVICES", reader.get("PUSH_SERVICES", ""), _services, PUSH_SERVICES)
    if not keys or not subject:
        return None
    return reader.parsed(
        "PUSH_SUBJECT", subject, lambda to: PushSettings(keys=keys, subject=to, services=services), None
    )


def _vapid_keys(value: str) -> tuple[VapidKey, ...]:
    try:
        parts = [part.partition(":") for part in value.split()]
        keys = tuple(VapidKey(id=name, private=private) for name, _colon, private in parts)
    except ValueError:  # not repeated here: it is the secret
        raise ValueError("must look like id:KEY; make it with: flask generate-vapid-keys") from None
    if len({key.id for key in keys}) < len(keys):
        raise ValueError("has two keys with the same id")
    return keys


def _services(value: str) -> tuple[str, ...]:
    return tuple(known_service(service) for service in value.split()) or PUSH_SERVICES


def _sms(reader: _Reader, base_url: str) -> WebhookSettings | TwilioSettings | None:
    """Read https://gateway.example.org/path or twilio://ACCOUNT@api.twilio.com; empty sends no texts."""
    value = reader.get("SMS", "")
    if not value:
        return None
    sender, secret = reader.get("SMS_FROM"), reader.get("SMS_SECRET")
    try:
        parts = urlsplit(value)
        if parts.scheme == "https":
            return WebhookSettings(url=value, sender=sender, secret=secret)
        if parts.scheme != "twilio":
            raise ValueError("it must be https://gateway.example.org/path or twilio://ACCOUNT@api.twilio.com")
        return TwilioSettings(
            url=f"https://{parts.netloc.rpartition('@')[2]}{parts.path}",
            account=parts.username or "",
            token=secret,
            sender=sender,
            callback_url=f"{base_url}{TEXTS_PATH}",
        )
    except ValueError as error:
        reader.wrong("SMS", f"with {PREFIX}SMS_FROM and {PREFIX}SMS_SECRET cannot be used: {error}")
    return None


def _count(value: str) -> int:
    if not value.isdecimal():
        raise ValueError("must be a number: how many proxies of yours stand in front")
    return int(value)


def _days(value: str) -> timedelta:
    if not value.isdecimal() or not 1 <= int(value) <= 30:
        raise ValueError("must be a number of days, 1 to 30")
    return timedelta(days=int(value))


def _rate(value: str) -> int:
    if not value.isdecimal() or not 0 < int(value) <= 100_000:
        raise ValueError("must be a number: how many messages a second your providers take")
    return int(value)


def _flag(value: str) -> bool:
    if value.lower() not in {"yes", "no", "true", "false", "1", "0"}:
        raise ValueError("must be yes or no")
    return value.lower() in {"yes", "true", "1"}
