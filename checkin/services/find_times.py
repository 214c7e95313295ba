"""Finding times: a therapist's free hours around a patient's infusions, in the order of the window."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from checkin.domain.availability import free_slots, is_free
from checkin.domain.clock import Interval
from checkin.domain.consent import Reads
from checkin.domain.errors import NotFound, Refusal
from checkin.domain.ids import AppointmentId, PersonId
from checkin.domain.person import Patient, Person, Role
from checkin.domain.slot import Course, OpenProbability, Slot, best, rank, rested
from checkin.domain.words import text
from checkin.services import roles
from checkin.services.access import record_of
from checkin.services.deps import Deps
from checkin.services.read_chances import chances_of
from checkin.storage import appointments, availabilities, infusions
from checkin.storage.engine import Transaction

AHEAD = timedelta(days=14)  # beyond the seventh day after an infusion that is a week away
NOTICE = timedelta(hours=2)  # nobody can be expected to come sooner (assumed)


@dataclass(frozen=True, kw_only=True)
class Times:
    """Free times, best first; ``suggested`` are up to three of them. ``zone`` is the therapist's.

    ``out_of_date``: there is an estimate, but too old a one, so the fixed rule took its place.
    """

    patient: Patient
    slots: tuple[Slot, ...]
    suggested: tuple[Slot, ...]
    zone: str
    out_of_date: bool


class NoHours(Refusal):
    """The therapist has not set any hours yet."""

    def __init__(self) -> None:
        super().__init__(text("Set your hours first. Then free times can be found."))


class NobodyAnswers(Refusal):
    """The patient's sign-in is closed: nothing that is agreed here would reach them."""

    def __init__(self) -> None:
        super().__init__(text("This patient does not use the app any more. Agree a time with them directly."))


def find_times(deps: Deps, actor: Person, patient_id: PersonId) -> Times:
    """Return the therapist's free times for a patient. Raises ``NotFound``, ``NobodyAnswers`` or ``NoHours``.

    The stored estimate of the patient's response window orders them; where it says nothing or is not
    up to date, the fixed rule.
    """
    roles.require(actor, Role.THERAPIST)
    with record_of(deps, actor, patient_id, Reads.SCORES) as (tx, patient):
        not_oneself(actor, patient)
        return times_for(tx, deps, actor.id, patient)


def not_oneself(actor: Person, patient: Patient) -> None:
    """Raises ``NotFound`` for a therapist's own record."""
    if actor.id == patient.id:
        raise NotFound


def times_for(
    tx: Transaction,
    deps: Deps,
    therapist: PersonId,
    patient: Patient,
    *,
    moving: AppointmentId | None = None,
) -> Times:
    """Return the free times; that of the appointment ``moving`` counts as free.

    Raises ``NobodyAnswers`` or ``NoHours``.
    """
    now = deps.now()
    if patient.person.disabled_at is not None:
        raise NobodyAnswers
    availability = availabilities.find_availability(tx, therapist)
    if availability is None:
        raise NoHours
    span = Interval(since=now + NOTICE, until=now + AHEAD)
    free = free_slots(availability, span, _busy(tx, therapist, patient.id, span, moving))
    estimate = chances_of(tx, [patient.id], now).get(patient.id)
    ranked = rank(free, _course(tx, therapist, patient, moving, now, estimate))
    return Times(
        patient=patient,
        slots=ranked,
        suggested=best(ranked, availability.zone),
        zone=availability.zone,
        out_of_date=estimate is not None and estimate.out_of_date,
    )


def can_be(
    tx: Transaction,
    therapist: PersonId,
    patient: Patient,
    slot: Interval,
    now: datetime,
    *,
    moving: AppointmentId,
) -> bool:
    """Whether an appointment can be at this time as things stand now, whenever it was proposed."""
    availability = availabilities.find_availability(tx, therapist)
    if availability is None:
        return False
    wide = Interval(since=slot.since - timedelta(days=1), until=slot.until + timedelta(days=1))
    busy = _busy(tx, therapist, patient.id, wide, moving)
    course = _course(tx, therapist, patient, moving, now, None)
    return is_free(availability, slot, busy) and rested(slot, course)


def _busy(
    tx: Transaction, therapist: PersonId, patient: PersonId, span: Interval, moving: AppointmentId | None
) -> tuple[Interval, ...]:
    return (
        *availabilities.busy_times_of(tx, therapist, span),
        *appointments.held_times(tx, therapist, until_after=span.since - timedelta(days=1), but=moving),
        *appointments.held_times(tx, patient, until_after=span.since - timedelta(days=1), but=moving),
    )


def _course(
    tx: Transaction,
    therapist: PersonId,
    patient: Patient,
    moving: AppointmentId | None,
    now: datetime,
    estimate: OpenProbability | None,
) -> Course:
    held = [
        one.slot
        for one in appointments.appointments_of(tx, patient.id)
        if one.therapist_id == therapist and one.id != moving and one.takes_time
    ]
    return Course(
        ends=tuple(one.at for one in infusions.infusions_of(tx, patient.id) if one.counts(now)),
        zones=patient.zones,
        waking=patient.waking,
        held=tuple(slot for slot in held if slot is not None),
        estimate=estimate,
    )
