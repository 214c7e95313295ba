"""The real web server on a port of the kernel's choice, and the commands, on a database of their own."""

import io
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from support.databases import sqlite_url
from support.house import environment

from checkin.config import load_settings
from checkin.logs import Log
from checkin.scheduler import jobs
from checkin.wiring import build_deps, open_from

ROOT = Path(__file__).parent.parent.parent
_START_S = 60


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server. ``console`` is where its messages appear; ``log`` is what the server itself says."""

    url: str
    database: Path
    environment: dict[str, str]
    log: Path

    def flask(self, *arguments: str) -> str:
        """Run a command as whoever keeps the server would; return what it prints."""
        return _run_flask(self.environment, *arguments)


@contextmanager
def running_server(folder: Path, **more: str) -> Iterator[Server]:
    """A server on a new, migrated SQLite file in this folder; it stops with the block."""
    database, log = folder / "checkin.sqlite3", folder / "server.log"
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        settings = {**os.environ, **environment(sqlite_url(database), base_url=url), **more}
        _run_flask(settings, "db-upgrade")
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [*_gunicorn(), f"--bind=fd://{listening.fileno()}", "wsgi:web()"],
                cwd=ROOT,
                env=settings,
                pass_fds=(listening.fileno(),),
                stdout=sink,
                stderr=sink,
            )
            try:
                _wait_for(url, log)
                yield Server(url=url, database=database, environment=settings, log=log)
            finally:
                process.terminate()
                process.wait(timeout=_START_S)


def console_after(settings: dict[str, str], wait: timedelta) -> str:
    """Do what ``flask tick`` does, as it would go after waiting so long; return what the console shows."""
    shown, loaded = io.StringIO(), load_settings(settings)
    database = open_from(loaded)
    deps = build_deps(loaded, database, now=lambda: datetime.now(UTC) + wait, console=shown)
    assert None not in jobs.run_once(deps, uuid4(), Log()).values()
    database.engine.dispose()
    return shown.getvalue()


def _gunicorn() -> list[str]:
    return [sys.executable, "-m", "gunicorn", "--workers=1", "--threads=4", "--no-control-socket"]


def _wait_for(url: str, log: Path) -> None:
    # The kernel has taken connections since before the process began: the first one waits, nothing polls.
    try:
        with urllib.request.urlopen(f"{url}/help", timeout=_START_S) as answer:
            assert answer.status == 200
    except OSError as error:
        raise AssertionError(f"the server does not answer:\n{log.read_text()}") from error


def _run_flask(settings: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "flask", *arguments],
        cwd=ROOT,
        env=settings,
        capture_output=True,
        text=True,
        timeout=_START_S,
        check=False,
    )
    assert done.returncode == 0, f"flask {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}"
    return done.stdout
