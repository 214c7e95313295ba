"""Scales: from a value to a place on the drawing, through one method, ``project``."""

from dataclasses import dataclass
from math import sqrt
from typing import Protocol


class Scale(Protocol):
    """What turns a value into a coordinate."""

    def project(self, value: float) -> float: ...


@dataclass(frozen=True, kw_only=True)
class Linear:
    """``low`` lies at ``start``, ``high`` at ``end``; values outside stay at the nearer end."""

    low: float
    high: float
    start: float
    end: float

    def project(self, value: float) -> float:
        inside = min(max(value, self.low), self.high)
        part = (inside - self.low) / (self.high - self.low)
        return self.start + part * (self.end - self.start)


@dataclass(frozen=True, kw_only=True)
class Hours:
    """Hours since the end of an infusion, from ``earliest`` (zero or below) to ``latest`` (above zero).

    What came before lies between ``left`` and ``zero``, what came after between ``zero`` and ``right``. The
    time before is always drawn by its square root, which keeps the last hours apart; the time after as well
    if ``early_wide``, so that 4 hours and 28 days can be read on one axis.
    """

    earliest: float
    latest: float
    left: float
    zero: float
    right: float
    early_wide: bool

    def project(self, value: float) -> float:
        if value < 0:
            part = sqrt(min(1.0, value / self.earliest)) if self.earliest else 1.0
            return self.zero - part * (self.zero - self.left)
        part = min(1.0, value / self.latest)
        return self.zero + (sqrt(part) if self.early_wide else part) * (self.right - self.zero)
