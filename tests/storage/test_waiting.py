"""How writers wait for each other on SQLite: in turn within a process, in short naps between processes."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.domain.errors import Unavailable
from checkin.storage import waiting
from checkin.storage.waiting import Turn, begin_reading, begin_writing

LONGEST_NAP_S = 0.005
PATIENCE_S = 30.0
TIMEOUT_MS = 7000


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Callable[[], sqlite3.Connection]]:
    """Opens connections to one database of a table with one row."""
    opened: list[sqlite3.Connection] = []

    def connect() -> sqlite3.Connection:
        opened.append(sqlite3.connect(tmp_path / "a.sqlite3", isolation_level=None, timeout=0))
        return opened[-1]

    first = connect()
    first.execute("PRAGMA journal_mode=WAL")
    first.execute("CREATE TABLE a (n INTEGER)")
    first.execute("INSERT INTO a VALUES (1)")
    yield connect
    for connection in opened:
        connection.close()


def number(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT n FROM a").fetchone()[0])


def timeout_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA busy_timeout").fetchone()[0])


class TestTurn:
    def test_only_one_has_it_at_a_time_and_the_next_one_gets_it(self) -> None:
        turn, entered, leave = Turn(PATIENCE_S), Event(), Event()
        order: list[str] = []

        def hold() -> None:
            with turn:
                entered.set()
                assert leave.wait(PATIENCE_S)
                order.append("first")

        def follow() -> None:
            with turn:
                order.append("second")

        first, second = Thread(target=hold), Thread(target=follow)
        first.start()
        assert entered.wait(PATIENCE_S)
        second.start()
        assert order == []
        leave.set()
        first.join(PATIENCE_S)
        second.join(PATIENCE_S)
        assert order == ["first", "second"]

    def test_whoever_waits_too_long_is_told_to_come_back(self) -> None:
        turn = Turn(0.001)
        with turn:
            with pytest.raises(Unavailable), turn:
                pytest.fail("two had the turn")
            with pytest.raises(Unavailable), turn:  # the refused one did not end the turn of the other
                pytest.fail("two had the turn")
        with turn:
            pass

    def test_an_error_gives_the_turn_back(self) -> None:
        turn = Turn(0.001)
        with pytest.raises(KeyError), turn:
            raise KeyError
        with turn:
            pass


class TestBeginWriting:
    def test_it_holds_the_lock_from_then_on(self, connect: Callable[[], sqlite3.Connection]) -> None:
        one, other = connect(), connect()
        begin_writing(one, TIMEOUT_MS / 1000)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        assert number(other) == 1, "readers go on"

    def test_it_waits_in_short_naps_until_the_other_is_done(
        self, connect: Callable[[], sqlite3.Connection], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, other = connect(), connect()
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE a SET n = 2")
        naps: list[float] = []

        def nap(seconds: float) -> None:
            naps.append(seconds)
            if len(naps) == 40:
                other.execute("COMMIT")

        monkeypatch.setattr(waiting, "sleep", nap)
        begin_writing(one, TIMEOUT_MS / 1000)
        assert len(naps) == 40
        assert naps == sorted(naps)
        assert 0 < naps[0] < naps[-1] <= LONGEST_NAP_S
        assert number(one) == 2, "it begins with what the other wrote"

    def test_after_the_given_time_it_gives_up(
        self, connect: Callable[[], sqlite3.Connection], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, other = connect(), connect()
        other.execute("BEGIN IMMEDIATE")
        naps: list[float] = []
        monkeypatch.setattr(waiting, "sleep", naps.append)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            begin_writing(one, 0.25)
        assert 0.25 <= sum(naps) <= 0.25 + LONGEST_NAP_S
        assert not one.in_transaction

    def test_another_error_is_told_at_once(
        self, connect: Callable[[], sqlite3.Connection], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one = connect()
        one.execute("BEGIN")
        naps: list[float] = []
        monkeypatch.setattr(waiting, "sleep", naps.append)
        with pytest.raises(sqlite3.OperationalError, match="within a transaction"):
            begin_writing(one, TIMEOUT_MS / 1000)
        assert naps == []

    @pytest.mark.parametrize("locked", [False, True])
    def test_afterwards_the_connection_waits_for_locks_as_long_as_asked(
        self, connect: Callable[[], sqlite3.Connection], monkeypatch: pytest.MonkeyPatch, *, locked: bool
    ) -> None:
        one, other = connect(), connect()
        monkeypatch.setattr(waiting, "sleep", lambda _: None)
        if locked:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(sqlite3.OperationalError):
                begin_writing(one, TIMEOUT_MS / 1000)
        else:
            begin_writing(one, TIMEOUT_MS / 1000)
        assert timeout_of(one) == TIMEOUT_MS


class Busy:
    """A database that is locked for so many tries, for one reason or another."""

    def __init__(self, tries: int, code: int) -> None:
        self.tries = tries
        self.code = code
        self.begun = False

    def execute(self, statement: str) -> "Busy":
        if statement == "BEGIN IMMEDIATE":
            if self.tries > 0:
                self.tries -= 1
                error = sqlite3.OperationalError("database is locked")
                error.sqlite_errorcode = self.code
                raise error
            self.begun = True
        return self

    def close(self) -> None:
        pass


@given(
    tries=st.integers(0, 3000),
    seconds=st.floats(0, 3),
    code=st.sampled_from([sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_RECOVERY, sqlite3.SQLITE_BUSY_SNAPSHOT]),
)
def test_nobody_waits_longer_than_said_and_nobody_gives_up_earlier(
    tries: int, seconds: float, code: int
) -> None:
    naps: list[float] = []
    database = Busy(tries, code)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting, "sleep", naps.append)
        try:
            begin_writing(database, seconds)
        except sqlite3.OperationalError:
            assert seconds - 1e-9 <= sum(naps) <= seconds + LONGEST_NAP_S
    assert database.begun == (len(naps) == tries)
    assert all(0 < nap <= LONGEST_NAP_S for nap in naps)


def test_a_reader_waits_for_nobody_and_sees_one_state(connect: Callable[[], sqlite3.Connection]) -> None:
    reader, writer = connect(), connect()
    begin_writing(writer, TIMEOUT_MS / 1000)
    writer.execute("UPDATE a SET n = 2")
    begin_reading(reader)
    assert number(reader) == 1
    writer.execute("COMMIT")
    assert number(reader) == 1
    reader.execute("COMMIT")
    assert number(reader) == 2
