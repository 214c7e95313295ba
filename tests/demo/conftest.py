"""The demo, seeded once and copied for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support import databases
from support.channel import FakeChannel
from support.clock import NOON, Clock
from support.demo import Told
from support.house import make_deps

from checkin.demo.seed import Expected, seed


@pytest.fixture(scope="session")
def seeded(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Expected]:
    """A database file with the demo in it, seeded once, and what it expects next."""
    folder = tmp_path_factory.mktemp("demo")
    with databases.copied_sqlite(sqlite_template, folder) as database:
        expected = seed(make_deps(database, Clock(), FakeChannel()), NOON)
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder / "checkin.sqlite3", expected


@pytest.fixture
def told(seeded: tuple[Path, Expected], tmp_path: Path, clock: Clock, channel: FakeChannel) -> Iterator[Told]:
    """A copy of it, to look at and to go on with."""
    with databases.copied_sqlite(seeded[0], tmp_path) as database:
        yield Told(database, clock, channel)


@pytest.fixture
def expected(seeded: tuple[Path, Expected]) -> Expected:
    """What comes next, as seeding announced it."""
    return seeded[1]
