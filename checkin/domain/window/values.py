"""What goes into an estimate and what comes out of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Criterion(StrEnum):
    """What counts as open, on the true level against the one before the course's first infusion.

    ``MEANINGFUL``: at least 5 points and 30 % lower. ``RESPONSE``: at least 50 % lower.
    """

    MEANINGFUL = "meaningful"
    RESPONSE = "response"


class State(StrEnum):
    """Where the window stands; what it takes is in ``checkin.domain.window.states``."""

    NO_BASELINE = "no_baseline"
    TOO_EARLY = "too_early"
    NOT_OPEN = "not_open"
    LIKELY = "likely"
    OPEN = "open"
    FADING = "fading"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True, order=True)
class Answer:
    """One score (0-27) at the true hour of its answering. ``early``: from the form that is scaled up."""

    hours: float
    score: float
    early: bool = False


@dataclass(frozen=True, kw_only=True)
class History:
    """What is known of one patient, on the axis "hours since the END of the first infusion".

    ``infusions`` are the hours of their ENDs, the first 0; answers before it are its baselines. The order of
    neither matters.
    """

    infusions: tuple[float, ...]
    answers: tuple[Answer, ...]

    def until(self, hours: float) -> "History":
        """Return what was known at ``hours``; the first infusion is the axis and always stays."""
        first = min(self.infusions)
        return History(
            infusions=tuple(at for at in self.infusions if at <= hours or at == first),
            answers=tuple(answer for answer in self.answers if answer.hours <= hours),
        )


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Hours that a moment lies before with a probability of 10, 50 and 90 %."""

    p10: float
    p50: float
    p90: float


@dataclass(frozen=True, kw_only=True)
class Level:
    """The likely true level at one hour, in points: the range that holds 8 of 10, and its middle."""

    hours: float
    p10: float
    p50: float
    p90: float


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """The window of the latest course, as of one hour.

    ``p_open``: the probability that the criterion is met now; ``p_ahead`` a day later; ``p_ever`` that it is
    met at any hour of the course up to the horizon. ``opens`` and ``closes`` are given that it opens, and
    None where that is less likely than 10 %. ``grid`` holds (hour, probability); ``levels`` the fan of the
    true level at the same hours. ``p_worse``: the probability that the true level is 5 points above the
    baseline now. ``effective``: how many draws the estimate rests on.
    """

    as_of: float
    criterion: Criterion
    state: State
    p_open: float
    p_ahead: float
    p_ever: float
    p_worse: float
    opens: Interval | None
    closes: Interval | None
    grid: Sequence[tuple[float, float]]
    levels: Sequence[Level]
    effective: float
