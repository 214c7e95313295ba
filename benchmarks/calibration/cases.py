"""Simulated patients as the estimator sees them, beside the truth it is judged by."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from checkin.domain.simulator.compliance import TWELVE_STEPS, Due
from checkin.domain.simulator.families import Family, Profile
from checkin.domain.simulator.patient import CLEAN, Dirt, SimulatedPatient, simulate
from checkin.domain.simulator.rows import draw_course
from checkin.domain.window.values import Answer, Criterion, History

Floats = NDArray[np.float64]
Whole = NDArray[np.intp]
Which = NDArray[np.bool_]

HORIZON = 336.0
LOSS_LASTS = 12.0
GRID = np.arange(0.0, HORIZON + 1, 6.0)
"""Hours at which probabilities are judged."""
_FINE = 0.5


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How a cohort is made. ``schedule``: hours of the check-ins after an infusion."""

    kind: Family | Profile
    schedule: tuple[float | Due, ...] = TWELVE_STEPS
    completion: float = 0.75
    courses: bool = False
    missing_when_worse: bool = False
    dirt: Dirt = field(default=CLEAN)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One patient. ``answered`` is the share of check-ins after the infusion that were answered."""

    patient: SimulatedPatient
    history: History
    answered: float

    @property
    def baseline(self) -> float:
        """The true level before the first infusion."""
        return self.patient.truth.baseline

    def is_open(self, criterion: Criterion, hours: Floats | Sequence[float]) -> Which:
        """Say whether the criterion is truly met at each hour."""
        met: Which = self.patient.truth.level(hours) <= limit_of(criterion, self.baseline)
        return met

    def window(self, criterion: Criterion) -> tuple[float, float]:
        """Return when the window truly opens and closes; infinite where it never does."""
        last = self.history.infusions[-1] + HORIZON
        hours = np.arange(0.0, last + LOSS_LASTS + _FINE, _FINE)
        return first_window(hours, self.is_open(criterion, hours), last)


def cases(setting: Setting, seeds: range) -> Iterator[Case]:
    """Return one patient for each seed."""
    for seed in seeds:
        patient = simulate(
            setting.kind,
            seed=seed,
            schedule=setting.schedule,
            completion=setting.completion,
            infusions=draw_course(seed) if setting.courses else (0.0,),
            missing_when_worse=setting.missing_when_worse,
            dirt=setting.dirt,
        )
        answers = tuple(
            Answer(hours=one.answered, score=one.score, early=one.early)
            for one in patient.check_ins
            if one.answered is not None and one.score is not None
        )
        after = [one for one in patient.check_ins if not one.baseline and not one.duplicate]
        yield Case(
            patient=patient,
            history=History(infusions=patient.infusions, answers=answers),
            answered=sum(one.answered is not None for one in after) / len(after),
        )


def limit_of(criterion: Criterion, baseline: float) -> float:
    """Return the level at or below which the criterion is met."""
    if criterion is Criterion.RESPONSE:
        return 0.5 * baseline
    return min(baseline - 5, 0.7 * baseline)


def first_window(hours: Floats, met: Which, last: float) -> tuple[float, float]:
    """Return the first hour at which it is open, and of the first loss that lasts; ``last`` at the latest."""
    opening = np.flatnonzero(met & (hours <= last))
    if not len(opening):
        return np.inf, np.inf
    first = int(opening[0])
    lost = np.flatnonzero(met[first:-1] & ~met[first + 1 :]) + first + 1
    for loss in lost:
        again = np.flatnonzero(met[loss:])
        until = hours[loss + again[0]] if len(again) else np.inf
        if until - hours[loss] >= LOSS_LASTS:
            return float(hours[first]), float(min(hours[loss], last))
    return float(hours[first]), last
