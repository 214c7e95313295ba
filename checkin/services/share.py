"""Sharing: who may see a patient's record, given and withdrawn by the patient alone."""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from checkin.domain.consent import SCOPE_HINTS, SCOPE_WORDS, TEXT_VERSION, Grant, Scope, check_settled
from checkin.domain.errors import Conflict, Invalid, NotFound, Refusal
from checkin.domain.ids import ClinicId, GrantId, PersonId, new_id
from checkin.domain.name import clean_name
from checkin.domain.person import Person, Role
from checkin.domain.words import text
from checkin.services import roles
from checkin.services.deps import Deps
from checkin.services.invite_people import add_invited, clean_email, send_invitation, stands_in
from checkin.services.see_sharing import recipients_of
from checkin.services.stand_in import stand_in
from checkin.storage import audit, clinics, grants, infusions, patients, people, sign_ins
from checkin.storage.engine import Transaction


class TooManyInvitations(Refusal):
    """A patient invited so many people today that it looks like something else."""

    def __init__(self) -> None:
        super().__init__(text("You have invited many people today. Try again tomorrow, or ask your clinic."))


def new_access(
    deps: Deps, actor: Person, recipient: PersonId | ClinicId, scopes: Iterable[Scope]
) -> frozenset[Scope]:
    """Return which of these things a recipient may not do yet. Raises what giving access to them would."""
    roles.require(actor, Role.PATIENT)
    now = deps.now()
    with deps.reading() as tx:
        _name_of(tx, actor, recipient, now)
        return _added(tx, actor, _held(tx, actor, recipient, now), frozenset(scopes), now)


def give_access(deps: Deps, actor: Person, recipient: PersonId | ClinicId, scopes: Iterable[Scope]) -> None:
    """Let a recipient do exactly these things from now on; what was allowed before and is not named ends.

    Raises ``Invalid``, ``NotFound`` or ``TooSoon`` (only for what is new: ending never waits).
    """
    roles.require(actor, Role.PATIENT)
    now = deps.now()
    with deps.transaction() as tx:
        patients.lock_patient(tx, actor.id)
        name = _name_of(tx, actor, recipient, now)
        _change(tx, deps, actor, recipient, name, frozenset(scopes))


def withdraw_access(deps: Deps, actor: Person, recipient: PersonId | ClinicId) -> None:
    """End everything a recipient may do, at once. Raises ``NotFound`` when there is nothing to end."""
    roles.require(actor, Role.PATIENT)
    with deps.transaction() as tx:
        held = _held(tx, actor, recipient, deps.now())
        if not held:
            raise NotFound
        _withdraw(tx, deps, actor, held)


def check_invitation(deps: Deps, actor: Person, *, name: str, email: str, scopes: Iterable[Scope]) -> None:
    """Raises what inviting with these would, but for ``TooManyInvitations``: only what is sent counts."""
    roles.require(actor, Role.PATIENT)
    _wanted(actor, name, email, scopes)
    with deps.reading() as tx:
        check_settled(infusions.latest_given(tx, actor.id), deps.now())


def invite_therapist(deps: Deps, actor: Person, *, name: str, email: str, scopes: Iterable[Scope]) -> None:
    """Invite the patient's own therapist and give access in one act; who is known here is not told.

    Raises ``Invalid``, ``TooSoon`` or ``TooManyInvitations``.
    """
    roles.require(actor, Role.PATIENT)
    wanted = _wanted(actor, name, email, scopes)
    with deps.transaction() as tx:
        patients.lock_patient(tx, actor.id)
        check_settled(infusions.latest_given(tx, actor.id), deps.now())
        if not _counts(tx, deps, f"by:{actor.id}", deps.settings.invitations_a_day):
            raise TooManyInvitations
        therapist = _known_or_invited(tx, deps, actor, name=name, email=email)
        _change(tx, deps, actor, therapist.id, therapist.name, wanted)


def _wanted(actor: Person, name: str, email: str, scopes: Iterable[Scope]) -> frozenset[Scope]:
    """What is to be allowed. Raises ``Invalid`` for that, the name or the address, whoever is known here."""
    wanted = frozenset(scopes)
    if not wanted:
        raise Invalid(text("Select what your therapist may see."), field="scopes")
    clean_name(name)
    if people.normal_email(clean_email(email)) == people.normal_email(actor.email):
        raise Invalid(text("This is your own address. Enter your therapist’s."), field="email")
    return wanted


def _known_or_invited(tx: Transaction, deps: Deps, actor: Person, *, name: str, email: str) -> Person:
    """Return a therapist of the clinic, else somebody new.

    Where the address is anybody else's the new one is a stand-in: the patient sees the same as after any
    invitation, and nobody is given a role or access because somebody guessed their address.
    """
    address = clean_email(email)
    clinics.lock_clinic(tx, actor.clinic_id)
    found = people.find_by_email(tx, address)
    if found is not None and _is_therapist(found[0], actor.clinic_id):
        person = found[0]
    else:
        person = _new_or_stand_in(tx, deps, actor, name=name, email=address, taken=found is not None)
    most = deps.settings.invitations_a_day_to_one_address
    may_write = _counts(tx, deps, f"to:{people.normal_email(address)}", most)
    if may_write and not person.ready and not stands_in(person):
        send_invitation(tx, deps, person)
    event = audit.Event(action="therapist_invited", actor=actor.id, subject=actor.id, object_id=person.id)
    audit.record(tx, actor.clinic_id, event, deps.now())
    return person


def _new_or_stand_in(
    tx: Transaction, deps: Deps, actor: Person, *, name: str, email: str, taken: bool
) -> Person:
    clinic = actor.clinic_id
    if not taken:
        with suppress(Conflict):  # another clinic of the install invites the same address at this moment
            return add_invited(tx, deps, clinic, name=name, email=email, role=Role.THERAPIST, listed=False)
    return stand_in(tx, deps, clinic, name=name, email=email)


def _counts(tx: Transaction, deps: Deps, subject: str, most: int) -> bool:
    """Count one more invitation today, unless there were ``most`` already: then False."""
    now, hashed = deps.now(), deps.keys.hash("invitations", subject)
    if sign_ins.count_failures(tx, hashed, now - timedelta(days=1)) >= most:
        return False
    sign_ins.add_failure(tx, hashed, now)
    return True


def _is_therapist(person: Person, clinic: ClinicId) -> bool:
    return Role.THERAPIST in person.roles and person.clinic_id == clinic and person.disabled_at is None


def _name_of(tx: Transaction, actor: Person, recipient: PersonId | ClinicId, now: datetime) -> str:
    for known in recipients_of(tx, actor, now):
        if known.id == recipient:
            return known.name
    raise NotFound


def _held(tx: Transaction, actor: Person, recipient: PersonId | ClinicId, now: datetime) -> list[Grant]:
    return [g for g in grants.grants_of(tx, actor.id) if g.recipient == recipient and g.in_force(now)]


def _added(
    tx: Transaction, actor: Person, held: Iterable[Grant], wanted: frozenset[Scope], now: datetime
) -> frozenset[Scope]:
    """What is new among the things wanted. Raises ``TooSoon`` where there is any."""
    added = wanted - {grant.scope for grant in held}
    if added:
        check_settled(infusions.latest_given(tx, actor.id), now)
    return added


def _change(
    tx: Transaction,
    deps: Deps,
    actor: Person,
    recipient: PersonId | ClinicId,
    name: str,
    wanted: frozenset[Scope],
) -> None:
    now = deps.now()
    held = _held(tx, actor, recipient, now)
    added = _added(tx, actor, held, wanted, now)
    _withdraw(tx, deps, actor, [grant for grant in held if grant.scope not in wanted])
    for scope in sorted(added):
        grant = Grant(
            id=GrantId(new_id(now)),
            clinic_id=actor.clinic_id,
            patient_id=actor.id,
            recipient=recipient,
            scope=scope,
            since=now,
            text_version=TEXT_VERSION,
            text_hash=_text_hash(name, scope),
        )
        grants.add_grant(tx, grant)
        event = audit.Event(
            action="access_given",
            actor=actor.id,
            subject=actor.id,
            object_id=grant.id,
            private={"recipient": recipient, "scope": scope},
        )
        audit.record(tx, actor.clinic_id, event, now)


def _withdraw(tx: Transaction, deps: Deps, actor: Person, held: list[Grant]) -> None:
    now = deps.now()
    grants.withdraw_grants(tx, held, by=actor.id, now=now)
    events = [
        audit.Event(
            action="access_withdrawn",
            actor=actor.id,
            subject=actor.id,
            object_id=grant.id,
            private={"recipient": grant.recipient, "scope": grant.scope},
        )
        for grant in held
    ]
    audit.record_all(tx, actor.clinic_id, events, now)


def _text_hash(name: str, scope: Scope) -> str:
    """The hash of all the words that were agreed to, in their source language."""
    words = (TEXT_VERSION, name, SCOPE_WORDS[scope].message, SCOPE_HINTS[scope].message)
    return hashlib.sha256("\n".join(words).encode()).hexdigest()
