"""Fixtures that everybody shares: both databases, the house with its fakes, its people, a visitor."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import settings as hypothesis_settings
from jinja2 import FileSystemBytecodeCache
from support import databases
from support.channel import FakeChannel
from support.clock import NOON, Clock
from support.house import make_deps, make_settings
from support.people import World, make_world
from support.rules import compile_once
from support.visitor import Visitor

from checkin.app import create_app
from checkin.services.deps import Deps
from checkin.storage.engine import Database, open_database
from checkin.storage.migration import upgrade
from checkin.web import sign_in_state
from checkin.web.context import EXTENSION

# A busy machine is no reason to fail; in CI the same examples are drawn every time.
hypothesis_settings.register_profile("here", deadline=None)
hypothesis_settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "here")

_LOOPBACK = ("127.", "::1", "localhost")


def _stay_home(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse every connection that would leave this machine."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = str(arguments[1][0])
    elif event == "socket.getaddrinfo" and arguments[0] is not None:
        host = arguments[0].decode() if isinstance(arguments[0], bytes) else str(arguments[0])
    else:
        return
    if host and not host.startswith(_LOOPBACK):
        raise RuntimeError(f"a test wanted to reach {host}")


sys.addaudithook(_stay_home)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    return databases.make_sqlite_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server in which databases may be made."""
    try:
        with databases.postgresql_server() as url:
            yield url
    except databases.NoPostgresql as missing:
        if os.environ.get("CI"):
            pytest.fail(f"no PostgreSQL: {missing}")
        pytest.skip(f"no PostgreSQL: {missing}")


@pytest.fixture(scope="session")
def postgresql_database(postgresql: str) -> Iterator[Database]:
    """One migrated database on it, emptied before each test that uses it."""
    with databases.new_postgresql_database(postgresql) as url:
        database = open_database(url, databases.make_keyring())
        upgrade(database)
        yield database
        database.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A migrated, empty database of each kind."""
    name = "sqlite_database" if request.param == "sqlite" else "empty_postgresql"
    return request.getfixturevalue(name)  # type: ignore[no-any-return]


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    with databases.copied_sqlite(sqlite_template, tmp_path) as copy:
        yield copy


@pytest.fixture
def empty_postgresql(postgresql_database: Database) -> Database:
    databases.empty(postgresql_database)
    return postgresql_database


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def channel() -> FakeChannel:
    return FakeChannel()


@pytest.fixture
def deps(database: Database, clock: Clock, channel: FakeChannel) -> Deps:
    return make_deps(database, clock, channel)


@pytest.fixture(scope="session")
def stored_world(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[World, databases.Rows]:
    """The people, made once, and their rows."""
    with databases.copied_sqlite(sqlite_template, tmp_path_factory.mktemp("world")) as database:
        return make_world(database, NOON), databases.rows_of(database)


@pytest.fixture
def world(database: Database, stored_world: tuple[World, databases.Rows]) -> World:
    """The people of two clinics, as they are at the clock's first moment."""
    made, rows = stored_world
    databases.put(database, rows)
    return made


@pytest.fixture(scope="session", autouse=True)
def compiled_rules() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        compile_once(patch)
        yield


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Compiled templates, kept from test to test."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def new_app(database: Database, deps: Deps, compiled: FileSystemBytecodeCache) -> Flask:
    """An application for one test, which may change it."""
    made = create_app(make_settings(database), deps)
    made.jinja_env.bytecode_cache = compiled
    return made


@pytest.fixture(scope="session")
def kept_apps() -> list[Flask]:
    """The application that all other tests share, once it is made."""
    return []


@pytest.fixture
def app(database: Database, deps: Deps, kept_apps: list[Flask]) -> Flask:
    """The application, its form tokens switched on, at work for this test's clinic."""
    if not kept_apps:
        kept_apps.append(create_app(make_settings(database), deps))
    [kept] = kept_apps
    kept.extensions[EXTENSION] = deps
    sign_in_state.install(kept, deps)
    return kept


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """Somebody with a browser who is not signed in."""
    return Visitor(app)
