"""What the clinic decides, what it can ask, and what was done."""

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import SelectChoice

from checkin.domain.errors import Refusal
from checkin.services import read_audit, set_clinic
from checkin.web.clinic.forms import THRESHOLDS, SettingsForm, filled_from
from checkin.web.clinic.views import clinic
from checkin.web.context import actor, deps
from checkin.web.moves import go

__all__ = ["clinic"]


@clinic.get("/clinic/settings")
def settings(form: SettingsForm | None = None, status: int = 200, message: str = "") -> ResponseReturnValue:
    mine = set_clinic.my_clinic(deps(), actor())
    shown = form or filled_from(mine.settings)
    _offer_protocols(shown)
    page = render_template(
        "clinic/settings.html",
        form=shown,
        clinic=mine,
        message=message,
        thresholds=THRESHOLDS,
        saved="saved" in request.args,
        wrong=status != 200,
    )
    return page, status


@clinic.post("/clinic/settings")
def save_settings() -> ResponseReturnValue:
    form = SettingsForm()
    _offer_protocols(form)
    if not form.validate_on_submit():
        return settings(form, 422)
    before = set_clinic.my_clinic(deps(), actor()).settings
    try:
        set_clinic.change_settings(deps(), actor(), form.settings(before))
    except Refusal as refusal:
        return settings(form, 422, form.show(refusal))
    return go(url_for("clinic.settings", saved=1))


@clinic.get("/clinic/library")
def library() -> ResponseReturnValue:
    instruments, protocols = set_clinic.library_of(deps(), actor())
    return render_template("clinic/library.html", instruments=instruments, protocols=protocols)


@clinic.get("/clinic/audit")
def audit() -> ResponseReturnValue:
    before = request.args.get("before", "")
    page = read_audit.page(
        deps(), actor(), before=int(before) if before.isdecimal() and len(before) < 16 else None
    )
    return render_template("clinic/audit.html", page=page, zone=page.zone)


def _offer_protocols(form: SettingsForm) -> None:
    _instruments, protocols = set_clinic.library_of(deps(), actor())
    form.protocol.choices = [
        SelectChoice("", _("The built-in one")),
        *(SelectChoice(p.reference, p.title) for p in protocols[1:]),
    ]
