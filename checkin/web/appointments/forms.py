"""Forms of a therapist's hours: the week, exceptions, and a calendar file of busy times."""

from datetime import time, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    DateField,
    FieldList,
    FormField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    TimeField,
)
from wtforms import (
    Form as SubForm,
)
from wtforms.validators import InputRequired, NumberRange, Optional

from checkin.domain.availability import Availability, WeeklyHours
from checkin.web.form_base import Form
from checkin.web.patient.forms import ZONES

OFF, EXTRA = "off", "extra"
_KINDS = [
    SelectChoice(OFF, _l("I see nobody on these days")),
    SelectChoice(EXTRA, _l("I see people at these hours too")),
]
_ON_A_DAY = 2  # times of a day, before and after a longer break
_YEARS = range(2000, 2101)


class ClockField(TimeField):
    """A time of day, refused in our own words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata([value[:5] for value in valuelist])
        except ValueError as error:
            raise ValueError(_("Enter the time as hours and minutes, for example 9:30 or 14:05.")) from error


class DayField(DateField):
    """A date, refused in our own words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(_("Enter the date as year-month-day, for example 2026-03-27.")) from error
        if self.data is not None and self.data.year not in _YEARS:
            raise ValueError(_("Enter a year between 2000 and 2100."))


class MinutesField(IntegerField):
    """A number of minutes, refused in our own words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata([value.strip()[:9] for value in valuelist])
        except ValueError as error:
            raise ValueError(_("Enter a number of minutes.")) from error


class StretchForm(SubForm):
    """One time of a day; both empty: none."""

    since = ClockField(_l("From"), [Optional()])
    until = ClockField(_l("Until"), [Optional()])

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        since, until = self.since.data, self.until.data
        if (since is None) != (until is None):
            missing = self.since if since is None else self.until
            missing.errors = [_("Enter both times of this day, or none.")]
            return False
        if since is not None and until is not None and until <= since:
            self.until.errors = [_("The end must be later than the beginning.")]
            return False
        return True


class DayForm(SubForm):
    """One weekday."""

    stretches = FieldList(FormField(StretchForm), min_entries=_ON_A_DAY, max_entries=_ON_A_DAY)


class WeekForm(Form):
    """The week, and what every appointment has."""

    zone = SelectField(_l("Time zone"), [InputRequired(_l("Select your time zone."))])
    length = MinutesField(
        _l("Length of an appointment in minutes"),
        [
            InputRequired(_l("Enter a number of minutes.")),
            NumberRange(15, 240, _l("Enter a length from 15 to 240 minutes.")),
        ],
        render_kw={"inputmode": "numeric"},
    )
    buffer = MinutesField(
        _l("Break between two appointments in minutes"),
        [
            InputRequired(_l("Enter a number of minutes. 0 is no break.")),
            NumberRange(0, 120, _l("Enter a break from 0 to 120 minutes.")),
        ],
        render_kw={"inputmode": "numeric"},
    )
    days = FieldList(FormField(DayForm), min_entries=7, max_entries=7)

    def offer_zone(self, current: str) -> None:
        """Offer the usual zones and the one that is set."""
        self.zone.choices = ZONES if current in ZONES else [current, *ZONES]

    def weekly(self) -> tuple[WeeklyHours, ...]:
        """Return the hours that were typed."""
        return tuple(
            WeeklyHours(weekday=weekday, since=entry.since.data, until=entry.until.data)
            for weekday, day in enumerate(self.days)
            for entry in day.stretches
            if entry.since.data is not None and entry.until.data is not None
        )


class ExceptionForm(Form):
    """Days that are not like the others of the week."""

    kind = RadioField(
        _l("What is different?"), [InputRequired(_l("Select what is different."))], choices=_KINDS
    )
    first_day = DayField(_l("First day"), [InputRequired(_l("Enter a date."))])
    last_day = DayField(_l("Last day"), [Optional()])
    since = ClockField(_l("From"), [Optional()])
    until = ClockField(_l("Until"), [Optional()])

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        if self.kind.data != EXTRA:
            return True
        for field in (self.since, self.until):
            if field.data is None:
                field.errors = [_("Enter a time.")]
        if self.since.data is not None and self.until.data is not None and self.until.data <= self.since.data:
            self.until.errors = [_("The end must be later than the beginning.")]
        if self.last_day.data is not None and self.last_day.data != self.first_day.data:
            self.last_day.errors = [_("Extra hours are for one day. Leave the last day empty.")]
        return not any(field.errors for field in (self.since, self.until, self.last_day))


class FileForm(Form):
    """A calendar file."""

    file = FileField(
        _l("Calendar file (ICS)"),
        [FileRequired(_l("Choose a calendar file."))],
        render_kw={"accept": ".ics,text/calendar"},
    )


def weekdays() -> tuple[str, ...]:
    """The days of the week in the reader's language, Monday first."""
    days = _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")
    return tuple(str(day) for day in days)


def problems(*forms: Form) -> list[tuple[str, str]]:
    """Return what is wrong with the fields of some forms, each with the anchor to go to."""
    return [found for form in forms for found in _problems(form)]


def _problems(form: Form) -> list[tuple[str, str]]:
    found = [
        (str(words), f"{field.id}-0" if isinstance(field, RadioField) else field.id)
        for field in form
        if not isinstance(field, FieldList)
        for words in field.errors
        if field.name != "csrf_token"
    ]
    for weekday, day in zip(weekdays(), getattr(form, "days", ()), strict=False):
        clocks = [clock for stretch in day.stretches for clock in (stretch.since, stretch.until)]
        found += [(f"{weekday}: {words}", clock.id) for clock in clocks for words in clock.errors]
    return found


def filled_from(availability: Availability) -> WeekForm:
    """A form that shows the week as it is set; more times on a day than it can show are kept at its end."""
    days = []
    for weekday in range(7):
        hours = [entry for entry in availability.weekly if entry.weekday == weekday]
        shown: list[dict[str, time | None]] = [{"since": one.since, "until": one.until} for one in hours]
        days.append({"stretches": [*shown, *({"since": None, "until": None},) * _ON_A_DAY][:_ON_A_DAY]})
    minute = timedelta(minutes=1)
    return WeekForm(
        formdata=None,
        zone=availability.zone,
        length=availability.length // minute,
        buffer=availability.buffer // minute,
        days=days,
    )
