"""Where staff stand: today's work, and one patient's contact, infusions and delivery."""

from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from checkin.domain.ids import AlertId, PersonId
from checkin.domain.ladder import rung_words
from checkin.domain.trouble import why
from checkin.services import handle_alerts, look_up
from checkin.services.send_test import last_tests
from checkin.web.context import actor, deps
from checkin.web.moves import go

clinic = Blueprint("clinic", __name__)


@clinic.get("/clinic")
def today() -> ResponseReturnValue:
    shown = look_up.today(deps(), actor())
    zone = shown.clinic.settings.zone
    return render_template("clinic/today.html", today=shown, zone=zone, rung_words=rung_words, why=why)


@clinic.post("/clinic/alerts/<uuid:alert_id>/acknowledge")
def acknowledge(alert_id: UUID) -> ResponseReturnValue:
    handle_alerts.acknowledge(deps(), actor(), AlertId(alert_id))
    return go(url_for("clinic.today"))


@clinic.get("/clinic/patients/<uuid:patient_id>")
def patient_file(patient_id: UUID, status: int = 200, message: str = "") -> ResponseReturnValue:
    found = look_up.patient_file(deps(), actor(), PersonId(patient_id))
    page = render_template(
        "clinic/patient_file.html",
        file=found,
        zone=found.patient.zone,
        tests=last_tests(deps(), actor(), found.patient.id),
        rung_words=rung_words,
        message=message,
        sent=request.args.get("sent", ""),
    )
    return page, status
