"""Where a window stands, from its probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass

from checkin.domain.window.values import State

OPEN = 0.70
"""Probability from which a window is called open (derived: 2-5 % false calls in non-responders)."""
LIKELY = 0.50
LITTLE = 0.25
"""Two scores in a row with less improvement than this are a relapse (Ibrahim 2012)."""
ENOUGH_ANSWERS = 2


@dataclass(frozen=True, kw_only=True)
class Signs:
    """What decides the state. ``since`` holds the hours since the infusion before it of each answer after an
    infusion; ``improved`` the observed fraction improved of those after the latest, in order; probabilities
    are of the criterion."""

    has_baseline: bool
    since: Sequence[float]
    improved: Sequence[float]
    p_open: float
    p_ahead: float
    p_opened: float
    p_closed: float


def state_of(signs: Signs, *, late_enough: float) -> State:
    """Return the state; fading goes before open, and nothing is said before there are enough answers."""
    if not signs.has_baseline:
        return State.NO_BASELINE
    if len(signs.since) < ENOUGH_ANSWERS or max(signs.since) < late_enough:
        return State.TOO_EARLY
    relapsing = len(signs.improved) >= ENOUGH_ANSWERS and max(signs.improved[-ENOUGH_ANSWERS:]) < LITTLE
    if signs.p_open >= LIKELY:
        if relapsing or signs.p_ahead < LIKELY:
            return State.FADING
        return State.OPEN if signs.p_open >= OPEN else State.LIKELY
    if signs.p_opened < LIKELY:
        return State.NOT_OPEN
    return State.CLOSED if signs.p_closed >= LIKELY else State.FADING
