"""Therapists with patients who share everything with them, and browsers in which somebody is signed in."""

from datetime import datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient

from benchmarks.courses import add_course
from benchmarks.house import add_person
from checkin.domain.consent import TEXT_VERSION, Grant, Scope
from checkin.domain.ids import ClinicId, GrantId, new_id
from checkin.domain.person import Person, Role
from checkin.services.deps import Deps
from checkin.services.sign_in import open_sign_in
from checkin.services.throttle import Browser
from checkin.storage import grants
from checkin.storage.engine import Transaction


def treat(deps: Deps, clinic: ClinicId, patients: int, now: datetime) -> Person:
    """Store a therapist to whom so many patients with whole courses give access; return the therapist."""
    with deps.transaction() as tx:
        therapist = add_person(tx, clinic, Role.THERAPIST, now)
        for seed in range(patients):
            patient = add_person(tx, clinic, Role.PATIENT, now)
            add_course(tx, patient, seed=seed, now=now)
            _give(tx, patient, therapist, now - timedelta(days=60))
    return therapist


def _give(tx: Transaction, patient: Person, therapist: Person, since: datetime) -> None:
    for scope in Scope:
        grant = Grant(
            id=GrantId(new_id(since)),
            clinic_id=patient.clinic_id,
            patient_id=patient.id,
            recipient=therapist.id,
            scope=scope,
            since=since,
            text_version=TEXT_VERSION,
            text_hash="0" * 64,
        )
        grants.add_grant(tx, grant)


def signed_in(app: Flask, deps: Deps, person: Person) -> FlaskClient:
    """A browser in which this person is signed in."""
    browser = Browser(address="127.0.0.1", description="measured", device="")
    with deps.transaction() as tx:
        opened = open_sign_in(tx, deps, person, browser, factors="password")
    client = app.test_client()
    client.set_cookie("signin", opened.token)
    return client
