"""The true level of a simulated patient at any hour of a course."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from checkin.domain.simulator.curves import Curve, Floats


@dataclass(frozen=True, kw_only=True)
class Truth:
    """The latent total without noise or swing, 0-27, on the recorded axis.

    ``baseline`` is the level before the course's first infusion. ``ends`` are the true ends of the infusions
    (hours on the recorded axis; they differ from the recorded ones where the record is wrong). Each infusion
    removes its share of what the earlier ones have left.
    """

    baseline: float
    ends: tuple[float, ...]
    curves: tuple[Curve, ...]

    def improvement(self, hours: Sequence[float] | Floats) -> Floats:
        """Return the fraction of the baseline that is gone at each hour; below 0 is worse than before."""
        at = np.asarray(hours, dtype=float)
        left = np.ones_like(at)
        for end, curve in zip(self.ends, self.curves, strict=True):
            left = left * (1 - curve(at - end))
        return 1 - left

    def level(self, hours: Sequence[float] | Floats) -> Floats:
        """Return the latent total at each hour."""
        level: Floats = np.clip(self.baseline * (1 - self.improvement(hours)), 0.0, 27.0)
        return level


def lagged(truth: Truth, hours: Sequence[float], lag: float) -> Floats:
    """Return the level that follows the true one with a time constant of ``lag`` hours, at each hour."""
    step = 2.0
    grid = np.arange(0.0, max(max(hours, default=0.0), 0.0) + step, step)
    target = truth.level(grid + min(truth.ends))
    slow = np.empty_like(grid)
    slow[0] = truth.baseline
    keep = np.exp(-step / lag)
    for i in range(1, len(grid)):
        slow[i] = keep * slow[i - 1] + (1 - keep) * target[i]
    return np.interp(np.asarray(hours) - min(truth.ends), grid, slow)
