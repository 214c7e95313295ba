"""Baselines: what a person scored just before an infusion, and how much their scores vary by themselves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from checkin.domain.reading import Reading

DAY_OF = timedelta(hours=4)
"""The check-in of the day: at most 3 h before the infusion, and up to an hour that it runs (END counts)."""
EVENING_BEFORE = timedelta(hours=36)
"""The evening before lies at most this far back, whatever the hour of the infusion."""
WEEK_BEFORE = timedelta(days=7)
"""How far back a score may lie when there is none from the evening or the day; first infusions only."""

NOISE = 2.5
"""Points: the standard error of one PHQ-9 (Löwe 2004: half of the 5 points that make 2 SEM)."""
NOISE_WEIGHT = 10
"""How many pairs of a person's own scores it takes to weigh as much as the published figure (assumed)."""
BAND_WIDTH = 1.28
"""Standard deviations to either side that hold 8 of 10 scores of somebody who does not change."""


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """The mean of one or two readings before an infusion, earliest first.

    ``close`` says that they are from the evening before or the day itself, not from the week before.
    """

    value: float
    readings: tuple[Reading, ...]
    close: bool


def baseline_before(end: datetime, readings: Sequence[Reading], *, first_of_course: bool) -> Baseline | None:
    """Return the baseline of the infusion that ended at ``end``, or None where nothing was answered in time.

    It is the mean of the last reading in the 4 h before ``end`` and the last one in the 32 h before those;
    with only one of the two, that one. With neither, before the first infusion of a course, the last reading
    of the 7 days before; later in a course such a reading would be from the time after the earlier infusion.
    """
    in_order = sorted(readings, key=lambda reading: (reading.answered_at, reading.check_in_id))
    day_of = _last_between(in_order, end - DAY_OF, end)
    evening = _last_between(in_order, end - EVENING_BEFORE, end - DAY_OF)
    close = tuple(reading for reading in (evening, day_of) if reading is not None)
    if close:
        return Baseline(value=_mean(close), readings=close, close=True)
    week = _last_between(in_order, end - WEEK_BEFORE, end - EVENING_BEFORE) if first_of_course else None
    return None if week is None else Baseline(value=week.value, readings=(week,), close=False)


def own_noise(baselines: Iterable[Baseline]) -> float:
    """Return the standard deviation, in points, of this person's scores while nothing changes.

    It starts at the published figure; each baseline of two readings moves it toward the person's own.
    Give only baselines from before a course: later ones hold real change.
    """
    pairs = [baseline.readings for baseline in baselines if len(baseline.readings) == 2]
    squares = sum((first.value - second.value) ** 2 / 2 for first, second in pairs)
    return sqrt((NOISE_WEIGHT * NOISE**2 + squares) / (NOISE_WEIGHT + len(pairs)))


def noise_band(baseline: Baseline, noise: float, maximum: float) -> tuple[float, float]:
    """Return the interval that holds 8 of 10 further scores if nothing changes, within 0..``maximum``."""
    half = BAND_WIDTH * noise * sqrt(1 + 1 / len(baseline.readings))
    return max(0.0, baseline.value - half), min(maximum, baseline.value + half)


def _last_between(in_order: Sequence[Reading], since: datetime, until: datetime) -> Reading | None:
    found = [reading for reading in in_order if since <= reading.answered_at < until]
    return found[-1] if found else None


def _mean(readings: tuple[Reading, ...]) -> float:
    return sum(reading.value for reading in readings) / len(readings)
