"""Signing in and out, passwords, and where one is signed in."""

from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

from checkin.domain.errors import NotFound, Refusal
from checkin.domain.person import Role
from checkin.domain.token import Purpose
from checkin.services import reset_password
from checkin.services import sign_in as signing_in
from checkin.services.set_preferences import my_zone
from checkin.services.throttle import TooManyTries
from checkin.web.account.forms import (
    ChangePasswordForm,
    ConfirmForm,
    LookForm,
    NewPasswordForm,
    ResetForm,
    SignInForm,
)
from checkin.web.context import actor, browser, deps, this_sign_in
from checkin.web.look import keep_look, looks
from checkin.web.moves import go
from checkin.web.pages import home_of
from checkin.web.rules import RULES
from checkin.web.sign_in_state import carry, forget
from checkin.web.speech import said

account = Blueprint("account", __name__)


@account.get("/")
def home() -> ResponseReturnValue:
    return go(home_of(actor().roles))


@account.get("/sign-in")
def sign_in(form: SignInForm | None = None, message: str = "", status: int = 200) -> ResponseReturnValue:
    page = render_template(
        "account/sign_in.html",
        form=form or SignInForm(),
        message=message,
        unsent="unsent" in request.args,
        reset_url=url_for("account.reset"),
    )
    return page, status


@account.post("/sign-in")
def send_sign_in() -> ResponseReturnValue:
    form = SignInForm()
    if not form.validate_on_submit():
        return sign_in(form, status=422)
    try:
        opened = signing_in.sign_in(
            deps(), email=form.email.data, password=form.password.data, browser=browser()
        )
    except TooManyTries as refusal:
        return sign_in(form, said(refusal.text), 429)
    except Refusal as refusal:
        return sign_in(form, said(refusal.text), 422)
    return carry(go(_next(opened.person.roles) or home_of(opened.person.roles)), opened)


@account.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    signing_in.sign_out(deps(), actor(), this_sign_in().id)
    return forget(go(url_for("account.sign_in")))


@account.get("/account")
def show() -> ResponseReturnValue:
    return render_template(
        "account/show.html",
        person=actor(),
        is_patient=Role.PATIENT in actor().roles,
        sign_ins=signing_in.my_sign_ins(deps(), actor()),
        this=this_sign_in(),
        zone=my_zone(deps(), actor()),
        look_form=LookForm(formdata=None, **dict.fromkeys(looks(), True)),
    )


@account.post("/account/look")
def save_look() -> ResponseReturnValue:
    keep_look([name for name, chosen in LookForm().data.items() if chosen])
    return go(url_for("account.show", _anchor="look"))


@account.post("/account/sign-ins/<uuid:sign_in_id>/end")
def end_sign_in(sign_in_id: UUID) -> ResponseReturnValue:
    signing_in.sign_out(deps(), actor(), sign_in_id)
    return go(url_for("account.show"))


@account.post("/account/sign-ins/end-others")
def end_others() -> ResponseReturnValue:
    signing_in.sign_out_elsewhere(deps(), actor(), this_sign_in().id)
    return go(url_for("account.show"))


@account.get("/account/confirm")
def confirm(form: ConfirmForm | None = None, status: int = 200) -> ResponseReturnValue:
    """Comes before acts that ask for the password again."""
    here = url_for("account.show")
    cancel = here if _next(actor().roles) == here else home_of(actor().roles)
    return render_template("account/confirm.html", form=form or ConfirmForm(), cancel_url=cancel), status


@account.post("/account/confirm")
def send_confirmation() -> ResponseReturnValue:
    form = ConfirmForm()
    if not form.validate_on_submit():
        return confirm(form, 422)
    try:
        opened = signing_in.confirm(
            deps(), actor(), this_sign_in().id, password=form.password.data, browser=browser()
        )
    except Refusal as refusal:
        form.password.errors = [*form.password.errors, said(refusal.text)]
        return confirm(form, 429 if isinstance(refusal, TooManyTries) else 422)
    then = _next(opened.person.roles) or home_of(opened.person.roles)
    return carry(go(then), opened, same_person=True)


@account.get("/account/password")
def password(form: ChangePasswordForm | None = None, status: int = 200) -> ResponseReturnValue:
    return render_template("account/password.html", form=form or ChangePasswordForm()), status


@account.post("/account/password")
def change_password() -> ResponseReturnValue:
    form = ChangePasswordForm()
    if not form.validate_on_submit():
        return password(form, 422)
    try:
        signing_in.change_password(
            deps(),
            actor(),
            this_sign_in().id,
            current=form.current.data,
            new=form.password.data,
            browser=browser(),
        )
    except TooManyTries as refusal:
        form.current.errors = [*form.current.errors, said(refusal.text)]
        return password(form, 429)
    except Refusal as refusal:
        form.show(refusal)
        return password(form, 422)
    return go(url_for("account.show"))


@account.get("/reset")
def reset(form: ResetForm | None = None, status: int = 200) -> ResponseReturnValue:
    return render_template("account/reset.html", form=form or ResetForm()), status


@account.post("/reset")
def send_reset() -> ResponseReturnValue:
    form = ResetForm()
    if not form.validate_on_submit():
        return reset(form, 422)
    reset_password.request_reset(deps(), form.email.data, address=browser().address)
    return render_template("account/reset_sent.html")


@account.get("/reset/<secret>")
def new_password(secret: str) -> ResponseReturnValue:
    return _password_page(secret, Purpose.RESET, NewPasswordForm())


@account.post("/reset/<secret>")
def set_new_password(secret: str) -> ResponseReturnValue:
    return _set_password(secret, Purpose.RESET)


@account.get("/welcome/<secret>")
def welcome(secret: str) -> ResponseReturnValue:
    return _password_page(secret, Purpose.INVITE, NewPasswordForm())


@account.post("/welcome/<secret>")
def accept(secret: str) -> ResponseReturnValue:
    return _set_password(secret, Purpose.INVITE)


def _password_page(
    secret: str, purpose: Purpose, form: NewPasswordForm, status: int = 200
) -> ResponseReturnValue:
    try:
        signing_in.whose_token(deps(), secret, purpose)
    except NotFound:
        return render_template("account/link_over.html", invited=purpose is Purpose.INVITE), 404
    heading = _("Welcome") if purpose is Purpose.INVITE else _("Set a new password")
    return render_template("account/new_password.html", form=form, heading=heading), status


def _set_password(secret: str, purpose: Purpose) -> ResponseReturnValue:
    form = NewPasswordForm()
    if not form.validate_on_submit():
        return _password_page(secret, purpose, form, 422)
    try:
        opened = signing_in.set_first_password(
            deps(), secret, purpose, password=form.password.data, browser=browser()
        )
    except NotFound:
        return _password_page(secret, purpose, form)
    except Refusal as refusal:
        form.show(refusal)
        return _password_page(secret, purpose, form, 422)
    first = purpose is Purpose.INVITE and Role.PATIENT in opened.person.roles
    target = url_for("patient.preferences") if first else home_of(opened.person.roles)
    return carry(go(target), opened)


def _next(roles: frozenset[Role]) -> str | None:
    """The page to go on from, if it is one of ours and not the place of another role."""
    target = request.args.get("next", "")
    parts = urlsplit(target)
    own = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc
    return target if own and not parts.scheme and _opens(parts.path, roles) else None


def _opens(path: str, roles: frozenset[Role]) -> bool:
    """Whether there is such a page for somebody with these roles; whose it is, is the service's question."""
    try:
        endpoint, _values = current_app.url_map.bind("").match(path, "GET")
    except HTTPException:
        return False
    access = RULES.get(endpoint)
    return access is not None and (not isinstance(access.value, Role) or access.value in roles)
