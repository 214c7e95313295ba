"""How well each draw explains the scores, with the unknown baseline integrated out."""

from dataclasses import dataclass

import numpy as np

from checkin.domain.window.draws import Floats, Whole
from checkin.domain.window.model import Model
from checkin.domain.window.noise import Scores, scatter, wandering
from checkin.domain.window.pool import Pool, calmed


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Per draw: the log evidence of the scores beyond what the draws were chosen by, and mean and variance of
    the baseline given all of them."""

    evidence: Floats
    mean: Floats
    variance: Floats


@dataclass(frozen=True, kw_only=True)
class Judge:
    """Weighs draws by the first scores of a course, as many as there are rows in ``left``.

    ``left`` is the part of the baseline that each draw (columns) leaves at each score (rows): scores are
    jointly normal and linear in the baseline. ``whitening`` is, per kind of wandering, the inverse Cholesky
    factor of the scores' covariance; its leading part belongs to the first scores.
    """

    model: Model
    scores: Scores
    whitening: tuple[Floats, ...]

    def fit(self, pool: Pool, totals: Floats) -> Fit:
        """Return how well each draw explains ``totals``, the scores with outliers pulled in."""
        draws, left = pool.draws, pool.left
        mean, deviation = self.model.baseline
        number, seen = len(draws), len(left)
        fit = Fit(evidence=np.empty(number), mean=np.empty(number), variance=np.empty(number))
        for kind, whitening in enumerate(self.whitening):
            these = np.flatnonzero(draws.kind == kind)
            whiten = whitening[:seen, :seen]
            white_left, white_totals = whiten @ np.take(left, these, axis=1), whiten @ totals[:seen]
            precision = deviation**-2 + np.einsum("ij,ij->j", white_left, white_left)
            centre = (mean * deviation**-2 + white_totals @ white_left) / precision
            fit.evidence[these] = (
                0.5 * (centre**2 * precision - np.log(precision) - white_totals @ white_totals)
                + np.log(np.diag(whiten)).sum()
            )
            fit.mean[these], fit.variance[these] = centre, 1 / precision
        fit.evidence[:] -= pool.held
        return fit

    def doubted(self, pool: Pool, totals: Floats, fit: Fit, which: Whole) -> tuple[Floats, Floats]:
        """Return the scores ``which``, none further from what all others say than the model allows, and how
        far each was from that in SDs.

        What others say is a mixture over the draws, each weighed without the score in question. A score that
        is pulled in still pulls as far as it may, so that a lower one never argues for less improvement.
        """
        means, variances = self._from_others(pool, totals, fit, which)
        own = -0.5 * ((totals[which, None] - means) ** 2 / variances + np.log(variances))
        _, power = calmed(fit.evidence)
        without = power * (fit.evidence - own)
        weights = np.exp(without - without.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        mean = np.einsum("ij,ij->i", weights, means)
        deviation = np.sqrt(np.einsum("ij,ij->i", weights, variances + (means - mean[:, None]) ** 2))
        away = (self.scores.totals[which] - mean) / deviation
        return mean + np.clip(away, -self.model.outlier, self.model.outlier) * deviation, np.abs(away)

    def _from_others(self, pool: Pool, totals: Floats, fit: Fit, which: Whole) -> tuple[Floats, Floats]:
        """Return mean and variance of each score of ``which`` given all others, for each draw."""
        seen, number = len(pool.left), len(pool)
        means, variances = np.empty((len(which), number)), np.empty((len(which), number))
        for kind, whitening in enumerate(self.whitening):
            these = np.flatnonzero(pool.draws.kind == kind)
            whiten = whitening[:seen, :seen]
            back = whiten[:, which].T
            white_left = whiten @ np.take(pool.left, these, axis=1)
            surprise = back @ ((whiten @ totals[:seen])[:, None] - white_left * fit.mean[these])
            shared = back @ white_left
            precision = np.einsum("ij,ij->i", back, back)[:, None] - shared**2 * fit.variance[these]
            means[:, these] = totals[which, None] - surprise / precision
            variances[:, these] = 1 / precision
        return means, variances


def judge_of(model: Model, scores: Scores, first_end: float) -> Judge:
    """Return the judge of a course whose first infusion ended at ``first_end``."""
    around = scatter(model, scores)
    whitening = tuple(
        np.linalg.inv(
            np.linalg.cholesky(around + wandering(model, size, first_end, scores.hours, scores.hours))
        )
        for size, _ in model.wander
    )
    return Judge(model=model, scores=scores, whitening=whitening)
