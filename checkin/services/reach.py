"""Reaching people: where a message on a channel goes, and what a dead address teaches."""

from collections.abc import Sequence

from checkin.channels.base import ChannelError
from checkin.domain.ids import PersonId
from checkin.domain.message import OF_A_PROMPT, ChannelName, Message
from checkin.domain.person import Person
from checkin.domain.push import PushAddress, Subscription
from checkin.services import give_number
from checkin.services.contact import push_keys
from checkin.services.deps import Deps
from checkin.storage import audit, people, phone_numbers, subscriptions
from checkin.storage.engine import Transaction


def address_of(tx: Transaction, deps: Deps, person: Person, message: Message) -> str:
    """Return where to send, as the channel reads it. Raises ``ChannelError`` if there is no such place.

    An address from which mail comes back gets no check-ins; an alert, or a link that somebody waits for, may
    be what shows that it works after all.
    """
    channel = message.channel
    if channel is ChannelName.WEB_PUSH:
        return _phone_of(tx, deps, person.id).address.to_json()
    if channel is ChannelName.SMS:
        return _number_of(tx, person.id)
    if message.kind in OF_A_PROMPT and person.email_gone_at is not None:
        raise ChannelError(permanent=True, reason="address_gone")
    return person.email


def forget_address(deps: Deps, message: Message, address: str, *, stopped: bool = False) -> bool:
    """Note that nothing arrives at this address any more; return whether there is another to try.

    ``stopped``: a phone whose owner answered STOP to the provider.
    """
    now, person = deps.now(), message.person_id
    with deps.transaction() as tx:
        if message.channel is ChannelName.WEB_PUSH:
            gone = subscriptions.mark_gone(tx, person, PushAddress.from_json(address).endpoint, now)
            left = _usable(tx, deps, person)
        elif message.channel is ChannelName.EMAIL:
            gone = people.mark_email_gone(tx, person, address, now)
            left = None
        elif stopped:
            give_number.stop_texts(tx, deps, address)
            gone, left = False, None
        else:
            gone = phone_numbers.mark_number_gone(tx, person, address, now)
            left = None
        if gone:
            event = audit.Event(action="address_gone", subject=person, object_id=message.id)
            audit.record(tx, message.clinic_id, event, now)
    return left is not None


def _phone_of(tx: Transaction, deps: Deps, person: PersonId) -> Subscription:
    found = _usable(tx, deps, person)
    if found is not None:
        return found
    if not _subscribed(tx, deps, person):
        raise ChannelError(permanent=True, reason="no_phone_subscribed")
    deps.alarm("push_key_missing")  # it was taken out of the settings, which no patient can mend
    raise ChannelError(permanent=True, reason="push_key_missing")


def _usable(tx: Transaction, deps: Deps, person: PersonId) -> Subscription | None:
    """Of the phones that we can send to, the one that was seen last: the others may lie in a drawer."""
    keys = push_keys(deps)
    found = _subscribed(tx, deps, person)
    return next((one for one in found if keys is None or one.address.key in keys), None)


def _subscribed(tx: Transaction, deps: Deps, person: PersonId) -> Sequence[Subscription]:
    """The phones that take pushes, the one that was seen last first, whether or not we hold their keys."""
    return [one for one in subscriptions.subscriptions_of(tx, person) if one.usable(deps.now())]


def _number_of(tx: Transaction, person: PersonId) -> str:
    found = phone_numbers.find_number(tx, person)
    if found is None or found.gone_at is not None:
        raise ChannelError(permanent=True, reason="no_number")
    if found.stopped_at is not None:
        raise ChannelError(permanent=True, reason="texts_stopped")
    return found.number
