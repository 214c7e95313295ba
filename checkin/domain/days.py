"""Days as people say them: "today", a weekday within the week ahead, otherwise the date with it."""

from datetime import date, datetime, timedelta

from checkin.domain.clock import local_day
from checkin.domain.words import Text, text

_WEEKDAYS = (
    text("Monday"),
    text("Tuesday"),
    text("Wednesday"),
    text("Thursday"),
    text("Friday"),
    text("Saturday"),
    text("Sunday"),
)
_MONTHS = (
    text("January"),
    text("February"),
    text("March"),
    text("April"),
    text("May"),
    text("June"),
    text("July"),
    text("August"),
    text("September"),
    text("October"),
    text("November"),
    text("December"),
)
_DAY = timedelta(days=1)
_WEEK = 6 * _DAY
"""Further away than this a weekday alone could be two days."""


def between_days(since: datetime, until: datetime, *, now: datetime, zone: str) -> Text:
    """Return "between Thursday and Saturday", never a single day: an interval within one is widened."""
    today, first, last = (local_day(moment, zone) for moment in (now, since, until))
    if first == last:
        first, last = first - _DAY, last + _DAY
        if since >= now:
            first = max(first, today)
        elif until <= now:
            last = min(last, today)
    ahead = [first - today, last - today]
    # "Monday" alone could be the one before or the one to come, so both sides of today need their dates.
    near = max(abs(distance) for distance in ahead) <= _WEEK and ahead[0] * ahead[1].days >= timedelta(0)
    return text(
        "between %(first)s and %(last)s",
        first=_named(first, today, near=near),
        last=_named(last, today, near=near),
    )


def _named(day: date, today: date, *, near: bool) -> Text:
    if day == today:
        return text("today")
    weekday = _WEEKDAYS[day.weekday()]
    if near:
        return weekday
    return text("%(weekday)s %(day)s %(month)s", weekday=weekday, day=day.day, month=_MONTHS[day.month - 1])
