"""What staff can do about messages that do not arrive: send a test, send again."""

from uuid import UUID

from flask import url_for
from flask.typing import ResponseReturnValue

from checkin.domain.errors import NotFound, Refusal
from checkin.domain.ids import PersonId, PromptId
from checkin.services import send_again as sending
from checkin.services import send_test as testing
from checkin.web.clinic.views import clinic, patient_file
from checkin.web.context import actor, deps
from checkin.web.moves import go
from checkin.web.speech import said

__all__ = ["clinic"]


@clinic.post("/clinic/patients/<uuid:patient_id>/test")
def send_test(patient_id: UUID) -> ResponseReturnValue:
    try:
        testing.send_test(deps(), actor(), PersonId(patient_id))
    except NotFound:
        raise
    except Refusal as refusal:
        return patient_file(patient_id, status=422, message=said(refusal.text))
    return go(url_for("clinic.patient_file", patient_id=patient_id, sent="test"))


@clinic.post("/clinic/patients/<uuid:patient_id>/check-ins/<uuid:prompt_id>/again")
def send_again(patient_id: UUID, prompt_id: UUID) -> ResponseReturnValue:
    try:
        sending.send_again(deps(), actor(), PersonId(patient_id), PromptId(prompt_id))
    except NotFound:
        raise
    except Refusal as refusal:
        return patient_file(patient_id, status=422, message=said(refusal.text))
    return go(url_for("clinic.patient_file", patient_id=patient_id, sent="again"))
