"""How a patient's scores move in the hours after each infusion ended, and where nothing is known of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from checkin.domain.baseline import EVENING_BEFORE, Baseline, baseline_before, own_noise
from checkin.domain.check_in import CheckIn, Line
from checkin.domain.ids import PromptId
from checkin.domain.improvement import (
    DEFAULT_THRESHOLDS,
    Change,
    Outcome,
    Thresholds,
    change_from,
    outcome_of,
)
from checkin.domain.infusion import Infusion, courses_of
from checkin.domain.prompt import Prompt, PromptState
from checkin.domain.reading import Reading, lines_of, uncorrected

PHQ_STYLE_MAXIMUM = 27.0
LONGEST_JOIN = timedelta(days=9)
"""Points further apart are not joined: the widest planned distance is a week, answered up to 48 h later."""


class Answered(Protocol):
    """Anything that was answered at one moment."""

    @property
    def answered_at(self) -> datetime: ...


_A = TypeVar("_A", bound=Answered)


@dataclass(frozen=True, kw_only=True)
class Point(Reading):
    """A reading on an infusion's axis. ``hours`` is below zero before the END of the infusion.

    ``change`` and ``outcome`` are against the level before the course (before this infusion, where nothing is
    known from before the course); ``change_here`` is against the level just before this infusion. All
    three are None where there is no such level, and for points before the infusion.
    """

    hours: float
    change: Change | None = None
    change_here: Change | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, kw_only=True)
class Missed:
    """A prompt that was sent and not answered, by its due time. ``declined``: they said "not today"."""

    prompt_id: PromptId
    step: str
    due_at: datetime
    hours: float
    declined: bool


@dataclass(frozen=True, kw_only=True)
class Series:
    """One infusion and the PHQ-style line around it. ``number`` counts the infusions of the course from 1.

    ``before`` are the points of the 36 hours before (not before an earlier infusion of the course) and those
    the baseline rests on; ``after`` those from the END up to the next infusion, in order; ``secondary`` are
    listed but not on the line; ``until`` is the hour of the next infusion.
    """

    infusion: Infusion
    number: int
    before: tuple[Point, ...]
    after: tuple[Point, ...]
    secondary: tuple[Point, ...]
    missed: tuple[Missed, ...]
    baseline: Baseline | None
    course_baseline: Baseline | None
    until: float | None = None

    @property
    def reference(self) -> Baseline | None:
        """What changes are measured against: the level before the course where it is known."""
        return self.course_baseline or self.baseline

    @property
    def first_meaningful(self) -> Point | None:
        return next((point for point in self.after if point.outcome and point.outcome.meaningful), None)

    @property
    def first_response(self) -> Point | None:
        return next((point for point in self.after if point.outcome and point.outcome.response), None)


@dataclass(frozen=True, kw_only=True)
class Course:
    """The infusions of one patient that follow each other closely, each with its series; never empty."""

    series: tuple[Series, ...]

    @property
    def baseline(self) -> Baseline | None:
        """The level before the first infusion of the course."""
        return self.series[0].course_baseline

    @property
    def after(self) -> tuple[Point, ...]:
        """All points from the first infusion on, each with the hours since its own infusion."""
        return tuple(point for series in self.series for point in series.after)


@dataclass(frozen=True, kw_only=True)
class Trajectory:
    """All of it: courses, oldest first; readings of other instruments, in order, each line by its name.

    ``unplaced`` are PHQ-style readings from before the first infusion that belong to no series. ``noise`` is
    the standard deviation of this person's own scores while nothing changes, in points; ``thresholds`` are
    those it was judged by; ``last_answered_at`` is of any check-in, with or without a score.
    """

    courses: tuple[Course, ...]
    other_lines: Mapping[str, tuple[Reading, ...]]
    unplaced: tuple[Reading, ...]
    noise: float
    thresholds: Thresholds
    last_answered_at: datetime | None = None

    @property
    def current(self) -> Course | None:
        return self.courses[-1] if self.courses else None


def trace(
    check_ins: Sequence[CheckIn],
    infusions: Sequence[Infusion],
    prompts: Sequence[Prompt],
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> Trajectory:
    """Return the trajectory of one patient. The order of the inputs does not matter.

    Check-ins that were corrected make way for their correction, wherever it stands in time; infusions that
    were not given are left out. Every point lies where its answer lies in time, whatever it was answered to.
    """
    kept = uncorrected(check_ins)
    lines = lines_of(kept)
    readings = lines.pop(Line.PHQ_STYLE, ())
    given = courses_of(infusions)
    ends = iter([*(infusion.at for course in given for infusion in course)][1:])
    missed = _missed(prompts, kept)
    courses: list[list[Series]] = []
    for course in given:
        courses.append([])
        for infusion in course:
            courses[-1].append(_series(infusion, next(ends, None), courses[-1], readings, missed, thresholds))
    baselines = [course[0].course_baseline for course in courses]
    placed = {
        point.check_in_id
        for course in courses
        for series in course
        for point in (*series.before, *series.after, *series.secondary)
    }
    return Trajectory(
        courses=tuple(Course(series=tuple(course)) for course in courses),
        other_lines=lines,
        unplaced=tuple(reading for reading in readings if reading.check_in_id not in placed),
        noise=own_noise(baseline for baseline in baselines if baseline is not None),
        thresholds=thresholds,
        last_answered_at=kept[-1].answered_at if kept else None,
    )


def joined(points: Sequence[_A], missed: Iterable[datetime]) -> tuple[tuple[_A, ...], ...]:
    """Split points (in order) where a line must not run: over a missed prompt, or over more than 9 days."""
    gaps = tuple(missed)
    runs: list[list[_A]] = []
    for point in points:
        last = runs[-1][-1] if runs else None
        if (
            last is None
            or point.answered_at - last.answered_at > LONGEST_JOIN
            or any(last.answered_at < gap <= point.answered_at for gap in gaps)
        ):
            runs.append([])
        runs[-1].append(point)
    return tuple(tuple(run) for run in runs)


def hours_between(since: datetime, until: datetime) -> float:
    """Return elapsed hours, below zero if ``until`` is earlier."""
    return (until - since) / timedelta(hours=1)


def _missed(prompts: Sequence[Prompt], check_ins: Sequence[CheckIn]) -> tuple[Prompt, ...]:
    answered = {check_in.prompt_id for check_in in check_ins}
    missed = {p.id: p for p in prompts if _not_given(p) and p.id not in answered}
    return tuple(sorted(missed.values(), key=lambda prompt: (prompt.due_at, prompt.id)))


def _not_given(prompt: Prompt) -> bool:
    """Whether the patient let it pass; one that expired without having been sent was not theirs to miss."""
    expired = prompt.state is PromptState.EXPIRED and prompt.notified
    return expired or prompt.state is PromptState.DECLINED


@dataclass(frozen=True, kw_only=True)
class _Axis:
    """What it takes to put a reading on an infusion's axis and to judge it."""

    end: datetime
    baseline: Baseline | None
    reference: Baseline | None
    thresholds: Thresholds

    def point(self, reading: Reading) -> Point:
        hours = hours_between(self.end, reading.answered_at)
        if hours < 0 or self.reference is None:
            return Point(**vars(reading), hours=hours)
        change = change_from(self.reference.value, reading.value, self.thresholds)
        outcome = outcome_of(change, self.thresholds)
        here = None
        if self.baseline is not None:
            here = change_from(self.baseline.value, reading.value, self.thresholds)
        return Point(**vars(reading), hours=hours, change=change, change_here=here, outcome=outcome)

    def missed(self, prompt: Prompt) -> Missed:
        return Missed(
            prompt_id=prompt.id,
            step=prompt.step,
            due_at=prompt.due_at,
            hours=hours_between(self.end, prompt.due_at),
            declined=prompt.state is PromptState.DECLINED,
        )


def _series(
    infusion: Infusion,
    until: datetime | None,
    earlier: Sequence[Series],
    readings: Sequence[Reading],
    missed: Sequence[Prompt],
    thresholds: Thresholds,
) -> Series:
    end = infusion.at
    since = earlier[-1].infusion.at if earlier else datetime.min.replace(tzinfo=UTC)
    readings = [reading for reading in readings if reading.answered_at >= since]
    on_line = [reading for reading in readings if not reading.secondary]
    baseline = baseline_before(end, on_line, first_of_course=not earlier)
    course_baseline = earlier[0].course_baseline if earlier else baseline
    axis = _Axis(end=end, baseline=baseline, reference=course_baseline or baseline, thresholds=thresholds)
    used = baseline.readings if baseline else ()

    def near(at: datetime) -> bool:
        return max(since, end - EVENING_BEFORE) <= at and (until is None or at < until)

    placed = [axis.point(reading) for reading in readings if near(reading.answered_at) or reading in used]
    return Series(
        infusion=infusion,
        number=len(earlier) + 1,
        before=tuple(point for point in placed if point.hours < 0 and not point.secondary),
        after=tuple(point for point in placed if point.hours >= 0 and not point.secondary),
        secondary=tuple(point for point in placed if point.secondary),
        missed=tuple(axis.missed(prompt) for prompt in missed if near(prompt.due_at)),
        baseline=baseline,
        course_baseline=course_baseline,
        until=None if until is None else hours_between(end, until),
    )
