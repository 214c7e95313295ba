"""More draws where few of the first ones fit: placed near those, and weighed so that nothing is favoured."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from checkin.domain.window.draws import FIRST, Draws, Floats, draws_at, even_points, normal_quantile
from checkin.domain.window.model import Model

ENOUGH = 200.0
"""Effective draws below which more are made."""
AT_LEAST = 100.0
"""Effective draws that an estimate rests on, whatever the scores."""
ROUNDS = 3
CENTRES = 32
NARROWER = 0.7
"""Size of the clouds around the centres, as a part of the spread of the draws that fit."""
_FIT_FOR = 100.0  # effective draws that the shape of the clouds is learned from


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Draws with what was computed for each; ``favoured`` is the log of how much denser the draws lie than
    the prior, to be taken off the evidence."""

    draws: Draws
    left: Floats
    evidence: Floats
    favoured: Floats

    @property
    def weights(self) -> Floats:
        """Normalised importance weights."""
        return tempered(self.evidence - self.favoured, 1.0)


def refine(model: Model, pool: Pool, judge: Callable[[Draws], tuple[Floats, Floats]]) -> Pool:
    """Return the pool, enlarged until enough draws carry weight. ``judge`` returns ``left`` and evidence.

    All draws are weighed against the mixture of everything that proposed them (the balance heuristic).
    """
    number = len(pool.draws)
    ratios = np.zeros(number)  # of each round's density to the prior's, summed over the rounds
    clouds: list[_Clouds] = []
    for _ in range(ROUNDS):
        weights = pool.weights
        if 1 / (weights @ weights) >= ENOUGH:
            break
        clouds.append(_clouds(pool))
        new = draws_at(model, clouds[-1].points(number, len(clouds)), pool.draws.normal[:number])
        left, evidence = judge(new)
        ratios = np.concatenate(
            [
                ratios + clouds[-1].ratio(pool.draws.coordinates),
                sum((cloud.ratio(new.coordinates) for cloud in clouds), np.zeros(number)),
            ]
        )
        pool = Pool(
            draws=pool.draws.joined(new),
            left=np.hstack([pool.left, left]),
            evidence=np.concatenate([pool.evidence, evidence]),
            favoured=np.log((1 + ratios) / (1 + len(clouds))),
        )
    return pool


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
    if 1 / (weights @ weights) >= AT_LEAST:
        return weights, 1.0
    for _ in range(20):
        power = (low + high) / 2
        weights = tempered(power * evidence - favoured, 1.0)
        low, high = (power, high) if 1 / (weights @ weights) > AT_LEAST else (low, power)
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


def _clouds(pool: Pool) -> _Clouds:
    log_weights = pool.evidence - pool.favoured
    low, high = 0.0, 1.0
    for _ in range(20):
        power = (low + high) / 2
        weights = tempered(log_weights, power)
        low, high = (power, high) if 1 / (weights @ weights) > _FIT_FOR else (low, power)
    weights = tempered(log_weights, low)
    coordinates = pool.draws.coordinates
    mean = coordinates @ weights
    centred = coordinates - mean[:, None]
    spread = (centred * weights) @ centred.T + 0.01 * np.eye(FIRST)
    steps = (np.arange(CENTRES) + 0.5) / CENTRES
    chosen = np.minimum(np.searchsorted(np.cumsum(weights), steps), len(weights) - 1)
    # Drawn in towards the mean, so that the clouds together are about as wide as what they were learned from.
    centres = mean[:, None] + np.sqrt(1 - NARROWER**2) * centred[:, chosen]
    root = np.asarray(NARROWER * np.linalg.cholesky(spread), dtype=float)
    return _Clouds(centres=centres, root=root)
