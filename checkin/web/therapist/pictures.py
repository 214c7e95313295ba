"""The pictures of a patient's page: what one can choose to see, the chart, the infusions over one another."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from checkin.charts.chart import Chart
from checkin.charts.overlay import overlay
from checkin.charts.therapist_chart import therapist_chart
from checkin.domain.check_in import Line
from checkin.domain.ids import InfusionId
from checkin.domain.instrument import Band
from checkin.domain.instruments import FULL_FORM, MOOD_CORE, builtin_instruments
from checkin.domain.reading import question_line, uncorrected
from checkin.domain.trajectory import Trajectory
from checkin.domain.words import Moment, Text, Translator, text
from checkin.services.review_trajectory import Review
from checkin.web.speech import said

_SLEEP = "sleep"
"""The question of the full form that the early and the short one leave out, and its line."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One thing the chart can show: the arguments of its address, and whether it is shown now."""

    label: Text
    arguments: Mapping[str, str]
    current: bool


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """``choices`` is empty where there is only one thing to show."""

    choices: tuple[Choice, ...]
    chart: Chart
    overlay: Chart


def pictures_of(
    review: Review, *, to: Translator, course: int | None, infusion: InfusionId | None, now: datetime
) -> Pictures:
    """Draw one infusion or one course (numbered from 0); what does not exist is the current course."""
    trajectory, zone = _with_sleep(review), review.patient.zone
    last = len(trajectory.courses) - 1
    found = _course_of(trajectory, infusion)
    if found is None:
        infusion = None
        found = course if course is not None and 0 <= course <= last else last
    return Pictures(
        choices=_choices(trajectory, found, infusion, zone),
        chart=therapist_chart(
            trajectory,
            to=to,
            zone=zone,
            course=found,
            infusion=infusion,
            titles=titles_of(review),
            bands=bands_of(review),
            window=review.window,
            now=now,
            meetings=[time.since for time in review.appointments],
        ),
        overlay=overlay(trajectory, to=to, course=found),
    )


def titles_of(review: Review) -> dict[str, str]:
    """Return what each line of scores is called, other than the PHQ-style one."""
    titles = {instrument.line: said(instrument.label) for instrument in review.instruments.values()}
    titles.pop(Line.PHQ_STYLE, None)
    return titles | {
        MOOD_CORE: said(text("Interest, mood and self-worth")),
        _SLEEP: said(text("Sleep, the one question")),
    }


def bands_of(review: Review) -> dict[str, tuple[Band, ...]]:
    """Return the published ranges of each line of totals that has any."""
    known = review.instruments.values()
    return {instrument.line: instrument.bands for instrument in known if instrument.bands}


def _with_sleep(review: Review) -> Trajectory:
    """Sleep as a line of its own, from the one question about it: only for readers of single answers."""
    asking = builtin_instruments()[FULL_FORM]
    nights = question_line(uncorrected(review.check_ins), asking, _SLEEP)
    lines = review.trajectory.other_lines
    return replace(review.trajectory, other_lines={**lines, _SLEEP: nights} if nights else lines)


def _course_of(trajectory: Trajectory, infusion: InfusionId | None) -> int | None:
    return next(
        (
            number
            for number, course in enumerate(trajectory.courses)
            if any(series.infusion.id == infusion for series in course.series)
        ),
        None,
    )


def _choices(
    trajectory: Trajectory, shown: int, infusion: InfusionId | None, zone: str
) -> tuple[Choice, ...]:
    """Other courses by their first day, then the infusions of the course that is shown."""
    found = []
    for number, course in enumerate(trajectory.courses):
        start = Moment(at=course.series[0].infusion.at, zone=zone)
        label = text("Course from %(start)s", start=start)
        if len(trajectory.courses) == 1:
            label = text("All infusions")
        current = number == shown and infusion is None
        found.append(Choice(label=label, arguments={"course": str(number)}, current=current))
    if trajectory.courses and len(trajectory.courses[shown].series) > 1:
        for series in trajectory.courses[shown].series:
            label = text("Infusion %(number)s", number=series.number)
            chosen = series.infusion.id
            arguments = {"infusion": str(chosen)}
            found.append(Choice(label=label, arguments=arguments, current=chosen == infusion))
    return tuple(found) if len(found) > 1 else ()
