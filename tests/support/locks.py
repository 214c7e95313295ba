"""Somebody else who writes and does not come to an end, how a test sees that another writer waits, and what
the database gives up."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

import pytest
from sqlalchemy import text

from checkin.storage import waiting
from checkin.storage.engine import Database, Transaction

_PATIENCE_S = 30
_POLL_S = 0.02
_WAITING = text(
    "SELECT count(*) FROM pg_locks, pg_sleep(:poll) WHERE NOT granted"
    " AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
)


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """Neither check-ins nor sign-ins can be written meanwhile; reading goes on."""
    if database.engine.dialect.name == "sqlite":
        other = sqlite3.connect(str(database.engine.url.database), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.close()
        return
    with database.engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("LOCK TABLE check_ins, sign_ins IN EXCLUSIVE MODE")
        yield


def give_up(tx: Transaction) -> None:
    """Run a statement that the database ends in the middle, as one that has waited too long."""
    if tx.is_postgresql:
        tx.execute(text("SET LOCAL statement_timeout = 1"))
        tx.execute(text("SELECT pg_sleep(60)"))
    driver = tx.connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    driver.set_progress_handler(lambda: True, 1)
    try:
        tx.execute(text("SELECT count(*) FROM sqlite_schema"))
    finally:
        driver.set_progress_handler(None, 1)


def watch_writers(database: Database, patch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return a function that returns as soon as a writer waits for a lock, and fails when none does."""
    if database.engine.dialect.name != "sqlite":
        return lambda: _until_one_waits_on_postgresql(database)
    napping, sleep = Event(), waiting.sleep

    def nap(seconds: float) -> None:
        napping.set()
        sleep(seconds)

    patch.setattr(waiting, "sleep", nap)

    def until_one_naps() -> None:
        assert napping.wait(_PATIENCE_S), "nobody waited"

    return until_one_naps


def _until_one_waits_on_postgresql(database: Database) -> None:
    with database.engine.connect() as connection:
        for _ in range(int(_PATIENCE_S / _POLL_S)):
            if connection.execute(_WAITING, {"poll": _POLL_S}).scalar_one():
                return
            connection.rollback()
    pytest.fail("nobody waited")
