"""Forms of the patient's pages."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField, TimeField
from wtforms.validators import InputRequired

from checkin.domain.clock import zones_to_choose
from checkin.web.form_base import Form

ZONES = list(zones_to_choose())


class PreferencesForm(Form):
    """How and when a patient is reached."""

    zone = SelectField(_l("Time zone"), [InputRequired(_l("Select your time zone."))], choices=ZONES)
    wakes = TimeField(_l("Remind me from"), [InputRequired(_l("Enter a time, like 08:00."))])
    sleeps = TimeField(_l("Until"), [InputRequired(_l("Enter a time, like 21:30."))])
    reminders = BooleanField(_l("Send me reminders"))
