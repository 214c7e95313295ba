"""The composition root: settings in, collaborators out. Web, scheduler, commands and tests all build here."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from time import CLOCK_BOOTTIME, clock_gettime
from typing import TextIO, cast

from checkin import logs
from checkin.channels.base import Channel
from checkin.channels.console import ConsoleChannel
from checkin.channels.email import EmailChannel
from checkin.channels.https import HttpsClient, anywhere
from checkin.channels.rendering import Renderer
from checkin.channels.sms import SmsChannel
from checkin.channels.sms_twilio import TwilioProvider, TwilioSettings
from checkin.channels.sms_webhook import WebhookProvider
from checkin.channels.web_push import PushCrypto, WebPushChannel
from checkin.config import Settings
from checkin.domain.message import ChannelName
from checkin.services.deps import Deps, ServiceSettings
from checkin.storage.engine import Database, Transaction, open_database
from checkin.storage.keyring import Keyring
from checkin.storage.lease import LeaseTime, database_time

ROOT = Path(__file__).parent.parent
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def open_from(settings: Settings) -> Database:
    """Open the configured database with the configured keys."""
    keys = Keyring(settings.master_keys, settings.master_key_id, settings.lookup_key)
    return open_database(settings.database_url, keys)


def build_deps(
    settings: Settings,
    database: Database | None = None,
    *,
    now: Callable[[], datetime] | None = None,
    console: TextIO = sys.stdout,
) -> Deps:
    """Put the collaborators together."""
    opened = database or open_from(settings)
    channels = _channels(settings, console)
    return Deps(
        transaction=opened.transaction,
        reading=opened.reading,
        now=now or _utc_now,
        lease_now=_lease_now,
        elapsed=_elapsed,
        channels={channel.name: channel for channel in channels},
        alarm=_needs_a_hand,
        keys=opened.keys,
        settings=ServiceSettings(
            base_url=settings.base_url,
            longest_delay=settings.longest_delay,
            mail_from="" if settings.smtp is None else settings.smtp.from_address,
            mail_channel=ChannelName.CONSOLE if settings.smtp is None else ChannelName.EMAIL,
            sends_per_second=settings.sends_per_second,
            metrics_token=settings.metrics_token,
        ),
    )


def _channels(settings: Settings, console: TextIO) -> list[Channel]:
    renderer = Renderer(ROOT / "templates" / "messages", ROOT / "translations")
    channels: list[Channel] = [ConsoleChannel(console, renderer)]
    if settings.smtp is not None:
        channels.append(EmailChannel(settings.smtp, renderer))
    if settings.push is not None:
        channels.append(
            WebPushChannel(settings.push, renderer, HttpsClient(), _push_crypto, alarm=_needs_a_hand)
        )
    if settings.sms is not None:
        # Chosen by whoever runs this, so it may stand in the same network.
        client = HttpsClient(may_reach=anywhere)
        if isinstance(settings.sms, TwilioSettings):
            provider: WebhookProvider | TwilioProvider = TwilioProvider(settings.sms, client)
        else:
            provider = WebhookProvider(settings.sms, client)
        channels.append(SmsChannel(provider, renderer, alarm=_needs_a_hand))
    return channels


def _push_crypto() -> PushCrypto:
    """Loaded with the first push: the web process sends none and does without its libraries."""
    return cast(PushCrypto, import_module("checkin.channels.push_crypto"))


def _needs_a_hand(reason: str) -> None:
    logs.Log().warning("channel needs a hand", error=reason)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _elapsed() -> float:
    return clock_gettime(CLOCK_BOOTTIME)


def _lease_now(tx: Transaction) -> LeaseTime:
    """Time that no clock change moves: the database's on PostgreSQL, else time since this machine started."""
    if tx.is_postgresql:
        return database_time(tx)
    return LeaseTime(epoch=_BOOT_ID.read_text().strip(), seconds=_elapsed())
