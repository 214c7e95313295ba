"""Files to take along: the patient's own at any time, others' under an export grant."""

from uuid import UUID

from flask import Blueprint, Response, render_template, url_for
from flask.typing import ResponseReturnValue

from checkin.domain.ids import PersonId
from checkin.domain.person import Role
from checkin.services import export_record
from checkin.web.context import actor, deps
from checkin.web.moves import go
from checkin.web.speech import reader

downloads = Blueprint("downloads", __name__)


@downloads.get("/downloads/my-record.zip")
def my_record() -> ResponseReturnValue:
    return _file(actor().id)


@downloads.get("/downloads/<uuid:patient_id>")
def offer(patient_id: UUID) -> ResponseReturnValue:
    """What somebody else is about to take along."""
    if patient_id == actor().id:
        return go(url_for("patient.chart"))
    found = export_record.offer(deps(), actor(), PersonId(patient_id))
    return render_template(
        "downloads/offer.html",
        offer=found,
        back_url=url_for(
            "clinic.patient_file" if Role.STAFF in actor().roles else "therapist.patient_page",
            patient_id=patient_id,
        ),
        zone=found.patient.zone,
    )


@downloads.get("/downloads/<uuid:patient_id>/record.zip")
def patient_record(patient_id: UUID) -> ResponseReturnValue:
    return _file(PersonId(patient_id))


def _file(patient: PersonId) -> Response:
    """The name says what it is and when, not about whom."""
    download = export_record.export_record(deps(), actor(), patient, reader())
    response = Response(download.content, mimetype="application/zip")
    response.headers.set("Content-Disposition", "attachment", filename=f"check-in-record-{download.day}.zip")
    return response
