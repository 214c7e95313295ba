"""Many phones at once: each visit opens its link, sends nine answers and looks at the confirmation.

Written on plain sockets, so that the load costs little beside the servers it measures.
"""

import re
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import quantiles
from urllib.parse import urlencode

from benchmarks.servers import Server

QUESTIONS = 9
_HIDDEN = re.compile(rb'<input type="hidden" name="(csrf_token|key|fetched)" value="([^"]*)"')
_COOKIE = re.compile(rb"\r\nSet-Cookie: ([^=]+)=([^;\r]*)", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\nContent-Length: (\d+)", re.IGNORECASE)
_LOCATION = re.compile(rb"\r\nLocation: (\S+)", re.IGNORECASE)
_PATIENCE_S = 60.0


@dataclass
class Load:
    """What a number of visits took. ``cpu_s``: processor time of the server. Times are in seconds."""

    visits: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    waits: list[float] = field(default_factory=list)  # one for each request
    errors: list[str] = field(default_factory=list)

    @property
    def a_second(self) -> float:
        return self.visits / self.seconds

    @property
    def cpu_a_visit(self) -> float:
        return self.cpu_s / self.visits

    @property
    def p99(self) -> float:
        """The wait that 99 of 100 requests stay under."""
        return quantiles(self.waits, n=100)[98]


class Refused(Exception):
    """The server did not answer as a patient would need it to."""


class Phone:
    """One browser: a connection that stays open, cookies, and how long each answer took."""

    def __init__(self, port: int) -> None:
        self.waits: list[float] = []
        self._host = f"127.0.0.1:{port}"
        self._cookies: dict[bytes, bytes] = {}
        self._connection = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_S)
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        self._connection.close()

    def visit(self, secret: str) -> None:
        """Answer the check-in behind a link. Raises ``Refused`` or ``OSError``."""
        _, page = self.ask("GET", f"/c/{secret}", 200)
        values = {name.decode(): value.decode() for name, value in _HIDDEN.findall(page)}
        values |= {f"q{number}": str(number % 3) for number in range(1, QUESTIONS)}
        head, _ = self.ask("POST", f"/c/{secret}", 303, urlencode({**values, f"q{QUESTIONS}": "0"}))
        target = _LOCATION.search(head)
        if target is None:
            raise Refused("nowhere to go after sending")
        self.ask("GET", target[1].decode(), 200)

    def ask(self, method: str, path: str, expected: int, body: str = "") -> tuple[bytes, bytes]:
        """Send one request and return head and body of what comes back."""
        start = time.perf_counter()
        self._connection.sendall(self._request(method, path, body))
        head, content = self._response()
        self.waits.append(time.perf_counter() - start)
        self._cookies.update(_COOKIE.findall(head))
        if int(head[9:12]) != expected:
            raise Refused(f"{method} answered {head[9:12].decode()} in place of {expected}")
        return head, content

    def _request(self, method: str, path: str, body: str) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}", "Accept-Language: en-GB,en;q=0.9"]
        lines += ["Accept: text/html", "User-Agent: Mozilla/5.0 (Linux; Android 15) Mobile"]
        if self._cookies:
            lines.append(
                "Cookie: " + "; ".join(f"{k.decode()}={v.decode()}" for k, v in self._cookies.items())
            )
        if body:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", body]).encode()

    def _response(self) -> tuple[bytes, bytes]:
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _, content = received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if length is None:
            raise Refused("an answer without a length")
        while len(content) < int(length[1]):
            content += self._more()
        return head, content

    def _more(self) -> bytes:
        data = self._connection.recv(65536)
        if not data:
            raise Refused("the server hung up")
        return data


def drive(server: Server, secrets: Sequence[str], *, clients: int) -> Load:
    """Let ``clients`` phones work through the links, each a visit at a time."""
    load, waiting, lock = Load(visits=len(secrets)), iter(secrets), threading.Lock()
    threads = [threading.Thread(target=_work, args=(server, waiting, lock, load)) for _ in range(clients)]
    cpu, start = server.cpu_s(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.seconds, load.cpu_s = time.perf_counter() - start, server.cpu_s() - cpu
    return load


def _work(server: Server, waiting: Iterator[str], lock: threading.Lock, load: Load) -> None:
    while True:
        with lock:
            secret = next(waiting, None)
        if secret is None:
            return
        waits, error = _one(server, secret)
        with lock:
            load.waits += waits
            load.errors += error


def _one(server: Server, secret: str) -> tuple[list[float], list[str]]:
    """One visit by a new phone: its waits, and what went wrong."""
    try:
        phone = Phone(server.port)
    except OSError as error:
        return [], [type(error).__name__]
    try:
        phone.visit(secret)
    except (OSError, Refused) as error:
        return phone.waits, [str(error) or type(error).__name__]
    finally:
        phone.close()
    return phone.waits, []
