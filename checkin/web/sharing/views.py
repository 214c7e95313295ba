"""Who can see a patient's record, decided by the patient."""

from contextlib import suppress
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from checkin.domain.consent import SCOPE_HINTS, SCOPE_WORDS, Scope
from checkin.domain.errors import NotFound, Refusal
from checkin.domain.ids import PersonId
from checkin.services import share
from checkin.services.share import Recipient
from checkin.web.context import actor, deps
from checkin.web.moves import go
from checkin.web.sharing.forms import NO, YES, AccessForm, TherapistForm

sharing = Blueprint("sharing", __name__)


@sharing.get("/sharing")
def show() -> ResponseReturnValue:
    mine = share.my_sharing(deps(), actor())
    everybody = sorted(mine.recipients, key=lambda one: (not one.is_clinic, one.name.casefold()))
    changed = request.args.get("changed", type=UUID)
    return render_template(
        "sharing/show.html",
        sharing=mine,
        given=[recipient for recipient in everybody if recipient.scopes],
        others=[recipient for recipient in everybody if not recipient.scopes],
        changed=next((recipient for recipient in everybody if recipient.id == changed), None),
        invited="invited" in request.args,
        scope_words=SCOPE_WORDS,
        sight_words=share.SIGHT_WORDS,
        zone=mine.patient.zone,
    )


@sharing.get("/sharing/<uuid:recipient_id>")
def choose(
    recipient_id: UUID, form: AccessForm | None = None, status: int = 200, message: str = ""
) -> ResponseReturnValue:
    mine = share.my_sharing(deps(), actor())
    recipient = next((one for one in mine.recipients if one.id == recipient_id), None)
    if recipient is None:
        raise NotFound
    page = render_template(
        "sharing/choose.html",
        form=form or _form(recipient),
        recipient=recipient,
        scope_hints=SCOPE_HINTS,
        waits_until=mine.waits_until,
        message=message,
        zone=mine.patient.zone,
    )
    return page, status


@sharing.post("/sharing/<uuid:recipient_id>")
def give(recipient_id: UUID) -> ResponseReturnValue:
    form = AccessForm()
    form.ask_only(_offered(recipient_id))
    if not form.validate_on_submit():
        return choose(recipient_id, form, 422)
    try:
        share.give_access(deps(), actor(), PersonId(recipient_id), form.chosen())
    except NotFound:
        raise
    except Refusal as refusal:
        return choose(recipient_id, form, 422, form.show(refusal))
    return go(url_for("sharing.show", changed=recipient_id))


@sharing.post("/sharing/<uuid:recipient_id>/stop")
def stop(recipient_id: UUID) -> ResponseReturnValue:
    with suppress(NotFound):  # pressed twice: it has ended, which is what was wanted
        share.withdraw_access(deps(), actor(), PersonId(recipient_id))
    return go(url_for("sharing.show", changed=recipient_id))


@sharing.get("/sharing/therapist")
def invite(form: TherapistForm | None = None, status: int = 200, message: str = "") -> ResponseReturnValue:
    mine = share.my_sharing(deps(), actor())
    page = render_template(
        "sharing/invite.html",
        form=form or TherapistForm(),
        scope_hints=SCOPE_HINTS,
        waits_until=mine.waits_until,
        message=message,
        zone=mine.patient.zone,
    )
    return page, status


@sharing.post("/sharing/therapist")
def send_invitation() -> ResponseReturnValue:
    form = TherapistForm()
    if not form.validate_on_submit():
        return invite(form, 422)
    try:
        share.invite_therapist(
            deps(), actor(), name=form.name.data, email=form.email.data, scopes=form.chosen()
        )
    except Refusal as refusal:
        return invite(form, 422, form.show(refusal))
    return go(url_for("sharing.show", invited=1))


def _offered(recipient_id: UUID) -> tuple[Scope, ...]:
    """Staff record infusions as part of their work, so there is nothing to allow them."""
    own_clinic = recipient_id == actor().clinic_id
    return tuple(scope for scope in Scope if not (own_clinic and scope is Scope.RECORD_INFUSIONS))


def _form(recipient: Recipient) -> AccessForm:
    """Nothing chosen the first time; later what was chosen before."""
    chosen = {scope.value: YES if scope in recipient.scopes else NO for scope in Scope}
    form = AccessForm(**chosen) if recipient.scopes else AccessForm()
    form.ask_only(_offered(recipient.id))
    return form
