"""One request at a time in a process that serves from SQLite, and nobody held up for long."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from support.house import environment, url_of

from checkin.storage.engine import Database
from checkin.web.one_at_a_time import PATIENCE_S, OneAtATime

ROOT = Path(__file__).parent.parent.parent
LONG_S = 30.0


def ask(application: OneAtATime, path: str) -> list[bytes]:
    return list(application({"PATH_INFO": path}, _no_start))


def _no_start(*_: Any) -> Callable[[bytes], object]:
    return lambda _: None


class Held:
    """An application that answers ``/slow`` when it is told to, and everything else at once."""

    def __init__(self) -> None:
        self.begun, self.leave = Event(), Event()
        self.order: list[str] = []

    def __call__(self, environ: WSGIEnvironment, _: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/slow":
            self.begun.set()
            assert self.leave.wait(LONG_S)
        self.order.append(path)
        return [path.encode()]


def begin_slowly(threads: ThreadPoolExecutor, application: OneAtATime, held: Held) -> Future[list[bytes]]:
    slow = threads.submit(ask, application, "/slow")
    assert held.begun.wait(LONG_S)
    return slow


def test_a_request_waits_until_the_one_before_it_is_answered() -> None:
    held = Held()
    application = OneAtATime(held, patience=LONG_S)
    with ThreadPoolExecutor(3) as threads:
        slow = begin_slowly(threads, application, held)
        others = [threads.submit(ask, application, "/quick") for _ in range(2)]
        assert held.order == []
        held.leave.set()
        assert slow.result() == [b"/slow"]
        assert [other.result() for other in others] == [[b"/quick"]] * 2
    assert held.order == ["/slow", "/quick", "/quick"]


def test_nobody_waits_long_for_one_that_is_slow() -> None:
    held = Held()
    application = OneAtATime(held, patience=0.001)
    with ThreadPoolExecutor(1) as threads:
        slow = begin_slowly(threads, application, held)
        assert ask(application, "/quick") == [b"/quick"]
        assert ask(application, "/quick") == [b"/quick"], "who went past it has not ended its turn"
        held.leave.set()
        assert slow.result() == [b"/slow"]
    assert held.order == ["/quick", "/quick", "/slow"]


def test_a_fault_ends_the_turn() -> None:
    def broken(_: WSGIEnvironment, __: StartResponse) -> Iterable[bytes]:
        raise KeyError

    application = OneAtATime(broken, patience=LONG_S)
    for _ in range(2):
        with pytest.raises(KeyError):
            ask(application, "/")


def test_the_wait_is_shorter_than_anybody_notices() -> None:
    assert PATIENCE_S <= 0.1


def test_the_server_on_sqlite_answers_so_and_that_on_postgresql_does_not(database: Database) -> None:
    asked = "import wsgi; print(type(wsgi.web().wsgi_app).__name__)"
    served = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=ROOT,
        env={**os.environ, **environment(url_of(database))},
        capture_output=True,
        text=True,
        check=True,
    )
    expected = database.engine.dialect.name == "sqlite"
    assert (served.stdout.strip() == OneAtATime.__name__) == expected
