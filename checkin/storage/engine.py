"""The database: how it is opened, how a transaction begins, what a transaction gives."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from sqlite3 import Connection as SqliteConnection
from sqlite3 import OperationalError as SqliteOperationalError
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine, Executable, create_engine, event, make_url
from sqlalchemy.exc import IntegrityError, OperationalError

from checkin.domain.errors import Unavailable
from checkin.storage.keyring import Keyring
from checkin.storage.waiting import Turn, begin_reading, begin_writing

__all__ = ["Database", "IntegrityError", "Transaction", "TransactionMaker", "open_database"]

BUSY_SECONDS = 10  # how long a writer waits for the lock before the request is told to come back
_GONE = (OperationalError, SqliteOperationalError)


@contextmanager
def _refusing() -> Iterator[None]:
    """Put what the database gave up into words: a lock it waited for too long, a deadlock, a full disk."""
    try:
        yield
    except _GONE as error:
        raise Unavailable from error


@dataclass(frozen=True, slots=True)
class Transaction:
    """One open transaction: storage functions take it and never commit."""

    connection: Connection
    keys: Keyring

    def execute(
        self, statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        return self.connection.execute(statement, values)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part that is undone alone when it raises.

        Raises ``Unavailable`` as ``Database.transaction`` does: what the database gave up is no fault of the
        part.
        """
        with _refusing(), self.connection.begin_nested():
            yield

    @property
    def is_postgresql(self) -> bool:
        return self.connection.dialect.name == "postgresql"


TransactionMaker = Callable[[], AbstractContextManager[Transaction]]


@dataclass(frozen=True, slots=True)
class Database:
    """An opened database with its keys. ``turn``: what a writer waits for before it begins."""

    engine: Engine
    keys: Keyring
    turn: AbstractContextManager[None]

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A writing transaction: committed at the end, rolled back on any error.

        Raises ``Unavailable`` when the database is locked for too long, full or gone.
        """
        with _refusing(), self.turn, self.engine.connect() as connection, connection.begin():
            if self._is_sqlite:
                # A reader that turns writer fails at once when another writer is active: say so first.
                begin_writing(connection.connection.driver_connection, BUSY_SECONDS)
            yield Transaction(connection, self.keys)

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A transaction that only reads; on SQLite it waits for no writer."""
        with _refusing(), self.engine.connect() as connection, connection.begin():
            if self._is_sqlite:
                begin_reading(connection.connection.driver_connection)
            yield Transaction(connection, self.keys)

    @property
    def _is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"


def open_database(url: str, keys: Keyring) -> Database:
    """Open SQLite (WAL, FULL, explicit BEGIN) or PostgreSQL by URL; nothing is connected yet."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        # The connection used last still has most pages at hand; one of long ago has to read them all again.
        engine = create_engine(
            parsed, hide_parameters=True, pool_use_lifo=True, connect_args={"timeout": BUSY_SECONDS}
        )
        event.listen(engine, "connect", _prepare_sqlite)
        return Database(engine, keys, Turn(BUSY_SECONDS))
    # A server may be set to acknowledge before it has written. What we acknowledge must be on its disk.
    options = "-c synchronous_commit=on "
    options += f"-c statement_timeout=15000 -c lock_timeout={BUSY_SECONDS * 1000} -c timezone=UTC"
    engine = create_engine(
        parsed, hide_parameters=True, pool_pre_ping=True, connect_args={"options": options}
    )
    return Database(engine, keys, nullcontext())


def _prepare_sqlite(connection: SqliteConnection, _record: object) -> None:
    # The driver must not begin transactions itself, or a rollback would not undo what came before: we do.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}").close()
