"""What the answers of one course say about the draws: importance weights, one infusion after the other."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from checkin.domain.window.curves import left_over
from checkin.domain.window.draws import Draws, Floats, Whole, next_draws
from checkin.domain.window.evidence import Fit, Judge, judge_of
from checkin.domain.window.model import Model
from checkin.domain.window.noise import Scores
from checkin.domain.window.refinement import (
    ENOUGH,
    ROUNDS,
    Pool,
    Refinement,
    calmed,
    effective,
    pool_of,
    tempered,
)

FEW = 0.25
"""Where fewer than this share of the draws count, they are drawn anew before the next infusion joins."""
NEGLIGIBLE = 1e-3
"""Of the weight: draws that together carry less than this are left out of what follows."""
_ROUNDS = 2  # how often outliers are looked for, each time without those already found


@dataclass(frozen=True)
class Posterior:
    """Weighted draws of one course with infusions at ``ends``.

    ``left`` is the part of the baseline left at each score (rows) and draw; ``baseline`` one plausible
    baseline per draw; ``totals`` the scores with outliers pulled in.
    """

    judge: Judge
    ends: Floats
    draws: Draws
    weights: Floats
    left: Floats
    baseline: Floats
    totals: Floats

    @property
    def model(self) -> Model:
        return self.judge.model

    @property
    def scores(self) -> Scores:
        return self.judge.scores

    @property
    def effective(self) -> float:
        """How many equally weighted draws these are worth."""
        return effective(self.weights)

    @cached_property
    def heavy(self) -> Whole:
        """The draws that carry all but a negligible part of the weight."""
        order = np.argsort(-self.weights, kind="stable")
        needed = int(np.searchsorted(np.cumsum(self.weights[order]), 1 - NEGLIGIBLE)) + 1
        return np.sort(order[:needed])


def weigh(model: Model, scores: Scores, ends: Floats, draws: Draws, *, numbered: int = 0) -> Posterior:
    """Return the posterior of a course with infusions at ``ends``, starting from ``draws`` for its first.

    ``numbered`` is how many infusions the patient had before this course; only where there were none are
    ``draws`` those of the prior, near which more can be made where few of them fit.
    """
    judge = judge_of(model, scores, float(ends[0]))
    number, pool, totals = len(draws), pool_of(draws), scores.totals.copy()
    fit = judge.fit(pool, totals)
    for infusion in range(len(ends)):
        if infusion:
            pool = _carried(pool, fit, number)
            draws = next_draws(model, pool.draws, numbered + infusion, new_course=False)
            pool = replace(pool, draws=draws)
        begin, stop = len(pool.left), _stop(scores, ends, infusion)
        more = left_over(pool.draws, ends[: infusion + 1], scores.hours[begin:stop])
        pool = replace(pool, left=np.vstack([pool.left, more]))
        fit = _pull_in(judge, pool, totals, begin)
        if not numbered and not infusion:
            pool, fit = _refined(judge, pool, totals, fit, ends)
    weights, _ = calmed(fit.evidence, pool.favoured)
    baseline = np.clip(fit.mean + np.sqrt(fit.variance) * pool.draws.normal, 1.0, 27.0)
    return Posterior(judge, ends, pool.draws, weights, pool.left, baseline, totals)


def _carried(pool: Pool, fit: Fit, number: int) -> Pool:
    """Return the draws for the next infusion: the same ones, or where few of them count, those that do."""
    weights, power = calmed(fit.evidence, pool.favoured)
    if len(pool) == number and effective(weights) >= FEW * number:
        return pool
    return pool.chosen(resampled(weights, number), power * fit.evidence)


def _pull_in(judge: Judge, pool: Pool, totals: Floats, begin: int, *, rounds: int = _ROUNDS) -> Fit:
    """Pull outliers among ``totals`` from ``begin`` on in, in place; return how each draw fits then."""
    fit = judge.fit(pool, totals)
    for _ in range(rounds):
        pulled = judge.pulled_in(pool, totals, fit, begin)
        if np.allclose(pulled, totals[begin : len(pool.left)], atol=1e-6):
            break
        totals[begin : len(pool.left)] = pulled
        fit = judge.fit(pool, totals)
    return fit


def _refined(judge: Judge, pool: Pool, totals: Floats, fit: Fit, ends: Floats) -> tuple[Pool, Fit]:
    """Add draws where few of the prior's fit, and pull ``totals`` in by what they say; return all draws.

    Outliers are pulled in before, so that draws are not placed where only an outlier wants them.
    """
    refinement = Refinement(model=judge.model, number=len(pool), pool=pool, ratios=np.zeros(len(pool)))
    for _ in range(ROUNDS):
        if effective(tempered(fit.evidence - refinement.pool.favoured, 1.0)) >= ENOUGH:
            break
        refinement = refinement.enlarged(
            fit.evidence, lambda new: left_over(new, ends[:1], judge.scores.hours[: len(pool.left)])
        )
        fit = _pull_in(judge, refinement.pool, totals, 0, rounds=1)
    return refinement.pool, fit


def resampled(weights: Floats, number: int) -> Whole:
    """Return ``number`` indices in proportion to ``weights``, evenly spaced."""
    steps = (np.arange(number) + 0.5) / number
    chosen: Whole = np.searchsorted(np.cumsum(weights), steps * weights.sum())
    return np.minimum(chosen, len(weights) - 1)


def _stop(scores: Scores, ends: Floats, infusion: int) -> int:
    """Return how many scores lie before the infusion after this one."""
    if infusion + 1 == len(ends):
        return len(scores)
    return int(np.searchsorted(scores.hours, ends[infusion + 1], side="right"))
