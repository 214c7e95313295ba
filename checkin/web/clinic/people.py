"""People of the clinic: who is here, inviting, correcting, closing a sign-in, ending a treatment."""

from uuid import UUID

import segno
from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from checkin.domain.errors import NotFound, Refusal
from checkin.domain.ids import PersonId
from checkin.domain.person import Role
from checkin.services import invite_people, look_up, manage_people
from checkin.services.invite_people import Invitation
from checkin.web.clinic.forms import ContactForm, InviteForm
from checkin.web.clinic.views import clinic
from checkin.web.context import actor, deps
from checkin.web.moves import go

__all__ = ["clinic"]


@clinic.get("/clinic/people")
def list_people() -> ResponseReturnValue:
    found = look_up.everybody(deps(), actor())
    stand_ins = {person.id for person, _ in found if invite_people.stands_in(person)}
    to_come = look_up.appointments_to_come(deps(), actor())
    return render_template(
        "clinic/people.html", people=found, stand_ins=stand_ins, to_come=to_come, me=actor()
    )


@clinic.get("/clinic/people/invite")
def invite(form: InviteForm | None = None, status: int = 200, message: str = "") -> ResponseReturnValue:
    return render_template("clinic/invite.html", form=form or InviteForm(), message=message), status


@clinic.post("/clinic/people/invite")
def send_invitation() -> ResponseReturnValue:
    form = InviteForm()
    if not form.validate_on_submit():
        return invite(form, 422)
    try:
        invited = invite_people.invite(
            deps(),
            actor(),
            name=form.name.data,
            email=form.email.data,
            role=Role(form.role.data),
            on_paper=form.way.data == "paper",
        )
    except Refusal as refusal:
        return invite(form, 422, form.show(refusal))
    return _invited(invited)


@clinic.post("/clinic/people/<uuid:person_id>/invite-again")
def invite_again(person_id: UUID) -> ResponseReturnValue:
    on_paper = request.form.get("way") == "paper"
    return _invited(invite_people.invite_again(deps(), actor(), PersonId(person_id), on_paper=on_paper))


@clinic.post("/clinic/people/<uuid:person_id>/disable")
def disable(person_id: UUID) -> ResponseReturnValue:
    manage_people.disable(deps(), actor(), PersonId(person_id))
    return go(url_for("clinic.list_people"))


@clinic.post("/clinic/people/<uuid:person_id>/enable")
def enable(person_id: UUID) -> ResponseReturnValue:
    manage_people.enable(deps(), actor(), PersonId(person_id))
    return go(url_for("clinic.list_people"))


@clinic.post("/clinic/patients/<uuid:patient_id>/discharge")
def discharge(patient_id: UUID) -> ResponseReturnValue:
    manage_people.discharge(deps(), actor(), PersonId(patient_id))
    return go(url_for("clinic.patient_file", patient_id=patient_id))


@clinic.post("/clinic/patients/<uuid:patient_id>/take-back")
def take_back(patient_id: UUID) -> ResponseReturnValue:
    manage_people.take_back(deps(), actor(), PersonId(patient_id))
    return go(url_for("clinic.patient_file", patient_id=patient_id))


@clinic.get("/clinic/people/<uuid:person_id>/contact")
def contact(person_id: UUID, form: ContactForm | None = None, status: int = 200) -> ResponseReturnValue:
    person = manage_people.waiting_for(deps(), actor(), PersonId(person_id))
    shown = form or ContactForm(formdata=None, name=person.name, email=person.email)
    return render_template("clinic/contact.html", form=shown), status


@clinic.post("/clinic/people/<uuid:person_id>/contact")
def save_contact(person_id: UUID) -> ResponseReturnValue:
    form = ContactForm()
    if not form.validate_on_submit():
        return contact(person_id, form, 422)
    try:
        manage_people.correct_contact(
            deps(), actor(), PersonId(person_id), name=form.name.data, email=form.email.data
        )
    except NotFound:
        raise
    except Refusal as refusal:
        form.show(refusal)
        return contact(person_id, form, 422)
    return go(url_for("clinic.list_people"))


def _invited(invited: Invitation) -> ResponseReturnValue:
    """An invitation on paper is shown once, here and now; its secret is kept nowhere."""
    if invited.secret is None:
        return go(url_for("clinic.list_people"))
    link = f"{deps().settings.base_url}{url_for('account.welcome', secret=invited.secret)}"
    drawn = segno.make(link, error="m").svg_inline(omitsize=True, svgclass="qr", lineclass=None, border=4)
    code = Markup(drawn)  # noqa: S704 - drawn by the library from an address of our own
    days = deps().settings.invitation.days
    return render_template("clinic/paper.html", person=invited.person, link=link, code=code, days=days)
