"""Reviewing: a patient's trajectory for those who may see it, with no more than they may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from checkin.domain.alert import Alert
from checkin.domain.check_in import CheckIn
from checkin.domain.clinic import Clinic
from checkin.domain.clock import Interval
from checkin.domain.consent import Grant, Reads, may
from checkin.domain.ids import PersonId
from checkin.domain.infusion import Infusion
from checkin.domain.instrument import Instrument
from checkin.domain.need import Need, need
from checkin.domain.person import Patient, Person, Role
from checkin.domain.prompt import UNFINISHED, Prompt
from checkin.domain.trajectory import Trajectory, trace
from checkin.domain.window.placed import PlacedEstimate
from checkin.domain.words import Moment
from checkin.services import catalogue, roles
from checkin.services.access import allowed, note_listed, record_of, seen_infusions, without_notes
from checkin.services.contact import unreachable_of
from checkin.services.deps import Deps
from checkin.services.read_estimate import estimate_of, sharing_therapist, still_told
from checkin.services.thresholds import thresholds_of
from checkin.storage import (
    alerts,
    appointments,
    check_ins,
    clinics,
    estimates,
    grants,
    infusions,
    patients,
    people,
    prompts,
)
from checkin.storage.engine import Transaction


@dataclass(frozen=True, kw_only=True)
class Review:
    """One patient's record as the reader may see it.

    ``check_ins`` carry answers only if ``sees_answers`` and notes only if ``sees_notes``; infusions carry
    their notes only for those who may read them. ``window`` is the estimate of the latest infusion, and never
    there for the patient, who sees no prediction; ``window_shared``: a therapist lets the patient read its
    sentence all the same.
    ``appointments`` are the agreed times that the reader takes part in.
    """

    patient: Patient
    clinic: Clinic
    trajectory: Trajectory
    infusions: tuple[Infusion, ...]
    prompts: tuple[Prompt, ...]
    check_ins: tuple[CheckIn, ...]
    instruments: Mapping[str, Instrument]
    alerts: tuple[Alert, ...]
    sees_answers: bool
    sees_notes: bool
    may_export: bool
    may_record: bool
    window: PlacedEstimate | None
    window_shared: bool
    may_share: bool
    appointments: tuple[Interval, ...]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a therapist's list; ``meets``: the next agreed appointment of the two, if there is one;
    ``window``: the estimate of the latest infusion, if there is one."""

    patient: Patient
    trajectory: Trajectory
    need: Need
    meets: Moment | None
    window: PlacedEstimate | None


@dataclass(frozen=True, kw_only=True)
class PatientList:
    """Patients in the order of need, and the names of those whose access has ended."""

    rows: tuple[Row, ...]
    ended: tuple[str, ...]
    now: datetime


def review(deps: Deps, actor: Person, patient_id: PersonId) -> Review:
    """Return a patient's record: one's own, or one shared with the reader. Raises ``NotFound``."""
    with record_of(deps, actor, patient_id, Reads.SCORES) as (tx, patient):
        sees_answers = allowed(tx, deps, actor, patient, Reads.ANSWERS)
        sees_notes = allowed(tx, deps, actor, patient, Reads.NOTES)
        clinic = clinics.get_clinic(tx, patient.person.clinic_id)
        given = seen_infusions(tx, deps, actor, patient, infusions.infusions_of(tx, patient.id))
        asked = prompts.prompts_of(tx, patient.id)
        answered = check_ins.check_ins_of(tx, patient.id)
        own = actor.id == patient.id
        window = None if own else estimate_of(tx, patient.id, given, deps.now(), fan=True)
        return Review(
            patient=patient,
            clinic=clinic,
            trajectory=trace(answered, given, asked, thresholds_of(clinic)),
            infusions=given,
            prompts=asked,
            check_ins=_filtered(answered, sees_answers, sees_notes),
            instruments=catalogue.every_instrument(tx, clinic.id),
            alerts=() if own else alerts.open_alerts_of(tx, [patient.id]),
            sees_answers=sees_answers,
            sees_notes=sees_notes,
            may_export=allowed(tx, deps, actor, patient, Reads.EXPORT),
            may_record=allowed(tx, deps, actor, patient, Reads.RECORD_INFUSION),
            window=window,
            window_shared=window is not None
            and sharing_therapist(tx, window, clinic.id, deps.now()) is not None,
            may_share=window is not None and Role.THERAPIST in actor.roles,
            appointments=_agreed(tx, actor, patient),
        )


def _agreed(tx: Transaction, actor: Person, patient: Patient) -> tuple[Interval, ...]:
    return tuple(
        one.slot
        for one in appointments.appointments_of(tx, patient.id)
        if one.slot is not None and one.takes_time and actor.id in {one.patient_id, one.therapist_id}
    )


def patient_list(deps: Deps, actor: Person) -> PatientList:
    """Return the patients who let this therapist see their scores, most urgent first."""
    roles.require(actor, Role.THERAPIST)
    now = deps.now()
    with deps.reading() as tx:
        ever = grants.grants_to(tx, [actor.id])
        seen = sorted({grant.patient_id for grant in ever if _sees_scores(actor, grant, ever, now)})
        listed = patients.patients_by_id(tx, seen)
        meets = appointments.next_agreed(tx, actor.id, now)
        rows = _rows(tx, deps, clinics.get_clinic(tx, actor.clinic_id), listed, meets)
        ended = people.people_by_id(tx, {grant.patient_id for grant in ever} - set(seen))
    note_listed(deps, actor, seen)
    rows.sort(key=lambda row: (row.need.order, row.patient.person.name, row.patient.id))
    return PatientList(rows=tuple(rows), ended=tuple(sorted(p.name for p in ended.values())), now=now)


def _rows(
    tx: Transaction,
    deps: Deps,
    clinic: Clinic,
    listed: Mapping[PersonId, Patient],
    meets: Mapping[PersonId, Moment],
) -> list[Row]:
    """Everything of all patients in one statement a table, however many patients there are."""
    ids, now = list(listed), deps.now()
    given = infusions.infusions_by_patient(tx, ids)
    asked = prompts.prompts_by_patient(tx, ids)
    answered = check_ins.check_ins_by_patient(tx, ids)
    oldest: dict[PersonId, datetime] = {}
    for alert in alerts.open_alerts_of(tx, ids):
        oldest.setdefault(alert.patient_id, alert.answered_at)
    thresholds = thresholds_of(clinic)
    windows = estimates.estimates_by_patient(tx, ids)
    awaited = [listed[id] for id, mine in asked.items() if any(one.state in UNFINISHED for one in mine)]
    unreachable = {patient.id for patient in unreachable_of(tx, deps, awaited)}
    rows = []
    for patient_id, patient in listed.items():
        mine: Sequence[Prompt] = asked.get(patient_id, ())
        infused = without_notes(given.get(patient_id, ()))
        traced = trace(answered.get(patient_id, ()), infused, mine, thresholds)
        window = still_told(windows.get(patient_id), infused, now)
        found = need(
            traced,
            mine,
            alert_raised_at=oldest.get(patient_id),
            now=now,
            window=window,
            unreachable=patient_id in unreachable,
        )
        row = Row(patient=patient, trajectory=traced, need=found, meets=meets.get(patient_id), window=window)
        rows.append(row)
    return rows


def _sees_scores(actor: Person, grant: Grant, ever: Sequence[Grant], now: datetime) -> bool:
    return may(actor, Reads.SCORES, patient=grant.patient_id, clinic=grant.clinic_id, grants=ever, now=now)


def _filtered(answered: Sequence[CheckIn], sees_answers: bool, sees_notes: bool) -> tuple[CheckIn, ...]:
    """Take out what the reader may not see before it leaves this layer."""
    return tuple(
        replace(
            check_in,
            answers=check_in.answers if sees_answers else {},
            safety=check_in.safety if sees_answers else None,
            note=check_in.note if sees_notes else None,
        )
        for check_in in answered
    )
