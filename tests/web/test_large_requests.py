"""The real server under requests that are too large: refused quickly, while others are served (fault 43)."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.house import url_of
from support.server import Phone, Server, start_server

from checkin.storage.engine import Database

pytestmark = pytest.mark.slow

SENT = 100 * 1024 * 1024


@pytest.fixture
def server(sqlite_database: Database, tmp_path: Path) -> Iterator[Server]:
    """A server that any test may use: what is sent here does not depend on the database."""
    started = start_server(url_of(sqlite_database), tmp_path, threads=4)
    yield started
    started.stop()


def pour(port: int, headers: str, piece: bytes) -> tuple[bytes, int]:
    """Send a body until it is refused; return the answer and how much of the body went out."""
    went = 0
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(f"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n\r\n".encode())
        try:
            while went < SENT:
                connection.sendall(piece)
                went += len(piece)
        except OSError:
            pass
        try:
            return connection.recv(4096), went
        except OSError:
            return b"", went


CHUNK = b"10000\r\n" + b"a=&b" * 0x4000 + b"\r\n"
BODIES = {
    "with its length": (
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {SENT}",
        b"a" * 65536,
    ),
    "in chunks": ("Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked", CHUNK),
}


@pytest.mark.parametrize(("headers", "piece"), BODIES.values(), ids=BODIES.keys())
def test_fault_43_a_hundred_megabytes_end_early_and_others_are_served(
    server: Server, headers: str, piece: bytes
) -> None:
    answer, went = pour(server.port, headers, piece)
    assert went < SENT
    assert answer == b"" or answer.split()[1] in {b"400", b"413"}
    assert Phone(server.port).ask("GET", "/help")[0] == 200


def test_fault_43_headers_without_end_are_refused(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(b"GET /help HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 100_000 + b"\r\n\r\n")
        assert connection.recv(4096).split()[1] in {b"400", b"431"}


def test_fault_43_slow_senders_leave_room_for_others(server: Server) -> None:
    """Three of four threads wait for somebody; a buffering proxy stands in front of a real clinic."""
    slow = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(3)]
    try:
        for connection in slow:
            connection.sendall(b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\na")
        assert Phone(server.port).ask("GET", "/help")[0] == 200
    finally:
        for connection in slow:
            connection.close()


def test_fault_47_the_servers_log_holds_no_link_and_no_address(server: Server) -> None:
    phone = Phone(server.port)
    for path in (
        "/c/a-secret-of-somebody",
        "/reset/another-secret",
        "/welcome/a-third-secret",
        "/help?q=Perpetua",
    ):
        phone.ask("GET", path)
    phone.ask("POST", "/sign-in", {"email": "perpetua@example.org", "password": "sieve lantern"})
    written = server.log.read_text()
    words = ("secret", "erpetua", "sieve", "/c/", "/reset/")
    assert [word for word in words if word in written] == []
