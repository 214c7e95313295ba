"""Exporting: patients take their record along; others need an export grant, and get what they may see."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from checkin.domain.check_in import CheckIn
from checkin.domain.clinic import Clinic
from checkin.domain.clock import local_day
from checkin.domain.consent import Grant, Reads, Scope
from checkin.domain.errors import NotFound
from checkin.domain.ids import ClinicId, PersonId
from checkin.domain.infusion import Infusion
from checkin.domain.person import Patient, Person
from checkin.domain.words import Translator
from checkin.export.csv_zip import record_zip
from checkin.export.record import Consent, Record
from checkin.services import catalogue
from checkin.services.access import Sight, allowed, record_of, seen_infusions
from checkin.services.deps import Deps
from checkin.storage import check_ins, clinics, grants, infusions, people, prompts
from checkin.storage.engine import Transaction

_HELD = (Reads.SCORES, Reads.ANSWERS, Reads.NOTES, Reads.INFUSIONS)


@dataclass(frozen=True, kw_only=True)
class Download:
    """A file to hand over; ``day`` names it."""

    content: bytes
    day: date


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What somebody else would take along, and since when the patient lets them."""

    patient: Patient
    holds: tuple[Reads, ...]
    since: datetime


def offer(deps: Deps, actor: Person, patient_id: PersonId) -> Offer:
    """Return what a download would hold, for others than the patient. Raises ``NotFound``."""
    with record_of(deps, actor, patient_id, Reads.EXPORT, looked=None) as (tx, patient):
        clinic = clinics.get_clinic(tx, patient.person.clinic_id)
        held = _export_grant(actor, clinic, _consents(tx, deps, clinic, patient))
        if held is None:
            raise NotFound
        holds = tuple(reads for reads in _HELD if allowed(tx, deps, actor, patient, reads))
        return Offer(patient=patient, holds=holds, since=held.since)


def export_record(deps: Deps, actor: Person, patient_id: PersonId, to: Translator) -> Download:
    """Return the patient's record as a zip of CSV files. Raises ``NotFound`` without the right."""
    with record_of(deps, actor, patient_id, Reads.EXPORT, looked=Sight.EXPORTED) as (tx, patient):
        record = _record(tx, deps, actor, patient)
    return Download(content=record_zip(record, to), day=local_day(record.made_at, record.zone))


def _record(tx: Transaction, deps: Deps, actor: Person, patient: Patient) -> Record:
    clinic = clinics.get_clinic(tx, patient.person.clinic_id)
    sees = {reads: allowed(tx, deps, actor, patient, reads) for reads in _HELD}
    given = check_ins.check_ins_of(tx, patient.id) if sees[Reads.SCORES] or sees[Reads.ANSWERS] else ()
    consents = _consents(tx, deps, clinic, patient)
    own = actor.id == patient.id
    return Record(
        patient=patient,
        clinic=clinic.name,
        zone=patient.zone,
        made_at=deps.now(),
        made_for=actor.name,
        basis="the patient's own copy" if own else _basis(actor, clinic, consents),
        infusions=_infusions(tx, deps, actor, patient) if sees[Reads.INFUSIONS] else (),
        prompts=prompts.prompts_of(tx, patient.id) if sees[Reads.SCORES] else (),
        check_ins=tuple(_filtered(check_in, sees) for check_in in given),
        instruments=catalogue.every_instrument(tx, clinic.id),
        consents=consents if own else tuple(c for c in consents if _concerns(c, actor, clinic)),
        has_scores=sees[Reads.SCORES],
        has_answers=sees[Reads.ANSWERS],
        has_notes=sees[Reads.NOTES],
    )


def _infusions(tx: Transaction, deps: Deps, actor: Person, patient: Patient) -> tuple[Infusion, ...]:
    return seen_infusions(tx, deps, actor, patient, infusions.infusions_of(tx, patient.id))


def _filtered(check_in: CheckIn, sees: dict[Reads, bool]) -> CheckIn:
    return replace(
        check_in,
        scores=check_in.scores if sees[Reads.SCORES] else (),
        answers=check_in.answers if sees[Reads.ANSWERS] else {},
        safety=check_in.safety if sees[Reads.ANSWERS] else None,
        note=check_in.note if sees[Reads.NOTES] else None,
    )


def _consents(tx: Transaction, deps: Deps, clinic: Clinic, patient: Patient) -> tuple[Consent, ...]:
    held = [grant for grant in grants.grants_of(tx, patient.id) if grant.in_force(deps.now())]
    recipients = {PersonId(grant.recipient) for grant in held if grant.recipient != clinic.id}
    names: dict[PersonId | ClinicId, str] = {clinic.id: clinic.name}
    names.update({person: found.name for person, found in people.people_by_id(tx, recipients).items()})
    return tuple(Consent(grant=grant, recipient=names[grant.recipient]) for grant in held)


def _concerns(consent: Consent, actor: Person, clinic: Clinic) -> bool:
    return consent.grant.recipient in {actor.id, clinic.id}


def _basis(actor: Person, clinic: Clinic, consents: tuple[Consent, ...]) -> str:
    held = _export_grant(actor, clinic, consents)
    if held is None:
        raise NotFound
    return f"consent {held.id}, text {held.text_version}, since {held.since.isoformat()}"


def _export_grant(actor: Person, clinic: Clinic, consents: tuple[Consent, ...]) -> Grant | None:
    held = (c.grant for c in consents if c.grant.scope is Scope.EXPORT and _concerns(c, actor, clinic))
    return next(held, None)
