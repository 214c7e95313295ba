"""Telling both people about an appointment: a neutral mail with a file that their calendars understand."""

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from checkin.channels.base import CalendarFile
from checkin.domain.appointment import HELD, Appointment, AppointmentState
from checkin.domain.clinic import Clinic
from checkin.domain.consent import Reads, may
from checkin.domain.errors import NotFound
from checkin.domain.ids import AppointmentId, PersonId
from checkin.domain.message import LOOK_AGAIN, MessageKind, Reason
from checkin.domain.person import Person
from checkin.domain.slot import earlier
from checkin.export.ics import CalendarEvent, Party, invitation, method_of
from checkin.services.access import allowed
from checkin.services.deps import Deps
from checkin.services.find_times import NobodyAnswers, NoHours, times_for
from checkin.storage import appointments, grants, messages, patients, people
from checkin.storage.engine import Transaction
from checkin.storage.messages import Queued

_BY_SCORES = LOOK_AGAIN | {MessageKind.PROPOSAL}


@dataclass(frozen=True, kw_only=True)
class About:
    """What a message about an appointment needs. ``at`` is None while nothing is agreed.

    ``zone`` is the reader's; ``name_zone``: the other person is in another one. ``earlier``: free times
    before ``at`` that may suit better.
    """

    link: str
    at: datetime | None
    zone: str
    name_zone: bool
    calendar: CalendarFile | None
    earlier: tuple[datetime, ...] = ()


def tell(tx: Transaction, deps: Deps, appointment: Appointment, person: PersonId, kind: MessageKind) -> None:
    """Put a message into the outbox; what it replaces and was not yet sent is not sent."""
    now = deps.now()
    if kind not in LOOK_AGAIN:  # it comes beside the one with the calendar file
        hush(tx, deps, appointment, person)
    last = appointment.slot or appointment.options[-1]
    messages.add_message(
        tx,
        clinic=appointment.clinic_id,
        person=person,
        kind=kind,
        channel=deps.settings.mail_channel,
        now=now,
        not_after=last.since if kind is MessageKind.PROPOSAL else last.until,
        object_id=appointment.id,
    )


def hush(tx: Transaction, deps: Deps, appointment: Appointment, person: PersonId) -> None:
    """Do not send what still waits about this appointment."""
    messages.cancel_about(tx, person, appointment.id, reason=Reason.SUPERSEDED, now=deps.now())


def stopped(tx: Transaction, queued: Queued, now: datetime) -> Reason | None:
    """Return why a message is not to be sent any more, None if it is.

    What the times or the doubts rest on are the patient's scores: after the consent was withdrawn neither is
    told any more, but what was agreed, moved or cancelled is.
    """
    appointment = _appointment(tx, queued)
    if not _still_so(queued, appointment, now):
        return Reason.SUPERSEDED
    if queued.message.kind in _BY_SCORES and not _shared(tx, appointment, now):
        return Reason.NOT_SHARED
    return None


def _still_so(queued: Queued, appointment: Appointment, now: datetime) -> bool:
    """Whether what the message says still holds."""
    if queued.message.kind is MessageKind.PROPOSAL:
        return bool(appointment.open_options(now))
    if queued.message.kind is MessageKind.APPOINTMENT:
        return appointment.state in HELD
    if queued.message.kind in LOOK_AGAIN:
        return appointment.can_change(now)
    return appointment.state is AppointmentState.CANCELLED


def about(tx: Transaction, deps: Deps, queued: Queued, person: Person, clinic: Clinic) -> About:
    """Return what the message says, as things stand now."""
    appointment = _appointment(tx, queued)
    patients_own = patients.get_patient(tx, appointment.patient_id, appointment.clinic_id).zone
    said = About(
        link=page_of(deps, appointment, person.id),
        at=None,
        zone=patients_own if person.id == appointment.patient_id else appointment.zone,
        name_zone=patients_own != appointment.zone,
        calendar=None,
    )
    if appointment.slot is None:
        return said
    said = replace(said, at=appointment.slot.since)
    if queued.message.kind in LOOK_AGAIN:  # nothing changed that a calendar could take over
        link = f"{deps.settings.base_url}/appointments/{appointment.id}/move"
        return replace(said, link=link, earlier=_earlier(tx, deps, appointment, person))
    event = event_of(deps, appointment, person.id, clinic)
    sender = Party(name=clinic.settings.sender_name, address=_sender(deps))
    content = invitation(event, sender=sender, reader=Party(name=person.name, address=person.email))
    return replace(said, calendar=CalendarFile(content=content, method=method_of(event).value))


def event_of(deps: Deps, appointment: Appointment, reader: PersonId, clinic: Clinic) -> CalendarEvent:
    """The appointment for a reader's calendar. Raises ``NotFound`` if no time was agreed."""
    if appointment.slot is None:
        raise NotFound
    return CalendarEvent(
        uid=f"{appointment.id}@checkin",  # for ever: no address that a clinic may change
        time=appointment.slot,
        zone=appointment.zone,
        sequence=appointment.sequence,
        changed_at=appointment.changed_at,
        cancelled=appointment.state is AppointmentState.CANCELLED,
        title=clinic.settings.sender_name,
        link=page_of(deps, appointment, reader),
    )


def page_of(deps: Deps, appointment: Appointment, reader: PersonId) -> str:
    """Where the reader sees the appointment after signing in."""
    place = "appointments" if reader == appointment.patient_id else "patients/appointments"
    return f"{deps.settings.base_url}/{place}"


def _earlier(
    tx: Transaction, deps: Deps, appointment: Appointment, therapist: Person
) -> tuple[datetime, ...]:
    patient = patients.get_patient(tx, appointment.patient_id, appointment.clinic_id)
    if appointment.slot is None or not allowed(tx, deps, therapist, patient, Reads.SCORES):
        return ()
    try:
        found = times_for(tx, deps, therapist.id, patient, moving=appointment.id)
    except (NobodyAnswers, NoHours):
        return ()
    return tuple(slot.time.since for slot in earlier(found.slots, appointment.slot, found.zone))


def _shared(tx: Transaction, appointment: Appointment, now: datetime) -> bool:
    """Whether its therapist may see the patient's scores at this moment."""
    return may(
        people.get_person(tx, appointment.therapist_id, appointment.clinic_id),
        Reads.SCORES,
        patient=appointment.patient_id,
        clinic=appointment.clinic_id,
        grants=grants.grants_of(tx, appointment.patient_id),
        now=now,
    )


def _appointment(tx: Transaction, queued: Queued) -> Appointment:
    if queued.object_id is None:
        raise NotFound
    return appointments.get_appointment(tx, AppointmentId(queued.object_id), queued.message.clinic_id)


def _sender(deps: Deps) -> str:
    return deps.settings.mail_from or f"noreply@{_host(deps)}"


def _host(deps: Deps) -> str:
    return urlsplit(deps.settings.base_url).hostname or "localhost"
