"""Mail that came back: the address gets no check-ins any more, and the next channel takes over."""

from datetime import datetime

from checkin.domain.ids import MessageId
from checkin.domain.message import ChannelName, MessageState
from checkin.domain.person import Person
from checkin.services.contact import hand_over
from checkin.services.deps import Deps
from checkin.storage import audit, people, prompts, receipts
from checkin.storage.engine import Transaction
from checkin.storage.receipts import Sent

BOUNCED = "bounced"


def take_bounce(deps: Deps, address: str, *, message: MessageId | None = None) -> bool:
    """Note that mail to this address comes back; return whether anything was noted. Twice does no harm.

    ``message`` is the one that came back, as the mail that says so names it: anybody can write such a mail,
    so it must name one that went to this person. Without one it is somebody of this house who says it, and
    the last one sent there has failed.
    """
    now = deps.now()
    channel = deps.settings.mail_channel if message is None else ChannelName.EMAIL  # what came back is a mail
    with deps.transaction() as tx:
        found = people.find_by_email(tx, address)
        if found is None:
            return False
        person = found[0]
        returned = message or receipts.last_sent(tx, person.id, channel)
        sent = None if returned is None else receipts.find_sent(tx, returned, channel)
        mine = sent if sent is not None and sent.person_id == person.id else None
        if message is not None and mine is None:
            return False
        # The prompt is locked before the audit's chain, as answers do.
        failed = returned is not None and mine is not None and _fails(tx, returned, mine, now)
        mark_gone(tx, person, address, message, now)
        if returned is not None and failed:
            hand_over(tx, deps, receipts.as_it_is(tx, returned))
    return True


def mark_gone(
    tx: Transaction, person: Person, address: str, message: MessageId | None, now: datetime
) -> None:
    """Note, and say in the audit, that nothing arrives at a person's address."""
    if people.mark_email_gone(tx, person.id, address, now):
        event = audit.Event(action="address_gone", subject=person.id, object_id=message)
        audit.record(tx, person.clinic_id, event, now)


def _fails(tx: Transaction, message: MessageId, sent: Sent, now: datetime) -> bool:
    if sent.prompt_id is not None:
        prompts.lock_prompt(tx, sent.prompt_id)
    return receipts.receive(tx, message, MessageState.FAILED, reason=BOUNCED, now=now)
