"""Draws that are being weighed, and how much each of them counts."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from checkin.domain.window.draws import Draws, Floats, Whole

AT_LEAST = 200.0
"""Effective draws that an estimate rests on, whatever the scores."""


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Draws with the part of the baseline that each leaves at the scores so far, one row a score.

    ``held`` is the log evidence that they were chosen by already.
    """

    draws: Draws
    left: Floats
    held: Floats

    def __len__(self) -> int:
        return len(self.draws)

    def take(self, which: Whole) -> "Pool":
        """Return some of the draws, in the order of ``which``."""
        left = np.take(self.left, which, axis=1)
        return Pool(draws=self.draws.take(which), left=left, held=self.held[which])

    def chosen(self, which: Whole, evidence: Floats) -> "Pool":
        """Return the draws ``which``, chosen in proportion to their weights by ``evidence``."""
        return replace(self, held=self.held + evidence).take(which)


def pool_of(draws: Draws, left: Floats) -> Pool:
    """Return draws of the prior; nothing has been chosen yet."""
    return Pool(draws=draws, left=left, held=np.zeros(len(draws)))


def joined(pools: Iterable[Pool]) -> Pool:
    """Return the draws of all pools, one pool after the other."""
    together = list(pools)
    return Pool(
        draws=Draws.joined([pool.draws for pool in together]),
        left=np.hstack([pool.left for pool in together]),
        held=np.concatenate([pool.held for pool in together]),
    )


def effective(weights: Floats) -> float:
    """Return how many equally weighted draws these normalised weights are worth."""
    return float(1 / (weights @ weights))


def weights_by(evidence: Floats) -> Floats:
    """Return normalised weights in proportion to what each draw's log evidence says."""
    weights = np.exp(evidence - evidence.max())
    normalised: Floats = weights / weights.sum()
    return normalised


def calmed(evidence: Floats) -> tuple[Floats, float]:
    """Return normalised weights, and the power of the evidence in them.

    It is 1 unless even then hardly any draw fits: scores that nothing explains are believed less, just so
    much that ``AT_LEAST`` draws count and no single one decides. What the draws were chosen by already is not
    in ``evidence``: it cannot be believed less any more.
    """
    low, high = 0.0, 1.0
    weights = weights_by(evidence)
    if effective(weights) >= AT_LEAST:
        return weights, 1.0
    for _ in range(20):
        power = (low + high) / 2
        weights = weights_by(power * evidence)
        low, high = (power, high) if effective(weights) > AT_LEAST else (low, power)
    return weights_by(low * evidence), low
