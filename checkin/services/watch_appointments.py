"""Watching appointments: a therapist is told once that the window is more likely closed at an agreed time."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from checkin.domain.appointment import Appointment
from checkin.domain.consent import Reads
from checkin.domain.errors import NotFound
from checkin.domain.message import MessageKind
from checkin.domain.slot import HOLDS
from checkin.services.access import allowed
from checkin.services.deps import Deps
from checkin.services.read_chances import chances_of
from checkin.services.tell_appointment import tell
from checkin.storage import appointments, audit, messages, patients, people
from checkin.storage.engine import Transaction


def watch_appointments(deps: Deps) -> int:
    """Look at every agreed time to come by the stored estimates; return how many therapists were told.

    Once for each time agreed, and never after the consent was withdrawn.
    """
    return sum(_tell_once(deps, one) for one in _outside(deps))


def _outside(deps: Deps) -> list[Appointment]:
    now = deps.now()
    with deps.reading() as tx:
        coming = appointments.agreed_after(tx, now)
        told = messages.told_about(tx, {one.therapist_id for one in coming}, MessageKind.OUTSIDE)
        untold = [one for one in coming if not _knows(one, told)]
        chances = chances_of(tx, {one.patient_id for one in untold}, now)
    return [
        one
        for one in untold
        if one.slot is not None
        and one.patient_id in chances
        and (chance := chances[one.patient_id].at(one.slot.since)) is not None
        and chance < HOLDS
    ]


def _tell_once(deps: Deps, seen: Appointment) -> bool:
    """Tell the therapist unless another scheduler did, or something changed meanwhile."""
    now = deps.now()
    with deps.transaction() as tx:
        appointments.lock_therapist(tx, seen.therapist_id)
        told = messages.told_about(tx, [seen.therapist_id], MessageKind.OUTSIDE)
        if _knows(seen, told) or not _still(tx, deps, seen, now):
            return False
        tell(tx, deps, seen, seen.therapist_id, MessageKind.OUTSIDE)
        event = audit.Event(action="appointment_outside", subject=seen.patient_id, object_id=seen.id)
        audit.record(tx, seen.clinic_id, event, now)
    return True


def _knows(one: Appointment, told: Mapping[UUID, datetime]) -> bool:
    """Whether its therapist was told since it was last agreed or moved."""
    at = told.get(one.id)
    return at is not None and at >= one.changed_at


def _still(tx: Transaction, deps: Deps, seen: Appointment, now: datetime) -> bool:
    try:
        latest = appointments.get_appointment(tx, seen.id, seen.clinic_id)
    except NotFound:
        return False
    patient = patients.get_patient(tx, seen.patient_id, seen.clinic_id)
    therapist = people.get_person(tx, seen.therapist_id, seen.clinic_id)
    return latest == seen and latest.can_change(now) and allowed(tx, deps, therapist, patient, Reads.SCORES)
