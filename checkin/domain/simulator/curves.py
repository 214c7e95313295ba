"""True courses of improvement after one infusion: small values that know their size at any hour.

A curve maps hours since the END of its infusion to the fraction of what was left before it that is gone:
0 nothing, 1 everything, below 0 worse than before. It is 0 up to the infusion.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Curve(Protocol):
    """Improvement at each of ``hours`` since the end of the infusion."""

    def __call__(self, hours: Floats) -> Floats: ...


@dataclass(frozen=True, kw_only=True)
class Plateau:
    """Rises with ``onset`` (h), holds, has lost half at ``half`` (h); ``steepness`` of the loss."""

    size: float
    onset: float
    half: float
    steepness: float

    def __call__(self, hours: Floats) -> Floats:
        after = np.maximum(hours, 0.0)
        rise = -np.expm1(-after / self.onset)
        fade = 1 + (after / self.half) ** self.steepness
        improvement: Floats = self.size * rise / fade
        return improvement


@dataclass(frozen=True, kw_only=True)
class Cliff:
    """Switches on around ``onset``, stays flat until ``falls``, then collapses in ``collapse`` hours.

    ``rest`` is the improvement left afterwards; below 0 the patient ends up worse than before.
    """

    size: float
    onset: float
    falls: float
    collapse: float
    rest: float

    def __call__(self, hours: Floats) -> Floats:
        switch = 1 / (1 + np.exp(-np.clip((hours - self.onset) / (self.onset / 5), -40, 40)))
        gone = np.clip((hours - self.falls) / self.collapse, 0.0, 1.0)
        improvement: Floats = np.where(hours > 0, switch * (self.size + gone * (self.rest - self.size)), 0.0)
        return improvement


@dataclass(frozen=True, kw_only=True)
class TwoPhase:
    """An afterglow that is gone within a day, and a slow part that sets in after ``delay`` hours."""

    afterglow: float
    afterglow_fades: float
    slow: float
    slow_fades: float
    delay: float

    def __call__(self, hours: Floats) -> Floats:
        after = np.maximum(hours, 0.0)
        first = self.afterglow * -np.expm1(-after) * np.exp(-after / self.afterglow_fades)
        second = self.slow * -np.expm1(-after / self.delay) * np.exp(-after / self.slow_fades)
        improvement: Floats = np.minimum(first + second, 1.0)
        return improvement


@dataclass(frozen=True, kw_only=True)
class Jumps:
    """Well or ill, nothing between: starts ill and changes side at each of ``changes`` (h, ascending)."""

    size: float
    changes: tuple[float, ...]

    def __call__(self, hours: Floats) -> Floats:
        side = np.searchsorted(np.array(self.changes), hours, side="right") % 2
        improvement: Floats = self.size * side.astype(float)
        return improvement


@dataclass(frozen=True, kw_only=True)
class Lasting:
    """A constant change that builds up with ``onset`` (h) and stays; ``size`` 0 is no effect at all."""

    size: float
    onset: float

    def __call__(self, hours: Floats) -> Floats:
        improvement: Floats = self.size * -np.expm1(-np.maximum(hours, 0.0) / self.onset)
        return improvement
