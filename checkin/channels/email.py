"""E-mail over SMTP: encrypted, one connection a message, and honest about what it does not know."""

import contextlib
import ipaddress
import re
import smtplib
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from checkin.channels.base import SEND_TIMEOUT_S, ChannelError, Gone, Outgoing, Receipt, Uncertain
from checkin.channels.rendering import Renderer, one_line
from checkin.domain.message import ChannelName

# The standard library loses the quotes of a display name that fills more than a line, and with them the
# difference between a name and an address. Phones show about half of this.
LONGEST_NAME = 60
_ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]+@[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]+")
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


# Headers whose values are our own, in ASCII and short: they stand as they are. Parsing and folding them as if
# a stranger had written them takes a quarter of the time that writing a mail takes.
_PLAIN = frozenset(
    {"Date", "Message-ID", "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version"}
)


class _Policy(EmailPolicy):
    """The standard writing of headers, except that ours stay as they are: a long link too is not encoded."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        return (name, value) if name in _PLAIN else super().header_store_parse(name, value)

    def header_fetch_parse(self, name: str, value: Any) -> Any:
        return value if name in _PLAIN else super().header_fetch_parse(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name in _PLAIN:
            return f"{name}: {value}\r\n".encode("ascii")
        return super().fold_binary(name, value)


_POLICY = _Policy(linesep=SMTP.linesep)


class EmailChannel:
    """Sends by the clinic's mail server."""

    name = ChannelName.EMAIL

    def __init__(self, settings: SmtpSettings, renderer: Renderer) -> None:
        self._settings = settings
        self._renderer = renderer
        self._tls = ssl.create_default_context(cafile=settings.ca_file)

    def send(self, outgoing: Outgoing, *, timeout_s: float = SEND_TIMEOUT_S) -> Receipt:
        """Hand it to the mail server; each step gets the time that is left. Returns the Message-ID."""
        to_address = deliverable(outgoing.to_address)
        message = compose(outgoing, self._renderer, self._settings, to_address)
        content = bytes(message)
        ends = time.monotonic() + timeout_s
        with _nothing_sent():
            smtp = self._connect(timeout_s)
        try:
            with _nothing_sent():
                self._introduce(smtp, ends)
            _hand_over(smtp, self._settings.from_address, to_address, content, ends)
            with contextlib.suppress(OSError):  # taken already: a lost goodbye changes nothing
                smtp.quit()
        finally:
            smtp.close()
        return Receipt(provider_id=str(message["Message-ID"]))

    def _connect(self, timeout_s: float) -> smtplib.SMTP:
        # Its own name is given, because looking it up could block without a limit.
        host, port, own_name = self._settings.host, self._settings.port, self._settings.domain
        if self._settings.tls is TlsMode.TLS:
            return smtplib.SMTP_SSL(host, port, own_name, timeout=timeout_s, context=self._tls)
        return smtplib.SMTP(host, port, own_name, timeout=timeout_s)

    def _introduce(self, smtp: smtplib.SMTP, ends: float) -> None:
        _limit(smtp, ends)
        smtp.ehlo_or_helo_if_needed()
        if self._settings.tls is TlsMode.STARTTLS:
            smtp.starttls(context=self._tls)
            _limit(smtp, ends)
            smtp.ehlo_or_helo_if_needed()
        if self._settings.user is not None:
            smtp.login(self._settings.user, self._settings.password or "")


def compose(outgoing: Outgoing, renderer: Renderer, settings: SmtpSettings, to_address: str) -> EmailMessage:
    """Write the mail: text and HTML, a Message-ID that stays the same however often this message is sent."""
    words = renderer.render(outgoing, ChannelName.EMAIL)
    message = EmailMessage(policy=_POLICY if to_address.isascii() else _POLICY.clone(utf8=True))
    name = one_line(outgoing.sender_name)[:LONGEST_NAME].strip()
    message["From"] = Address(name, addr_spec=settings.from_address)
    local, _, domain = to_address.rpartition("@")
    message["To"] = Address(username=local, domain=domain)
    message["Subject"] = words.subject
    message["Date"] = format_datetime(outgoing.sent_at)
    message["Message-ID"] = f"<{outgoing.message_id}@{settings.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    if outgoing.unsubscribe_link is not None:
        message["List-Unsubscribe"] = f"<{outgoing.unsubscribe_link}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    message.set_content(words.text, cte="quoted-printable")
    message.add_alternative(words.html, subtype="html", cte="quoted-printable")
    if outgoing.calendar is not None:
        message.add_attachment(
            outgoing.calendar.content,
            maintype="text",
            subtype="calendar",
            cte="base64",
            filename="appointment.ics",
            params={"method": outgoing.calendar.method, "charset": "utf-8"},
        )
    return message


def deliverable(address: str) -> str:
    """Return the address with its domain in wire form. Raises ``ChannelError`` if it cannot be one."""
    if one_line(address) != address or not _ADDRESS.fullmatch(address):
        raise ChannelError(permanent=True, reason="address_invalid")
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        raise ChannelError(permanent=True, reason="address_invalid") from None


def _hand_over(smtp: smtplib.SMTP, sender: str, to_address: str, content: bytes, ends: float) -> None:
    international = not to_address.isascii()
    if international and not smtp.has_extn("smtputf8"):
        raise ChannelError(permanent=True, reason="address_not_supported")
    with _nothing_sent():
        _limit(smtp, ends)
        _check("sender", *smtp.mail(sender, ("SMTPUTF8",) if international else ()))
        _limit(smtp, ends)
        _check("recipient", *smtp.rcpt(to_address))
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
    raise ChannelError(permanent=code >= 500, reason=reason)


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
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    if smtp.sock is not None:
        smtp.sock.settimeout(left)
