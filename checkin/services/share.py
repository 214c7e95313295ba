"""Sharing: who may see a patient's record, given and withdrawn by the patient alone."""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from checkin.domain.clock import local_day
from checkin.domain.consent import (
    SCOPE_HINTS,
    SCOPE_WORDS,
    SETTLING_TIME,
    TEXT_VERSION,
    Grant,
    Scope,
    check_settled,
)
from checkin.domain.errors import Conflict, Invalid, NotFound, Refusal
from checkin.domain.ids import ClinicId, GrantId, PersonId, new_id
from checkin.domain.person import Patient, Person, Role
from checkin.domain.words import text
from checkin.services import roles
from checkin.services.access import Sight
from checkin.services.deps import Deps
from checkin.services.invite_people import (
    add_invited,
    clean_email,
    send_invitation,
    stands_in,
)
from checkin.services.stand_in import stand_in
from checkin.storage import audit, clinics, grants, infusions, patients, people, sign_ins
from checkin.storage.engine import Transaction

_LOOKS_SHOWN = 400

SIGHT_WORDS = {
    Sight.LOOKED: text("your scores and chart"),
    Sight.LISTED: text("your last score or estimate in a list"),
    Sight.OPENED_FILE: text("your contact details and infusions"),
    Sight.OPENED_INFUSION: text("an infusion"),
    Sight.PREVIEWED_INFUSION: text("the check-ins to come"),
    Sight.EXPORTED: text("a copy of your record"),
}


class TooManyInvitations(Refusal):
    """A patient invited so many people today that it looks like something else."""

    def __init__(self) -> None:
        super().__init__(text("You have invited many people today. Try again tomorrow, or ask your clinic."))


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Somebody a patient can give access to. ``id`` is a person's, or the clinic's for its staff.

    Somebody who is not ``ready`` has never signed in.
    """

    id: PersonId | ClinicId
    name: str
    is_clinic: bool
    scopes: tuple[Scope, ...] = ()
    since: datetime | None = None
    ready: bool = True


@dataclass(frozen=True, kw_only=True)
class Look:
    """Who looked on one local day, in which roles of today, at what, how often, and when last."""

    name: str
    roles: frozenset[Role]
    day: date
    times: int
    last_at: datetime
    saw: tuple[Sight, ...]

    @property
    def took_copy(self) -> bool:
        return Sight.EXPORTED in self.saw


@dataclass(frozen=True, kw_only=True)
class Sharing:
    """Everything about who can see a record. ``waits_until``: new access can be given from then on."""

    patient: Patient
    recipients: tuple[Recipient, ...]
    looks: tuple[Look, ...]
    waits_until: datetime | None


def my_sharing(deps: Deps, actor: Person) -> Sharing:
    """Return who can see the patient's own record, and who looked."""
    roles.require(actor, Role.PATIENT)
    now = deps.now()
    with deps.reading() as tx:
        patient = patients.get_patient(tx, actor.id, actor.clinic_id)
        latest = infusions.latest_given(tx, actor.id)
        settles = None if latest is None else latest + SETTLING_TIME
        return Sharing(
            patient=patient,
            recipients=_recipients(tx, actor, now),
            looks=_looks(tx, patient),
            waits_until=settles if settles is not None and now < settles else None,
        )


def give_access(deps: Deps, actor: Person, recipient: PersonId | ClinicId, scopes: Iterable[Scope]) -> None:
    """Let a recipient do exactly these things from now on; what was allowed before and is not named ends.

    Raises ``Invalid``, ``NotFound`` or ``TooSoon`` (only for what is new: ending never waits).
    """
    roles.require(actor, Role.PATIENT)
    now = deps.now()
    with deps.transaction() as tx:
        patients.lock_patient(tx, actor.id)
        known = {found.id: found for found in _recipients(tx, actor, now)}
        if recipient not in known:
            raise NotFound
        _change(tx, deps, actor, recipient, known[recipient].name, frozenset(scopes))


def withdraw_access(deps: Deps, actor: Person, recipient: PersonId | ClinicId) -> None:
    """End everything a recipient may do, at once. Raises ``NotFound`` when there is nothing to end."""
    roles.require(actor, Role.PATIENT)
    with deps.transaction() as tx:
        held = [
            g for g in grants.grants_of(tx, actor.id) if g.recipient == recipient and g.in_force(deps.now())
        ]
        if not held:
            raise NotFound
        _withdraw(tx, deps, actor, held)


def invite_therapist(deps: Deps, actor: Person, *, name: str, email: str, scopes: Iterable[Scope]) -> None:
    """Invite the patient's own therapist and give access in one act; who is known here is not told.

    Raises ``Invalid``, ``TooSoon`` or ``TooManyInvitations``.
    """
    roles.require(actor, Role.PATIENT)
    now = deps.now()
    wanted = frozenset(scopes)
    if not wanted:
        raise Invalid(text("Select what your therapist may see."), field="scopes")
    with deps.transaction() as tx:
        patients.lock_patient(tx, actor.id)
        check_settled(infusions.latest_given(tx, actor.id), now)
        if not _counts(tx, deps, f"by:{actor.id}", deps.settings.invitations_a_day):
            raise TooManyInvitations
        therapist = _known_or_invited(tx, deps, actor, name=name, email=email)
        _change(tx, deps, actor, therapist.id, therapist.name, wanted)


def _known_or_invited(tx: Transaction, deps: Deps, actor: Person, *, name: str, email: str) -> Person:
    """Return a therapist of the clinic, else somebody new.

    Where the address is anybody else's the new one is a stand-in: the patient sees the same as after any
    invitation, and nobody is given a role or access because somebody guessed their address.
    """
    address = clean_email(email)
    clinics.lock_clinic(tx, actor.clinic_id)
    found = people.find_by_email(tx, address)
    if found is not None and found[0].id == actor.id:
        raise Invalid(text("This is your own address. Enter your therapist’s."), field="email")
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


def _change(
    tx: Transaction,
    deps: Deps,
    actor: Person,
    recipient: PersonId | ClinicId,
    name: str,
    wanted: frozenset[Scope],
) -> None:
    now = deps.now()
    held = [g for g in grants.grants_of(tx, actor.id) if g.recipient == recipient and g.in_force(now)]
    added = wanted - {grant.scope for grant in held}
    if added:
        check_settled(infusions.latest_given(tx, actor.id), now)
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


def _recipients(tx: Transaction, actor: Person, now: datetime) -> tuple[Recipient, ...]:
    """The clinic's staff, its therapists, and whoever the patient gave access to before."""
    given = [grant for grant in grants.grants_of(tx, actor.id)]
    clinic = clinics.get_clinic(tx, actor.clinic_id)
    therapists = {person.id: person for person in people.listed_therapists(tx, actor.clinic_id)}
    ever = {PersonId(grant.recipient) for grant in given if grant.recipient != clinic.id}
    therapists.update(people.people_by_id(tx, ever - therapists.keys()))
    found = [Recipient(id=clinic.id, name=clinic.name, is_clinic=True)]
    found += [
        Recipient(id=person.id, name=person.name, is_clinic=False, ready=person.ready)
        for person in therapists.values()
        if person.id != actor.id and person.disabled_at is None
    ]
    return tuple(_with_scopes(recipient, given, now) for recipient in found)


def _with_scopes(recipient: Recipient, given: list[Grant], now: datetime) -> Recipient:
    held = [grant for grant in given if grant.recipient == recipient.id and grant.in_force(now)]
    return replace(
        recipient,
        scopes=tuple(scope for scope in Scope if scope in {grant.scope for grant in held}),
        since=min((grant.since for grant in held), default=None),
    )


def _looks(tx: Transaction, patient: Patient) -> tuple[Look, ...]:
    """Other people's looks, gathered by person and day, newest first."""
    entries = audit.events_about(tx, patient.id, actions=tuple(Sight), limit=_LOOKS_SHOWN)
    others = [(entry.actor, entry) for entry in entries if entry.actor and entry.actor != patient.id]
    known = people.people_by_id(tx, {actor for actor, _ in others})
    gathered: dict[tuple[PersonId, date], list[audit.Entry]] = {}
    for actor, entry in others:
        if actor in known:
            gathered.setdefault((actor, local_day(entry.at, patient.zone)), []).append(entry)
    return tuple(
        Look(
            name=known[person].name,
            roles=known[person].roles,
            day=day,
            times=len(seen),
            last_at=max(entry.at for entry in seen),
            saw=tuple(sight for sight in Sight if any(entry.action == sight for entry in seen)),
        )
        for (person, day), seen in gathered.items()
    )
