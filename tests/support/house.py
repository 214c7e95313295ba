"""The house as the composition root builds it, with a fake clock, fake channel and cheap hashing."""

import base64
from dataclasses import replace

from support.channel import FakeChannel
from support.clock import Clock
from support.databases import LOOKUP, MASTER

from checkin.config import Settings, load_settings
from checkin.domain.message import ChannelName
from checkin.services.deps import Deps, PasswordCost
from checkin.storage.engine import Database
from checkin.wiring import build_deps

PLAIN, SECURE = "http://127.0.0.1:8000", "https://checkin.example.org"
SECRET_KEY = "a-key-of-these-tests-that-signs-nothing-else-0123456789"
CHEAP = PasswordCost(memory=8, time=1, parallelism=1)


def environment(database_url: str, *, base_url: str = PLAIN, **more: str) -> dict[str, str]:
    """The environment a process of these tests is started with."""
    return {
        "DATABASE_URL": database_url,
        "CHECKIN_BASE_URL": base_url,
        "CHECKIN_SECRET_KEY": SECRET_KEY,
        "CHECKIN_MASTER_KEYS": f"test:{base64.b64encode(MASTER).decode()}",
        "CHECKIN_LOOKUP_KEY": base64.b64encode(LOOKUP).decode(),
        "CHECKIN_MAIL": "console",
        **more,
    }


def url_of(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def make_settings(database: Database, *, base_url: str = PLAIN, **more: str) -> Settings:
    return load_settings(environment(url_of(database), base_url=base_url, **more))


def make_deps(
    database: Database, clock: Clock, channel: FakeChannel, *, settings: Settings | None = None
) -> Deps:
    """What ``build_deps`` gives, with the fakes in the place of time, providers and costly hashing."""
    built = build_deps(settings or make_settings(database), database, now=clock.now)
    return replace(
        built,
        lease_now=clock.lease_now,
        elapsed=lambda: clock.elapsed,
        channels={channel.name: channel},
        settings=replace(built.settings, mail_channel=ChannelName.EMAIL, password_cost=CHEAP),
    )
