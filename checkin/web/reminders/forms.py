"""Forms of the reminders' pages."""

from flask_babel import lazy_gettext as _l
from wtforms import StringField, TelField
from wtforms.validators import InputRequired, Length

from checkin.web.form_base import Form


class NumberForm(Form):
    """The number that texts go to."""

    number = TelField(
        _l("Mobile number"),
        [InputRequired(_l("Enter a mobile number.")), Length(max=40)],
        render_kw={"autocomplete": "tel", "inputmode": "tel"},
    )


class CodeForm(Form):
    """The code that was texted to it."""

    code = StringField(
        _l("The six digits we sent"),
        [InputRequired(_l("Enter the six digits.")), Length(max=20)],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric"},
    )
