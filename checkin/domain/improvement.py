"""What a change in score means: the thresholds, and where one score stands against a baseline."""

from dataclasses import dataclass
from math import floor


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """A clinic may change these. Points are on the instrument's own scale, shares are parts of the baseline.

    Scores count symptoms: lower is better.
    """

    meaningful_points: float = 5.0
    """The smallest difference that matters to one person on the PHQ-9 (Löwe 2004: 5 points, 2 x SEM)."""
    meaningful_share: float = 0.30
    """Asked for as well as the points, so that 5 points off a very high score are not enough (derived)."""
    response_share: float = 0.50
    """The usual definition of response (Kroenke 2001)."""
    share_floor: float = 8.0
    """Below this baseline only points are shown: a share of so little is mostly noise (derived)."""
    worse_points: float = 5.0
    """Above the baseline: somebody should look (reliable change at 80 %: 4.5; Löwe 2004, SEM 2.5)."""
    much_worse_points: float = 7.0
    """Above the baseline: somebody should act (reliable change at 95 %: 6.9; Löwe 2004, SEM 2.5)."""
    fading_share: float = 0.25
    """Less improvement than this, seen twice in a row, is a relapse (Ibrahim 2012)."""


DEFAULT_THRESHOLDS = Thresholds()


@dataclass(frozen=True, kw_only=True)
class Change:
    """A score less its baseline: ``points`` below zero are fewer symptoms.

    ``share`` is the same as a part of the baseline (-0.5: half as much), None where the baseline is too low
    for shares. ``shown`` is what people read: the difference of the two rounded numbers, so that what stands
    on a page always adds up.
    """

    points: float
    share: float | None
    shown: int

    @property
    def percent(self) -> int | None:
        """The share in whole per cent, for reading."""
        return None if self.share is None else whole(self.share * 100)


def whole(value: float) -> int:
    """Return a score as people read it, without decimals; halves go up."""
    return floor(value + 0.5)


def change_from(baseline: float, value: float, thresholds: Thresholds = DEFAULT_THRESHOLDS) -> Change:
    """Return how far ``value`` is from ``baseline``."""
    points = value - baseline
    share = points / baseline if baseline >= thresholds.share_floor else None
    return Change(points=points, share=share, shown=whole(value) - whole(baseline))


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one change means. ``response`` is never true without a share (a low baseline); ``much_worse``
    implies ``worse``. A response on a low baseline can be too few points to be ``meaningful``."""

    meaningful: bool
    response: bool
    worse: bool
    much_worse: bool


def outcome_of(change: Change, thresholds: Thresholds = DEFAULT_THRESHOLDS) -> Outcome:
    """Return what ``change`` means; where there is no share, only the points count."""
    fewer = 0.0 if change.share is None else -change.share
    enough = change.share is None or fewer >= thresholds.meaningful_share
    return Outcome(
        meaningful=enough and -change.points >= thresholds.meaningful_points,
        response=change.share is not None and fewer >= thresholds.response_share,
        worse=change.points >= thresholds.worse_points,
        much_worse=change.points >= thresholds.much_worse_points,
    )
