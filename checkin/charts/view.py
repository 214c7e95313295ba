"""Views: the part of a trajectory that one picture shows, on one axis of hours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from checkin.charts.scales import Hours
from checkin.domain.baseline import WEEK_BEFORE
from checkin.domain.ids import CheckInId, PromptId
from checkin.domain.reading import Reading
from checkin.domain.trajectory import Missed, Point, Series, hours_between, joined

SHORTEST = 24.0
"""Hours an axis shows at the least: with one score at 4 h the rest of the day is still to come."""
LONGEST_WAIT = 672.0
"""A next infusion further off than this (28 days) does not stretch the axis."""
LONGEST_MEETING = 336.0
"""Nor does an appointment later than this (14 days) after the last infusion."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A point in a view: ``hours`` count from the view's time zero, the point's own from its infusion."""

    point: Point
    series: Series
    hours: float

    @property
    def answered_at(self) -> datetime:
        return self.point.answered_at


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A missed prompt in a view."""

    missed: Missed
    series: Series
    hours: float


@dataclass(frozen=True, kw_only=True)
class Other:
    """A reading of another instrument in a view."""

    reading: Reading
    hours: float

    @property
    def answered_at(self) -> datetime:
        return self.reading.answered_at


@dataclass(frozen=True, kw_only=True)
class View:
    """Time zero is the END of the first infusion shown. ``runs`` are what a line may join.

    ``others`` are the readings of other instruments from the week before on, each line by its name.
    ``meetings`` are the hours at which appointments begin. ``reach`` is an hour that the axis must show as
    well.
    """

    series: tuple[Series, ...]
    marks: tuple[Mark, ...]
    runs: tuple[tuple[Mark, ...], ...]
    secondary: tuple[Mark, ...]
    gaps: tuple[Gap, ...]
    others: Mapping[str, tuple[Other, ...]]
    next_infusion: float | None
    meetings: tuple[float, ...] = ()
    reach: float = SHORTEST

    @property
    def start(self) -> datetime:
        return self.series[0].infusion.at

    @property
    def infusions(self) -> tuple[tuple[float, Series], ...]:
        return tuple((hours_between(self.start, series.infusion.at), series) for series in self.series)

    @property
    def span(self) -> tuple[float, float]:
        """The hours the axis must reach: the first is zero or below, the second at least 24."""
        hours = [mark.hours for mark in (*self.marks, *self.secondary)]
        hours += [gap.hours for gap in self.gaps]
        hours += [other.hours for line in self.others.values() for other in line]
        hours += [hour for hour, _ in self.infusions]
        hours += self.meetings
        hours += [self.next_infusion] if self.next_infusion is not None else []
        return min(0.0, *hours), max(SHORTEST, self.reach, *hours)

    def scale(self, *, left: float, before: float, right: float) -> Hours:
        """Return the axis between two coordinates, with ``before`` units for the time before, if any.

        One infusion is read by the hour, several by the day.
        """
        earliest, latest = self.span
        return Hours(
            earliest=earliest,
            latest=latest,
            left=left,
            zero=left + (before if earliest < 0 else 0),
            right=right,
            early_wide=len(self.series) == 1,
        )


def view_of(
    series: Sequence[Series],
    *,
    lines: Mapping[str, Sequence[Reading]] | None = None,
    secondary: bool = False,
    meetings: Sequence[datetime] = (),
) -> View:
    """Return the view of infusions that follow each other (at least one).

    ``lines`` of other instruments and ``secondary`` answers are only in it where they are asked for, of the
    ``meetings`` those between the first infusion and the next one.
    """
    start, last = series[0].infusion.at, series[-1]
    before = [_mark(point, series[0], start) for point in series[0].before]
    marks = (*before, *(_mark(point, one, start) for one in series for point in one.after))
    # What lies before one infusion lies after another: the first to name it keeps it.
    second: dict[CheckInId, Mark] = {}
    gaps: dict[PromptId, Gap] = {}
    for one in series:
        for point in one.secondary if secondary else ():
            second.setdefault(point.check_in_id, _mark(point, one, start))
        for missed in one.missed:
            hours = hours_between(start, missed.due_at)
            gaps.setdefault(missed.prompt_id, Gap(missed=missed, series=one, hours=hours))
    near = last.until is not None and last.until <= LONGEST_WAIT
    return View(
        series=tuple(series),
        marks=marks,
        runs=joined(marks, [gap.missed.due_at for gap in gaps.values()]),
        secondary=tuple(second.values()),
        gaps=tuple(gaps.values()),
        others=_within(series, lines or {}),
        next_infusion=hours_between(start, last.infusion.at) + last.until if near and last.until else None,
        meetings=_meetings(meetings, start, last),
    )


def _meetings(moments: Sequence[datetime], start: datetime, last: Series) -> tuple[float, ...]:
    most = LONGEST_MEETING if last.until is None else min(last.until, LONGEST_MEETING)
    until = hours_between(start, last.infusion.at) + most
    hours = sorted(hours_between(start, at) for at in moments)
    return tuple(hour for hour in hours if 0 <= hour < until)


def _mark(point: Point, series: Series, start: datetime) -> Mark:
    return Mark(point=point, series=series, hours=hours_between(start, point.answered_at))


def _within(series: Sequence[Series], lines: Mapping[str, Sequence[Reading]]) -> dict[str, tuple[Other, ...]]:
    start, last = series[0].infusion.at, series[-1]
    until = None if last.until is None else last.infusion.at + timedelta(hours=last.until)
    found = {}
    for line, readings in sorted(lines.items()):
        placed = tuple(
            Other(reading=reading, hours=hours_between(start, reading.answered_at))
            for reading in readings
            if not reading.secondary
            and start - WEEK_BEFORE <= reading.answered_at
            and (until is None or reading.answered_at < until)
        )
        if placed:
            found[line] = placed
    return found
