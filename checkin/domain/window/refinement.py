"""More draws where few of the first ones fit: placed near those, and weighed so that nothing is favoured."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from checkin.domain.window.draws import FIRST, Draws, Floats, Whole, draws_at, even_points, normal_quantile
from checkin.domain.window.model import Model

ENOUGH = 400.0
"""Effective draws below which more are made."""
AT_LEAST = 200.0
"""Effective draws that an estimate rests on, whatever the scores."""
ROUNDS = 8
CENTRES = 32
NARROWER = 0.7
"""Size of the clouds around the centres, as a part of the spread of the draws that fit."""
_FIT_FOR = 100.0  # effective draws that the shape of the clouds is learned from


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Draws with the part of the baseline that each leaves at the scores so far, one row a score.

    ``favoured`` is the log of how much denser than the prior the draws were placed, to be taken off their
    evidence; ``held`` the log evidence that they were chosen by already.
    """

    draws: Draws
    left: Floats
    favoured: Floats
    held: Floats

    def __len__(self) -> int:
        return len(self.draws)

    def chosen(self, which: Whole, evidence: Floats) -> "Pool":
        """Return the draws ``which``, chosen in proportion to their weights by ``evidence``."""
        return Pool(
            draws=self.draws.take(which),
            left=self.left[:, which],
            favoured=np.zeros(len(which)),
            held=(self.held + evidence)[which],
        )


def pool_of(draws: Draws) -> Pool:
    """Return draws of the prior that have seen no score yet."""
    nothing = np.zeros(len(draws))
    return Pool(draws=draws, left=np.empty((0, len(draws))), favoured=nothing, held=nothing)


@dataclass(frozen=True, kw_only=True)
class Refinement:
    """A pool of the prior's draws and what was added to it round by round.

    ``ratios`` are of each round's density to the prior's, summed over the rounds. All draws are weighed
    against the mixture of everything that proposed them (the balance heuristic).
    """

    model: Model
    number: int
    pool: Pool
    ratios: Floats
    clouds: tuple["_Clouds", ...] = ()

    def enlarged(self, evidence: Floats, left_by: Callable[[Draws], Floats]) -> "Refinement":
        """Return the same with as many draws again as the prior's, near those that fit best."""
        pool = self.pool
        clouds = (*self.clouds, _clouds(pool.draws.coordinates, evidence - pool.favoured))
        points = clouds[-1].points(self.number, len(clouds))
        new = draws_at(self.model, points, pool.draws.normal[: self.number])
        ratios = np.concatenate(
            [
                self.ratios + clouds[-1].ratio(pool.draws.coordinates),
                sum((cloud.ratio(new.coordinates) for cloud in clouds), np.zeros(self.number)),
            ]
        )
        pool = Pool(
            draws=pool.draws.joined(new),
            left=np.hstack([pool.left, left_by(new)]),
            favoured=np.log((1 + ratios) / (1 + len(clouds))),
            held=np.zeros(len(ratios)),
        )
        return replace(self, pool=pool, ratios=ratios, clouds=clouds)


def effective(weights: Floats) -> float:
    """Return how many equally weighted draws these normalised weights are worth."""
    return float(1 / (weights @ weights))


def tempered(log_weights: Floats, power: float) -> Floats:
    """Return normalised weights, flattened by ``power`` below 1."""
    weights = np.exp(power * (log_weights - log_weights.max()))
    normalised: Floats = weights / weights.sum()
    return normalised


def calmed(evidence: Floats, favoured: Floats) -> tuple[Floats, float]:
    """Return normalised weights, and the power of the evidence in them.

    It is 1 unless even then hardly any draw fits: scores that nothing explains are believed less, just so
    much that ``AT_LEAST`` draws count and no single one decides. What the draws were chosen by already is not
    in ``evidence``: it cannot be believed less any more.
    """
    low, high = 0.0, 1.0
    weights = tempered(evidence - favoured, 1.0)
    if effective(weights) >= AT_LEAST:
        return weights, 1.0
    for _ in range(20):
        power = (low + high) / 2
        weights = tempered(power * evidence - favoured, 1.0)
        low, high = (power, high) if effective(weights) > AT_LEAST else (low, power)
    return tempered(low * evidence - favoured, 1.0), low


@dataclass(frozen=True, kw_only=True)
class _Clouds:
    """An even mixture of normal distributions of one shape around several centres (columns)."""

    centres: Floats
    root: Floats

    def points(self, number: int, turn: int) -> Floats:
        """Return ``number`` evenly spread points; every ``turn`` has its own."""
        spread = normal_quantile(even_points(number * (turn + 1), FIRST)[-number:]).T
        points: Floats = self.centres[:, np.arange(number) % self.centres.shape[1]] + self.root @ spread
        return points

    def ratio(self, coordinates: Floats) -> Floats:
        """Return this density at each column over that of the standard normal prior."""
        inverse = np.linalg.inv(self.root)
        own, centres = inverse @ coordinates, inverse @ self.centres
        squares = (own**2).sum(axis=0)[:, None] + (centres**2).sum(axis=0)[None, :] - 2 * own.T @ centres
        least = squares.min(axis=1)
        log_density = np.log(np.exp(-0.5 * (squares - least[:, None])).mean(axis=1)) - 0.5 * least
        log_density += np.log(np.diag(inverse)).sum() + 0.5 * (coordinates**2).sum(axis=0)
        ratio: Floats = np.exp(np.minimum(log_density, 500.0))
        return ratio


def _clouds(coordinates: Floats, log_weights: Floats) -> _Clouds:
    low, high = 0.0, 1.0
    for _ in range(20):
        power = (low + high) / 2
        weights = tempered(log_weights, power)
        low, high = (power, high) if effective(weights) > _FIT_FOR else (low, power)
    weights = tempered(log_weights, low)
    mean = coordinates @ weights
    centred = coordinates - mean[:, None]
    spread = (centred * weights) @ centred.T + 0.01 * np.eye(FIRST)
    steps = (np.arange(CENTRES) + 0.5) / CENTRES
    chosen = np.minimum(np.searchsorted(np.cumsum(weights), steps), len(weights) - 1)
    # Drawn in towards the mean, so that the clouds together are about as wide as what they were learned from.
    centres = mean[:, None] + np.sqrt(1 - NARROWER**2) * centred[:, chosen]
    root = np.asarray(NARROWER * np.linalg.cholesky(spread), dtype=float)
    return _Clouds(centres=centres, root=root)
