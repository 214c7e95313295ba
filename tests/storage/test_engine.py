"""How the database is opened: durable, one writer at a time, and a plain refusal when it cannot be had."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Connection, create_engine, text
from support.clock import NOON
from support.databases import make_keyring, sqlite_url
from support.locks import give_up, watch_writers

from checkin.domain.errors import Unavailable
from checkin.storage import engine as engine_module
from checkin.storage.clinics import clinics
from checkin.storage.engine import Database, IntegrityError, Transaction, open_database

FULL, ON = 2, 1


def pragmas(connection: Connection) -> dict[str, object]:
    names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
    return {name: connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in names}


def add_row(database: Database) -> None:
    with database.transaction() as tx:
        tx.execute(clinics.insert().values(id=uuid4(), name="A", created_at=NOON))


def count(database: Database) -> int:
    with database.reading() as tx:
        return len(tx.execute(clinics.select()).all())


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_postgresql_writes_before_it_acknowledges_whatever_the_server_is_set_to(database: Database) -> None:
    name = database.engine.url.database
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    opened = open_database(database.engine.url.render_as_string(hide_password=False), make_keyring())
    try:
        with opened.engine.connect() as connection:
            assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == "on"
    finally:
        opened.engine.dispose()
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"ALTER DATABASE {name} RESET synchronous_commit"))


def test_every_sqlite_connection_of_the_pool_is_durable(sqlite_database: Database) -> None:
    held = [sqlite_database.engine.connect() for _ in range(12)]
    try:
        assert len({id(connection.connection.driver_connection) for connection in held}) == len(held)
        for connection in held:
            assert pragmas(connection) == {
                "journal_mode": "wal",
                "synchronous": FULL,
                "foreign_keys": ON,
                "secure_delete": ON,
            }
    finally:
        for connection in held:
            connection.close()


def test_connections_made_by_other_threads_are_durable_too(sqlite_database: Database) -> None:
    def synchronous(_: int) -> object:
        with sqlite_database.transaction() as tx:
            return tx.execute(text("PRAGMA synchronous")).scalar_one()

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(synchronous, range(24))) == {FULL}


def test_a_connection_stays_durable_after_an_error(sqlite_database: Database) -> None:
    with pytest.raises(RuntimeError), sqlite_database.transaction():
        raise RuntimeError
    with sqlite_database.reading() as tx:
        assert pragmas(tx.connection)["synchronous"] == FULL


def test_what_is_raised_inside_a_transaction_undoes_it(database: Database) -> None:
    with suppress(KeyError), database.transaction() as tx:
        tx.execute(clinics.insert().values(id=uuid4(), name="A", created_at=NOON))
        raise KeyError
    assert count(database) == 0


def test_on_sqlite_a_writer_holds_the_lock_from_its_beginning(sqlite_database: Database) -> None:
    with sqlite_database.transaction():
        other = sqlite3.connect(str(sqlite_database.engine.url.database), timeout=0, isolation_level=None)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()


def test_on_sqlite_a_reader_waits_for_nobody(sqlite_database: Database) -> None:
    add_row(sqlite_database)
    with sqlite_database.transaction() as tx:
        tx.execute(clinics.insert().values(id=uuid4(), name="B", created_at=NOON))
        assert count(sqlite_database) == 1
    assert count(sqlite_database) == 2


def test_a_writer_that_reads_first_waits_for_one_of_another_process(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a deferred transaction the second writer fails at once, however long it is willing to wait."""
    other = open_database(sqlite_url(Path(str(sqlite_database.engine.url.database))), make_keyring())

    def read_and_write() -> int:
        with other.transaction() as tx:
            seen = len(tx.execute(clinics.select()).all())
            tx.execute(clinics.insert().values(id=uuid4(), name="B", created_at=NOON))
        return seen

    until_one_waits = watch_writers(other, monkeypatch)
    with ThreadPoolExecutor(1) as pool:
        with sqlite_database.transaction() as tx:
            tx.execute(clinics.insert().values(id=uuid4(), name="A", created_at=NOON))
            second = pool.submit(read_and_write)
            until_one_waits()
        assert second.result(timeout=30) == 1, "it reads what the first one wrote"
    other.engine.dispose()
    assert count(sqlite_database) == 2


def test_a_database_that_stays_locked_is_a_refusal_with_words(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "BUSY_SECONDS", 0)
    hurried = open_database(sqlite_url(Path(str(sqlite_database.engine.url.database))), make_keyring())
    with sqlite_database.transaction(), pytest.raises(Unavailable), hurried.transaction():
        pass
    hurried.engine.dispose()
    assert count(sqlite_database) == 0


def test_a_database_that_cannot_be_opened_is_a_refusal_with_words(tmp_path: Path) -> None:
    database = open_database(sqlite_url(tmp_path / "missing" / "db.sqlite3"), make_keyring())
    with pytest.raises(Unavailable), database.transaction():
        pass


def test_what_the_database_gives_up_is_a_refusal_within_a_savepoint_too(database: Database) -> None:
    """Whoever goes on after the fault of a part must not take it for a fault of that part."""

    def a_part(tx: Transaction) -> None:
        with tx.savepoint():
            tx.execute(clinics.insert().values(id=uuid4(), name="A", created_at=NOON))
            give_up(tx)

    with database.transaction() as tx:
        with pytest.raises(Unavailable):
            a_part(tx)
        tx.execute(clinics.insert().values(id=uuid4(), name="B", created_at=NOON))
    with database.reading() as tx:
        assert [row.name for row in tx.execute(clinics.select())] == ["B"]


def test_a_row_that_breaks_a_rule_is_no_refusal_within_a_savepoint(database: Database) -> None:
    taken = {"id": uuid4(), "name": "A", "created_at": NOON}
    with database.transaction() as tx:
        tx.execute(clinics.insert().values(taken))
        with pytest.raises(IntegrityError), tx.savepoint():
            tx.execute(clinics.insert().values(taken))
    assert count(database) == 1


def test_postgresql_gives_up_on_locks_and_slow_statements(empty_postgresql: Database) -> None:
    with empty_postgresql.reading() as tx:
        shown = [
            tx.execute(text(f"SHOW {name}")).scalar_one()
            for name in ("statement_timeout", "lock_timeout", "timezone")
        ]
    assert shown == ["15s", "10s", "UTC"]


def test_a_lost_postgresql_connection_is_replaced(empty_postgresql: Database) -> None:
    with empty_postgresql.reading() as tx:
        pooled = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()
    outsider = create_engine(empty_postgresql.engine.url)
    with outsider.connect() as connection:
        ended = connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pooled}).scalar_one()
    outsider.dispose()
    assert ended
    add_row(empty_postgresql)
    assert count(empty_postgresql) == 1


def test_a_bare_postgresql_address_uses_the_installed_driver() -> None:
    database = open_database("postgresql://somebody@localhost/checkin", make_keyring())
    assert database.engine.dialect.driver == "psycopg"
