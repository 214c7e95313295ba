"""A clinic to measure: a database of its own, filled through the program's own services and storage."""

import base64
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from checkin.config import Settings, load_settings
from checkin.domain.clinic import Clinic, ClinicSettings, HelpKind, HelpNumber
from checkin.domain.ids import ClinicId, InfusionId, PersonId, new_id
from checkin.domain.infusion import Infusion, InfusionState
from checkin.domain.person import Patient, Person, Role, WakingHours, Zone
from checkin.domain.prompt import PlannedPrompt, Prompt
from checkin.domain.token import Purpose
from checkin.services.deps import Deps
from checkin.services.open_clinic import open_clinic
from checkin.storage import infusions, patients, people, prompts, tokens
from checkin.storage.engine import Database, Transaction
from checkin.storage.migration import upgrade
from checkin.wiring import build_deps, open_from

ZONE = "Europe/Berlin"
FORM = ("phq-style-24h",)
_OPEN_FOR = timedelta(days=2)  # a whole run fits, however slow the machine
_KEYS = [base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(3)]
_SETTINGS = ClinicSettings(
    country="US",
    zone=ZONE,
    language="en",
    sender_name="Check-in",
    numbers=(
        HelpNumber(
            kind=HelpKind.EMERGENCY, title="Emergency", number="911", verified_on=datetime.now(UTC).date()
        ),
    ),
)


@dataclass(frozen=True)
class House:
    """An opened database with what is built on it; ``environment`` starts a server on the same one."""

    clinic: Clinic
    path: Path
    environment: dict[str, str]
    settings: Settings
    database: Database
    deps: Deps


@contextmanager
def opened(path: Path, **more: str) -> Iterator[House]:
    """A new clinic in a new database file. ``more``: settings other than the usual ones."""
    environment = {
        "DATABASE_URL": f"sqlite:///{path}",
        "CHECKIN_BASE_URL": "http://127.0.0.1:8000",
        "CHECKIN_SECRET_KEY": _KEYS[0],
        "CHECKIN_MASTER_KEYS": f"bench:{_KEYS[1]}",
        "CHECKIN_LOOKUP_KEY": _KEYS[2],
        "CHECKIN_MAIL": "console",
        **more,
    }
    settings = load_settings(environment)
    database = open_from(settings)
    try:
        upgrade(database)
        deps = build_deps(settings, database)
        clinic = open_clinic(deps, name="Measured clinic", settings=_SETTINGS)
        yield House(clinic, path, environment, settings, database, deps)
    finally:
        database.engine.dispose()


def add_person(tx: Transaction, clinic: ClinicId, role: Role, now: datetime) -> Person:
    """Store somebody who has accepted an invitation."""
    identity = PersonId(new_id(now))
    person = Person(
        id=identity,
        clinic_id=clinic,
        name=f"Somebody {identity.hex[-8:]}",
        email=f"{identity.hex}@example.org",
        roles=frozenset({role}),
        language="en",
        ready=True,
    )
    people.add_person(tx, person, now)
    if role is Role.PATIENT:
        patient = Patient(
            person=person,
            zones=(Zone(since=now, name=ZONE),),
            waking=WakingHours(since=time(8), until=time(21, 30)),
            reminders=True,
            set_up_at=now,
            discharged_at=None,
        )
        patients.add_patient(tx, patient, now)
    return person


def add_asked(tx: Transaction, person: Person, number: int, now: datetime) -> list[Prompt]:
    """Store an infusion of four hours ago with so many prompts, all open now."""
    infusion = Infusion(
        id=InfusionId(new_id(now)),
        patient_id=person.id,
        state=InfusionState.GIVEN,
        at=now - timedelta(hours=4),
        zone=ZONE,
    )
    planned = [
        PlannedPrompt(
            step=f"step {step}",
            opens_at=now - timedelta(minutes=2),
            due_at=now - timedelta(minutes=1),
            remind_at=now + _OPEN_FOR / 2,
            expires_at=now + _OPEN_FOR,
            zone=ZONE,
            instruments=FORM,
        )
        for step in range(number)
    ]
    infusions.add_infusion(tx, infusion, person.clinic_id, now)
    prompts.add_prompts(
        tx, planned, clinic=person.clinic_id, patient=person.id, infusion=infusion.id, awaits={}, now=now
    )
    return list(prompts.prompts_of_infusion(tx, infusion.id))


def add_link(tx: Transaction, person: Person, prompt: Prompt, now: datetime) -> str:
    """Store the token of a check-in link and return its secret, as a notice carries it."""
    secret = secrets.token_urlsafe(24)
    tokens.add_token(
        tx,
        secret,
        clinic=person.clinic_id,
        person=person.id,
        purpose=Purpose.ANSWER,
        object_id=prompt.id,
        now=now,
        expires_at=prompt.expires_at + timedelta(hours=1),
    )
    return secret


def add_links(house: House, number: int, *, each: int = 12) -> tuple[list[Person], list[str]]:
    """Store patients with ``each`` open prompts and a link for every one; return both."""
    now = datetime.now(UTC)
    asked: list[Person] = []
    links: list[str] = []
    with house.database.transaction() as tx:
        for _ in range(-(-number // each)):
            person = add_person(tx, house.clinic.id, Role.PATIENT, now)
            asked.append(person)
            links += [add_link(tx, person, prompt, now) for prompt in add_asked(tx, person, each, now)]
    secrets.SystemRandom().shuffle(links)
    return asked, links[:number]


def settle(paths: Sequence[Path]) -> None:
    """Move everything from the write-ahead log into the database file, so that every run starts alike."""
    for path in paths:
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
