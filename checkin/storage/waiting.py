"""How transactions begin on SQLite, which takes one writer at a time, and how the others wait.

SQLite's own waiting sleeps longer and longer, up to a tenth of a second, and lets through whoever happens to
wake first: under load some would wait hundreds of times as long as others.
"""

from sqlite3 import SQLITE_BUSY, OperationalError
from threading import Lock
from time import sleep
from types import TracebackType
from typing import Any

from checkin.domain.errors import Unavailable

_FIRST_NAP_S, _LONGEST_NAP_S = 0.000_2, 0.005  # a check-in is saved in about a millisecond


class Turn:
    """Lets one thread of this process write at a time; the next one is woken at once."""

    def __init__(self, seconds: float) -> None:
        self._free = Lock()
        self._seconds = seconds

    def __enter__(self) -> None:
        """Wait for the turn. Raises ``Unavailable`` after the seconds given."""
        if not self._free.acquire(timeout=self._seconds):
            raise Unavailable

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._free.release()


def begin_reading(driver: Any) -> None:
    """Begin a transaction of a reader, which sees one state of the database and waits for nobody."""
    driver.execute("BEGIN").close()


def begin_writing(driver: Any, seconds: float) -> None:
    """Begin a transaction of a writer, waiting for those of other processes in short naps.

    Raises ``sqlite3.OperationalError`` when the database is still locked after so many seconds.
    """
    waited, nap = 0.0, _FIRST_NAP_S
    driver.execute("PRAGMA busy_timeout = 0").close()
    try:
        while not _begun(driver, last=waited >= seconds):
            sleep(nap)
            waited, nap = waited + nap, min(nap * 1.2, _LONGEST_NAP_S)
    finally:
        driver.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}").close()


def _begun(driver: Any, *, last: bool) -> bool:
    try:
        driver.execute("BEGIN IMMEDIATE").close()
    except OperationalError as error:
        # The lowest byte says what happened, the rest why: after a kill somebody else may be mending the log.
        if last or error.sqlite_errorcode & 0xFF != SQLITE_BUSY:
            raise
        return False
    return True
