"""The help page: the clinic's numbers, for everybody, signed in or not."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from checkin.domain.clinic import HelpKind, HelpNumber
from checkin.domain.errors import Unavailable
from checkin.domain.ids import ClinicId
from checkin.services.help_page import HelpLines, help_lines
from checkin.web.context import deps
from checkin.web.sign_in_state import SignedInUser
from checkin.web.speech import Reader, reader

help_now = Blueprint("help", __name__)

_WHEN: dict[HelpKind, Callable[[], tuple[str, ...]]] = {
    HelpKind.EMERGENCY: lambda: (
        _("you are about to end your life or hurt yourself,"),
        _("or you have hurt yourself already."),
    ),
    HelpKind.CRISIS: lambda: (_("Somebody listens to you, at any hour."),),
    HelpKind.CARE_TEAM: lambda: (),
}


@dataclass(frozen=True)
class Line:
    """One number as the page shows it; ``tel`` and ``sms`` hold digits only."""

    kind: str
    title: str
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
        hours=None if kept else _hours(lines),
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


def _hours(lines: HelpLines) -> str | None:
    if lines.settings is None or lines.next_check is None:
        return None
    zone = lines.settings.zone
    if lines.looks_until is not None:
        until = reader().moment(lines.looks_until, zone)
        return _("Nobody watches at all hours. Your care team is there until %(until)s.", until=until)
    when = reader().moment(lines.next_check, zone)
    return _("Nobody watches at all hours. Your care team next looks on %(when)s.", when=when)


def _line(number: HelpNumber) -> Line:
    title = number.title
    if number.kind is HelpKind.EMERGENCY:
        title = _("Call %(number)s now if:", number=number.number)
    return Line(
        kind=number.kind,
        title=title,
        when=_WHEN[number.kind](),
        number=number.number,
        tel=digits(number.number),
        sms=digits(number.text_number) if number.text_number else None,
    )


def digits(number: str) -> str:
    """What a phone dials: the digits of a number as it is written, with its leading plus."""
    return ("+" if number.strip().startswith("+") else "") + "".join(c for c in number if c.isdigit())
