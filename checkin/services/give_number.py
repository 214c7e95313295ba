"""The phone number that texts go to: given, confirmed by a code, changed and taken away by its owner."""

import secrets
from datetime import timedelta

from checkin.domain.errors import Invalid, Refusal
from checkin.domain.ids import PersonId
from checkin.domain.message import ChannelName, MessageKind, Reason
from checkin.domain.person import Person
from checkin.domain.texting import normal_number
from checkin.domain.words import text
from checkin.services.deps import Deps
from checkin.storage import audit, messages, people, phone_numbers, sign_ins
from checkin.storage.engine import Transaction
from checkin.storage.phone_numbers import PhoneNumber

CODE_DIGITS = 6
CODE_LASTS = timedelta(minutes=30)
MOST_TRIES = 5  # of a million codes


class TooManyCodes(Refusal):
    """Codes were texted to this phone, or asked for by this person, as often as may be in an hour."""

    def __init__(self) -> None:
        words = text("No more codes can be sent this hour. Use the last one, or try again in an hour.")
        super().__init__(words, field="number")


def my_number(deps: Deps, actor: Person) -> PhoneNumber | None:
    """Return the person's own number, if they gave one."""
    with deps.reading() as tx:
        return phone_numbers.find_number(tx, actor.id)


def give_number(deps: Deps, actor: Person, written: str) -> None:
    """Text a code to this number; nothing else goes there until it is confirmed.

    Raises ``Invalid`` and ``TooManyCodes``.

    The same number once more is taken as "it works again"; only a STOP from the phone itself holds on.
    """
    number = normal_number(written)
    now = deps.now()
    with deps.transaction() as tx:
        people.lock_person(tx, actor.id)
        _count(tx, deps, actor, number)
        # A dispatcher too takes the message before the number, for which it makes a code.
        kinds = {MessageKind.NUMBER}
        messages.cancel_for_person(tx, actor.id, kinds=kinds, reason=Reason.SUPERSEDED, now=now)
        phone_numbers.set_number(tx, actor.id, actor.clinic_id, number, now)
        messages.add_message(
            tx,
            clinic=actor.clinic_id,
            person=actor.id,
            kind=MessageKind.NUMBER,
            channel=ChannelName.SMS,
            now=now,
            not_after=now + CODE_LASTS,
        )
        _note(tx, deps, actor, "number_given")


def _count(tx: Transaction, deps: Deps, actor: Person, number: str) -> None:
    """Count a code for the person and for the phone: neither may be used to bother others with texts."""
    now = deps.now()
    asked = [deps.keys.hash("code_text", subject) for subject in (f"person:{actor.id}", f"number:{number}")]
    most = deps.settings.codes_an_hour
    if any(sign_ins.count_failures(tx, one, now - timedelta(hours=1)) >= most for one in asked):
        raise TooManyCodes
    for one in asked:
        sign_ins.add_failure(tx, one, now)


def fresh_code(tx: Transaction, deps: Deps, person: PersonId) -> str:
    """Make the code that a text carries; it lasts for half an hour and ends any earlier one."""
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    phone_numbers.set_code(tx, person, code, deps.now() + CODE_LASTS)
    return code


def confirm_number(deps: Deps, actor: Person, code: str) -> None:
    """Let texts go to the number from now on. Raises ``Invalid`` for another code or after many tries."""
    digits = "".join(code.split())
    with deps.transaction() as tx:
        right = phone_numbers.try_code(tx, actor.id, digits, deps.now(), most=MOST_TRIES)
        if right:
            phone_numbers.confirm_number(tx, actor.id, deps.now())
            _note(tx, deps, actor, "number_confirmed")
    if not right:
        raise Invalid(text("This is not the code, or it is over. You can have a new one sent."), field="code")


def forget_number(deps: Deps, actor: Person) -> None:
    """Send no more texts and forget the number; doing it twice does no harm."""
    with deps.transaction() as tx:
        if phone_numbers.drop_number(tx, actor.id):
            _note(tx, deps, actor, "number_removed")


def stop_texts(tx: Transaction, deps: Deps, number: str) -> None:
    """Send no more texts to this phone, whoever gave its number; doing it twice does no harm."""
    if phone_numbers.stop_texts(tx, number, deps.now()):
        _note_for_all(tx, deps, number, "texts_stopped")


def restart_texts(tx: Transaction, deps: Deps, number: str) -> None:
    """Let texts go to this phone again."""
    phone_numbers.restart_texts(tx, number)
    _note_for_all(tx, deps, number, "texts_restarted")


def _note_for_all(tx: Transaction, deps: Deps, number: str, action: str) -> None:
    for person, clinic in phone_numbers.owners_of(tx, number):
        audit.record(tx, clinic, audit.Event(action=action, subject=person), deps.now())


def _note(tx: Transaction, deps: Deps, actor: Person, action: str) -> None:
    event = audit.Event(action=action, actor=actor.id, subject=actor.id)
    audit.record(tx, actor.clinic_id, event, deps.now())
