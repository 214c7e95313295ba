"""Days as people say them: "today", a weekday within a week, otherwise the date."""

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
    # Of two past days a weekday is the one before today, otherwise the one to come.
    span = (today - _WEEK, today) if last <= today else (today, today + _WEEK)
    return text(
        "between %(first)s and %(last)s",
        first=_named(first, today, near=span[0] <= first <= span[1]),
        last=_named(last, today, near=span[0] <= last <= span[1]),
    )


def date_words(day: date) -> Text:
    """Return a date without its year: "3 March"."""
    return text("%(day)s %(month)s", day=day.day, month=_MONTHS[day.month - 1])


def _named(day: date, today: date, *, near: bool) -> Text:
    if day == today:
        return text("today")
    if near:
        return _WEEKDAYS[day.weekday()]
    return date_words(day)
