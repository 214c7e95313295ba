"""A record with something in every table, for tests of the formats."""

from dataclasses import replace
from datetime import time
from uuid import UUID

from courses import PATIENT, START, at, check_in, infusion, prompt

from checkin.domain.consent import Grant, Scope
from checkin.domain.ids import ClinicId, GrantId, PersonId
from checkin.domain.instruments import builtin_instruments
from checkin.domain.person import Patient, Person, Role, WakingHours, Zone
from checkin.domain.prompt import PromptState
from checkin.export.record import Consent, Record

BERLIN = "Europe/Berlin"
FORM = builtin_instruments()["phq-style-24h"]
CLINIC = ClinicId(UUID(int=7))


def a_record() -> Record:
    """One patient in Berlin: an infusion, a check-in 24 h after it, a prompt nobody answered, one grant."""
    first = infusion()
    answers = {FORM.reference: {FORM.items[0].link_id: 2, FORM.items[1].link_id: None}}
    return Record(
        patient=_patient(),
        clinic="Harbour House",
        zone=BERLIN,
        made_at=at(30),
        made_for="Isolde Marchbanks",
        basis="the patient's consent",
        infusions=(replace(first, note="steady", protocol="default|1"),),
        prompts=(prompt(48, PromptState.EXPIRED),),
        check_ins=(
            check_in(
                24, 7.5, instrument=FORM.reference, infusion_id=first.id, answers=answers, note="slept well"
            ),
        ),
        instruments={FORM.reference: FORM},
        consents=(Consent(grant=_grant(), recipient="Isolde Marchbanks"),),
        has_scores=True,
        has_answers=True,
        has_notes=True,
    )


def _patient() -> Patient:
    person = Person(
        id=PATIENT,
        clinic_id=CLINIC,
        name="Perpetua Zagorski",
        email="perpetua@example.org",
        roles=frozenset({Role.PATIENT}),
        language="en",
        ready=True,
    )
    return Patient(
        person=person,
        zones=(Zone(since=START, name=BERLIN),),
        waking=WakingHours(since=time(8), until=time(22)),
        reminders=True,
        set_up_at=START,
        discharged_at=None,
    )


def _grant() -> Grant:
    return Grant(
        id=GrantId(UUID(int=8)),
        clinic_id=CLINIC,
        patient_id=PATIENT,
        recipient=PersonId(UUID(int=9)),
        scope=Scope.EXPORT,
        since=at(-24),
        text_version="2026-01",
        text_hash="ab" * 32,
    )
