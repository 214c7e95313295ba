"""What the estimator and its comparators said about each patient of a cohort, beside the truth, as arrays."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import partial

import numpy as np

from benchmarks.calibration.cases import GRID, Case, Floats, Setting, Which, Whole, cases
from benchmarks.calibration.comparators import carried_forward, spline
from checkin.domain.simulator.families import Profile
from checkin.domain.window.estimator import chances, estimate
from checkin.domain.window.model import STANDARD
from checkin.domain.window.states import ENOUGH_ANSWERS, OPEN
from checkin.domain.window.values import Criterion, Interval

CRITERION = Criterion.RESPONSE
"""What windows, probabilities and appointments are judged by."""
ALL = 10_000.0
CALLS = (30.0, 54.0, 78.0)
"""Hours at which it is asked whether the window is open: with the answers of one, two and three days."""
FIRST_KNOWN, FIRST_SLOTS = 30.0, np.arange(36.0, 169.0, 12.0)
SECOND_KNOWN, SECOND_SLOTS = 96.0, np.arange(108.0, 217.0, 12.0)
FIRST_FIXED, SECOND_FIXED = 48.0, 168.0
_CHUNK = 50


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One row per patient. Probabilities and truth at ``GRID``; quantiles are NaN where nothing was said.

    ``called`` (NaN where not asked) and ``was_open`` are about meaningful improvement at ``CALLS``. ``first``
    and ``second`` hold, stacked, the probability and the truth of each slot.
    """

    chance: Floats
    truth: Floats
    carried: Floats
    spline: Floats
    ever: Floats
    opens: Floats
    closes: Floats
    true_opens: Floats
    true_closes: Floats
    answered: Floats
    non_responder: Floats
    called: Floats
    was_open: Floats
    first: Floats
    second: Floats

    def __len__(self) -> int:
        return len(self.chance)

    def where(self, chosen: Whole | Which) -> "Judged":
        """Return some of the patients."""
        return Judged(**{one.name: getattr(self, one.name)[chosen] for one in fields(self)})


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """Which patients are judged, and on what: ``slots`` adds appointments, ``calls`` calls for every other
    patient."""

    setting: Setting
    patients: int
    first_seed: int
    slots: bool = False
    calls: bool = False


def judge(cohort: Cohort, workers: Executor) -> Judged:
    """Return what is said of each patient of a cohort."""
    last = cohort.first_seed + cohort.patients
    chunks = [range(begin, min(begin + _CHUNK, last)) for begin in range(cohort.first_seed, last, _CHUNK)]
    return joined(list(workers.map(partial(_judge, cohort), chunks)))


def joined(parts: Sequence[Judged]) -> Judged:
    """Return all patients of several cohorts."""
    return Judged(
        **{one.name: np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Judged)}
    )


@contextmanager
def crew(workers: int) -> Iterator[Executor]:
    """Processes that give way to everything else on the machine."""
    with ProcessPoolExecutor(workers, initializer=_give_way) as executor:
        yield executor


def _give_way() -> None:
    os.nice(15)


def _judge(cohort: Cohort, seeds: range) -> Judged:
    rows = [_row(cohort, case) for case in cases(cohort.setting, seeds)]
    return Judged(**{one.name: np.array([row[one.name] for row in rows]) for one in fields(Judged)})


def _row(cohort: Cohort, case: Case) -> dict[str, object]:
    found = estimate(case.history, as_of=ALL, criterion=CRITERION, hours=GRID.tolist())
    opens, closes = case.window(CRITERION)
    calls = cohort.calls and case.patient.seed % 2 == 0
    return {
        "chance": [chance for _, chance in found.grid],
        "truth": case.is_open(CRITERION, GRID).astype(float),
        "carried": carried_forward(case.history, CRITERION, GRID),
        "spline": spline(case.history, CRITERION, GRID),
        "ever": found.p_ever,
        "opens": _quantiles(found.opens),
        "closes": _quantiles(found.closes),
        "true_opens": opens,
        "true_closes": closes,
        "answered": case.answered,
        "non_responder": float(case.patient.profile is Profile.NON_RESPONDER),
        "called": [_called_open(case, hour) for hour in CALLS] if calls else np.full(len(CALLS), np.nan),
        "was_open": case.is_open(Criterion.MEANINGFUL, CALLS).astype(float),
        "first": _slots(case, FIRST_KNOWN, FIRST_SLOTS, cohort.slots),
        "second": _slots(case, SECOND_KNOWN, SECOND_SLOTS, cohort.slots),
    }


def _called_open(case: Case, hour: float) -> float:
    after = [one.hours for one in case.history.until(hour).answers if one.hours >= 0]
    if len(after) < ENOUGH_ANSWERS or max(after) < STANDARD.late_enough:
        return 0.0
    (chance,) = chances(case.history, as_of=hour, hours=(hour,))
    return float(chance >= OPEN)


def _slots(case: Case, known: float, slots: Floats, wanted: bool) -> Floats:
    if not wanted:
        return np.full((2, len(slots)), np.nan)
    found = chances(case.history, as_of=known, criterion=CRITERION, hours=slots.tolist())
    return np.array([found, case.is_open(CRITERION, slots)], dtype=float)


def _quantiles(interval: Interval | None) -> list[float]:
    return [np.nan] * 3 if interval is None else [interval.p10, interval.p50, interval.p90]
