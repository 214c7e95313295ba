"""Bringing the schema up to date: one migrator at a time, all or nothing."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from checkin.storage.engine import Database, Transaction

MIGRATIONS = Path(__file__).parent.parent.parent / "migrations"
_LOCK = 0x636865636B696E  # "checkin": any fixed number that no other program takes on this database


def upgrade(database: Database, revision: str = "head") -> tuple[str | None, str | None]:
    """Run what is missing up to ``revision`` in one transaction; return the revision before and after.

    A second migrator waits, then finds nothing left to do. Killed half-way, the old schema is still there.
    """
    with _alone(database), database.transaction() as tx:
        if tx.is_postgresql:
            tx.connection.execute(text("SET LOCAL lock_timeout = 0"))
            tx.connection.execute(text("SET LOCAL statement_timeout = 0"))
            tx.connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        before = MigrationContext.configure(tx.connection).get_current_revision()
        config = configuration()
        config.attributes["connection"] = tx.connection
        command.upgrade(config, revision)
        after = MigrationContext.configure(tx.connection).get_current_revision()
    return before, after


def current_revision(database: Database) -> str | None:
    """The revision the database is at; None when it is empty."""
    with database.reading() as tx:
        return revision_of(tx)


def revision_of(tx: Transaction) -> str | None:
    """The revision that a transaction sees; None in an empty database."""
    return MigrationContext.configure(tx.connection).get_current_revision()


def newest_revision() -> str | None:
    """The revision this version of the program needs."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


def configuration() -> Config:
    """Alembic's configuration, without a file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """On SQLite, hold a lock file: waiting for the database's own lock would time out."""
    path = database.engine.url.database if database.engine.dialect.name == "sqlite" else None
    if not path or path == ":memory:":
        yield
        return
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with Path(f"{path}.migrating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
