"""Figures of merit with their standard errors, by drawing the patients again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from benchmarks.calibration.cases import GRID, Floats, Which, Whole
from benchmarks.calibration.judged import CALLS, Judged

CORE = (GRID >= 24) & (GRID <= 96)
"""Hours at which ranking is judged: when a first appointment lies."""
_AGAIN = 40


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A value and its standard error; both NaN where there is nothing to measure."""

    value: float
    error: float

    def __str__(self) -> str:
        return "–" if np.isnan(self.value) else f"{self.value:.3f} ±{self.error:.3f}"

    def reaches(self, least: float) -> bool:
        """Say whether it is at least ``least``, give or take two standard errors."""
        return bool(self.value + 2 * self.error >= least)

    def stays_below(self, most: float) -> bool:
        """Say whether it is at most ``most``, give or take two standard errors."""
        return bool(self.value - 2 * self.error <= most)


def measured(what: Callable[[Sequence[Judged]], float], *cohorts: Judged) -> Figure:
    """Return ``what`` of the cohorts; the error comes from drawing their patients again and again.

    Families of one size are made from the same seeds: the same people with other courses, whose baselines,
    habits and noise are alike. They are drawn together, for apart they would seem to tell more than they do.
    """
    rng = np.random.default_rng(1)
    again = []
    for _ in range(_AGAIN):
        people = {size: rng.integers(size, size=size) for size in dict.fromkeys(map(len, cohorts))}
        drawn = [_Drawn(one, people[len(one)]) for one in cohorts]
        again.append(what(cast(Sequence[Judged], drawn)))
    finite = [value for value in again if np.isfinite(value)]
    error = float(np.std(finite, ddof=1)) if len(finite) > 1 else np.nan
    return Figure(value=what(cohorts), error=error)


class _Drawn:
    """Some patients of a cohort, some of them more than once; only what is asked for is copied."""

    def __init__(self, cohort: Judged, which: Whole) -> None:
        self._cohort, self._which = cohort, which

    def __len__(self) -> int:
        return len(self._which)

    def __getattr__(self, name: str) -> Floats:
        rows: Floats = getattr(self._cohort, name)[self._which]
        return rows


def brier(chances: Callable[[Judged], Floats]) -> Callable[[Sequence[Judged]], float]:
    """Return the mean squared distance from the truth; each cohort counts the same."""
    return lambda cohorts: float(np.mean([((chances(one) - one.truth) ** 2).mean() for one in cohorts]))


def ratio(cohorts: Sequence[Judged]) -> float:
    """Return the estimate's Brier score as a part of that of the last score carried forward."""
    carried = of_carried(cohorts)
    return of_estimate(cohorts) / carried if carried else np.nan


of_estimate = brier(lambda one: one.chance)
of_carried = brier(lambda one: one.carried)
of_spline = brier(lambda one: one.spline)


def auc(cohorts: Sequence[Judged]) -> float:
    """Return how surely an open hour gets a higher probability than a closed one, 24 to 96 h after."""
    return area(
        np.concatenate([one.chance[:, CORE].ravel() for one in cohorts]),
        np.concatenate([one.truth[:, CORE].ravel() for one in cohorts]),
    )


def area(chances: Floats, truth: Floats) -> float:
    """Return the area under the curve; NaN where all are of one kind."""
    is_open = truth > 0
    many, few = int(is_open.sum()), int((~is_open).sum())
    if not many or not few:
        return np.nan
    values, place, counts = np.unique(chances, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    return float((ranks[place][is_open].sum() - many * (many + 1) / 2) / (many * few))


def coverage(quantiles: Callable[[Judged], Floats], true: Callable[[Judged], Floats]) -> Callable[..., float]:
    """Return how often the truth lies in the 80 % interval, where it opens and something was said."""

    def covered(cohorts: Sequence[Judged]) -> float:
        inside = []
        for one in cohorts:
            at, said = true(one), quantiles(one)
            counted = np.isfinite(at) & np.isfinite(said[:, 0])
            inside.append((said[counted, 0] <= at[counted] + 0.5) & (at[counted] <= said[counted, 2] + 0.5))
        together = np.concatenate(inside)
        return float(together.mean()) if len(together) else np.nan

    return covered


closes_covered = coverage(lambda one: one.closes, lambda one: one.true_closes)
opens_covered = coverage(lambda one: one.opens, lambda one: one.true_opens)


def end_error(middle: Callable[[Floats], float]) -> Callable[[Sequence[Judged]], float]:
    """Return the distance in hours of the middle of "closes" from the truth, where both found a window."""

    def error(cohorts: Sequence[Judged]) -> float:
        apart = np.concatenate([np.abs(one.closes[:, 1] - one.true_closes)[_found(one)] for one in cohorts])
        return middle(apart) if len(apart) else np.nan

    return error


def _found(one: Judged) -> Which:
    found: Which = np.isfinite(one.true_closes) & np.isfinite(one.closes[:, 1]) & (one.ever >= 0.5)
    return found


mean_end_error = end_error(lambda apart: float(apart.mean()))
median_end_error = end_error(lambda apart: float(np.median(apart)))


def false_open(cohorts: Sequence[Judged]) -> float:
    """Return how many are called open of those who truly are not; the worst of the hours of ``CALLS``."""
    return max(_called(cohorts, call, truly=0.0) for call in range(len(CALLS)))


def missed_open(cohorts: Sequence[Judged]) -> float:
    """Return how many are not called open of those who truly are, over all of ``CALLS``."""
    return float(np.mean([1 - _called(cohorts, call, truly=1.0) for call in range(len(CALLS))]))


def _called(cohorts: Sequence[Judged], call: int, *, truly: float) -> float:
    called = np.concatenate([one.called[one.was_open[:, call] == truly, call] for one in cohorts])
    return _share(called[np.isfinite(called)])


def inside(slots: Callable[[Judged], Floats], fixed: int | None) -> Callable[[Sequence[Judged]], float]:
    """Return the share of appointments in the truly open window, of patients with an open slot at all.

    The slot is the likeliest one (the first of equals), or always slot number ``fixed``.
    """

    def share(cohorts: Sequence[Judged]) -> float:
        kept = []
        for one in cohorts:
            chances, truth = slots(one)[:, 0], slots(one)[:, 1]
            chosen = chances.argmax(axis=1) if fixed is None else np.full(len(one), fixed)
            hit = truth[np.arange(len(one)), chosen]
            kept.append(hit[truth.any(axis=1)])
        return _share(np.concatenate(kept))

    return share


def better_than(slots: Callable[[Judged], Floats], fixed: int) -> Callable[[Sequence[Judged]], float]:
    """Return by how much the estimate's appointments lie inside more often than the fixed ones."""
    return lambda cohorts: inside(slots, None)(cohorts) - inside(slots, fixed)(cohorts)


def _share(hits: Floats) -> float:
    return float(hits.mean()) if len(hits) else np.nan
