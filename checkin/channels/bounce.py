"""Reading mail that came back (delivery status notifications, RFC 3464)."""

import re
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message as Mail
from email.policy import default
from uuid import UUID

from checkin.domain.ids import MessageId

_OURS = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Bounce:
    """An address at which nothing arrives, and the message of ours that came back, if it says so."""

    address: str = field(repr=False)
    message_id: MessageId | None


def read_bounce(mail: bytes) -> Bounce | None:
    """Return what a mail says about a final failure; None for a delay, an answer, or anything else.

    Only the fields that machines write are believed, never the text for people.
    """
    parsed = message_from_bytes(mail, policy=default)
    for part in parsed.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for recipient in part.get_payload() or ():
            found = _failed_for_good(recipient)
            if found is not None:
                return Bounce(address=found, message_id=_message_id(parsed))
    return None


def _failed_for_good(recipient: object) -> str | None:
    if not isinstance(recipient, Mail) or str(recipient.get("Action", "")).strip().lower() != "failed":
        return None
    if not str(recipient.get("Status", "")).strip().startswith("5"):
        return None
    for name in ("Original-Recipient", "Final-Recipient"):
        kind, _, address = str(recipient.get(name, "")).partition(";")
        if kind.strip().lower() == "rfc822" and "@" in address:
            return address.strip().strip("<>")
    return None


def _message_id(mail: Mail) -> MessageId | None:
    """The Message-ID of the mail that came back, from the copy of it or of its headers."""
    for part in mail.walk():
        if part.get_content_type() == "text/rfc822-headers":
            head = part.get_payload(decode=True)
        elif part.get_content_type() == "message/rfc822":
            head = part.as_bytes().partition(b"\n\n")[2]
        else:
            continue
        if isinstance(head, bytes):
            found = _OURS.search(str(message_from_bytes(head, policy=default).get("Message-ID", "")))
            if found:
                return MessageId(UUID(found[1]))
    return None
