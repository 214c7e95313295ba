"""Servers under measurement: started as a clinic starts them, on a port the kernel chooses."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROCESSES, THREADS = 2, 4
_TICKS = os.sysconf("SC_CLK_TCK")
_LISTENING = "0A"  # the state in /proc/net/tcp
_STARTS_WITHIN_S = 60.0


@dataclass(frozen=True)
class Server:
    """A running gunicorn: ``port`` is one that this very process listens on."""

    pid: int
    port: int

    def processes(self) -> tuple[int, ...]:
        """The master and its workers."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return (self.pid, *(int(child) for child in children))

    def cpu_s(self) -> float:
        """Processor time (user and system) that all its processes used so far."""
        return sum(_cpu_s(pid) for pid in self.processes())


@contextmanager
def serving(application: str, environment: Mapping[str, str], log: Path) -> Iterator[Server]:
    """Start gunicorn with ``application``, wait until it listens, stop it at the end."""
    command = [sys.executable, "-m", "gunicorn", application, "--bind", "127.0.0.1:0", "--no-control-socket"]
    command += ["--workers", str(PROCESSES), "--worker-class", "gthread", "--threads", str(THREADS)]
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    with log.open("w") as output:
        process = subprocess.Popen(
            command, env={**inherited, **environment}, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield Server(process.pid, _port_of(process, log))
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _port_of(process: subprocess.Popen[bytes], log: Path) -> int:
    """The port that this process listens on, once all its workers are up."""
    until = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        ports = _listening_ports(process.pid)
        if ports and log.read_text().count("Booting worker") >= PROCESSES:
            return ports[0]
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start:\n{log.read_text()}")


def _listening_ports(pid: int) -> list[int]:
    """The ports behind the process's own sockets: a port that somebody else holds cannot be among them."""
    own = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found = re.fullmatch(r"socket:\[(\d+)\]", str(descriptor.readlink()))
        except OSError:  # closed meanwhile
            continue
        if found:
            own.add(found[1])
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [int(row[1].split(":")[1], 16) for row in rows if row[3] == _LISTENING and row[9] in own]


def _cpu_s(pid: int) -> float:
    # The name in brackets may hold spaces, so count from behind it: utime and stime are fields 14 and 15.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
