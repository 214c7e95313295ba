"""The people of two clinics: everybody a rule has to tell apart, each with a name found nowhere else."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache

from support.house import CHEAP

from checkin.domain.clinic import Clinic, ClinicSettings, HelpKind, HelpNumber, OpeningHours
from checkin.domain.consent import TEXT_VERSION, Grant, Scope
from checkin.domain.ids import ClinicId, GrantId, PersonId, new_id
from checkin.domain.person import Patient, Person, Role, WakingHours, Zone
from checkin.services.passwords import hash_password
from checkin.storage import audit, clinics, grants, patients, people
from checkin.storage.engine import Database, Transaction

PASSWORD = "sieve lantern orbit walnut"
NEW_YORK = "America/New_York"
LONG_BEFORE = timedelta(days=30)
_EMERGENCY = HelpNumber(
    kind=HelpKind.EMERGENCY, title="Emergency", number="911", verified_on=date(2026, 3, 1)
)
_TEAM = HelpNumber(
    kind=HelpKind.CARE_TEAM, title="Our clinic", number="+1 555 0100", verified_on=date(2026, 3, 1)
)


@dataclass(frozen=True, kw_only=True)
class World:
    """``therapist`` has every grant of ``patient``; ``unasked`` is a therapist whom nobody granted anything.

    ``elsewhere_…`` belong to another clinic; ``disabled`` is a member of staff whose sign-in is closed.
    """

    clinic: Clinic
    staff: Person
    colleague: Person
    therapist: Person
    unasked: Person
    patient: Person
    other_patient: Person
    disabled: Person
    elsewhere: Clinic
    elsewhere_staff: Person
    elsewhere_therapist: Person
    elsewhere_patient: Person

    @property
    def everybody(self) -> tuple[Person, ...]:
        return tuple(value for value in vars(self).values() if isinstance(value, Person))


def make_world(database: Database, now: datetime) -> World:
    """Store two clinics with their people, all of them ready to sign in with ``PASSWORD``."""
    before = now - LONG_BEFORE
    with database.transaction() as tx:
        clinic = add_clinic(tx, before, name="Harbour House")
        elsewhere = add_clinic(tx, before + timedelta(days=1), name="Elsewhere")
        made = {
            "staff": add_person(tx, clinic.id, before, "Wilhelmina Quist", Role.STAFF),
            "colleague": add_person(tx, clinic.id, before, "Ambrose Tidewater", Role.STAFF),
            "therapist": add_person(tx, clinic.id, before, "Isolde Marchbanks", Role.THERAPIST),
            "unasked": add_person(tx, clinic.id, before, "Bartholomew Fenn", Role.THERAPIST),
            "patient": add_person(tx, clinic.id, before, "Perpetua Zagorski", Role.PATIENT),
            "other_patient": add_person(tx, clinic.id, before, "Leopold Yarrow", Role.PATIENT),
            "disabled": add_person(tx, clinic.id, before, "Cordelia Vantongeren", Role.STAFF),
            "elsewhere_staff": add_person(tx, elsewhere.id, before, "Thaddeus Okonjo", Role.STAFF),
            "elsewhere_therapist": add_person(tx, elsewhere.id, before, "Rosalind Uxbridge", Role.THERAPIST),
            "elsewhere_patient": add_person(tx, elsewhere.id, before, "Horatio Jellicoe", Role.PATIENT),
        }
        people.set_disabled(tx, made["disabled"].id, before)
        made["disabled"] = replace(made["disabled"], disabled_at=before)
        give(tx, made["patient"], made["therapist"].id, Scope, before)
    return World(clinic=clinic, elsewhere=elsewhere, **made)


def add_clinic(tx: Transaction, now: datetime, *, name: str = "Harbour House") -> Clinic:
    """Store a clinic in New York, open on weekdays from 9 to 5."""
    settings = ClinicSettings(
        country="US",
        zone=NEW_YORK,
        language="en",
        sender_name="Check-in",
        numbers=(_EMERGENCY, _TEAM),
        hours=tuple(OpeningHours(weekday=day, since=time(9), until=time(17)) for day in range(5)),
    )
    clinic = Clinic(id=ClinicId(new_id(now)), name=name, settings=settings)
    clinics.add_clinic(tx, clinic, now)
    audit.add_chain(tx, clinic.id, now)
    return clinic


def add_person(
    tx: Transaction, clinic: ClinicId, now: datetime, name: str, *roles: Role, ready: bool = True
) -> Person:
    """Store a person; a patient lives in New York, is awake from 8:00 to 21:30 and wants reminders."""
    person = Person(
        id=PersonId(new_id(now)),
        clinic_id=clinic,
        name=name,
        email=email_of(name),
        roles=frozenset(roles),
        language="en",
        ready=ready,
    )
    people.add_person(tx, person, now)
    if ready:
        people.set_password(tx, person.id, _hashed())
    if Role.PATIENT in roles:
        patients.add_patient(tx, as_patient(person, now), now)
    return person


def as_patient(person: Person, now: datetime) -> Patient:
    return Patient(
        person=person,
        zones=(Zone(since=now, name=NEW_YORK),),
        waking=WakingHours(since=time(8), until=time(21, 30)),
        reminders=True,
        set_up_at=now,
        discharged_at=None,
    )


def email_of(name: str) -> str:
    return f"{name.lower().replace(' ', '.')}@example.org"


def give(
    tx: Transaction,
    patient: Person,
    recipient: PersonId | ClinicId,
    scopes: Iterable[Scope],
    since: datetime,
    *,
    until: datetime | None = None,
) -> list[Grant]:
    """Store grants of the patient, as if they had been given at ``since``."""
    made = [
        Grant(
            id=GrantId(new_id(since)),
            clinic_id=patient.clinic_id,
            patient_id=patient.id,
            recipient=recipient,
            scope=scope,
            since=since,
            until=until,
            text_version=TEXT_VERSION,
            text_hash="0" * 64,
        )
        for scope in scopes
    ]
    for grant in made:
        grants.add_grant(tx, grant)
    return made


@cache
def _hashed() -> str:
    return hash_password(PASSWORD, CHEAP)
