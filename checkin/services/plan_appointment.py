"""Planning appointments: the therapist proposes times, the patient picks one, either moves or cancels it.

Whoever takes or gives back time holds the therapist's lock, then the patient's.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

from checkin.domain import appointment as rules
from checkin.domain.appointment import HELD, Appointment, NotFree
from checkin.domain.consent import Reads
from checkin.domain.errors import Conflict, NotFound, Refusal
from checkin.domain.ids import AppointmentId, PersonId, new_id
from checkin.domain.message import MessageKind
from checkin.domain.person import Patient, Person, Role
from checkin.domain.words import text
from checkin.services import find_times, roles
from checkin.services.access import LOOKED, allowed, record_to_change
from checkin.services.deps import Deps
from checkin.services.plan_prompts import bring_in_line
from checkin.services.tell_appointment import hush, tell
from checkin.storage import appointments, audit, clinics, patients, people
from checkin.storage.engine import IntegrityError, Transaction


def propose(deps: Deps, actor: Person, patient_id: PersonId, starts: Collection[datetime]) -> Appointment:
    """Offer a patient up to three of the times found; what was offered before and not answered is taken back.

    The same times again are the same proposal. Raises ``NotFound``, ``NotFree`` or ``Refusal``.
    """
    roles.require(actor, Role.THERAPIST)
    now = deps.now()
    with record_to_change(deps, actor, patient_id, Reads.SCORES) as (tx, patient):
        find_times.not_oneself(actor, patient)
        appointments.lock_therapist(tx, actor.id)
        found = find_times.times_for(tx, deps, actor.id, patient)
        offered = {slot.time.since: slot for slot in found.slots}
        if not set(starts) <= offered.keys():
            raise NotFree
        made = rules.offer(
            id=AppointmentId(new_id(now)),
            clinic_id=actor.clinic_id,
            therapist_id=actor.id,
            patient_id=patient.id,
            options=tuple(offered[since].time for since in starts),
            zone=found.zone,
            now=now,
            unlikely=frozenset(since for since in starts if offered[since].more_likely_closed),
        )
        for before in _unanswered(tx, actor, patient, now):
            if before.options == made.options:
                return before
            _take_back(tx, deps, actor, before)
        appointments.add_appointment(tx, made)
        tell(tx, deps, made, patient.id, MessageKind.PROPOSAL)
        _audit(tx, deps, actor, made, "times_proposed")
    return made


def pick(deps: Deps, actor: Person, appointment_id: AppointmentId, since: datetime) -> Appointment:
    """Agree to one of the times proposed to the actor. Raises ``NotFound``, ``NotFree`` or ``Refusal``."""
    roles.require(actor, Role.PATIENT)
    with _held(deps, actor, appointment_id) as (tx, before, patient):
        if actor.id != before.patient_id:
            raise NotFound
        _still_shared(tx, deps, before, patient)
        after = rules.agree(before, since, deps.now())
        _take(tx, deps, before, after, patient)
        _changed(tx, deps, actor, after, patient, "appointment_agreed", MessageKind.APPOINTMENT)
    return after


def find_times_to_move(deps: Deps, actor: Person, appointment_id: AppointmentId) -> find_times.Times:
    """Return the free times an agreed appointment could move to. Raises ``NotFound`` or ``Refusal``."""
    with deps.reading() as tx:
        own = _mine(tx, actor, appointment_id).patient_id == actor.id
    # Nothing is written down about one's own look, so it waits for no writer.
    with deps.reading() if own else deps.transaction() as tx:
        found = _mine(tx, actor, appointment_id)
        patient = patients.get_patient(tx, found.patient_id, found.clinic_id)
        _still_shared(tx, deps, found, patient)
        if not found.can_change(deps.now()):
            raise Conflict(text("This appointment cannot be moved any more."))
        if not own:
            event = audit.Event(action=LOOKED, actor=actor.id, subject=patient.id)
            audit.record(tx, actor.clinic_id, event, deps.now())
        return find_times.times_for(tx, deps, found.therapist_id, patient, moving=found.id)


def move(deps: Deps, actor: Person, appointment_id: AppointmentId, since: datetime) -> Appointment:
    """Move an agreed appointment to a free time. Raises ``NotFound``, ``NotFree`` or ``Refusal``."""
    with _held(deps, actor, appointment_id) as (tx, before, patient):
        _still_shared(tx, deps, before, patient)
        found = find_times.times_for(tx, deps, before.therapist_id, patient, moving=before.id)
        slot = next((slot for slot in found.slots if slot.time.since == since), None)
        if slot is None:
            raise NotFree
        knowing = actor.id == before.therapist_id and slot.more_likely_closed
        after = rules.move(before, slot.time, deps.now(), chosen_unlikely=knowing)
        _take(tx, deps, before, after, patient)
        _changed(tx, deps, actor, after, patient, "appointment_moved", MessageKind.APPOINTMENT)
    return after


def cancel(deps: Deps, actor: Person, appointment_id: AppointmentId) -> None:
    """Call off an appointment or a proposal; a withdrawn consent does not stand against it.

    A patient who calls off a proposal says that none of its times fits, and the therapist is told. Raises
    ``NotFound`` or ``Conflict``.
    """
    with _held(deps, actor, appointment_id) as (tx, before, patient):
        if before.state not in HELD:
            _take_back(tx, deps, actor, before)
            return
        after = _called_off(tx, deps, before)
        _changed(tx, deps, actor, after, patient, "appointment_cancelled", MessageKind.CANCELLATION)


def call_off_all(tx: Transaction, deps: Deps, actor: Person, therapist: PersonId) -> None:
    """Call off all that is to come of a therapist whom staff close out, and tell the patients.

    All prompts, then all messages, then the audit: in this order whoever answers a check-in takes them too.
    """
    now = deps.now()
    appointments.lock_therapist(tx, therapist)
    to_come = [
        one
        for one in appointments.appointments_of(tx, therapist)
        if one.therapist_id == therapist and (one.can_change(now) or one.open_options(now))
    ]
    for patient_id in sorted({one.patient_id for one in to_come}):
        patients.lock_patient(tx, patient_id)
    ended = [_called_off(tx, deps, one) for one in to_come]
    freed = {one.patient_id for one in ended if one.slot is not None}
    clinic = clinics.get_clinic(tx, actor.clinic_id)
    for patient in patients.patients_by_id(tx, freed).values():
        bring_in_line(tx, deps, clinic, patient)
    for one in ended:
        if one.slot is None:
            hush(tx, deps, one, one.patient_id)
        else:
            tell(tx, deps, one, one.patient_id, MessageKind.CANCELLATION)
    for one in ended:
        _audit(tx, deps, actor, one, "appointment_cancelled")


def _called_off(tx: Transaction, deps: Deps, before: Appointment) -> Appointment:
    after = rules.cancel(before, deps.now())
    if not appointments.change_appointment(tx, before, after):
        raise NotFree
    return after


def _take_back(tx: Transaction, deps: Deps, actor: Person, before: Appointment) -> None:
    after = _called_off(tx, deps, before)
    hush(tx, deps, after, after.patient_id)
    if actor.id == after.patient_id:
        tell(tx, deps, after, after.therapist_id, MessageKind.DECLINED)
        _audit(tx, deps, actor, after, "times_declined")
    else:
        _audit(tx, deps, actor, after, "appointment_cancelled")


def _unanswered(tx: Transaction, actor: Person, patient: Patient, now: datetime) -> tuple[Appointment, ...]:
    return tuple(
        one
        for one in appointments.appointments_of(tx, patient.id)
        if one.therapist_id == actor.id and one.open_options(now)
    )


@contextmanager
def _held(
    deps: Deps, actor: Person, appointment_id: AppointmentId
) -> Iterator[tuple[Transaction, Appointment, Patient]]:
    """Open a transaction on an appointment of the actor's, with both people's calendars locked."""
    with deps.transaction() as tx:
        found = _mine(tx, actor, appointment_id)
        appointments.lock_therapist(tx, found.therapist_id)
        patients.lock_patient(tx, found.patient_id)
        latest = appointments.get_appointment(tx, found.id, found.clinic_id)
        yield tx, latest, patients.get_patient(tx, found.patient_id, found.clinic_id)


def _mine(tx: Transaction, actor: Person, appointment_id: AppointmentId) -> Appointment:
    found = appointments.get_appointment(tx, appointment_id, actor.clinic_id)
    if actor.disabled_at is not None or actor.id not in {found.therapist_id, found.patient_id}:
        raise NotFound
    return found


def _still_shared(tx: Transaction, deps: Deps, found: Appointment, patient: Patient) -> None:
    """Raises ``Refusal`` unless the therapist may still see the scores that the times were chosen by."""
    therapist = people.get_person(tx, found.therapist_id, found.clinic_id)
    if therapist.disabled_at is not None:
        raise Refusal(text("This therapist does not use this app any more, so no time can be agreed."))
    if not allowed(tx, deps, therapist, patient, Reads.SCORES):
        raise Refusal(text("Scores are not shared with this therapist any more, so no time can be agreed."))


def _take(tx: Transaction, deps: Deps, before: Appointment, after: Appointment, patient: Patient) -> None:
    """Store an agreed time. Raises ``NotFree`` if anything is in its way by now."""
    if after.slot is None or not find_times.can_be(
        tx, after.therapist_id, patient, after.slot, deps.now(), moving=after.id
    ):
        raise NotFree
    try:
        stored = appointments.change_appointment(tx, before, after)
    except IntegrityError as taken:
        raise NotFree from taken
    if not stored:
        raise NotFree


def _changed(
    tx: Transaction,
    deps: Deps,
    actor: Person,
    after: Appointment,
    patient: Patient,
    action: str,
    kind: MessageKind,
) -> None:
    """Tell both people, keep prompts out of the appointment, write down who did it."""
    for person in (after.therapist_id, after.patient_id):
        tell(tx, deps, after, person, kind)
    bring_in_line(tx, deps, clinics.get_clinic(tx, after.clinic_id), patient)
    _audit(tx, deps, actor, after, action)


def _audit(tx: Transaction, deps: Deps, actor: Person, found: Appointment, action: str) -> None:
    times = [found.slot] if found.slot is not None else found.options
    event = audit.Event(
        action=action,
        actor=actor.id,
        subject=found.patient_id,
        object_id=found.id,
        private={"therapist": found.therapist_id, "times": [time.since for time in times]},
    )
    audit.record(tx, found.clinic_id, event, deps.now())
