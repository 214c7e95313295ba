"""A real SMTP server on the loopback that keeps what it takes and can misbehave at every step."""

import asyncio
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any, Self
from uuid import UUID

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session, syntax
from peers.certificates import Certificate

WAIT_S = 30
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([0-9a-f-]{36})@", re.MULTILINE | re.IGNORECASE)


class Trouble(Enum):
    """What a server does instead of answering."""

    HANG = "never answers"
    DROP = "closes the connection"


Answer = str | Trouble
OK = "250 OK"


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A message that the server keeps, whatever it told the sender."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    encrypted: bool
    user: str | None

    @property
    def message_id(self) -> UUID:
        """Which message of ours it is."""
        found = _MESSAGE_ID.search(self.content)
        assert found is not None, "a mail without a Message-ID of ours"
        return UUID(found[1].decode())


class Hold:
    """Answers that wait: the server has what was sent, and the sender does not know."""

    def __init__(self, loop: asyncio.AbstractEventLoop, most: int) -> None:
        self._loop = loop
        self._left = most
        self._held = threading.Semaphore(0)
        self._gone = asyncio.Event()

    def wait_for(self, number: int) -> None:
        """Return as soon as so many more are held."""
        for _ in range(number):
            assert self._held.acquire(timeout=WAIT_S), "nobody came to be held"

    def let_go(self) -> None:
        """Give the answers."""
        self._loop.call_soon_threadsafe(self._gone.set)

    async def pass_by(self) -> None:
        """What an answer does first, in the server's loop."""
        if self._left > 0:
            self._left -= 1
            self._held.release()
            await self._gone.wait()


class SmtpPeer:
    """Use it as a context manager; ``port`` is chosen by the kernel.

    ``mail``, ``rcpt``, ``begin`` (the DATA command) and ``data`` (the content) are its answers there.
    A message is taken when ``data`` is 250 or trouble: a lost answer does not make it lost.
    """

    def __init__(
        self,
        *,
        mail: Answer = OK,
        rcpt: Answer = OK,
        begin: Answer = OK,
        data: Answer = OK,
        certificate: Certificate | None = None,
        tls_from_start: bool = False,
        login: tuple[str, str] | None = None,
        international: bool = False,
    ) -> None:
        self.taken: list[Taken] = []
        self.connections = 0
        self.port = 0
        self._answers = {"mail": mail, "rcpt": rcpt, "begin": begin, "data": data}
        self._once: dict[str, Answer] = {}
        self._holds: dict[str, Hold] = {}
        self._came = threading.Condition()
        self._tls = None if certificate is None else _server_context(certificate)
        self._tls_from_start = tls_from_start
        self._login = login
        self._international = international
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._servers: list[SMTP] = []

    def once(self, step: str, answer: Answer) -> None:
        """Answer so at the next such step, and as before from then on."""
        self._once[step] = answer

    def hold(self, step: str, most: int) -> Hold:
        """Hold the next answers at this step, ``most`` of them; those after them are given at once."""
        self._holds[step] = Hold(self._loop, most)
        return self._holds[step]

    def wait_for(self, number: int) -> None:
        """Return as soon as so many messages were taken."""
        with self._came:
            enough = self._came.wait_for(lambda: len(self.taken) >= number, WAIT_S)
        assert enough, f"{len(self.taken)} of {number} came"

    def __enter__(self) -> Self:
        self._thread.start()
        self._listener = self._in_loop(self._listen())
        self.port = self._listener.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._in_loop(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT_S)
        self._loop.close()

    def _in_loop(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_S)

    async def _listen(self) -> asyncio.Server:
        return await self._loop.create_server(
            self._protocol, "127.0.0.1", 0, ssl=self._tls if self._tls_from_start else None
        )

    async def _stop(self) -> None:
        await _turns()  # what connected just now is taken in whole: half taken in, it could not be closed
        self._listener.close()
        for server in self._servers:
            if server.transport is not None:
                server.transport.abort()  # type: ignore[attr-defined]
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._listener.wait_closed()
        await _turns()

    async def begins(self, server: SMTP) -> bool:
        """Answer the DATA command; False if that was all."""
        answer = await self._answer("begin", server)
        if answer != OK:
            await server.push(answer)
        return answer == OK

    def _protocol(self) -> SMTP:
        self.connections += 1
        server = _Server(
            self,
            hostname="peer.test",
            loop=self._loop,
            enable_SMTPUTF8=self._international,
            tls_context=None if self._tls_from_start else self._tls,
            auth_require_tls=not self._tls_from_start,
            auth_required=False,
            authenticator=None if self._login is None else self._authenticate,
        )
        self._servers.append(server)
        return server

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: Any
    ) -> Any:
        assert isinstance(given, LoginPassword)
        user, password = given.login.decode(), given.password.decode()
        return AuthResult(success=(user, password) == self._login, auth_data=user, handled=False)

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self._answer("mail", server)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return await self._answer("rcpt", server)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self._once.get("data", self._answers["data"])
        if isinstance(answer, Trouble) or answer.startswith("250"):
            taken = Taken(
                sender=str(envelope.mail_from),
                recipients=tuple(envelope.rcpt_tos),
                content=envelope.original_content or b"",
                encrypted=self._tls_from_start or session.ssl is not None,
                user=session.auth_data,
            )
            with self._came:
                self.taken.append(taken)
                self._came.notify_all()
        return await self._answer("data", server)

    async def _answer(self, step: str, server: SMTP) -> str:
        if step in self._holds:
            await self._holds[step].pass_by()
        answer = self._once.pop(step, self._answers[step])
        if answer is Trouble.DROP:
            assert server.transport is not None
            server.transport.abort()  # type: ignore[attr-defined]
        if isinstance(answer, Trouble):
            await asyncio.Event().wait()
        return str(answer)


async def _turns() -> None:
    """Let the loop finish what it has in hand."""
    for _ in range(20):
        await asyncio.sleep(0)


class _Server(SMTP):
    """The library's server, which may also refuse to begin."""

    event_handler: SmtpPeer

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if await self.event_handler.begins(self):
            await super().smtp_DATA(arg)


def _server_context(certificate: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain_file)
    return context


@contextmanager
def raw_peer(greeting: bytes) -> Iterator[int]:
    """A port whose server says ``greeting`` and no more; nothing at all if it is empty."""

    def greet() -> None:
        with listener, listener.accept()[0] as connection:
            connection.sendall(greeting)
            while connection.recv(1024):
                pass

    with _listening() as listener:
        thread = threading.Thread(target=_quietly, args=(greet,))
        thread.start()
        yield listener.getsockname()[1]
        thread.join(WAIT_S)
        assert not thread.is_alive()


@contextmanager
def _listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(WAIT_S)
        yield listener


def _quietly(work: Callable[[], None]) -> None:
    try:
        work()
    except ConnectionError:
        return


_bound = socket.socket()
_bound.bind(("127.0.0.1", 0))


def closed_port() -> int:
    """A port on which nobody listens; it is kept, so that nobody else can begin to."""
    return int(_bound.getsockname()[1])
