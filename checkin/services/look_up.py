"""What staff look up: today's work, the people, one patient's contact, infusions and delivery."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from checkin.domain.clinic import Clinic, HelpNumber
from checkin.domain.clock import local_day
from checkin.domain.consent import Reads
from checkin.domain.errors import NotFound
from checkin.domain.ids import InfusionId, PersonId
from checkin.domain.infusion import Infusion, InfusionState
from checkin.domain.message import ChannelName
from checkin.domain.person import Patient, Person, Role
from checkin.domain.prompt import NotPlanned, Prompt, PromptState
from checkin.domain.send_log import Entry, entries
from checkin.domain.trouble import Failing
from checkin.domain.words import Text
from checkin.services import roles
from checkin.services.access import Sight, allowed, record_of, seen_infusions
from checkin.services.contact import ladders_of, unreachable_of
from checkin.services.deps import Deps
from checkin.services.handle_alerts import OpenAlert, about
from checkin.services.heartbeat import Pulse, pulse
from checkin.services.plan_prompts import plan_for
from checkin.storage import (
    alerts,
    appointments,
    clinics,
    infusions,
    outbox_figures,
    patients,
    people,
    prompts,
    send_log,
)

_RECENT = timedelta(days=3)
_COMING = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Today:
    """The care team's first page. ``unconfirmed``: planned infusions whose time has passed.

    ``unreachable``: patients with check-ins to come whom no message can reach. ``failing``: the ways to send
    over which nothing goes out.
    """

    clinic: Clinic
    alerts: tuple[OpenAlert, ...]
    unconfirmed: tuple[tuple[Patient, Infusion], ...]
    recent: tuple[tuple[Patient, Infusion], ...]
    coming: tuple[tuple[Patient, Infusion], ...]
    stale_numbers: tuple[HelpNumber, ...]
    unreachable: tuple[Patient, ...]
    scheduler: Pulse
    failing: tuple[Failing, ...]
    now: datetime


@dataclass(frozen=True, kw_only=True)
class PatientFile:
    """What staff may always see of a patient. ``log``: what became of each check-in, newest first.

    ``usable``: the ways over which something can arrive now.
    """

    patient: Patient
    infusions: tuple[Infusion, ...]
    prompts: tuple[Prompt, ...]
    log: tuple[Entry, ...]
    usable: tuple[ChannelName, ...]
    unreachable: bool
    sees_scores: bool
    may_export: bool
    zone: str


@dataclass(frozen=True, kw_only=True)
class InfusionFile:
    """One infusion with its prompts, for whoever may record infusions for this patient.

    ``titles``: what people call its steps; ``not_planned``: those that will not be asked, with the reason.
    """

    patient: Patient
    infusion: Infusion
    prompts: tuple[Prompt, ...]
    titles: Mapping[str, Text]
    not_planned: tuple[NotPlanned, ...]


def today(deps: Deps, actor: Person) -> Today:
    """Return what the care team has to do."""
    roles.require(actor, Role.STAFF)
    now = deps.now()
    with deps.reading() as tx:
        clinic = clinics.get_clinic(tx, actor.clinic_id)
        everybody = {patient.id: patient for patient in patients.patients_of(tx, actor.clinic_id)}
        known = infusions.infusions_by_patient(tx, everybody)
        raised = alerts.open_alerts(tx, actor.clinic_id)
        scheduler, failing = pulse(tx, now), outbox_figures.failing(tx, now)
        awaited = [everybody[id] for id in send_log.awaited(tx, actor.clinic_id)]
        unreachable = sorted(unreachable_of(tx, deps, awaited), key=lambda one: one.person.name.casefold())
    pairs = [(everybody[patient], infusion) for patient, mine in known.items() for infusion in mine]
    pairs.sort(key=lambda pair: pair[1].at)
    planned = [pair for pair in pairs if pair[1].state is InfusionState.PLANNED]
    given = [pair for pair in pairs if pair[1].state is InfusionState.GIVEN]
    return Today(
        clinic=clinic,
        alerts=tuple(about(alert, everybody[alert.patient_id].person, now) for alert in raised),
        unconfirmed=tuple(pair for pair in planned if pair[1].at <= now),
        recent=tuple(pair for pair in reversed(given) if pair[1].at > now - _RECENT),
        coming=tuple(pair for pair in planned if now < pair[1].at < now + _COMING),
        stale_numbers=clinic.settings.stale_numbers(local_day(now, clinic.settings.zone)),
        unreachable=tuple(unreachable),
        scheduler=scheduler,
        failing=failing,
        now=now,
    )


def everybody(deps: Deps, actor: Person) -> tuple[tuple[Person, Patient | None], ...]:
    """Return the clinic's people, each with what makes them a patient, in the order of their names."""
    roles.require(actor, Role.STAFF)
    with deps.reading() as tx:
        found = people.people_of(tx, actor.clinic_id)
        treated = {patient.id: patient for patient in patients.patients_of(tx, actor.clinic_id)}
    return tuple(sorted(((p, treated.get(p.id)) for p in found), key=lambda pair: pair[0].name.casefold()))


def appointments_to_come(deps: Deps, actor: Person) -> Mapping[PersonId, int]:
    """Return how many agreed appointments each of the clinic's therapists has not begun, where any."""
    roles.require(actor, Role.STAFF)
    with deps.reading() as tx:
        return appointments.to_come(tx, actor.clinic_id, deps.now())


def patient_file(deps: Deps, actor: Person, patient_id: PersonId) -> PatientFile:
    """Return a patient's contact, infusions and delivery, without answers or scores. Raises ``NotFound``."""
    with record_of(deps, actor, patient_id, Reads.DELIVERY, looked=Sight.OPENED_FILE) as (tx, patient):
        asked = prompts.prompts_of(tx, patient.id)
        return PatientFile(
            patient=patient,
            infusions=infusions.infusions_of(tx, patient.id),
            prompts=asked,
            log=entries(
                asked,
                send_log.sent_by_prompt(tx, patient.id),
                send_log.answered_prompts(tx, patient.id),
                send_log.closed_prompts(tx, patient.id),
            ),
            usable=ladders_of(tx, deps, [patient.id])[patient.id].usable,
            unreachable=bool(unreachable_of(tx, deps, [patient])),
            sees_scores=allowed(tx, deps, actor, patient, Reads.SCORES),
            may_export=allowed(tx, deps, actor, patient, Reads.EXPORT),
            zone=clinics.get_clinic(tx, actor.clinic_id).settings.zone,
        )


def recording_for(deps: Deps, actor: Person, patient_id: PersonId) -> Patient:
    """Return the patient to record an infusion for. Raises ``NotFound``."""
    with record_of(deps, actor, patient_id, Reads.RECORD_INFUSION, looked=None) as (_, patient):
        return patient


def infusion_file(deps: Deps, actor: Person, patient_id: PersonId, infusion_id: InfusionId) -> InfusionFile:
    """Return one of a patient's infusions with its prompts. Raises ``NotFound``."""
    seen = Sight.OPENED_INFUSION
    with record_of(deps, actor, patient_id, Reads.RECORD_INFUSION, looked=seen) as (tx, patient):
        clinic = clinics.get_clinic(tx, patient.person.clinic_id)
        known = seen_infusions(tx, deps, actor, patient, infusions.infusions_of(tx, patient.id))
        found = next((infusion for infusion in known if infusion.id == infusion_id), None)
        if found is None:
            raise NotFound
        asked = prompts.prompts_of_infusion(tx, found.id)
        plan = plan_for(tx, deps, clinic, patient, found, known)
        stand = {prompt.step for prompt in asked if prompt.state is not PromptState.CANCELLED}
        return InfusionFile(
            patient=patient,
            infusion=found,
            prompts=asked,
            titles=plan.titles,
            not_planned=tuple(left for left in plan.not_planned if left.step not in stand),
        )
