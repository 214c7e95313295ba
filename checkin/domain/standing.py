"""Where a patient stands now: the last score, what changed, and the plain words for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from checkin.domain.baseline import Baseline
from checkin.domain.improvement import whole
from checkin.domain.instrument import Band, band
from checkin.domain.trajectory import Course, Point, Series, Trajectory, hours_between
from checkin.domain.words import Text, ntext, text

_HOURS_IN_WORDS = 48


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The current infusion, and the last score on the line of its course with its age in hours.

    ``last`` may belong to an earlier infusion of the course (``last_series``), or lie before the first one;
    it is never passed off as newer than it is. ``hours`` count from the END of the current infusion.
    """

    series: Series
    hours: float
    last: Point | None
    last_series: Series | None
    age: float | None

    @property
    def words(self) -> Text:
        """For example "8 of 27, 13 lower than before the infusion"."""
        if self.last is None or self.last_series is None:
            return text("No check-ins yet")
        return point_words(self.last, self.last_series)


def standing(trajectory: Trajectory, now: datetime) -> Standing | None:
    """Return where the patient stands at ``now``, or None before the first infusion."""
    course = trajectory.current
    if course is None:
        return None
    last, series = last_point(course) or (None, None)
    return Standing(
        series=course.series[-1],
        hours=hours_between(course.series[-1].infusion.at, now),
        last=last,
        last_series=series,
        age=None if last is None else hours_between(last.answered_at, now),
    )


def last_point(course: Course) -> tuple[Point, Series] | None:
    """Return the newest point on the line of a course, with the series that knows its change."""
    placed = [(point, series) for series in course.series for point in (*series.before, *series.after)]
    # The same check-in can be before one infusion and after another: there it has a change.
    return max(placed, key=lambda pair: (pair[0].answered_at, pair[0].hours >= 0), default=None)


@dataclass(frozen=True, kw_only=True)
class Worsening:
    """A score clearly above the baseline in one of the last two check-ins.

    ``act``: far above, or seen twice since the infusion; otherwise somebody should look.
    """

    point: Point
    act: bool


def worsening(series: Series) -> Worsening | None:
    """Return the worsening that the last two check-ins since this infusion show, or None."""
    worse = [point for point in series.after if point.outcome and point.outcome.worse]
    recent = [point for point in series.after[-2:] if point in worse]
    if not recent:
        return None
    highest = max(recent, key=lambda point: point.value)
    act = len(worse) > 1 or any(point.outcome and point.outcome.much_worse for point in recent)
    return Worsening(point=highest, act=act)


def faded(trajectory: Trajectory) -> bool:
    """Say whether, after a response in the current course, the last two scores are less than 25 % better.

    They are the last two observed: a missed prompt between does not matter. Never where shares are unknown.
    """
    course = trajectory.current
    after = course.after if course else ()
    if len(after) < 2:
        return False
    shares = [point.change.share if point.change else None for point in after[-2:]]
    responded = any(point.outcome and point.outcome.response for point in after[:-2])
    enough = trajectory.thresholds.fading_share
    return responded and all(share is not None and -share < enough for share in shares)


def point_words(point: Point, series: Series) -> Text:
    """Return a point as people read it: "8 of 27, 13 lower than before the infusion"."""
    score = score_words(point.value, point.maximum)
    if point.change is None:
        return text("%(score)s, before the infusion", score=score) if point.hours < 0 else score
    return text("%(score)s, %(change)s", score=score, change=change_words(point.change.shown, series))


def score_words(value: float, maximum: float) -> Text:
    """Return "8 of 27", without decimals."""
    return text("%(score)s of %(maximum)s", score=whole(value), maximum=whole(maximum))


def total_words(value: float, maximum: float, bands: Sequence[Band]) -> Text:
    """Return "8 of 27, mild": a total with the published range that it falls in, if its form has any."""
    score, found = score_words(value, maximum), band(bands, value)
    return score if found is None else text("%(score)s, %(band)s", score=score, band=found.label)


def change_words(points: int, series: Series) -> Text:
    """Return a difference from the level that this series is measured against, naming that level."""
    level = level_words(series)
    if points == 0:
        return text("the same as %(level)s", level=level)
    if points < 0:
        return text("%(points)s lower than %(level)s", points=-points, level=level)
    return text("%(points)s higher than %(level)s", points=points, level=level)


def level_words(series: Series) -> Text:
    """Return which level the changes of this series are measured against."""
    if series.number == 1:
        return text("before the infusion")
    return text("before the first infusion") if series.course_baseline else text("before this infusion")


def baseline_words(baseline: Baseline) -> Text:
    """Return where a baseline comes from, for the people who judge it."""
    if not baseline.close:
        return text("one score from the week before")
    if len(baseline.readings) == 1:
        return text("one score from the day before")
    return text("the mean of two scores from the day before")


def span_words(hours: float) -> Text:
    """Return a length of time in whole hours up to two days, then in whole days, rounded down."""
    if hours < 1:
        return text("less than an hour")
    if hours < _HOURS_IN_WORDS:
        return ntext("%(n)s hour", "%(n)s hours", int(hours))
    return ntext("%(n)s day", "%(n)s days", int(hours // 24))
