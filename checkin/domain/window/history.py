"""From a patient's record to what the estimator takes: the last courses, on one axis of hours."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from checkin.domain.check_in import CheckIn, Line
from checkin.domain.infusion import Infusion, courses_of
from checkin.domain.reading import Reading, lines_of, uncorrected
from checkin.domain.window.model import STANDARD
from checkin.domain.window.values import Answer, History

MOST_COURSES = 3
"""Courses further back teach nothing more about the present one (assumed)."""
MOST_INFUSIONS = 8
"""Of a longer course the last ones; what the earlier ones left stands in the answers between (assumed)."""

_REACHES_BACK = timedelta(hours=STANDARD.baseline_reaches_back)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """``history`` counts its hours from ``origin``. ``course`` are the infusions of the present course that
    are in it, earliest first. ``digest`` is the same for the same inputs."""

    history: History
    origin: datetime
    course: tuple[Infusion, ...]
    digest: str


def inputs_of(check_ins: Sequence[CheckIn], infusions: Sequence[Infusion], *, now: datetime) -> Inputs | None:
    """Return what an estimate at ``now`` rests on; None before the first infusion.

    The scores are those of the PHQ-style line, without corrected ones and second answers.
    """
    courses = _courses(infusions, now)
    if not courses:
        return None
    readings = lines_of(uncorrected(check_ins)).get(Line.PHQ_STYLE, ())
    standing = [reading for reading in readings if not reading.secondary]
    answers = _answers(courses[0], standing)
    origin = courses[0].shown[0].at
    history = History(
        infusions=tuple((one.at - origin) / _HOUR for course in courses for one in course.shown),
        answers=tuple(
            Answer(hours=(one.answered_at - origin) / _HOUR, score=one.value, early=one.early_form)
            for one in answers
        ),
    )
    digest = hashlib.sha256(repr((origin.isoformat(), history)).encode()).hexdigest()
    return Inputs(history=history, origin=origin, course=courses[-1].shown, digest=digest)


@dataclass(frozen=True)
class _Course:
    """All infusions of a course, and those of them that are looked at, earliest first."""

    every: tuple[Infusion, ...]
    shown: tuple[Infusion, ...]


def _courses(infusions: Sequence[Infusion], now: datetime) -> list[_Course]:
    courses = courses_of(one for one in infusions if one.at <= now)
    kept: list[_Course] = []
    for course in reversed(courses[-MOST_COURSES:]):
        kept.insert(0, _Course(tuple(course), tuple(course[-MOST_INFUSIONS:])))
        if len(course) > MOST_INFUSIONS:  # it teaches enough by itself
            break
    return kept


def _answers(first: _Course, readings: Sequence[Reading]) -> list[Reading]:
    """The readings from before the first course, moved up to its first infusion looked at, and all later."""
    begun, begins = first.every[0].at, first.shown[0].at
    before = [reading for reading in readings if begun - _REACHES_BACK <= reading.answered_at < begun]
    after = [reading for reading in readings if reading.answered_at >= begins]
    return [replace(one, answered_at=one.answered_at + (begins - begun)) for one in before] + after
