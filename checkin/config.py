"""Settings from the environment, checked at start; every wrong one is listed at once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import unquote, urlsplit

from checkin import config_values as values
from checkin.channels.email import SmtpSettings, TlsMode
from checkin.channels.sms_twilio import TwilioSettings
from checkin.channels.sms_webhook import WebhookSettings
from checkin.channels.vapid_key import VapidKey
from checkin.channels.web_push import PushSettings
from checkin.config_reader import PREFIX, Reader, SettingsError
from checkin.domain.push import PUSH_SERVICES, known_service

# Answers may wait so long on a phone; by then Safari may have deleted them (after 7 days without use).
LONGEST_DELAY = timedelta(days=7)
TEXTS_PATH = "/texts/callback"  # where the provider of texts calls back
_SECURITY = {
    "smtp+starttls": (TlsMode.STARTTLS, 587),
    "smtps": (TlsMode.TLS, 465),
    "smtp": (TlsMode.NONE, 25),
}
_NAMES = frozenset(
    {
        *("DATABASE_URL", "BASE_URL", "SECRET_KEY", "OLD_SECRET_KEYS", "MASTER_KEYS", "LOOKUP_KEY"),
        *("MAIL", "MAIL_FROM", "PUSH_KEYS", "PUSH_SUBJECT", "PUSH_SERVICES", "SMS", "SMS_FROM", "SMS_SECRET"),
        *("LONGEST_DELAY_DAYS", "SENDS_PER_SECOND", "TRUSTED_PROXIES", "METRICS_TOKEN", "DEMO"),
    }
)


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


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings. Raises ``SettingsError`` with everything that is wrong."""
    reader = Reader(os.environ if environment is None else environment, _NAMES)
    no_keys: dict[str, bytes] = {}
    masters = reader.parsed("MASTER_KEYS", reader.get("MASTER_KEYS"), values.master_keys, no_keys)
    base_url = reader.parsed("BASE_URL", reader.get("BASE_URL"), values.base_url, "")
    settings = Settings(
        database_url=reader.parsed("DATABASE_URL", _database_address(reader), values.database_url, ""),
        base_url=base_url,
        secret_key=reader.parsed("SECRET_KEY", reader.get("SECRET_KEY"), values.secret, ""),
        old_secret_keys=reader.parsed(
            "OLD_SECRET_KEYS", reader.get("OLD_SECRET_KEYS", ""), values.secrets, ()
        ),
        master_keys=masters,
        master_key_id=next(iter(masters), ""),
        lookup_key=reader.parsed("LOOKUP_KEY", reader.get("LOOKUP_KEY"), values.key, b""),
        smtp=_smtp(reader),
        push=_push(reader),
        sms=_sms(reader, base_url),
        longest_delay=reader.parsed(
            "LONGEST_DELAY_DAYS", reader.get("LONGEST_DELAY_DAYS", ""), values.days, LONGEST_DELAY
        ),
        sends_per_second=reader.parsed(
            "SENDS_PER_SECOND", reader.get("SENDS_PER_SECOND", "400"), values.rate, 400
        ),
        trusted_proxies=reader.parsed("TRUSTED_PROXIES", reader.get("TRUSTED_PROXIES", "0"), values.count, 0),
        metrics_token=reader.parsed("METRICS_TOKEN", reader.get("METRICS_TOKEN", ""), values.token, ""),
        demo=reader.parsed("DEMO", reader.get("DEMO", "no"), values.flag, False),
    )
    if settings.lookup_key and settings.lookup_key in masters.values():
        reader.wrong("LOOKUP_KEY", f"is one of {PREFIX}MASTER_KEYS; make another: openssl rand -base64 32")
    if reader.problems:
        raise SettingsError(reader.problems)
    return settings


def _database_address(reader: Reader) -> str:
    """The name that hosting services set comes first."""
    return reader.environment.get("DATABASE_URL", "").strip() or reader.get("DATABASE_URL")


def _smtp(reader: Reader) -> SmtpSettings | None:
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


def _push(reader: Reader) -> PushSettings | None:
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


def _sms(reader: Reader, base_url: str) -> WebhookSettings | TwilioSettings | None:
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
