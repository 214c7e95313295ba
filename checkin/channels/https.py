"""One POST to somebody else's server: its address looked at first, no redirects, one time limit for all."""

import contextlib
import http.client
import io
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from checkin.channels.base import Alarm, ChannelError, Uncertain
from checkin.domain.push import HTTPS_PORT

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[IpAddress]]
_MOST_BODY = 64 * 1024  # providers answer with a few lines
_MOST_PATIENCE = timedelta(days=1)  # what a provider may ask us to wait


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the server said. The names of ``headers`` are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def retry_after(self, now: datetime) -> timedelta | None:
        """How long it wants to be left alone (RFC 9110 10.2.3: seconds or a date), a day at most."""
        value = self.headers.get("retry-after", "").strip()
        if value.isascii() and value.isdecimal():
            return min(timedelta(seconds=int(value[:9])), _MOST_PATIENCE)
        try:
            until = parsedate_to_datetime(value)
        except ValueError:
            return None
        aware = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
        return min(max(aware - now, timedelta(0)), _MOST_PATIENCE)


def resolve(host: str, port: int) -> list[IpAddress]:
    """Ask the system for the addresses of a name. Raises ``OSError``."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(address[4][0]).partition("%")[0]) for address in found]


def public(address: IpAddress) -> bool:
    """Whether an address is on the open internet, so neither this machine nor a network it stands in."""
    embedded = _embedded(address)
    return address.is_global and not address.is_multicast and (embedded is None or public(embedded))


def _embedded(address: IpAddress) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to (mapped, 6to4, NAT64)."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address in ipaddress.IPv6Network("64:ff9b::/96"):  # RFC 6052
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def anywhere(_address: IpAddress) -> bool:
    """For servers that whoever runs this one has chosen: they may stand next to it."""
    return True


@contextlib.contextmanager
def alarming(alarm: Alarm) -> Iterator[None]:
    """Tell whoever runs the server of a provider that shows a wrong address or certificate."""
    try:
        yield
    except ChannelError as error:
        if error.reason in {"address_not_public", "certificate_refused"}:
            alarm(error.reason)
        raise


class HttpsClient:
    """``may_reach`` is asked about every address of a name; ``ca_file`` replaces the trusted authorities."""

    def __init__(
        self,
        *,
        may_reach: Callable[[IpAddress], bool] = public,
        resolve: Resolve = resolve,
        ca_file: Path | None = None,
    ) -> None:
        self._may_reach = may_reach
        self._resolve = resolve
        self._tls = ssl.create_default_context(cafile=ca_file)

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes, timeout_s: float) -> Answer:
        """Send ``body`` and return the answer, whatever its status; a redirect is an answer like another.

        The name is looked up once, and the connection goes to the very address that was looked at.
        Raises ``ChannelError`` if nothing was sent, ``Uncertain`` if it was and no answer came.
        """
        ends = time.monotonic() + timeout_s
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or HTTPS_PORT
        with _nothing_sent():
            connection = self._connect(host, port, ends)
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        with contextlib.closing(connection):
            return _exchange(
                connection, host if port == HTTPS_PORT else f"{host}:{port}", path, headers, body
            )

    def _connect(self, host: str, port: int, ends: float) -> "_Line":
        addresses = self._resolve(host, port)
        if not addresses or not all(self._may_reach(address) for address in addresses):
            raise ChannelError(permanent=True, reason="address_not_public")
        plain = _first_that_answers(addresses, port, ends)
        try:
            plain.settimeout(_left(ends))
            return _Line(self._tls.wrap_socket(plain, server_hostname=host), ends)
        except BaseException:
            plain.close()
            raise


def _first_that_answers(addresses: list[IpAddress], port: int, ends: float) -> socket.socket:
    for number, address in enumerate(addresses, start=1):
        try:
            return socket.create_connection((str(address), port), timeout=_left(ends))
        except OSError:
            if number == len(addresses):
                raise
    raise AssertionError("there is at least one address")


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Line(io.RawIOBase):
    """An open connection each of whose steps gets the time that is left of the whole."""

    def __init__(self, tls: ssl.SSLSocket, ends: float) -> None:
        self._tls = tls
        self._ends = ends

    def sendall(self, content: bytes) -> None:
        self._tls.settimeout(_left(self._ends))
        self._tls.sendall(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._tls.settimeout(_left(self._ends))
        return self._tls.recv_into(buffer)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def close(self) -> None:
        self._tls.close()
        super().close()


def _exchange(line: _Line, host: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    connection = http.client.HTTPConnection(host)
    connection.sock = cast(socket.socket, line)  # all that it uses of one is there
    connection.putrequest("POST", path, skip_host=True, skip_accept_encoding=True)
    sent = {"Host": host, "Connection": "close", "Content-Length": str(len(body)), **headers}
    for name, value in sent.items():
        connection.putheader(name, value)
    try:
        connection.endheaders(body)
        response = connection.getresponse()
        content = response.read(_MOST_BODY)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Uncertain(reason="no_answer") from error
    known = {name.lower(): value for name, value in response.getheaders()}
    return Answer(status=response.status, headers=known, body=content)


@contextlib.contextmanager
def _nothing_sent() -> Iterator[None]:
    """Map what goes wrong before a word has left."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise ChannelError(permanent=False, reason="certificate_refused") from error
    except ssl.SSLError as error:
        raise ChannelError(permanent=False, reason="tls_failed") from error
    except (OSError, UnicodeError) as error:
        raise ChannelError(permanent=False, reason="no_connection") from error
