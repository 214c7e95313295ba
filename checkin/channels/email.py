"""E-mail over SMTP: encrypted, several messages a connection, and honest about what it does not know."""

import contextlib
import ipaddress
import re
import smtplib
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Lock

from checkin.channels.base import SEND_TIMEOUT_S, ChannelError, Gone, Outgoing, Receipt, Uncertain
from checkin.channels.mail_content import compose, message_id
from checkin.channels.rendering import Renderer, one_line
from checkin.domain.message import ChannelName

_ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]+@[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]+")
_MOST_ON_A_LINE = 100  # messages; Postfix and others end a connection after about as many
_GOODBYE_S = 1.0
_ENHANCED = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")  # RFC 3463: says why, holds nothing private


# RFC 3463: no such mailbox, no such domain, moved away, the domain takes no mail. Anything else
# may be about the message, about us or about today.
_NOBODY_THERE = frozenset({b"5.1.1", b"5.1.2", b"5.1.6", b"5.1.10"})


class TlsMode(StrEnum):
    """How the connection is encrypted: after a plain greeting, from its start, or not at all (loopback)."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class SmtpSettings:
    """Where and as whom to send. ``ca_file`` replaces the system's trusted authorities.

    Raises ``ValueError`` for plain text to anywhere but this machine, and for what cannot be an address.
    """

    host: str
    port: int
    from_address: str
    tls: TlsMode = TlsMode.STARTTLS
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        if not self.host or not 0 < self.port < 65536:
            raise ValueError("the mail server needs a name and a port from 1 to 65535")
        if self.tls is TlsMode.NONE and not _is_loopback(self.host):
            raise ValueError("SMTP without TLS is for this machine only (localhost)")
        if not (self.from_address.isascii() and _ADDRESS.fullmatch(self.from_address)):
            raise ValueError("the address to send from is not an e-mail address")

    @property
    def domain(self) -> str:
        """The part of the address to send from that names the sender's domain."""
        return self.from_address.rpartition("@")[2]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class EmailChannel:
    """Sends by the clinic's mail server. Connections are kept for the next messages until ``rest``."""

    name = ChannelName.EMAIL

    def __init__(self, settings: SmtpSettings, renderer: Renderer) -> None:
        self._settings = settings
        self._renderer = renderer
        self._tls = ssl.create_default_context(cafile=settings.ca_file)
        self._kept: list[_Line] = []
        self._lock = Lock()

    def send(self, outgoing: Outgoing, *, timeout_s: float = SEND_TIMEOUT_S) -> Receipt:
        """Hand it to the mail server; each step gets the time that is left. Returns the Message-ID."""
        sender, reader = self._settings.from_address, deliverable(outgoing.to_address)
        words = self._renderer.render(outgoing, ChannelName.EMAIL)
        content = compose(outgoing, words, sender=sender, reader=reader)
        ends = time.monotonic() + timeout_s
        line = self._begin(reader, ends)
        try:
            _hand_over(line.smtp, reader, content, ends)
        except BaseException:
            line.smtp.close()
            raise
        self._keep(line)
        return Receipt(provider_id=message_id(outgoing, sender))

    def rest(self) -> None:
        """Say goodbye to the server until there is something to send again."""
        with self._lock:
            kept, self._kept = self._kept, []
        for line in kept:
            line.end()

    def _begin(self, reader: str, ends: float) -> "_Line":
        """Return a connection on which the server has taken the sender; nothing has been sent by then.

        Servers end a connection when they like. What one of before says therefore does not count: only what
        a fresh one says is an answer.
        """
        while (line := self._take()) is not None:
            with contextlib.suppress(ChannelError):
                _say_sender(line.smtp, self._settings.from_address, reader, ends)
                return line
            line.smtp.close()
        with _nothing_sent():
            smtp = self._connect(ends)
        try:
            with _nothing_sent():
                self._introduce(smtp, ends)
            _say_sender(smtp, self._settings.from_address, reader, ends)
        except BaseException:
            smtp.close()
            raise
        return _Line(smtp=smtp)

    def _connect(self, ends: float) -> smtplib.SMTP:
        # Its own name is given, because looking it up could block without a limit.
        host, port, own_name = self._settings.host, self._settings.port, self._settings.domain
        left = _left(ends)
        if self._settings.tls is TlsMode.TLS:
            return smtplib.SMTP_SSL(host, port, own_name, timeout=left, context=self._tls)
        return smtplib.SMTP(host, port, own_name, timeout=left)

    def _introduce(self, smtp: smtplib.SMTP, ends: float) -> None:
        _limit(smtp, ends)
        smtp.ehlo_or_helo_if_needed()
        if self._settings.tls is TlsMode.STARTTLS:
            smtp.starttls(context=self._tls)
            _limit(smtp, ends)
            smtp.ehlo_or_helo_if_needed()
        if self._settings.user is not None:
            smtp.login(self._settings.user, self._settings.password or "")

    def _take(self) -> "_Line | None":
        with self._lock:
            return self._kept.pop() if self._kept else None

    def _keep(self, line: "_Line") -> None:
        line.taken += 1
        if line.taken >= _MOST_ON_A_LINE:
            line.end()
            return
        with self._lock:
            self._kept.append(line)


@dataclass(kw_only=True)
class _Line:
    """A connection to the server, and how many messages it has taken on it."""

    smtp: smtplib.SMTP
    taken: int = 0

    def end(self) -> None:
        with contextlib.suppress(OSError):  # all is taken: a lost goodbye changes nothing
            if self.smtp.sock is not None:
                self.smtp.sock.settimeout(_GOODBYE_S)
            self.smtp.quit()
        self.smtp.close()


def deliverable(address: str) -> str:
    """Return the address with its domain in wire form. Raises ``ChannelError`` if it cannot be one."""
    if one_line(address) != address or not _ADDRESS.fullmatch(address):
        raise ChannelError(permanent=True, reason="address_invalid")
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        raise ChannelError(permanent=True, reason="address_invalid") from None


def _say_sender(smtp: smtplib.SMTP, sender: str, reader: str, ends: float) -> None:
    international = not reader.isascii()
    if international and not smtp.has_extn("smtputf8"):
        raise ChannelError(permanent=True, reason="address_not_supported")
    with _nothing_sent():
        _limit(smtp, ends)
        _check("sender", *smtp.mail(sender, ("SMTPUTF8",) if international else ()))


def _hand_over(smtp: smtplib.SMTP, reader: str, content: bytes, ends: float) -> None:
    with _nothing_sent():
        _limit(smtp, ends)
        _check("recipient", *smtp.rcpt(reader))
        _limit(smtp, ends)
    answer: bytes | str
    try:
        code, answer = smtp.data(content)
    except smtplib.SMTPDataError as error:  # the server would not even begin
        code, answer = error.smtp_code, error.smtp_error
    except OSError as error:
        raise Uncertain(reason="no_answer") from error
    if code != 250 and code < 400:
        raise Uncertain(reason="odd_answer")
    _check("content", code, answer)


def _check(step: str, code: int, answer: bytes | str) -> None:
    if code in {250, 251}:
        return
    raw = answer.encode("ascii", "replace") if isinstance(answer, str) else answer
    detail = _ENHANCED.match(raw)
    reason = f"{step} {code} {detail[0].decode()}" if detail else f"{step} {code}"
    if step == "recipient" and detail and detail[0] in _NOBODY_THERE:
        raise Gone(reason=reason)
    # A refusal of the sender is about us and befalls every mail: it waits until somebody mends it.
    raise ChannelError(permanent=code >= 500 and step != "sender", reason=reason)


@contextlib.contextmanager
def _nothing_sent() -> Iterator[None]:
    """Map what goes wrong before the message leaves.

    A server that refuses our greeting or password, or shows a certificate we refuse, says nothing about this
    message: that is temporary, so that nothing due is lost while somebody repairs it.
    """
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise ChannelError(permanent=False, reason="certificate_refused") from error
    except ssl.SSLError as error:
        raise ChannelError(permanent=False, reason="tls_failed") from error
    except smtplib.SMTPResponseException as error:
        raise ChannelError(permanent=False, reason=f"server {error.smtp_code}") from error
    except smtplib.SMTPServerDisconnected as error:
        raise ChannelError(permanent=False, reason="connection_lost") from error
    except smtplib.SMTPException as error:  # no STARTTLS, no way to sign in
        raise ChannelError(permanent=False, reason="not_supported") from error
    except OSError as error:
        raise ChannelError(permanent=False, reason="no_connection") from error


def _limit(smtp: smtplib.SMTP, ends: float) -> None:
    """Leave the next step only the time that is left of the whole."""
    left = _left(ends)
    if smtp.sock is not None:
        smtp.sock.settimeout(left)


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
