"""A real HTTPS server on the loopback that keeps what it takes and can misbehave."""

import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from peers.certificates import Certificate


class Trouble(Enum):
    """What a server does instead of answering; it has the message all the same."""

    HANG = "never answers"
    DROP = "closes the connection"
    DRIP = "sends its answer byte by byte"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as it came; the names of ``headers`` are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class HttpsPeer:
    """Use it as a context manager; ``port`` is chosen by the kernel.

    ``answers`` are given one after the other and the last one for ever; ``requests`` is what came.
    Subclasses look at a request in ``reply``, where no answer was ordered.
    """

    def __init__(self, certificate: Certificate, *answers: Reply | Trouble) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.port = 0
        self.answers = list(answers)
        self._certificate = certificate
        self._closing = threading.Event()
        self._came = threading.Condition()

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def reply(self, request: Request) -> Reply:
        """What a server that means well answers."""
        return Reply(status=200)

    def taken(self, request: Request) -> None:
        """What a server does with a request whose answer was ordered."""

    def __enter__(self) -> Self:
        self._server = _Server(self)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificate.chain_file)
        # The handshake is left to the thread of the connection, or a silent client would block the next.
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(30)

    def wait_for(self, number: int) -> None:
        """Return as soon as so many requests came."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.requests) >= number, 30), "they did not come"

    def answer(self, request: Request) -> Reply | Trouble:
        with self._came:
            self.requests.append(request)
            self._came.notify_all()
        if not self.answers:
            return self.reply(request)
        ordered = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(ordered, Trouble) or 200 <= ordered.status < 300:
            self.taken(request)
        return ordered

    def wait(self, seconds: float | None = None) -> bool:
        """Hold a connection until the server stops; True once it does."""
        return self._closing.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, peer: HttpsPeer) -> None:
        self.peer = peer
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.peer.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away, or refuses our certificate, is no fault of the server."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:  # noqa: N802
        size = int(self.headers.get("Content-Length", "0"))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.peer.answer(Request(path=self.path, headers=headers, body=self.rfile.read(size)))
        self.close_connection = True
        if answer is Trouble.HANG:
            self.server.peer.wait()
        elif answer is Trouble.DRIP:
            self._drip()
        elif isinstance(answer, Reply):
            self._send(answer)

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def _drip(self) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 5000:
            if self.server.peer.wait(0.02):
                return
            self.wfile.write(bytes([byte]))

    def log_message(self, *_: object) -> None:
        """Tests read what was taken, not a log."""
