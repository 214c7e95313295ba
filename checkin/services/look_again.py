"""Looking again: what is known of messages about to be sent, and whether each is still wanted, and now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from checkin.domain.clinic import Clinic
from checkin.domain.clock import Interval
from checkin.domain.delivery import Decision, fate
from checkin.domain.errors import NotFound
from checkin.domain.free_time import NO_QUIET, Days, free_from
from checkin.domain.ids import AlertId, ClinicId, InfusionId, PersonId, PromptId
from checkin.domain.ladder import rung_of
from checkin.domain.message import OF_A_PROMPT, OF_AN_APPOINTMENT, MessageKind, MessageState, Reason
from checkin.domain.person import Patient, Person
from checkin.domain.prompt import Prompt
from checkin.domain.protocol import QuietHours
from checkin.services import catalogue, tell_appointment
from checkin.storage import alerts, appointments, clinics, infusions, patients, pauses, people, prompts
from checkin.storage.engine import Transaction
from checkin.storage.messages import Queued


@dataclass(frozen=True, kw_only=True)
class Known:
    """What messages are about, read in a few statements however many they are.

    ``patients``, ``paused``, ``held`` (agreed appointments) and ``quiet`` (by infusion) are of those who are
    asked to check in.
    """

    people: Mapping[PersonId, Person]
    clinics: Mapping[ClinicId, Clinic]
    prompts: Mapping[PromptId, Prompt]
    patients: Mapping[PersonId, Patient]
    paused: frozenset[PersonId]
    held: Mapping[PersonId, Sequence[Interval]]
    quiet: Mapping[InfusionId, QuietHours]

    def prompt_of(self, queued: Queued) -> Prompt | None:
        """Return what a message asks to answer; None if it is about something else."""
        return None if queued.message.prompt_id is None else self.prompts[queued.message.prompt_id]

    def patient_of(self, queued: Queued) -> Patient | None:
        """Return whom a message asks to check in; None if it is about something else."""
        return self.patients[queued.message.person_id] if queued.message.kind in OF_A_PROMPT else None

    def person_of(self, queued: Queued) -> Person:
        """Return whom a message is for. Raises ``NotFound`` if they are of another clinic."""
        person = self.people[queued.message.person_id]
        if person.clinic_id != queued.message.clinic_id:
            raise NotFound
        return person


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The state a message goes into now, attempting if it is to be sent; ``due_at`` if it is to wait."""

    state: MessageState
    reason: Reason | None = None
    due_at: datetime | None = None


_SEND = Verdict(state=MessageState.ATTEMPTING)
_STATES = {Decision.CANCEL: MessageState.CANCELLED, Decision.EXPIRE: MessageState.EXPIRED}


def known_of(tx: Transaction, claimed: Sequence[Queued], now: datetime) -> Known:
    """Read what these messages are about. Raises whatever reading one of them raises."""
    asked = [queued.message for queued in claimed if queued.message.kind in OF_A_PROMPT]
    of = prompts.prompts_by_id(tx, [m.prompt_id for m in asked if m.prompt_id is not None]) if asked else {}
    wanted = {message.person_id for message in asked}
    found = patients.patients_by_id(tx, wanted) if asked else {}
    others = {queued.message.person_id for queued in claimed} - wanted
    persons = dict(people.people_by_id(tx, others)) if others else {}
    return Known(
        people=persons | {patient.id: patient.person for patient in found.values()},
        clinics=clinics.clinics_by_id(tx, {queued.message.clinic_id for queued in claimed}),
        prompts=of,
        patients=found,
        paused=pauses.paused_among(tx, wanted, now) if asked else frozenset(),
        held=appointments.held_times_among(tx, wanted, until_after=now) if asked else {},
        quiet=_quiet(tx, of.values(), found),
    )


def _quiet(
    tx: Transaction, asked: Iterable[Prompt], found: Mapping[PersonId, Patient]
) -> Mapping[InfusionId, QuietHours]:
    """The quiet hours that count for the prompts of each infusion."""
    keeping = {
        prompt.infusion_id: found[prompt.patient_id].person.clinic_id
        for prompt in asked
        if found[prompt.patient_id].quiet_agreed_at is None
    }
    references = infusions.protocols_of(tx, keeping) if keeping else {}
    return {
        infusion: catalogue.protocol_by_reference(tx, keeping[infusion], reference).quiet
        for infusion, reference in references.items()
    }


def look_again(tx: Transaction, known: Known, queued: Queued, now: datetime) -> Verdict:
    """Return what to do with a message now."""
    message, prompt = queued.message, known.prompt_of(queued)
    stopped = _stopped(tx, known, queued, now)
    decided = fate(message, now, None if prompt is None else prompt.state, stopped=stopped)
    if decided.decision is not Decision.SEND:
        return Verdict(state=_STATES[decided.decision], reason=decided.reason)
    patient = known.patient_of(queued)
    if patient is None or prompt is None:
        return _SEND
    return _when(known, patient, prompt, message.not_after or prompt.expires_at, now)


def _stopped(tx: Transaction, known: Known, queued: Queued, now: datetime) -> Reason | None:
    message, person, patient = queued.message, known.person_of(queued), known.patient_of(queued)
    if person.disabled_at is not None:
        return Reason.NO_LONGER_NEEDED
    if patient is not None:
        if not patient.reminders or rung_of(message.channel) not in patient.channels:
            return Reason.NOT_AGREED
        return Reason.PAUSED if patient.id in known.paused else None
    if message.kind is MessageKind.INVITATION and person.ready:
        return Reason.NO_LONGER_NEEDED
    if message.kind is MessageKind.ALERT and queued.object_id is not None:
        return Reason.NO_LONGER_NEEDED if alerts.is_taken(tx, AlertId(queued.object_id)) else None
    return tell_appointment.stopped(tx, queued, now) if message.kind in OF_AN_APPOINTMENT else None


def _when(known: Known, patient: Patient, prompt: Prompt, until: datetime, now: datetime) -> Verdict:
    """Whether somebody may be disturbed now; if not, the message waits for the next moment that is free.

    What is planned is planned for such moments. This is for what comes late, after an outage or a journey,
    and for appointments agreed since.
    """
    days = Days(
        zones=patient.zones, waking=patient.waking, quiet=known.quiet.get(prompt.infusion_id, NO_QUIET)
    )
    free_at = free_from(days, Interval(since=now, until=until), known.held.get(patient.id, ()))
    if free_at == now:
        return _SEND
    if free_at is None:
        return Verdict(state=MessageState.EXPIRED, reason=Reason.QUIET_HOURS)
    return Verdict(state=MessageState.PENDING, due_at=free_at)
