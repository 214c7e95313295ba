"""How far something is from an infusion, in words."""

from datetime import datetime

from checkin.domain.standing import span_words
from checkin.domain.trajectory import Series, Trajectory, hours_between
from checkin.domain.words import Text, text


def after_words(hours: float, series: Series, trajectory: Trajectory) -> Text:
    """Return "31 hours after infusion 2", or "before" where ``hours`` is below zero."""
    span = span_words(abs(hours))
    if sum(len(course.series) for course in trajectory.courses) == 1:
        words = text("%(span)s after the infusion", span=span)
        return words if hours >= 0 else text("%(span)s before the infusion", span=span)
    number = series.number
    words = text("%(span)s after infusion %(number)s", span=span, number=number)
    return words if hours >= 0 else text("%(span)s before infusion %(number)s", span=span, number=number)


def place_of(at: datetime, trajectory: Trajectory) -> tuple[float, Series] | None:
    """Return hours after the last infusion before a moment, else hours below zero before the first one."""
    every = [series for course in trajectory.courses for series in course.series]
    if not every:
        return None
    earlier = [series for series in every if series.infusion.at <= at]
    series = earlier[-1] if earlier else every[0]
    return hours_between(series.infusion.at, at), series
