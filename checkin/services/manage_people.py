"""Closing a sign-in, ending a treatment, correcting a contact, and what takes each of them back."""

from dataclasses import replace

from checkin.domain.errors import Conflict, NotFound
from checkin.domain.ids import PersonId
from checkin.domain.message import OF_A_PROMPT, MessageKind, Reason
from checkin.domain.name import clean_name
from checkin.domain.person import Person, Role
from checkin.domain.prompt import DISCHARGED, PromptState
from checkin.domain.token import Purpose
from checkin.domain.words import text
from checkin.services import roles
from checkin.services.deps import Deps
from checkin.services.invite_people import IS_HERE, clean_email, end_invitations, stands_in
from checkin.services.plan_appointment import call_off_all
from checkin.services.plan_prompts import bring_in_line
from checkin.storage import audit, clinics, messages, patients, people, prompts, sign_ins, tokens
from checkin.storage.engine import IntegrityError, Transaction


def disable(deps: Deps, actor: Person, person_id: PersonId) -> None:
    """Close somebody's sign-in at once; a therapist's appointments are called off, and the patients are told.

    A patient's appointments stay: nobody could tell the patient. Raises ``NotFound`` or ``Conflict``.
    """
    roles.require(actor, Role.STAFF)
    now = deps.now()
    with deps.transaction() as tx:
        person = people.get_person(tx, person_id, actor.clinic_id)
        if person.id == actor.id:
            raise Conflict(text("You cannot disable yourself. Ask a colleague."))
        if Role.THERAPIST in person.roles:
            call_off_all(tx, deps, actor, person.id)
        people.set_disabled(tx, person.id, now)
        sign_ins.revoke(tx, person.id, now)
        for purpose in (Purpose.INVITE, Purpose.RESET):  # or they would work again once it is enabled
            tokens.end_tokens(tx, person.id, purpose, now)
        messages.cancel_for_person(tx, person.id, kinds=MessageKind, reason=Reason.NO_LONGER_NEEDED, now=now)
        audit.record(
            tx, actor.clinic_id, audit.Event(action="disabled", actor=actor.id, subject=person.id), now
        )


def enable(deps: Deps, actor: Person, person_id: PersonId) -> None:
    """Let a disabled person sign in again. Raises ``NotFound``."""
    roles.require(actor, Role.STAFF)
    now = deps.now()
    with deps.transaction() as tx:
        person = people.get_person(tx, person_id, actor.clinic_id)
        people.set_disabled(tx, person.id, None)
        audit.record(
            tx, actor.clinic_id, audit.Event(action="enabled", actor=actor.id, subject=person.id), now
        )


def discharge(deps: Deps, actor: Person, patient_id: PersonId) -> None:
    """End a patient's check-ins; the record stays and the patient can still read it. Raises ``NotFound``."""
    roles.require(actor, Role.STAFF)
    now = deps.now()
    with deps.transaction() as tx:
        patient = patients.get_patient(tx, patient_id, actor.clinic_id)
        patients.lock_patient(tx, patient.id)
        patients.set_discharged(tx, patient.id, now)
        for prompt in prompts.prompts_of(tx, patient.id):
            prompts.close_prompt(tx, prompt.id, PromptState.CANCELLED, now=now, reason=DISCHARGED)
        messages.cancel_for_person(tx, patient.id, kinds=OF_A_PROMPT, reason=Reason.NO_LONGER_NEEDED, now=now)
        audit.record(
            tx, actor.clinic_id, audit.Event(action="discharged", actor=actor.id, subject=patient.id), now
        )


def take_back(deps: Deps, actor: Person, patient_id: PersonId) -> None:
    """Take a discharged patient back into treatment; the check-ins still to come are planned again.

    Raises ``NotFound``.
    """
    roles.require(actor, Role.STAFF)
    now = deps.now()
    with deps.transaction() as tx:
        patients.lock_patient(tx, patient_id)
        if patients.get_patient(tx, patient_id, actor.clinic_id).discharged_at is None:
            return  # pressed twice
        patients.set_discharged(tx, patient_id, None)
        patient = patients.get_patient(tx, patient_id, actor.clinic_id)
        clinic = clinics.get_clinic(tx, actor.clinic_id)
        for _ in range(2):  # steps that wait for another one's response come back once that one is back
            bring_in_line(tx, deps, clinic, patient)
        event = audit.Event(action="taken_back", actor=actor.id, subject=patient_id)
        audit.record(tx, actor.clinic_id, event, now)


def waiting_for(deps: Deps, actor: Person, person_id: PersonId) -> Person:
    """Return somebody whose contact may still be corrected. Raises ``NotFound``."""
    roles.require(actor, Role.STAFF)
    with deps.reading() as tx:
        return _without_password(tx, actor, person_id)


def correct_contact(deps: Deps, actor: Person, person_id: PersonId, *, name: str, email: str) -> None:
    """Correct the name and e-mail of somebody who has not set a password yet.

    Invitations to another address than before stop working: invite again. Whoever has a password is the one
    who signs in with the address, so nobody else may change it. Raises ``NotFound``, ``Invalid`` or
    ``Conflict``.
    """
    roles.require(actor, Role.STAFF)
    address = clean_email(email)
    with deps.transaction() as tx:
        people.lock_person(tx, person_id)
        before = _without_password(tx, actor, person_id)
        after = replace(before, name=clean_name(name), email=address)
        if after == before:
            return
        if after.email != before.email:
            end_invitations(tx, deps, person_id)
        try:
            with tx.savepoint():
                people.change_contact(tx, person_id, name=after.name, email=after.email)
        except IntegrityError as taken:
            raise Conflict(IS_HERE, field="email") from taken
        event = audit.Event(
            action="contact_corrected",
            actor=actor.id,
            subject=person_id,
            private={
                "old": {"name": before.name, "email": before.email},
                "new": {"name": after.name, "email": after.email},
            },
        )
        audit.record(tx, actor.clinic_id, event, deps.now())


def _without_password(tx: Transaction, actor: Person, person_id: PersonId) -> Person:
    person = people.get_person(tx, person_id, actor.clinic_id)
    if person.ready or stands_in(person):
        raise NotFound
    return person
