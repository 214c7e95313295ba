"""Where a therapist stands: the list by need and one patient's page."""

from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from checkin.domain.ids import InfusionId, PersonId
from checkin.domain.person import Role
from checkin.domain.slot import doubt_words
from checkin.domain.words import text
from checkin.services.review_trajectory import patient_list, review
from checkin.services.see_appointments import Agenda, my_agenda
from checkin.services.set_preferences import my_zone
from checkin.services.share_estimate import share_window as let_read
from checkin.services.share_estimate import withdraw_window as let_no_longer_read
from checkin.web.appointments.choices import elsewhere
from checkin.web.context import actor, deps
from checkin.web.infusions.forms import ROUTES
from checkin.web.moves import go
from checkin.web.speech import reader
from checkin.web.therapist.patient_page import patient_page_of
from checkin.web.therapist.pictures import pictures_of
from checkin.web.therapist.triage import groups
from checkin.web.therapist.window import window_panel

therapist = Blueprint("therapist", __name__)


@therapist.get("/patients")
def list_patients() -> ResponseReturnValue:
    found = patient_list(deps(), actor())
    return render_template(
        "therapist/list.html",
        groups=groups(found.rows, now=found.now, to=reader()),
        ended=found.ended,
        now=found.now,
        zone=my_zone(deps(), actor()),
    )


@therapist.get("/patients/<uuid:patient_id>")
def patient_page(patient_id: UUID) -> ResponseReturnValue:
    """For whoever holds a grant; a patient's own page is another one."""
    if patient_id == actor().id:
        return go(url_for("patient.chart"))
    found = review(deps(), actor(), PersonId(patient_id))
    chosen, now = request.args.get("infusion", type=UUID), deps().now()
    return render_template(
        "therapist/patient.html",
        page=patient_page_of(found, now),
        window=window_panel(found, now, reader()),
        pictures=pictures_of(
            found,
            to=reader(),
            course=request.args.get("course", type=int),
            infusion=None if chosen is None else InfusionId(chosen),
            now=now,
        ),
        review=found,
        zone=found.patient.zone,
        routes=ROUTES,
        agenda=_agenda(found.patient.id),
        doubt_words=doubt_words,
        elsewhere=elsewhere,
        back=_back(found.patient.id),
    )


@therapist.post("/patients/<uuid:patient_id>/window/share")
def share_window(patient_id: UUID) -> ResponseReturnValue:
    let_read(deps(), actor(), PersonId(patient_id))
    return go(url_for("therapist.patient_page", patient_id=patient_id, _anchor="estimate"))


@therapist.post("/patients/<uuid:patient_id>/window/withdraw")
def withdraw_window(patient_id: UUID) -> ResponseReturnValue:
    let_no_longer_read(deps(), actor(), PersonId(patient_id))
    return go(url_for("therapist.patient_page", patient_id=patient_id, _anchor="estimate"))


def _agenda(patient_id: PersonId) -> Agenda | None:
    """Appointments of the two, for a therapist."""
    if Role.THERAPIST not in actor().roles:
        return None
    return my_agenda(deps(), actor(), Role.THERAPIST, other=patient_id)


def _back(patient_id: PersonId) -> dict[str, object]:
    if Role.THERAPIST in actor().roles:
        return {"url": url_for("therapist.list_patients"), "label": text("Patients")}
    url = url_for("clinic.patient_file", patient_id=patient_id)
    return {"url": url, "label": text("Contact and infusions")}
