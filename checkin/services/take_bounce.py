"""Mail that came back: the address gets no check-ins any more, and the next channel takes over."""

from datetime import datetime

from checkin.domain.ids import MessageId
from checkin.domain.message import MessageState
from checkin.domain.person import Person
from checkin.services.contact import hand_over
from checkin.services.deps import Deps
from checkin.storage import audit, people, receipts
from checkin.storage.engine import Transaction

BOUNCED = "bounced"


def take_bounce(deps: Deps, address: str, *, message: MessageId | None = None) -> bool:
    """Note that mail to this address comes back; return whether it is somebody's here. Twice does no harm.

    ``message`` is the one that came back, where that is known; otherwise it is the last one sent there.
    """
    now = deps.now()
    with deps.transaction() as tx:
        found = people.find_by_email(tx, address)
        if found is None:
            return False
        person = found[0]
        mark_gone(tx, person, address, message, now)
        returned = message or receipts.last_sent(tx, person.id, deps.settings.mail_channel)
        if returned is not None and _fails(tx, deps, returned, person, now):
            hand_over(tx, deps, receipts.as_it_is(tx, returned))
    return True


def mark_gone(
    tx: Transaction, person: Person, address: str, message: MessageId | None, now: datetime
) -> None:
    """Note, and say in the audit, that nothing arrives at a person's address."""
    if people.mark_email_gone(tx, person.id, address, now):
        event = audit.Event(action="address_gone", subject=person.id, object_id=message)
        audit.record(tx, person.clinic_id, event, now)


def _fails(tx: Transaction, deps: Deps, message: MessageId, person: Person, now: datetime) -> bool:
    sent = receipts.find_sent(tx, message, deps.settings.mail_channel)
    if sent is None or sent.person_id != person.id:
        return False
    return receipts.receive(tx, message, MessageState.FAILED, reason=BOUNCED, now=now)
