"""A therapist's hours: the week, days that are different, and busy times from another calendar."""

from collections.abc import Iterable
from datetime import date, timedelta

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from checkin.domain.availability import ExtraHours
from checkin.domain.clock import next_day
from checkin.domain.errors import NotFound, Refusal
from checkin.domain.words import text
from checkin.services import set_hours
from checkin.web.appointments.forms import (
    EXTRA,
    ExceptionForm,
    FileForm,
    WeekForm,
    filled_from,
    problems,
    weekdays,
)
from checkin.web.appointments.views import appointments
from checkin.web.context import actor, deps
from checkin.web.moves import go
from checkin.web.speech import said

__all__ = ["appointments"]

_AROUND_A_FILE = 64 * 1024  # the other parts of the form


@appointments.get("/hours")
def hours(
    week: WeekForm | None = None,
    different: ExceptionForm | None = None,
    file: FileForm | None = None,
    message: str = "",
    status: int = 200,
) -> ResponseReturnValue:
    mine = set_hours.my_hours(deps(), actor())
    week = week or filled_from(mine.availability)
    week.offer_zone(mine.availability.zone)
    different, file = different or ExceptionForm(formdata=None), file or FileForm(formdata=None)
    page = render_template(
        "appointments/hours.html",
        mine=mine,
        absences=absences(mine.availability.days_off),
        week=week,
        different=different,
        file=file,
        weekdays=weekdays(),
        found=[*([(message, "main")] if message else []), *problems(week, different, file)],
        saved="saved" in request.args,
    )
    return page, status


@appointments.post("/hours")
def save_hours() -> ResponseReturnValue:
    form = WeekForm()
    form.offer_zone(set_hours.my_hours(deps(), actor()).availability.zone)
    if not form.validate_on_submit():
        return hours(week=form, status=422)
    try:
        set_hours.set_week(
            deps(),
            actor(),
            zone=form.zone.data,
            weekly=form.weekly(),
            length=timedelta(minutes=form.length.data),
            buffer=timedelta(minutes=form.buffer.data),
        )
    except Refusal as refusal:
        return hours(week=form, message=form.show(refusal), status=422)
    return go(url_for("appointments.hours", saved=1))


@appointments.post("/hours/exceptions")
def add_exception() -> ResponseReturnValue:
    form = ExceptionForm()
    if not form.validate_on_submit():
        return hours(different=form, status=422)
    try:
        if form.kind.data == EXTRA:
            extra = ExtraHours(day=form.first_day.data, since=form.since.data, until=form.until.data)
            set_hours.add_extra_hours(deps(), actor(), extra)
        else:
            first = form.first_day.data
            set_hours.add_days_off(deps(), actor(), first, form.last_day.data or first)
    except Refusal as refusal:
        return hours(different=form, message=form.show(refusal), status=422)
    return go(url_for("appointments.hours", saved=1))


@appointments.post("/hours/exceptions/remove")
def remove_exception() -> ResponseReturnValue:
    set_hours.remove_exceptions(deps(), actor(), _days(request.form.get("days", "")))
    return go(url_for("appointments.hours", saved=1))


@appointments.post("/hours/busy")
def upload_busy() -> ResponseReturnValue:
    """A calendar is larger than any other form of ours, so this view reads its request itself."""
    most = request.max_content_length = set_hours.LARGEST_FILE + _AROUND_A_FILE
    form = FileForm(formdata=None)
    try:
        if (request.content_length or 0) > most:
            raise RequestEntityTooLarge
        form = FileForm()
        if not form.validate_on_submit():
            stale = "csrf_token" in form.errors
            return hours(file=form, message=said(_STALE) if stale else "", status=400 if stale else 422)
        set_hours.upload_busy_times(deps(), actor(), form.file.data.read(set_hours.LARGEST_FILE + 1))
    except RequestEntityTooLarge:
        form.file.errors = [said(_TOO_LARGE)]
        return hours(file=form, status=413)
    except Refusal as refusal:
        return hours(file=form, message=form.show(refusal), status=422)
    return go(url_for("appointments.hours", saved=1))


@appointments.post("/hours/busy/forget")
def forget_busy() -> ResponseReturnValue:
    set_hours.forget_busy_times(deps(), actor())
    return go(url_for("appointments.hours", saved=1))


def absences(days: Iterable[date]) -> list[tuple[date, date]]:
    """Return the first and last of days that follow each other."""
    found: list[tuple[date, date]] = []
    for day in sorted(days):
        if found and day == next_day(found[-1][1]):
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def _days(written: str) -> set[date]:
    """The days from "first/last", as the page writes it. Raises ``NotFound`` for what none of ours sends."""
    try:
        first, last = (date.fromisoformat(value) for value in written.split("/"))
    except ValueError as error:
        raise NotFound from error
    number = min((last - first).days + 1, set_hours.MOST_DAYS)
    return {first + timedelta(days=index) for index in range(number)}


_STALE = text("This page was open for too long, or cookies are off. Reload the page and send it again.")
_TOO_LARGE = text("This file is larger than 2 MB. Export fewer months.")
