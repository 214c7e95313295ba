"""Forms of the account pages."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, PasswordField
from wtforms.validators import InputRequired, Length

from checkin.web.form_base import Form

_EMAIL = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
_NEW = {"autocomplete": "new-password"}
_CURRENT = {"autocomplete": "current-password"}


class SignInForm(Form):
    email = EmailField(
        _l("E-mail"), [InputRequired(_l("Enter your e-mail address.")), Length(max=254)], render_kw=_EMAIL
    )
    password = PasswordField(
        _l("Password"), [InputRequired(_l("Enter your password.")), Length(max=1000)], render_kw=_CURRENT
    )


class ConfirmForm(Form):
    password = PasswordField(
        _l("Password"), [InputRequired(_l("Enter your password.")), Length(max=1000)], render_kw=_CURRENT
    )


class ResetForm(Form):
    email = EmailField(
        _l("E-mail"), [InputRequired(_l("Enter your e-mail address.")), Length(max=254)], render_kw=_EMAIL
    )


class NewPasswordForm(Form):
    password = PasswordField(
        _l("New password"), [InputRequired(_l("Enter a password.")), Length(max=1000)], render_kw=_NEW
    )


class ChangePasswordForm(Form):
    current = PasswordField(
        _l("Current password"), [InputRequired(_l("Enter your current password."))], render_kw=_CURRENT
    )
    password = PasswordField(_l("New password"), [InputRequired(_l("Enter a new password."))], render_kw=_NEW)


class LookForm(Form):
    """How pages look in this browser; each field is named after its class in the stylesheet."""

    dim = BooleanField(_l("Dim"))
    large = BooleanField(_l("Larger text"))
