"""A patient's appointments: choosing a time, and for both people moving and cancelling what is agreed."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from checkin.domain.appointment import AlreadyCancelled, NotFree
from checkin.domain.errors import Conflict, Invalid, NotFound
from checkin.domain.ids import AppointmentId
from checkin.domain.person import Role
from checkin.domain.slot import Slot, doubt_words, earlier
from checkin.domain.words import text
from checkin.services import plan_appointment
from checkin.services.see_appointments import Agenda, Entry, Standing, my_agenda, one_of_mine
from checkin.web.appointments.choices import (
    Group,
    choice_of,
    elsewhere,
    group_of,
    groups_of,
    read_moments,
    zone_name,
)
from checkin.web.context import actor, deps
from checkin.web.moves import go
from checkin.web.speech import said

appointments = Blueprint("appointments", __name__)


@appointments.get("/appointments")
def mine(problem: tuple[UUID, str] | None = None, status: int = 200) -> ResponseReturnValue:
    agenda = my_agenda(deps(), actor(), Role.PATIENT)
    page = render_template(
        "appointments/mine.html",
        agenda=agenda,
        problem=problem,
        done=done_with(agenda),
        choice_of=choice_of,
        elsewhere=elsewhere,
        zone_name=zone_name,
    )
    return page, status


@appointments.post("/appointments/<uuid:appointment_id>/pick")
def pick(appointment_id: UUID) -> ResponseReturnValue:
    own = one_of_mine(deps(), actor(), AppointmentId(appointment_id))
    try:
        since = read_moments(request.form.getlist("slot")[:1] or [""])[0]
        plan_appointment.pick(deps(), actor(), own.appointment.id, since)
    except NotFound:
        raise
    except Invalid:
        return mine((appointment_id, said(text("Select a time, or say that none of them fits."))), 422)
    except NotFree as taken:
        if _agreed_at(own, since):
            return _to_mine(appointment_id)
        return mine((appointment_id, said(taken.text)), 409)
    return _to_mine(appointment_id)


@appointments.post("/appointments/<uuid:appointment_id>/decline")
def decline(appointment_id: UUID) -> ResponseReturnValue:
    """None of the times fits; an appointment that was agreed meanwhile is not called off by that."""
    own = one_of_mine(deps(), actor(), AppointmentId(appointment_id))
    if own.standing is Standing.WAITING:
        _cancel(own)
    return _to_mine(appointment_id)


@appointments.get("/appointments/<uuid:appointment_id>/cancel")
def ask_to_cancel(appointment_id: UUID) -> ResponseReturnValue:
    own = one_of_mine(deps(), actor(), AppointmentId(appointment_id))
    return render_template("appointments/cancel.html", entry=own, back_url=_back_url(own))


@appointments.post("/appointments/<uuid:appointment_id>/cancel")
def cancel(appointment_id: UUID) -> ResponseReturnValue:
    own = one_of_mine(deps(), actor(), AppointmentId(appointment_id))
    _cancel(own)
    return go(f"{_back_url(own)}?done={appointment_id}")


@appointments.get("/appointments/<uuid:appointment_id>/move")
def choose_other(appointment_id: UUID, message: str = "", status: int = 200) -> ResponseReturnValue:
    own = one_of_mine(deps(), actor(), AppointmentId(appointment_id))
    found = plan_appointment.find_times_to_move(deps(), actor(), own.appointment.id)
    slots = [slot for slot in found.slots if slot.time != own.appointment.slot]
    zones = {"own": own.own_zone, "other": own.other_zone}
    plain = [choice_of(slot.time, **zones) for slot in sorted(slots, key=lambda slot: slot.time.since)]
    page = render_template(
        "appointments/move.html",
        entry=own,
        groups=_groups(own, slots) if _is_therapist(own) else (),
        plain=() if _is_therapist(own) else plain,
        doubt=doubt_words(own.outlook),
        estimated=_is_therapist(own) and not all(slot.by_fixed_rule for slot in slots),
        out_of_date=_is_therapist(own) and found.out_of_date,
        message=message,
        zone_name=zone_name,
        back_url=_back_url(own),
    )
    return page, status


@appointments.post("/appointments/<uuid:appointment_id>/move")
def move(appointment_id: UUID) -> ResponseReturnValue:
    own = one_of_mine(deps(), actor(), AppointmentId(appointment_id))
    try:
        since = read_moments(request.form.getlist("slot")[:1] or [""])[0]
        plan_appointment.move(deps(), actor(), own.appointment.id, since)
    except Invalid:
        return choose_other(appointment_id, said(text("Select a time.")), 422)
    except NotFree as taken:
        return choose_other(appointment_id, said(taken.text), 409)
    except Conflict:
        if not _agreed_at(own, since):
            raise
    return go(f"{_back_url(own)}?done={appointment_id}")


def done_with(agenda: Agenda) -> Entry | None:
    """What the act before this page was about."""
    wanted = request.args.get("done", type=UUID)
    every = (*agenda.agreed, *agenda.waiting, *agenda.gone)
    return next((entry for entry in every if entry.appointment.id == wanted), None)


def _cancel(own: Entry) -> None:
    try:
        plan_appointment.cancel(deps(), actor(), own.appointment.id)
    except AlreadyCancelled:
        return  # pressed twice: it is off, which is what was wanted


def _agreed_at(own: Entry, since: object) -> bool:
    """Whether it is agreed at this time by now: touched twice, or in two windows."""
    latest = one_of_mine(deps(), actor(), own.appointment.id)
    slot = latest.appointment.slot
    return latest.standing is Standing.AGREED and slot is not None and slot.since == since


def _groups(own: Entry, slots: Sequence[Slot]) -> tuple[Group, ...]:
    """The times a therapist could move it to: those to have instead of a doubtful one first."""
    zones = {"own": own.own_zone, "other": own.other_zone}
    instead: tuple[Slot, ...] = ()
    if own.doubtful and own.appointment.slot is not None:
        instead = earlier(slots, own.appointment.slot, own.own_zone)
    first = [group_of(text("Earlier"), instead, **zones)] if instead else []
    return (*first, *groups_of([slot for slot in slots if slot not in instead], **zones))


def _is_therapist(own: Entry) -> bool:
    return own.appointment.therapist_id == actor().id


def _back_url(own: Entry) -> str:
    return url_for("appointments.planned" if _is_therapist(own) else "appointments.mine")


def _to_mine(appointment_id: UUID) -> ResponseReturnValue:
    return go(url_for("appointments.mine", done=appointment_id))
