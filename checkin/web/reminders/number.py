"""The number that texts go to: given, confirmed by a code, removed."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from checkin.domain.errors import Invalid, NotFound, Refusal
from checkin.domain.message import ChannelName
from checkin.services import give_number
from checkin.web.context import actor, deps
from checkin.web.moves import go
from checkin.web.reminders.forms import CodeForm, NumberForm
from checkin.web.reminders.views import reminders


@reminders.get("/reminders/number")
def number(
    form: NumberForm | None = None, code: CodeForm | None = None, status: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "reminders/number.html",
        texts=ChannelName.SMS in deps().channels,
        number=give_number.my_number(deps(), actor()),
        form=form or NumberForm(),
        code=code or CodeForm(),
    )
    return page, status


@reminders.post("/reminders/number")
def save_number() -> ResponseReturnValue:
    _require_texts()
    form = NumberForm()
    if not form.validate_on_submit():
        return number(form, status=422)
    try:
        give_number.give_number(deps(), actor(), form.number.data)
    except Refusal as refusal:
        form.show(refusal)
        return number(form, status=422)
    return go(url_for("reminders.number"))


@reminders.post("/reminders/number/code")
def confirm_number() -> ResponseReturnValue:
    _require_texts()
    code = CodeForm()
    if not code.validate_on_submit():
        return number(code=code, status=422)
    try:
        give_number.confirm_number(deps(), actor(), code.code.data)
    except Invalid as refusal:
        code.show(refusal)
        return number(code=code, status=422)
    return go(url_for("reminders.show"))


@reminders.post("/reminders/number/remove")
def remove_number() -> ResponseReturnValue:
    give_number.forget_number(deps(), actor())
    return go(url_for("reminders.show"))


def _require_texts() -> None:
    if ChannelName.SMS not in deps().channels:
        raise NotFound
