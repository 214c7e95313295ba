"""Forms of the clinic's pages."""

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    EmailField,
    FieldList,
    FormField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms import (
    Form as SubForm,
)
from wtforms.validators import InputRequired, Length, Optional

from checkin.domain.clinic import NEVER_VERIFIED, ClinicSettings, HelpKind, HelpNumber, OpeningHours
from checkin.domain.clock import zones_to_choose
from checkin.domain.improvement import DEFAULT_THRESHOLDS
from checkin.domain.person import Role
from checkin.web.form_base import Form

_ROLES = [
    SelectChoice(Role.PATIENT.value, _l("Patient")),
    SelectChoice(Role.THERAPIST.value, _l("Therapist")),
    SelectChoice(Role.STAFF.value, _l("Staff")),
]
_WAYS = [
    SelectChoice("email", _l("By e-mail")),
    SelectChoice("paper", _l("On paper, to hand over now")),
]
ZONES = list(zones_to_choose())
THRESHOLDS = ("meaningful_points", "meaningful_share", "response_share", "worse_points", "much_worse_points")
_SHARES = frozenset({"meaningful_share", "response_share"})


class ContactForm(Form):
    """What somebody is called, and where their mail goes."""

    name = StringField(_l("Name"), [InputRequired(_l("Enter a name.")), Length(max=200)])
    email = EmailField(_l("E-mail"), [InputRequired(_l("Enter an e-mail address.")), Length(max=254)])


class InviteForm(ContactForm):
    """Somebody new to the clinic."""

    role = RadioField(_l("Role"), [InputRequired(_l("Select a role."))], choices=_ROLES)
    way = RadioField(_l("How to invite"), [InputRequired(_l("Select how to invite."))], choices=_WAYS)


class NumberForm(SubForm):
    """One number to call; the day says when somebody of the clinic last tried it."""

    title = StringField(_l("Name on the help page"), [Optional(), Length(max=120)])
    number = StringField(_l("Number"), [Optional(), Length(max=40)], render_kw={"inputmode": "tel"})
    text_number = StringField(_l("Number for text messages"), [Optional(), Length(max=40)])
    always = BooleanField(_l("Somebody answers at any hour, every day"))
    when = StringField(_l("When somebody answers"), [Optional(), Length(max=100)])
    verified_on = DateField(_l("Somebody tried it on"), [Optional()])


class HoursForm(SubForm):
    """One weekday's hours; both empty: closed."""

    since = TimeField(_l("From"), [Optional()])
    until = TimeField(_l("Until"), [Optional()])

    def validate(self, extra_validators: Mapping[str, Sequence[object]] | None = None) -> bool:
        """One time alone would be lost without a word."""
        fits = super().validate(extra_validators)
        if fits and (self.since.data is None) != (self.until.data is None):
            empty = self.since if self.since.data is None else self.until
            empty.errors = [*empty.errors, _("Enter both times, or none.")]
            return False
        return fits


class SettingsForm(Form):
    """What the clinic decides. Shares are typed in per cent."""

    country = StringField(_l("Country"), [InputRequired(_l("Enter the country.")), Length(max=60)])
    zone = SelectField(_l("Time zone"), [InputRequired(_l("Select a time zone."))], choices=ZONES)
    sender_name = StringField(
        _l("Name that messages come from"), [InputRequired(_l("Enter a name.")), Length(max=60)]
    )
    day_of_infusion_words = TextAreaField(
        _l("Words for the day of the infusion"), [Optional(), Length(max=500)]
    )
    protocol = SelectField(_l("Protocol"))
    emergency = FormField(NumberForm)
    crisis = FormField(NumberForm)
    care_team = FormField(NumberForm)
    hours = FieldList(FormField(HoursForm), min_entries=7, max_entries=7)
    meaningful_points = DecimalField(_l("Meaningful improvement: at least this many points"), [Optional()])
    meaningful_share = DecimalField(_l("and at least this many per cent"), [Optional()])
    response_share = DecimalField(_l("Response: at least this many per cent"), [Optional()])
    worse_points = DecimalField(_l("Worse, to look at: points above the baseline"), [Optional()])
    much_worse_points = DecimalField(_l("Worse, to act on: points above the baseline"), [Optional()])

    def settings(self, before: ClinicSettings) -> ClinicSettings:
        """Return what was typed; what the form does not show stays as it was."""
        return ClinicSettings(
            country=self.country.data.strip(),
            zone=self.zone.data,
            language=before.language,
            sender_name=self.sender_name.data.strip(),
            numbers=tuple(found for kind in HelpKind if (found := self._number(kind, before)) is not None),
            hours=tuple(
                OpeningHours(weekday=day, since=entry.since.data, until=entry.until.data)
                for day, entry in enumerate(self.hours)
                if entry.since.data and entry.until.data
            ),
            thresholds={
                name: float(self[name].data) / (100 if name in _SHARES else 1)
                for name in THRESHOLDS
                if self[name].data is not None
            },
            protocol=self.protocol.data or "",
            day_of_infusion_words=(self.day_of_infusion_words.data or "").strip(),
        )

    def _number(self, kind: HelpKind, before: ClinicSettings) -> HelpNumber | None:
        typed = self[kind.value].form
        if not (typed.number.data or "").strip():
            return None
        title = (typed.title.data or "").strip()
        if kind is HelpKind.EMERGENCY:  # its heading is a sentence of ours, so the form does not ask for one
            title = next((number.title for number in before.numbers if number.kind is kind), title)
        return HelpNumber(
            kind=kind,
            title=title,
            number=typed.number.data.strip(),
            text_number=(typed.text_number.data or "").strip() or None,
            always=bool(typed.always.data),
            when=(typed.when.data or "").strip(),
            verified_on=typed.verified_on.data or NEVER_VERIFIED,
        )


def filled_from(settings: ClinicSettings) -> SettingsForm:
    """A form that shows the settings in force."""
    numbers = {number.kind: number for number in settings.numbers}
    hours = {entry.weekday: entry for entry in settings.hours}
    thresholds = {name: getattr(DEFAULT_THRESHOLDS, name) for name in THRESHOLDS} | dict(settings.thresholds)
    return SettingsForm(
        formdata=None,
        country=settings.country,
        zone=settings.zone,
        sender_name=settings.sender_name,
        day_of_infusion_words=settings.day_of_infusion_words,
        protocol=settings.protocol,
        hours=[
            {"since": hours[day].since, "until": hours[day].until} if day in hours else {} for day in range(7)
        ],
        **{kind.value: _shown(numbers.get(kind)) for kind in HelpKind},
        **{name: value * (100 if name in _SHARES else 1) for name, value in thresholds.items()},
    )


def _shown(number: HelpNumber | None) -> dict[str, object] | None:
    """A number as the form holds it: the day is empty while nobody has tried it."""
    if number is None:
        return None
    tried = None if number.verified_on == NEVER_VERIFIED else number.verified_on
    return {
        "title": number.title,
        "number": number.number,
        "text_number": number.text_number,
        "always": number.always,
        "when": number.when,
        "verified_on": tried,
    }
