"""Watching appointments: a therapist is told once that an agreed time does not suit any more."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from checkin.domain.appointment import Appointment
from checkin.domain.consent import Reads
from checkin.domain.errors import NotFound
from checkin.domain.ids import PersonId
from checkin.domain.message import LOOK_AGAIN, MessageKind
from checkin.domain.slot import Outlook
from checkin.services.access import allowed
from checkin.services.deps import Deps
from checkin.services.judge_appointments import outlooks_of
from checkin.services.tell_appointment import tell
from checkin.storage import appointments, audit, patients, people, send_log
from checkin.storage.engine import Transaction

_ACTIONS = {
    MessageKind.OUTSIDE: "appointment_outside",
    MessageKind.CLASH: "appointment_clash",
    MessageKind.NO_INFUSION: "appointment_no_infusion",
}
_Told = Mapping[MessageKind, Mapping[UUID, datetime]]


def watch_appointments(deps: Deps) -> int:
    """Look at every agreed time to come by what is known now; return how many therapists were told.

    Once for each time agreed and each reason, and never after the consent was withdrawn.
    """
    return sum(_tell_once(deps, one, kind) for one, kind in _in_doubt(deps))


def _in_doubt(deps: Deps) -> list[tuple[Appointment, MessageKind]]:
    now = deps.now()
    with deps.reading() as tx:
        coming = appointments.agreed_after(tx, now)
        told = _told(tx, {one.therapist_id for one in coming})
        outlooks = outlooks_of(tx, coming, now)
    found = [(one, _reason(one, outlooks[one.id])) for one in coming]
    return [(one, kind) for one, kind in found if kind is not None and not _knows(one, kind, told)]


def _reason(one: Appointment, outlook: Outlook) -> MessageKind | None:
    """Why the therapist should look at it again; not for what they knew when they chose the time."""
    if not outlook.rested:
        return MessageKind.CLASH
    if not outlook.follows:
        return MessageKind.NO_INFUSION
    if outlook.more_likely_closed and not one.chosen_unlikely:
        return MessageKind.OUTSIDE
    return None


def _tell_once(deps: Deps, seen: Appointment, kind: MessageKind) -> bool:
    """Tell the therapist unless another scheduler did, or something changed meanwhile."""
    now = deps.now()
    with deps.transaction() as tx:
        appointments.lock_therapist(tx, seen.therapist_id)
        if _knows(seen, kind, _told(tx, [seen.therapist_id])) or not _still(tx, deps, seen, now):
            return False
        tell(tx, deps, seen, seen.therapist_id, kind)
        event = audit.Event(action=_ACTIONS[kind], subject=seen.patient_id, object_id=seen.id)
        audit.record(tx, seen.clinic_id, event, now)
    return True


def _told(tx: Transaction, therapists: Collection[PersonId]) -> _Told:
    return {kind: send_log.told_about(tx, therapists, kind) for kind in LOOK_AGAIN}


def _knows(one: Appointment, kind: MessageKind, told: _Told) -> bool:
    """Whether its therapist was told of this since it was last agreed or moved."""
    at = told[kind].get(one.id)
    return at is not None and at >= one.changed_at


def _still(tx: Transaction, deps: Deps, seen: Appointment, now: datetime) -> bool:
    try:
        latest = appointments.get_appointment(tx, seen.id, seen.clinic_id)
    except NotFound:
        return False
    patient = patients.get_patient(tx, seen.patient_id, seen.clinic_id)
    therapist = people.get_person(tx, seen.therapist_id, seen.clinic_id)
    return latest == seen and latest.can_change(now) and allowed(tx, deps, therapist, patient, Reads.SCORES)
