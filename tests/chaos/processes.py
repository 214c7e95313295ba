"""Real processes that are killed, frozen and started again: dispatchers and the web server."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from chaos.times import FastClock

ROOT = Path(__file__).parent.parent.parent
LEASE_S = 0.6  # how long a dispatcher may hold a message here
STOP_S = 15.0  # what a dispatcher has in hand is done long before


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@dataclass
class Grown:
    """A process of ours with a group of its own. ``struck`` once we have killed it."""

    name: str
    pid: int
    struck: bool = False

    def kill(self) -> None:
        """End it and all its children at once."""
        self.struck = True
        os.killpg(self.pid, signal.SIGKILL)

    def stop(self) -> None:
        """Tell it to stop, and return when it has done what it had in hand."""
        self.struck = True
        end = os.pidfd_open(self.pid)
        try:
            os.kill(self.pid, signal.SIGTERM)
            assert select.select([end], [], [], STOP_S)[0], f"{self.name} does not stop"
        finally:
            os.close(end)

    def children(self) -> list[int]:
        try:
            return [int(p) for p in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]
        except OSError:
            return []


class Nursery:
    """Where the processes come from. ``people``: those that should be running, by name."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str], clock: FastClock, *, lease_s: float = LEASE_S
    ) -> None:
        self.people: dict[str, Grown] = {}
        self.port = free_port()
        self._folder = folder
        self._order = {"environment": dict(environment), "clock": asdict(clock), "lease_s": lease_s}

    def __enter__(self) -> Self:
        paths = os.pathsep.join((str(ROOT), str(ROOT / "tests")))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "chaos.nursery"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        for one in self.people.values():
            one.kill() if alive(one.pid) else None
        self._process.communicate()

    def grow(self, name: str) -> Grown:
        """Start ``web`` or a dispatcher (any other name)."""
        what = "web" if name == "web" else "dispatcher"
        log = str(self._folder / f"{name}.log")
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(
            json.dumps({**self._order, "what": what, "log": log, "port": self.port}),
            file=self._process.stdin,
            flush=True,
        )
        self.people[name] = Grown(name, int(self._process.stdout.readline()))
        return self.people[name]

    def wait_for_the_web(self) -> None:
        """Until it takes connections."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
                continue
            return
        raise AssertionError(f"the web server does not listen:\n{self.log_of('web')}")

    def fallen(self) -> list[str]:
        """Who ended without having been killed, with the last words."""
        gone = [one for one in self.people.values() if not one.struck and not alive(one.pid)]
        return [f"{one.name} ended by itself:\n{self.log_of(one.name)}" for one in gone]

    def log_of(self, name: str) -> str:
        path = self._folder / f"{name}.log"
        return path.read_text()[-2000:] if path.exists() else ""
