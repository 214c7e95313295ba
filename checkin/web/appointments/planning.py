"""A therapist's appointments: what is agreed and waits, free times for a patient, and proposing some."""

from uuid import UUID

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from checkin.domain.errors import Conflict, Invalid
from checkin.domain.ids import PersonId
from checkin.domain.person import Role
from checkin.domain.slot import doubt_words
from checkin.services import find_times, plan_appointment
from checkin.services.find_times import NoHours, Times
from checkin.services.see_appointments import my_agenda
from checkin.services.set_hours import my_hours
from checkin.web.appointments.choices import (
    Choice,
    elsewhere,
    groups_of,
    ranked_choice,
    read_moments,
    zone_name,
)
from checkin.web.appointments.views import appointments, done_with
from checkin.web.context import actor, deps
from checkin.web.moves import go
from checkin.web.speech import said

__all__ = ["appointments"]


@appointments.get("/patients/appointments")
def planned() -> ResponseReturnValue:
    agenda = my_agenda(deps(), actor(), Role.THERAPIST)
    return render_template(
        "appointments/planned.html",
        agenda=agenda,
        done=done_with(agenda),
        hours=my_hours(deps(), actor()),
        elsewhere=elsewhere,
        doubt_words=doubt_words,
    )


@appointments.get("/patients/<uuid:patient_id>/times")
def find(patient_id: UUID, message: str = "", status: int = 200) -> ResponseReturnValue:
    try:
        found = find_times.find_times(deps(), actor(), PersonId(patient_id))
    except NoHours as refusal:
        page = render_template(
            "appointments/no_hours.html", message=said(refusal.text), patient_id=patient_id
        )
        return page, status
    return _times_page(found, message), status


@appointments.post("/patients/<uuid:patient_id>/times")
def propose(patient_id: UUID) -> ResponseReturnValue:
    try:
        starts = read_moments(request.form.getlist("slots"))
        made = plan_appointment.propose(deps(), actor(), PersonId(patient_id), starts)
    except NoHours:
        return find(patient_id, status=409)
    except Invalid as refusal:
        return find(patient_id, said(refusal.text), 422)
    except Conflict as refusal:
        return find(patient_id, said(refusal.text), 409)
    return go(url_for("appointments.planned", done=made.id))


def _times_page(found: Times, message: str) -> str:
    zones = {"own": found.zone, "other": found.patient.zone}
    best = [ranked_choice(slot, **zones) for slot in found.suggested]
    others = [slot for slot in found.slots if slot not in found.suggested]
    agenda = my_agenda(deps(), actor(), Role.THERAPIST, other=found.patient.id)
    return render_template(
        "appointments/find.html",
        patient=found.patient,
        best=best,
        groups=groups_of(others, **zones),
        chosen=request.form.getlist("slots") if message else _ticked(found, best),
        out_of_date=found.out_of_date,
        by_rule=all(slot.by_fixed_rule for slot in found.slots),
        waiting=bool(agenda.waiting),
        message=message,
        zone=zone_name(found.zone),
        patient_zone=zone_name(found.patient.zone),
    )


def _ticked(found: Times, best: list[Choice]) -> list[str]:
    """What is ticked beforehand: the best times, but none at which the window is more likely closed."""
    pairs = zip(found.suggested, best, strict=True)
    return [choice.value for slot, choice in pairs if not slot.more_likely_closed]
