"""``python -m chaos.nursery``: a process that has everything loaded and forks servers within milliseconds.

It reads one JSON order a line and answers each with the pid of the new process. It opens no database itself.
When its input ends it kills every process it made.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

from chaos.times import FastClock
from gunicorn.app.base import BaseApplication

from checkin.app import create_app
from checkin.config import Settings, load_settings
from checkin.scheduler import process
from checkin.services.deps import Deps
from checkin.wiring import build_deps

PACE = 20  # ticks come so many times as often

Order = Mapping[str, Any]


def main() -> None:
    """Take orders until there are no more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them: the kernel buries them
    made: list[int] = []
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _live(WAYS[order["what"]], order)
        made.append(pid)
        print(pid, flush=True)
    for pid in made:
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _live(way: Callable[[Order], None], order: Order) -> NoReturn:
    """Be the new process, with a group of its own, until it ends."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for opened, place in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(opened, place)
    code = 1
    try:
        way(order)
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException as error:  # it must not return into the nursery
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    finally:
        sys.stderr.flush()
        os._exit(code)


class Written:
    """The log of a scheduler: faults go to the file of the process."""

    def info(self, event: str, **values: object) -> None: ...

    def fault(self, event: str, error: BaseException, **values: object) -> None:
        print(f"{event} {values}: {type(error).__name__} {error}", file=sys.stderr, flush=True)


def dispatch(order: Order) -> None:
    """Be `flask scheduler`, with a short lease and quick ticks."""
    _, deps = _house(order)
    process.run(deps, Written(), pace=PACE)


def serve(order: Order) -> None:
    """Be `gunicorn "wsgi:web()"` with two workers."""
    _Web(order).run()


WAYS: dict[str, Callable[[Order], None]] = {"dispatcher": dispatch, "web": serve}


def _house(order: Order) -> tuple[Settings, Deps]:
    settings = load_settings(order["environment"])
    deps = build_deps(settings, now=FastClock(**order["clock"]).now)
    lease = timedelta(seconds=order["lease_s"])
    return settings, replace(deps, settings=replace(deps.settings, lease=lease))


class _Web(BaseApplication):  # type: ignore[misc]
    """Gunicorn without its command line."""

    def __init__(self, order: Order) -> None:
        self._order = order
        super().__init__()

    def load_config(self) -> None:
        chosen = {
            "bind": f"127.0.0.1:{self._order['port']}",
            "workers": 2,
            "threads": 4,
            "worker_class": "gthread",
            "loglevel": "warning",
            "control_socket_disable": True,
            "worker_tmp_dir": str(Path(self._order["log"]).parent),
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return create_app(*_house(self._order))


if __name__ == "__main__":
    main()
