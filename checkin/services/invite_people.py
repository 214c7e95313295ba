"""Inviting people to the clinic, by e-mail or on paper."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from email_validator import EmailNotValidError, validate_email

from checkin.domain.clinic import Clinic
from checkin.domain.errors import Conflict, Invalid
from checkin.domain.ids import ClinicId, PersonId, made_at, new_id
from checkin.domain.message import MessageKind, Reason
from checkin.domain.name import clean_name
from checkin.domain.person import Patient, Person, Role, WakingHours, Zone
from checkin.domain.token import Purpose
from checkin.domain.words import text
from checkin.services import roles
from checkin.services.deps import Deps
from checkin.storage import audit, clinics, messages, patients, people, sign_ins, tokens
from checkin.storage.engine import IntegrityError, Transaction

# The usual waking day until a patient says otherwise; quiet hours are the protocol's.
DEFAULT_WAKING = WakingHours(since=time(8, 0), until=time(21, 30))
_PRESSED_TWICE = timedelta(minutes=2)
IS_HERE = text("Somebody with this e-mail is here already.")
NOWHERE = "@nowhere.invalid"  # a top level that never exists (RFC 2606)


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """Who was invited; ``secret`` is set for an invitation on paper and is shown once."""

    person: Person
    secret: str | None


def clean_email(address: str) -> str:
    """Return the address in its normal form. Raises ``Invalid``."""
    try:
        return validate_email(address.strip(), check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise Invalid(
            text("Enter an e-mail address in the right form, like name@example.com."), field="email"
        ) from error


def invite(deps: Deps, actor: Person, *, name: str, email: str, role: Role, on_paper: bool) -> Invitation:
    """Invite somebody to the clinic as staff: by e-mail, or on paper with a secret to hand over.

    Somebody who is here already gets the role and keeps the password. Inviting the very same person twice
    within minutes is once: on paper the later secret counts. Raises ``Invalid`` or ``Conflict``.
    """
    roles.require(actor, Role.STAFF)
    now = deps.now()
    with deps.transaction() as tx:
        clinics.lock_clinic(tx, actor.clinic_id)
        if (invited := _just_invited(tx, actor, name, email, role, now)) is not None:
            secret = _hand_out_anew(tx, deps, invited, on_paper=True) if on_paper else None
            return Invitation(person=invited, secret=secret)
        person = add_invited(tx, deps, actor.clinic_id, name=name, email=email, role=role)
        secret = hand_out(tx, deps, person, on_paper=on_paper)
        event = audit.Event(action="invited", actor=actor.id, subject=person.id, private={"role": role})
        audit.record(tx, actor.clinic_id, event, now)
    return Invitation(person=person, secret=secret)


def invite_again(deps: Deps, actor: Person, person_id: PersonId, *, on_paper: bool) -> Invitation:
    """Send or print a new invitation; earlier ones stop working. Raises ``NotFound`` or ``Conflict``."""
    roles.require(actor, Role.STAFF)
    now = deps.now()
    with deps.transaction() as tx:
        person = people.get_person(tx, person_id, actor.clinic_id)
        if person.ready:
            raise Conflict(text("This person has set a password already."))
        if stands_in(person):
            raise Conflict(text("This e-mail address belongs to somebody else. Ask for another one."))
        secret = _hand_out_anew(tx, deps, person, on_paper=on_paper)
        event = audit.Event(action="invited_again", actor=actor.id, subject=person.id)
        audit.record(tx, actor.clinic_id, event, now)
    return Invitation(person=person, secret=secret)


def _just_invited(
    tx: Transaction, actor: Person, name: str, email: str, role: Role, now: datetime
) -> Person | None:
    """Who was invited by the same words a moment ago: the button was pressed twice."""
    found = people.find_by_email(tx, email)
    if found is None or found[0].ready or found[0].clinic_id != actor.clinic_id:
        return None
    same = found[0].name == clean_name(name) and found[0].roles == {role}
    recent = made_at(found[0].id) > now - _PRESSED_TWICE
    return found[0] if same and recent else None


def _hand_out_anew(tx: Transaction, deps: Deps, person: Person, *, on_paper: bool) -> str | None:
    end_invitations(tx, deps, person.id)
    return hand_out(tx, deps, person, on_paper=on_paper)


def end_invitations(tx: Transaction, deps: Deps, person: PersonId) -> None:
    """Make a person's invitations worthless, with those that are still on their way."""
    now = deps.now()
    tokens.end_tokens(tx, person, Purpose.INVITE, now)
    kinds = (MessageKind.INVITATION,)
    messages.cancel_for_person(tx, person, kinds=kinds, reason=Reason.NO_LONGER_NEEDED, now=now)


def add_invited(
    tx: Transaction,
    deps: Deps,
    clinic_id: ClinicId,
    *,
    name: str,
    email: str,
    role: Role,
    listed: bool = True,
) -> Person:
    """Store an invited person, who has no password yet. Raises ``Invalid`` or ``Conflict``."""
    clinics.lock_clinic(tx, clinic_id)
    clinic = clinics.get_clinic(tx, clinic_id)
    person = nobody_yet(deps, clinic, name, clean_email(email), role)
    known = people.find_by_email(tx, person.email)
    if known is not None:
        return _add_role(tx, known[0], clinic, role, deps)
    try:
        with tx.savepoint():
            people.add_person(tx, person, deps.now(), listed=listed)
    except IntegrityError as taken:  # at this moment, by another clinic of the install
        raise Conflict(IS_HERE, field="email") from taken
    if role is Role.PATIENT:
        _make_patient(tx, person, clinic.settings.zone, deps)
    return person


def stands_in(person: Person) -> bool:
    """Whether there is nobody behind it: see ``stand_in``."""
    return person.email.endswith(NOWHERE)


def nobody_yet(deps: Deps, clinic: Clinic, name: str, email: str, role: Role) -> Person:
    """Return somebody new, who is not stored yet. Raises ``Invalid``."""
    return Person(
        id=PersonId(new_id(deps.now())),
        clinic_id=clinic.id,
        name=clean_name(name),
        email=email,
        roles=frozenset({role}),
        language=clinic.settings.language,
        ready=False,
    )


def _add_role(tx: Transaction, person: Person, clinic: Clinic, role: Role, deps: Deps) -> Person:
    if person.clinic_id != clinic.id or role in person.roles:
        raise Conflict(IS_HERE, field="email")
    people.add_role(tx, person.id, role)
    # How long a sign-in lasts depends on the roles that it was opened for.
    sign_ins.revoke(tx, person.id, deps.now())
    if role is Role.PATIENT:
        _make_patient(tx, person, clinic.settings.zone, deps)
    return replace(person, roles=person.roles | {role})


def _make_patient(tx: Transaction, person: Person, zone: str, deps: Deps) -> None:
    now = deps.now()
    patient = Patient(
        person=person,
        zones=(Zone(since=now, name=zone),),
        waking=DEFAULT_WAKING,
        reminders=True,
        set_up_at=None,
        discharged_at=None,
    )
    patients.add_patient(tx, patient, now)


def send_invitation(tx: Transaction, deps: Deps, person: Person) -> None:
    """Put an invitation into the outbox; its link is made when it is sent."""
    now = deps.now()
    messages.add_message(
        tx,
        clinic=person.clinic_id,
        person=person.id,
        kind=MessageKind.INVITATION,
        channel=deps.settings.mail_channel,
        now=now,
        not_after=now + deps.settings.invitation,
    )


def hand_out(tx: Transaction, deps: Deps, person: Person, *, on_paper: bool) -> str | None:
    """Send an invitation, or make one on paper and return its secret, which is shown once.

    For somebody who has a password there is neither: whoever held the secret could set another one and
    come in as that person.
    """
    if person.ready:
        return None
    if on_paper:
        return _paper_secret(tx, deps, person)
    send_invitation(tx, deps, person)
    return None


def _paper_secret(tx: Transaction, deps: Deps, person: Person) -> str:
    now = deps.now()
    secret = secrets.token_urlsafe(32)
    tokens.add_token(
        tx,
        secret,
        clinic=person.clinic_id,
        person=person.id,
        purpose=Purpose.INVITE,
        object_id=None,
        now=now,
        expires_at=now + deps.settings.invitation,
    )
    return secret
