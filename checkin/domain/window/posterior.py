"""What the answers of one course say about the draws: importance weights, one infusion after the other."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from checkin.domain.window.curves import left_over
from checkin.domain.window.draws import Draws, Floats, Whole, next_draws
from checkin.domain.window.evidence import Fit, Judge, judge_of
from checkin.domain.window.model import Model
from checkin.domain.window.noise import Scores
from checkin.domain.window.refinement import Pool, calmed, refine

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
        return float(1 / (self.weights @ self.weights))

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
    number, totals = len(draws), scores.totals.copy()
    left, favoured, held = np.empty((0, number)), np.zeros(number), np.zeros(number)
    fit = judge.fit(draws, left, totals)
    for infusion in range(len(ends)):
        if infusion:
            weights, power = calmed(fit.evidence, favoured)
            if len(draws) > number or 1 / (weights @ weights) < FEW * number:
                chosen = resampled(weights, number)
                held = (held + power * fit.evidence)[chosen]
                draws, left, favoured = draws.take(chosen), left[:, chosen], np.zeros(number)
            draws = next_draws(model, draws, numbered + infusion, new_course=False)
        begin, stop = len(left), _stop(scores, ends, infusion)
        left = np.vstack([left, left_over(draws, ends[: infusion + 1], scores.hours[begin:stop])])
        fit = judge.fit(draws, left, totals, held)
        if not numbered and not infusion:
            draws, left, favoured, fit = _more(judge, ends, draws, left, totals, fit)
            held = np.zeros(len(draws))
        for _ in range(_ROUNDS):
            pulled = judge.pulled_in(draws, left, totals, fit, favoured, begin)
            if np.allclose(pulled, totals[begin:stop], atol=1e-6):
                break
            totals[begin:stop] = pulled
            fit = judge.fit(draws, left, totals, held)
    weights, _ = calmed(fit.evidence, favoured)
    baseline = np.clip(fit.mean + np.sqrt(fit.variance) * draws.normal, 1.0, 27.0)
    return Posterior(judge, ends, draws, weights, left, baseline, totals)


def resampled(weights: Floats, number: int) -> Whole:
    """Return ``number`` indices in proportion to ``weights``, evenly spaced."""
    steps = (np.arange(number) + 0.5) / number
    chosen: Whole = np.searchsorted(np.cumsum(weights), steps * weights.sum())
    return np.minimum(chosen, len(weights) - 1)


def _more(
    judge: Judge, ends: Floats, draws: Draws, left: Floats, totals: Floats, fit: Fit
) -> tuple[Draws, Floats, Floats, Fit]:
    """Add draws where few of the prior's fit; return all of them with what belongs to each."""

    def explain(new: Draws) -> tuple[Floats, Floats]:
        new_left = left_over(new, ends[:1], judge.scores.hours[: len(left)])
        return new_left, judge.fit(new, new_left, totals).evidence

    first = Pool(draws=draws, left=left, evidence=fit.evidence, favoured=np.zeros(len(draws)))
    pool = refine(judge.model, first, explain)
    if pool is first:
        return draws, left, first.favoured, fit
    return pool.draws, pool.left, pool.favoured, judge.fit(pool.draws, pool.left, totals)


def _stop(scores: Scores, ends: Floats, infusion: int) -> int:
    """Return how many scores lie before the infusion after this one."""
    if infusion + 1 == len(ends):
        return len(scores)
    return int(np.searchsorted(scores.hours, ends[infusion + 1], side="right"))
