"""A mail as it is written: headers, the words as text and as HTML, and a calendar file if it has one."""

import base64
import quopri
from collections.abc import Iterable
from email.headerregistry import Address
from email.message import Message
from email.policy import SMTP, Compat32
from email.utils import format_datetime
from functools import lru_cache

from checkin.channels.base import Outgoing
from checkin.channels.rendering import Rendered, one_line

# The standard library loses the quotes of a display name that fills more than a line, and with them the
# difference between a name and an address. Phones show about half of this.
LONGEST_NAME = 60


class _AsTheyStand(Compat32):
    """Writes headers as they stand: what strangers gave is folded already, the rest is our own and short.

    The library's usual way reads and folds every header anew, which takes longer than sending the mail.
    """

    def fold_binary(self, name: str, value: str) -> bytes:
        return f"{name}: {value}\r\n".encode()


_POLICY = _AsTheyStand(linesep="\r\n")


def compose(outgoing: Outgoing, words: Rendered, *, sender: str, reader: str) -> bytes:
    """Return the mail from ``sender`` to ``reader``, both as they go over the wire.

    Its Message-ID stays the same however often this message is sent. It is ASCII, unless the mailbox of the
    reader is in another script.
    """
    message = Message(_POLICY)
    message["From"] = _folded("From", one_line(outgoing.sender_name)[:LONGEST_NAME].strip(), sender, False)
    message["To"] = _folded("To", "", reader, not reader.isascii())
    message["Subject"] = _subject(words.subject, not reader.isascii())
    message["Date"] = format_datetime(outgoing.sent_at)
    message["Message-ID"] = message_id(outgoing, sender)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    if outgoing.unsubscribe_link is not None:
        message["List-Unsubscribe"] = f"<{outgoing.unsubscribe_link}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    message["MIME-Version"] = "1.0"
    either = [_text("plain", words.text), _text("html", words.html)]
    if outgoing.calendar is None:
        _hold(message, "alternative", either)
    else:
        both = Message(_POLICY)
        _hold(both, "alternative", either)
        calendar = _part(
            f'text/calendar; charset="utf-8"; method="{outgoing.calendar.method}"',
            "base64",
            base64.encodebytes(outgoing.calendar.content),
        )
        calendar["Content-Disposition"] = 'attachment; filename="appointment.ics"'
        _hold(message, "mixed", [both, calendar])
    return message.as_bytes()


def message_id(outgoing: Outgoing, sender: str) -> str:
    """Return the Message-ID: the row's id at the sender's domain."""
    return f"<{outgoing.message_id}@{sender.rpartition('@')[2]}>"


def _text(subtype: str, words: str) -> Message:
    content = quopri.encodestring(words.encode())
    return _part(f'text/{subtype}; charset="utf-8"', "quoted-printable", content)


def _part(content_type: str, encoding: str, content: bytes) -> Message:
    part = Message(_POLICY)
    part["Content-Type"] = content_type
    part["Content-Transfer-Encoding"] = encoding
    part.set_payload(content.decode("ascii"))
    return part


def _hold(message: Message, subtype: str, parts: Iterable[Message]) -> None:
    # No encoded line can be this one: an equals sign is followed by digits or by the end of its line.
    message["Content-Type"] = f'multipart/{subtype}; boundary="=_{subtype}"'
    for part in parts:
        message.attach(part)


@lru_cache(maxsize=256)
def _folded(header: str, name: str, address: str, international: bool) -> str:
    local, _, domain = address.rpartition("@")
    return _value(header, Address(name, username=local, domain=domain), international)


@lru_cache(maxsize=256)
def _subject(words: str, international: bool) -> str:
    return _value("Subject", words, international)


def _value(header: str, value: object, international: bool) -> str:
    """The value of a header as it is written, encoded and folded by the library."""
    policy = SMTP.clone(utf8=international)
    written: str = policy.header_factory(header, value).fold(policy=policy)
    return written.removeprefix(f"{header}:").removesuffix("\r\n").removeprefix(" ")
