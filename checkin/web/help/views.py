"""The help page: the clinic's numbers, for everybody, signed in or not."""

from dataclasses import dataclass
from functools import lru_cache

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from checkin.domain.clinic import HelpKind, HelpNumber
from checkin.domain.clock import zone_place
from checkin.domain.errors import Unavailable
from checkin.domain.ids import ClinicId
from checkin.services.help_page import HelpLines, help_lines
from checkin.web.context import deps
from checkin.web.sign_in_state import SignedInUser
from checkin.web.speech import Reader, reader, weekly_hours

help_now = Blueprint("help", __name__)


@dataclass(frozen=True)
class Line:
    """One number as pages show it; ``tel`` and ``sms`` hold digits only.

    ``title`` names the act, ``name`` who answers. ``talks_now``: a crisis line that answers at any hour.
    """

    kind: str
    title: str
    name: str
    talks_now: bool
    when: tuple[str, ...]
    number: str
    tel: str
    sms: str | None


@help_now.get("/help")
def show() -> ResponseReturnValue:
    return help_page()


def help_page(*, kept: bool = False) -> str:
    """The page; ``kept`` is for a phone that shows it later, so it does not say when somebody next looks."""
    lines = help_lines(deps(), _clinic())
    shown = help_calls(lines.numbers)
    return render_template(
        "page/help.html",
        numbers=[line for line in shown if line.kind != HelpKind.CARE_TEAM],
        care_team=next((line for line in shown if line.kind == HelpKind.CARE_TEAM), None),
        hours=_hours(lines, kept=kept),
    )


def _clinic() -> ClinicId | None:
    """The clinic of whoever is signed in. When nobody can say who that is, a stranger's will do."""
    try:
        user = current_user._get_current_object()
    except Unavailable:
        return None
    return user.person.clinic_id if isinstance(user, SignedInUser) else None


def help_calls(numbers: tuple[HelpNumber, ...]) -> tuple[Line, ...]:
    """The numbers as pages show them, in the same order."""
    return _help_calls(reader(), numbers)


@lru_cache(maxsize=64)
def _help_calls(_to: Reader, numbers: tuple[HelpNumber, ...]) -> tuple[Line, ...]:
    """Made once for each language: every check-in that is opened carries them."""
    return tuple(_line(number) for number in numbers)


def _hours(lines: HelpLines, *, kept: bool) -> tuple[str, ...]:
    """What is true at any time first, then until when or when next somebody looks."""
    said = [_("Nobody watches at all hours.")]
    if lines.settings is None or not lines.settings.hours:
        return tuple(said)
    zone = lines.settings.zone
    week, place = weekly_hours(lines.settings.hours, reader().language), zone_place(zone)
    words = _("Your care team looks at alerts: %(week)s, by the time in %(place)s.", week=week, place=place)
    said.append(words)
    if lines.looks_until is not None and not kept:
        until = reader().moment(lines.looks_until, zone)
        said.append(_("They are there until %(until)s.", until=until))
    elif lines.next_check is not None and not kept:
        said.append(_("They next look on %(when)s.", when=reader().moment(lines.next_check, zone)))
    return tuple(said)


def _line(number: HelpNumber) -> Line:
    return Line(
        kind=number.kind,
        title=_act(number),
        name=_("Emergency") if number.kind is HelpKind.EMERGENCY else number.title,
        talks_now=number.kind is HelpKind.CRISIS and number.always,
        when=_when(number),
        number=number.number,
        tel=digits(number.number),
        sms=digits(number.text_number) if number.text_number else None,
    )


def _act(number: HelpNumber) -> str:
    """The heading: what to do."""
    if number.kind is HelpKind.EMERGENCY:
        return _("Call %(number)s now if:", number=number.number)
    if number.kind is HelpKind.CARE_TEAM:
        return _("Call your care team: %(name)s", name=number.title)
    if number.text_number:
        return _("Call or text %(name)s", name=number.title)
    return _("Call %(name)s", name=number.title)


def _when(number: HelpNumber) -> tuple[str, ...]:
    """When to call, or when somebody answers, as far as the clinic has said so."""
    if number.kind is HelpKind.EMERGENCY:
        return (
            _("you are about to end your life or hurt yourself,"),
            _("or you have hurt yourself already."),
        )
    if number.always:
        return (_("Somebody answers at any hour."),)
    return (number.when,) if number.when else ()


def digits(number: str) -> str:
    """What a phone dials: the digits of a number as it is written, with its leading plus."""
    return ("+" if number.strip().startswith("+") else "") + "".join(c for c in number if c.isdigit())
