"""The phone number that texts go to: given, changed and taken away by its owner."""

from checkin.domain.person import Person
from checkin.domain.texting import normal_number
from checkin.services.deps import Deps
from checkin.storage import audit, phone_numbers
from checkin.storage.engine import Transaction
from checkin.storage.phone_numbers import PhoneNumber


def my_number(deps: Deps, actor: Person) -> PhoneNumber | None:
    """Return the person's own number, if they gave one."""
    with deps.reading() as tx:
        return phone_numbers.find_number(tx, actor.id)


def give_number(deps: Deps, actor: Person, written: str) -> None:
    """Send texts to this number from now on. Raises ``Invalid``.

    The same number once more is taken as "it works again"; only a STOP from the phone itself holds on.
    """
    number = normal_number(written)
    with deps.transaction() as tx:
        phone_numbers.set_number(tx, actor.id, actor.clinic_id, number, deps.now())
        _note(tx, deps, actor, "number_given")


def forget_number(deps: Deps, actor: Person) -> None:
    """Send no more texts and forget the number; doing it twice does no harm."""
    with deps.transaction() as tx:
        if phone_numbers.drop_number(tx, actor.id):
            _note(tx, deps, actor, "number_removed")


def _note(tx: Transaction, deps: Deps, actor: Person, action: str) -> None:
    event = audit.Event(action=action, actor=actor.id, subject=actor.id)
    audit.record(tx, actor.clinic_id, event, deps.now())
