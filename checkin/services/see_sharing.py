"""Seeing who may see a patient's record, and who looked: for the patient alone."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from checkin.domain.clock import local_day
from checkin.domain.consent import SETTLING_TIME, Grant, Scope
from checkin.domain.ids import ClinicId, PersonId
from checkin.domain.person import Patient, Person, Role
from checkin.domain.words import text
from checkin.services import roles
from checkin.services.access import Sight
from checkin.services.deps import Deps
from checkin.storage import audit, clinics, grants, infusions, patients, people
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
            recipients=recipients_of(tx, actor, now),
            looks=_looks(tx, patient),
            waits_until=settles if settles is not None and now < settles else None,
        )


def recipients_of(tx: Transaction, actor: Person, now: datetime) -> tuple[Recipient, ...]:
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
