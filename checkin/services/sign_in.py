"""Signing in and out. Every way to become signed in stands in this file."""

import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from checkin.domain.errors import NotFound, Refusal, Unavailable
from checkin.domain.ids import ClinicId, new_id
from checkin.domain.person import Person, Role
from checkin.domain.sign_in import SignIn
from checkin.domain.token import Purpose, Token
from checkin.domain.words import text
from checkin.services.access import note_outsider
from checkin.services.deps import Deps
from checkin.services.passwords import check_new_password, hash_password, matches
from checkin.services.throttle import Browser, check_tries, count_failure, guess_of, make_device_cookie
from checkin.storage import audit, people, sign_ins, tokens
from checkin.storage.engine import Transaction

_SEEN_EVERY = timedelta(minutes=1)


class WrongSignIn(Refusal):
    """The e-mail, the password or both are wrong; which one is not said."""

    def __init__(self) -> None:
        super().__init__(text("This e-mail and password do not go together. Check both and try again."))


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A new sign-in: ``token`` goes into its cookie, ``device`` into the long-lived device cookie."""

    person: Person
    token: str
    device: str
    sign_in: SignIn


def sign_in(deps: Deps, *, email: str, password: str, browser: Browser) -> SignedIn:
    """Check a password and open a sign-in. Raises ``WrongSignIn`` or ``TooManyTries``."""
    with deps.reading() as tx:
        found = people.find_by_email(tx, email)
    guess = guess_of(deps, email, found[0] if found else None, browser)
    check_tries(deps, guess)
    right = matches(password, found[1] if found else None, deps.settings.password_cost)
    with deps.transaction() as tx:
        if found is not None and right and _still_good(tx, found[0], found[1]):
            return open_sign_in(tx, deps, found[0], browser, factors="password")
        count_failure(tx, deps, guess)
        note_outsider(tx, deps, "sign_in_failed", guess.about)
    raise WrongSignIn


def _still_good(tx: Transaction, person: Person, password: str | None) -> bool:
    """Whether the person may come in with the password that was just compared with this hash.

    Comparing takes a while, in which it may have been changed or the sign-in closed.
    """
    people.lock_person(tx, person.id)
    open_to = people.get_person(tx, person.id, person.clinic_id).disabled_at is None
    return open_to and people.get_password(tx, person.id) == password


def confirm(deps: Deps, actor: Person, this: UUID, *, password: str, browser: Browser) -> SignedIn:
    """Prove again who it is: a new sign-in takes the place of this one. Raises ``Refusal``."""
    try:
        confirmed = sign_in(deps, email=actor.email, password=password, browser=browser)
    except WrongSignIn as wrong:
        raise Refusal(text("This is not your password."), field="password") from wrong
    with deps.transaction() as tx:
        sign_ins.revoke(tx, actor.id, deps.now(), only=this)
    return confirmed


def is_fresh(deps: Deps, opened: SignIn) -> bool:
    """Whether the person proved who they are a short time ago, as some acts ask for."""
    return deps.now() < opened.created_at + deps.settings.fresh


def open_sign_in(tx: Transaction, deps: Deps, person: Person, browser: Browser, *, factors: str) -> SignedIn:
    """Make a sign-in for somebody who has proved who they are. ``factors`` names the proof."""
    now = deps.now()
    only_patient = person.roles == {Role.PATIENT}
    settings = deps.settings
    lasts = settings.patient_sign_in_absolute if only_patient else settings.sign_in_absolute
    opened = SignIn(
        id=new_id(now),
        person_id=person.id,
        device=browser.description[:80],
        factors=factors,
        created_at=now,
        last_seen_at=now,
        ends_at=now + lasts,
    )
    token = secrets.token_urlsafe(32)
    sign_ins.add_sign_in(tx, opened, person.clinic_id, token)
    event = audit.Event(action="sign_in", actor=person.id, object_id=opened.id)
    audit.record(tx, person.clinic_id, event, now)
    return SignedIn(person=person, token=token, device=make_device_cookie(deps, person), sign_in=opened)


def who_is(deps: Deps, token: str) -> tuple[SignIn, Person] | None:
    """Return who carries this token, or None when it is unknown, idle too long or over."""
    with deps.reading() as tx:
        found = sign_ins.find_by_token(tx, token)
    if found is None:
        return None
    opened, person = found
    return found if _runs(deps, opened, person) else None


def _runs(deps: Deps, opened: SignIn, person: Person) -> bool:
    """Whether the sign-in is neither over nor idle too long."""
    only_patient = person.roles == {Role.PATIENT}
    idle = deps.settings.patient_sign_in_idle if only_patient else deps.settings.sign_in_idle
    return deps.now() < min(opened.ends_at, opened.last_seen_at + idle)


def note_seen(deps: Deps, opened: SignIn) -> None:
    """Remember that the sign-in is in use, once a minute.

    A page must not fail for it: where the database takes no writes just now the next request notes it.
    """
    now = deps.now()
    if now >= opened.last_seen_at + _SEEN_EVERY:
        with suppress(Unavailable), deps.transaction() as tx:
            sign_ins.touch(tx, opened.id, now)


def sign_out(deps: Deps, actor: Person, sign_in_id: UUID) -> None:
    """End one of the person's own sign-ins. Raises ``NotFound``."""
    now = deps.now()
    with deps.transaction() as tx:
        if sign_ins.revoke(tx, actor.id, now, only=sign_in_id) == 0:
            raise NotFound
        event = audit.Event(action="sign_out", actor=actor.id, object_id=sign_in_id)
        audit.record(tx, actor.clinic_id, event, now)


def sign_out_elsewhere(deps: Deps, actor: Person, this: UUID) -> int:
    """End all of the person's sign-ins but this one; return how many."""
    now = deps.now()
    with deps.transaction() as tx:
        ended = sign_ins.revoke(tx, actor.id, now, but=this)
        audit.record(tx, actor.clinic_id, audit.Event(action="sign_out_elsewhere", actor=actor.id), now)
    return ended


def my_sign_ins(deps: Deps, actor: Person) -> tuple[SignIn, ...]:
    """Return where the person is signed in."""
    with deps.reading() as tx:
        found = sign_ins.sign_ins_of(tx, actor.id, deps.now())
    return tuple(opened for opened in found if _runs(deps, opened, actor))


def change_password(
    deps: Deps, actor: Person, this: UUID, *, current: str, new: str, browser: Browser
) -> None:
    """Set a new password after checking the current one; other sign-ins end. Twice does no harm.

    Raises ``TooManyTries`` or ``Refusal``.
    """
    now, cost = deps.now(), deps.settings.password_cost
    guess = guess_of(deps, actor.email, actor, browser)
    check_tries(deps, guess)
    with deps.reading() as tx:
        stored = people.get_password(tx, actor.id)
    right = matches(current, stored, cost)
    if not right and matches(new, stored, cost):
        return  # sent twice: it is the password already
    if right:
        check_new_password(new, known=(actor.name, actor.email))
    hashed = hash_password(new, cost) if right else ""
    with deps.transaction() as tx:
        if right and _still_good(tx, actor, stored):
            people.set_password(tx, actor.id, hashed)
            tokens.end_tokens(tx, actor.id, Purpose.RESET, now)
            sign_ins.revoke(tx, actor.id, now, but=this)
            audit.record(tx, actor.clinic_id, audit.Event(action="password_changed", actor=actor.id), now)
            return
        count_failure(tx, deps, guess)
        audit.record(tx, actor.clinic_id, audit.Event(action="password_kept", actor=actor.id), now)
    raise Refusal(text("This is not your current password."), field="current")


def whose_token(deps: Deps, secret: str, purpose: Purpose) -> Person:
    """Return whom an invitation or reset link is for. Raises ``NotFound`` if it is used or over."""
    with deps.reading() as tx:
        return _token_holder(tx, deps, secret, purpose)[1]


def set_first_password(
    deps: Deps, secret: str, purpose: Purpose, *, password: str, browser: Browser
) -> SignedIn:
    """Set a password by an invitation or reset link and sign in; the link works once.

    Raises ``NotFound`` or ``Invalid``.
    """
    now = deps.now()
    holder = whose_token(deps, secret, purpose)
    check_new_password(password, known=(holder.name, holder.email))
    hashed = hash_password(password, deps.settings.password_cost)
    with deps.transaction() as tx:
        token, person = _token_holder(tx, deps, secret, purpose)
        if not tokens.use_token(tx, token.id, now):
            raise NotFound
        tokens.end_tokens(tx, person.id, purpose, now)
        people.set_password(tx, person.id, hashed)
        sign_ins.revoke(tx, person.id, now)
        event = audit.Event(action=f"password_set_by_{purpose.value}", actor=person.id, object_id=token.id)
        audit.record(tx, person.clinic_id, event, now)
        return open_sign_in(tx, deps, person, browser, factors=purpose.value)


def _token_holder(tx: Transaction, deps: Deps, secret: str, purpose: Purpose) -> tuple[Token, Person]:
    token = tokens.find_token(tx, secret, purpose)
    if token is None or token.used_at is not None or deps.now() >= token.expires_at:
        raise NotFound
    person = people.get_person(tx, token.person_id, ClinicId(token.clinic_id))
    if person.disabled_at is not None or (purpose is Purpose.INVITE and person.ready):
        raise NotFound
    return token, person
