"""From the posterior to the window: the level at any hour, when it opens, and when it closes."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from checkin.domain.window.curves import left_over
from checkin.domain.window.draws import Floats, even_points, first_draws, normal_quantile
from checkin.domain.window.model import Model
from checkin.domain.window.noise import wandering
from checkin.domain.window.posterior import Posterior
from checkin.domain.window.values import Criterion

MEANINGFUL_POINTS, MEANINGFUL_SHARE = 5.0, 0.30
RESPONSE_SHARE = 0.50
WORSE_POINTS = 5.0
PATHS = 800
_MANY = 24  # hours from which on it pays to keep what does not depend on the patient
_BLOCK = 1024  # draws whose levels are worked out together: few enough to stay in the processor's own memory
_EARLY_STEPS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 21, 24, 27, 30, 33)


def limit(criterion: Criterion, baseline: Floats) -> Floats:
    """Return the level at or below which the criterion is met, for each baseline."""
    if criterion is Criterion.RESPONSE:
        return baseline * (1 - RESPONSE_SHARE)
    return np.minimum(baseline - MEANINGFUL_POINTS, baseline * (1 - MEANINGFUL_SHARE))


def probability_below(posterior: Posterior, hours: Floats, levels: Floats) -> Floats:
    """Return the probability that the true level is at or below ``levels`` (one per draw) at each hour."""
    below = np.zeros(len(hours))
    for kind, begin, stop in posterior.kinds():
        pull, covariance = _wandering(posterior, kind, hours)
        deviation = np.sqrt(np.maximum(np.diag(covariance), 1e-9))
        for first in range(begin, stop, _BLOCK):
            block = slice(first, min(first + _BLOCK, stop))
            middle = _middle(posterior, kind, block, hours, pull)
            middle -= levels[block]
            middle /= -deviation[:, None]
            below += _normal(middle) @ posterior.weights[block]
    return np.clip(below, 0.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class Paths:
    """Equally likely courses of the true level: one row per hour, one column per path."""

    hours: Floats
    levels: Floats
    baseline: Floats


def paths(posterior: Posterior) -> Paths:
    """Return courses from the first infusion to the horizon, and a little further."""
    hours = path_hours(posterior.model, posterior.ends)
    chosen = posterior.chosen(PATHS)
    levels = np.empty((len(hours), PATHS))
    for kind, begin, stop in chosen.kinds():
        if begin < stop:
            block = slice(begin, stop)
            pull, covariance = _wandering(posterior, kind, hours)
            root = np.linalg.cholesky(covariance + 1e-6 * np.eye(len(hours)))
            noise = root @ _normals(len(hours))[:, block]
            levels[:, block] = _middle(chosen, kind, block, hours, pull) + noise
    return Paths(hours=hours, levels=levels, baseline=chosen.baseline)


def path_hours(model: Model, ends: Floats) -> Floats:
    """Return the hours at which paths are followed: closely after each infusion, then every step."""
    unit = model.step / 6
    last = float(ends[-1]) + model.horizon + model.loss_lasts
    steady = np.arange(float(ends[0]), last + unit / 2, model.step)
    close = [end + unit * np.array(_EARLY_STEPS) for end in ends]
    return np.unique(np.concatenate([steady, *close, ends]).round(9))


def window(model: Model, ends: Floats, courses: Paths, levels: Floats) -> tuple[Floats, Floats]:
    """Return when each path first is at or below its level, and when it is lost for long; infinite for never.

    Between two hours a path is a straight line. What is not lost by the horizon closes there.
    """
    horizon = float(ends[-1]) + model.horizon
    above = courses.levels - levels
    met = above <= 0
    crossing = _crossings(courses.hours, above)
    columns = np.arange(above.shape[1])
    first = met.argmax(axis=0)
    opens = np.where(first > 0, crossing[np.maximum(first - 1, 0), columns], courses.hours[0])
    opens = np.where(met.any(axis=0) & (opens < horizon), opens, np.inf)
    regained = np.where(~met[:-1] & met[1:], crossing, np.inf)
    next_regained = np.minimum.accumulate(regained[::-1], axis=0)[::-1]
    lost = met[:-1] & ~met[1:] & (next_regained - crossing >= model.loss_lasts)
    closes = np.where(lost.any(axis=0), crossing[lost.argmax(axis=0), columns], horizon)
    return opens, np.where(np.isfinite(opens), np.minimum(closes, horizon), np.inf)


def _crossings(hours: Floats, above: Floats) -> Floats:
    """Return where each path would cross zero between two hours; of use only where it does."""
    fall = above[:-1] - above[1:]
    part = np.divide(above[:-1], fall, out=np.zeros_like(fall), where=fall != 0)
    crossings: Floats = hours[:-1, None] + np.clip(part, 0.0, 1.0) * np.diff(hours)[:, None]
    return crossings


def _wandering(posterior: Posterior, kind: int, hours: Floats) -> tuple[Floats, Floats]:
    """Return how the level at each hour (rows) follows the whitened scores, and its covariance given them."""
    model, whiten, first_end = posterior.model, posterior.judge.whitening[kind], float(posterior.ends[0])
    size = model.wander[kind][0]
    pull = wandering(model, size, first_end, hours, posterior.scores.hours) @ whiten.T
    return pull, wandering(model, size, first_end, hours, hours) - pull @ pull.T


def _middle(posterior: Posterior, kind: int, block: slice, hours: Floats, pull: Floats) -> Floats:
    """Return the expected level at each hour (rows) for a block of draws of one kind."""
    baseline = posterior.baseline[block]
    middle = _left(posterior, block, hours)
    middle *= baseline
    surprise = posterior.totals[:, None] - posterior.left[:, block] * baseline
    middle += pull @ (posterior.judge.whitening[kind] @ surprise)
    return middle


def _left(posterior: Posterior, block: slice, hours: Floats) -> Floats:
    """Return the part of the baseline left at each hour for a block of the draws.

    Draws of the prior are the same for everybody, and so are the hours after a first infusion at which
    everybody is asked about: those are kept.
    """
    if len(hours) < _MANY or posterior.of_prior is None:
        return left_over(posterior.draws.part(block), posterior.ends, hours)
    since = np.ascontiguousarray(hours - posterior.ends[0])
    return np.take(_left_of_prior(posterior.model, since.tobytes()), posterior.of_prior[block], axis=1)


@lru_cache(maxsize=6)
def _left_of_prior(model: Model, since: bytes) -> Floats:
    return left_over(first_draws(model), np.zeros(1), np.frombuffer(since))


def _normal(values: Floats) -> Floats:
    """Return the standard normal distribution function, in place; off by less than 2e-4."""
    square = values * values
    square *= 0.03528
    square += 0.7988
    values *= square
    np.tanh(values, out=values)
    values += 1
    values *= 0.5
    return values


@lru_cache(maxsize=8)
def _normals(hours: int) -> Floats:
    spread = np.random.default_rng(hours).permuted(
        np.tile(normal_quantile(even_points(PATHS, 1)[:, 0]), (hours, 1)), axis=1
    )
    return np.asarray(spread)
