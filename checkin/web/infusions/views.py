"""Recording an infusion: typed, looked at with all the prompts it makes, then confirmed."""

from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from checkin.domain.clock import to_local
from checkin.domain.errors import Refusal
from checkin.domain.ids import InfusionId, PersonId
from checkin.domain.infusion import Infusion, InfusionState
from checkin.domain.person import Patient, Role
from checkin.services import record_infusion
from checkin.services.look_up import infusion_file, recording_for
from checkin.services.record_infusion import Draft, LooksTheSame
from checkin.web.context import actor, deps
from checkin.web.infusions.forms import ROUTES, InfusionForm, filled_from
from checkin.web.moves import go

infusions = Blueprint("infusions", __name__)


@infusions.get("/patients/<uuid:patient_id>/infusions/new")
def new(patient_id: UUID) -> ResponseReturnValue:
    patient = recording_for(deps(), actor(), PersonId(patient_id))
    today = to_local(deps().now(), patient.zone).date().isoformat()
    return _form_page(patient, InfusionForm(day=today, state=InfusionState.GIVEN.value), None)


@infusions.post("/patients/<uuid:patient_id>/infusions/new")
def record(patient_id: UUID) -> ResponseReturnValue:
    return _read_and_save(PersonId(patient_id), None)


@infusions.get("/patients/<uuid:patient_id>/infusions/<uuid:infusion_id>")
def show(patient_id: UUID, infusion_id: UUID) -> ResponseReturnValue:
    found = infusion_file(deps(), actor(), PersonId(patient_id), InfusionId(infusion_id))
    return render_template(
        "infusions/show.html",
        file=found,
        zone=found.patient.zone,
        now=deps().now(),
        own=found.patient.id == actor().id,
        routes=ROUTES,
        back_url=_back_url(found.patient),
    )


@infusions.get("/patients/<uuid:patient_id>/infusions/<uuid:infusion_id>/correct")
def correct(patient_id: UUID, infusion_id: UUID) -> ResponseReturnValue:
    found = infusion_file(deps(), actor(), PersonId(patient_id), InfusionId(infusion_id))
    over = found.infusion.state is InfusionState.PLANNED and found.infusion.at <= deps().now()
    form = filled_from(found.infusion, found.patient.zone, state=InfusionState.GIVEN if over else None)
    return _form_page(found.patient, form, found.infusion)


@infusions.post("/patients/<uuid:patient_id>/infusions/<uuid:infusion_id>/correct")
def save_correction(patient_id: UUID, infusion_id: UUID) -> ResponseReturnValue:
    return _read_and_save(PersonId(patient_id), InfusionId(infusion_id))


@infusions.post("/patients/<uuid:patient_id>/infusions/<uuid:infusion_id>/cancel")
def cancel(patient_id: UUID, infusion_id: UUID) -> ResponseReturnValue:
    record_infusion.cancel(deps(), actor(), PersonId(patient_id), InfusionId(infusion_id))
    return go(url_for("infusions.show", patient_id=patient_id, infusion_id=infusion_id))


def _read_and_save(patient_id: PersonId, correcting: InfusionId | None) -> ResponseReturnValue:
    """First show what it would plan; recorded only when that page is confirmed."""
    if correcting is None:
        patient, before = recording_for(deps(), actor(), patient_id), None
    else:
        found = infusion_file(deps(), actor(), patient_id, correcting)
        patient, before = found.patient, found.infusion
    form = InfusionForm()
    if not form.validate_on_submit() or "edit" in request.form:
        return _form_page(patient, form, before, 200 if "edit" in request.form else 422)
    try:
        draft = form.draft(patient.zone)
        if "confirm" not in request.form:
            return _preview_page(patient, form, draft, correcting)
        saved = _save(patient_id, draft, correcting, form.revision.data or "")
    except LooksTheSame as same:
        return _same_page(patient, form, draft, before, same)
    except Refusal as refusal:
        return _form_page(patient, form, before, 422, message=form.show(refusal))
    return go(url_for("infusions.show", patient_id=patient_id, infusion_id=saved.id))


def _save(patient_id: PersonId, draft: Draft, correcting: InfusionId | None, revision: str) -> Infusion:
    if correcting is None:
        return record_infusion.record(deps(), actor(), patient_id, draft)
    known = int(revision) if revision.isdecimal() and len(revision) < 10 else 0
    return record_infusion.correct(deps(), actor(), patient_id, correcting, draft, revision=known)


def _form_page(
    patient: Patient,
    form: InfusionForm,
    before: Infusion | None,
    status: int = 200,
    message: str = "",
    other: Infusion | None = None,
) -> ResponseReturnValue:
    page = render_template(
        "infusions/form.html",
        form=form,
        patient=patient,
        before=before,
        other=other,
        own=patient.id == actor().id,
        message=message,
        back_url=_back_url(patient),
    )
    return page, status


def _preview_page(
    patient: Patient, form: InfusionForm, draft: Draft, correcting: InfusionId | None
) -> ResponseReturnValue:
    shown = record_infusion.preview(deps(), actor(), patient.id, draft, correcting)
    return render_template(
        "infusions/preview.html",
        form=form,
        preview=shown,
        zone=patient.zone,
        own=patient.id == actor().id,
        routes=ROUTES,
    )


def _same_page(
    patient: Patient, form: InfusionForm, typed: Draft, before: Infusion | None, same: LooksTheSame
) -> ResponseReturnValue:
    """Two people recorded the same infusion: offer to correct the first record to what was typed now.

    What is being corrected has a record of its own; it is only told which other one is in its way.
    """
    if before is not None:
        return _form_page(patient, form, before, 422, form.show(same), other=same.existing)
    form.put(typed.filled_from(same.existing))
    form.revision.data = str(same.existing.revision)
    page = render_template(
        "infusions/same.html",
        form=form,
        typed=typed,
        existing=same.existing,
        zone=patient.zone,
        patient=patient,
        routes=ROUTES,
    )
    return page, 409


def _back_url(patient: Patient) -> str:
    if patient.id == actor().id:
        return url_for("patient.home")
    if Role.STAFF in actor().roles:
        return url_for("clinic.patient_file", patient_id=patient.id)
    return url_for("therapist.patient_page", patient_id=patient.id)
