"""Who can see a patient's record, decided by the patient."""

from contextlib import suppress
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from checkin.domain.consent import SCOPE_HINTS, SCOPE_WORDS, Scope
from checkin.domain.errors import NotFound, Refusal
from checkin.domain.ids import PersonId
from checkin.services import share
from checkin.services.see_sharing import SIGHT_WORDS, Recipient, Sharing, my_sharing
from checkin.web.context import actor, deps
from checkin.web.moves import go
from checkin.web.sharing.forms import NO, YES, AccessForm, TherapistForm

sharing = Blueprint("sharing", __name__)


@sharing.get("/sharing")
def show() -> ResponseReturnValue:
    mine = my_sharing(deps(), actor())
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
        sight_words=SIGHT_WORDS,
        zone=mine.patient.zone,
    )


@sharing.get("/sharing/<uuid:recipient_id>")
def choose(
    recipient_id: UUID, form: AccessForm | None = None, status: int = 200, message: str = ""
) -> ResponseReturnValue:
    mine = my_sharing(deps(), actor())
    recipient = _one_of(mine, recipient_id)
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
    """What is new holds once its summary is confirmed; to allow less asks nothing more."""
    form = AccessForm()
    form.ask_only(_offered(recipient_id))
    if not form.validate_on_submit() or "edit" in request.form:
        return choose(recipient_id, form, 200 if "edit" in request.form else 422)
    recipient = PersonId(recipient_id)
    try:
        if share.new_access(deps(), actor(), recipient, form.chosen()) and "confirm" not in request.form:
            return _check(form, recipient=_one_of(my_sharing(deps(), actor()), recipient))
        share.give_access(deps(), actor(), recipient, form.chosen())
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
    mine = my_sharing(deps(), actor())
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
    if not form.validate_on_submit() or "edit" in request.form:
        return invite(form, 200 if "edit" in request.form else 422)
    name, email = form.name.data, form.email.data
    try:
        if "confirm" not in request.form:
            share.check_invitation(deps(), actor(), name=name, email=email, scopes=form.chosen())
            return _check(form)
        share.invite_therapist(deps(), actor(), name=name, email=email, scopes=form.chosen())
    except Refusal as refusal:
        return invite(form, 422, form.show(refusal))
    return go(url_for("sharing.show", invited=1))


def _check(form: AccessForm, recipient: Recipient | None = None) -> str:
    """What would hold from now on, to be looked at before it does."""
    return render_template("sharing/check.html", form=form, recipient=recipient)


def _one_of(mine: Sharing, recipient_id: UUID) -> Recipient:
    recipient = next((one for one in mine.recipients if one.id == recipient_id), None)
    if recipient is None:
        raise NotFound
    return recipient


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
