"""How often a password may be guessed: counted in the database, for all processes together."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from checkin.domain.errors import Refusal
from checkin.domain.person import Person
from checkin.domain.words import text
from checkin.services.access import note_outsider
from checkin.services.deps import Deps
from checkin.storage import people, sign_ins
from checkin.storage.engine import Transaction

_COUNTED = timedelta(minutes=15)
# Guesses in 15 minutes: for one e-mail from one place, from one place, and for one e-mail from everywhere.
# A browser that signed this person in before has a count of its own, so an attack does not lock anybody out.
_PAIR_LIMIT, _ADDRESS_LIMIT, _EMAIL_LIMIT, _DEVICE_LIMIT = 5, 50, 50, 10
_HOME_BITS = 64  # what one household or server gets of IPv6 at least; it chooses the rest itself


class TooManyTries(Refusal):
    """Too many wrong passwords lately."""

    def __init__(self) -> None:
        super().__init__(text("There were too many tries. Wait 15 minutes, or set a new password by e-mail."))


@dataclass(frozen=True, kw_only=True)
class Browser:
    """Where a request comes from. ``device`` is the value of the device cookie, empty if there is none."""

    address: str
    description: str
    device: str = ""


@dataclass(frozen=True, kw_only=True)
class Guess:
    """One try at a password: about whom, if the e-mail is known, and what it is counted against.

    ``counts`` holds the hash of each with how many are too many; the first one is this place's own.
    """

    about: Person | None
    counts: tuple[tuple[bytes, int], ...]


def network_of(address: str) -> str:
    """What of an address belongs to one place: all of IPv4, the first 64 bits of IPv6."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(IPv6Address(int(found) >> _HOME_BITS << _HOME_BITS))


def guess_of(deps: Deps, email: str, person: Person | None, browser: Browser) -> Guess:
    """Return what a try at this e-mail's password counts against; ``person`` is whose it is, if anybody's."""
    name, place = people.normal_email(email), network_of(browser.address)
    if person is not None and _knows(deps, person, browser.device):
        subjects = [(f"device:{browser.device}", _DEVICE_LIMIT)]
    else:
        subjects = [
            (f"pair:{name}:{place}", _PAIR_LIMIT),
            (f"address:{place}", _ADDRESS_LIMIT),
            (f"email:{name}", _EMAIL_LIMIT),
        ]
    counts = tuple((deps.keys.hash("failures", subject), limit) for subject, limit in subjects)
    return Guess(about=person, counts=counts)


def check_tries(deps: Deps, guess: Guess) -> None:
    """Raises ``TooManyTries``; the first refusal of every 15 minutes is written down."""
    since = deps.now() - _COUNTED
    with deps.reading() as tx:
        tries = [sign_ins.count_failures(tx, subject, since) for subject, _limit in guess.counts]
        full = [tried >= limit for tried, (_subject, limit) in zip(tries, guess.counts, strict=True)]
        # Others may try one e-mail from everywhere: whoever has not tried from here yet still gets one look.
        refused = any(full[:2] if tries[0] == 0 else full)
    if refused:
        _note_refusal(deps, guess)
        raise TooManyTries


def count_failure(tx: Transaction, deps: Deps, guess: Guess) -> None:
    """Remember that the password was wrong."""
    for subject, _limit in guess.counts:
        sign_ins.add_failure(tx, subject, deps.now())


def _note_refusal(deps: Deps, guess: Guess) -> None:
    now, place = deps.now(), guess.counts[0][0]
    noted = deps.keys.hash("throttled", place.hex())
    with deps.transaction() as tx:
        if sign_ins.count_failures(tx, noted, now - _COUNTED) == 0:
            sign_ins.add_failure(tx, noted, now)
            note_outsider(tx, deps, "sign_in_throttled", guess.about)


def make_device_cookie(deps: Deps, person: Person) -> str:
    """Return what shows later that this browser signed the person in before."""
    nonce = secrets.token_hex(16)
    return f"{nonce}.{deps.keys.hash('device', f'{nonce}:{person.id}').hex()}"


def _knows(deps: Deps, person: Person, device: str) -> bool:
    nonce, _, proof = device.partition(".")
    return secrets.compare_digest(
        deps.keys.hash("device", f"{nonce}:{person.id}").hex().encode(), proof.encode()
    )
