"""Decisions: whether the steps for responders still wait for the check-in that decides, and what it said."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from checkin.domain.clock import Interval
from checkin.domain.ids import CheckInId
from checkin.domain.person import Zone
from checkin.domain.prompt import SETTLED, Prompt, PromptState
from checkin.domain.protocol import Protocol
from checkin.domain.step_window import window_of
from checkin.domain.trajectory import Point


@dataclass(frozen=True, kw_only=True)
class Awaited:
    """The step that decides about another one, and from when until when an answer to it makes sense."""

    step: str
    window: Interval


def deciders(protocol: Protocol, end: datetime, zones: Sequence[Zone]) -> Mapping[str, Awaited]:
    """Return, for each conditional step of an infusion that ended at ``end``, the one that decides."""
    return {
        step.name: Awaited(step=decider.name, window=_window(decider.name, protocol, end, zones))
        for step in protocol.steps
        if step.condition and (decider := protocol.find_step(step.condition.response_at))
    }


def _window(step: str, protocol: Protocol, end: datetime, zones: Sequence[Zone]) -> Interval:
    found = protocol.find_step(step)
    window = None if found is None else window_of(found, end, zones)
    if window is None:
        return Interval(since=end, until=end)  # its time of day never comes: it is over before it began
    return Interval(since=window.opens_at, until=window.expires_at)


def is_over(awaited: Awaited, existing: Sequence[Prompt], now: datetime) -> bool:
    """Say whether nothing more can decide: its prompt is settled, or there is none and its time is up."""
    state = next((prompt.state for prompt in existing if prompt.step == awaited.step), None)
    if state in {None, PromptState.CANCELLED}:
        return awaited.window.until <= now
    return state in SETTLED


def responded(awaited: Awaited, answers: Collection[CheckInId], after: Sequence[Point]) -> bool:
    """Say whether the last score of the deciding step is a response; an earlier one is not carried forward.

    ``answers``: the check-ins given to its prompt. Those in its window count too, whatever they answer.
    """
    window = awaited.window
    scores = [
        point
        for point in after
        if point.check_in_id in answers or window.since <= point.answered_at < window.until
    ]
    return bool(scores) and scores[-1].outcome is not None and scores[-1].outcome.response
