"""Replanning: what changes in the prompts that are kept when an infusion's plan is made anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from checkin.domain.ids import PromptId
from checkin.domain.planner import BLOCKED, NEXT_FIRST, PAUSED, Plan
from checkin.domain.prompt import SUPERSEDED, UNFINISHED, PlannedPrompt, Prompt, PromptState
from checkin.domain.words import Text, text

_GONE = text("It is no longer part of the plan.")
_OUTSIDE = text("It no longer fits the time of the infusion, or another infusion came first.")
_UNSENT = frozenset({PromptState.PLANNED, PromptState.CANCELLED})
KEPT_REASONS: Mapping[str, Text] = {"next_infusion": NEXT_FIRST, "paused": PAUSED, "blocked": BLOCKED}
"""By the code that is kept, what tells staff more about a cancelled prompt than that the plan changed.

Whoever reads it may have no access to scores. So how a patient answered has no code of its own, and several
other causes have none either.
"""
_SEEN = frozenset({PromptState.OPEN, PromptState.ANSWERED, PromptState.DECLINED})


@dataclass(frozen=True, kw_only=True)
class Changes:
    """``add``: new prompts. ``move``: other moments, zone or questions for prompts of which nothing was sent;
    one that was cancelled comes back. ``cancel``: prompts no longer wanted, and why."""

    add: tuple[PlannedPrompt, ...]
    move: tuple[tuple[PromptId, PlannedPrompt], ...]
    cancel: tuple[tuple[PromptId, Text], ...]


def asked_steps(existing: Sequence[Prompt]) -> Mapping[str, datetime]:
    """Return the steps that were asked or answered already, and when: what ``plan`` takes as ``asked``."""
    return {prompt.step: prompt.due_at for prompt in existing if prompt.notified or prompt.state in _SEEN}


def replan(existing: Sequence[Prompt], plan: Plan, *, now: datetime) -> Changes:
    """Return how the kept prompts of one infusion become those of its new plan.

    What was sent, opened or finished never moves and is never asked again. If it is sent but not answered, it
    is cancelled once its step's new window is over, or where that does not meet its own time; else it stays.
    """
    kept = {prompt.step for prompt in existing}
    changes = [(prompt.id, _change(prompt, plan, now)) for prompt in existing]
    return Changes(
        add=tuple(prompt for prompt in plan.prompts if prompt.step not in kept),
        move=tuple((id, change) for id, change in changes if isinstance(change, PlannedPrompt)),
        cancel=tuple((id, change) for id, change in changes if isinstance(change, Text)),
    )


def kept_reason(why: Text) -> str:
    """Return the code to keep for a reason of ``Changes.cancel``."""
    return next((code for code, words in KEPT_REASONS.items() if words == why), SUPERSEDED)


def _change(prompt: Prompt, plan: Plan, now: datetime) -> PlannedPrompt | Text | None:
    """Return a prompt's new moments, the reason to cancel it, or None where it stays as it is."""
    left = next((left.reason for left in plan.not_planned if left.step == prompt.step), _GONE)
    if prompt.state in _UNSENT and not prompt.notified:
        wanted = next((wanted for wanted in plan.prompts if wanted.step == prompt.step), None)
        if wanted is not None:
            return None if _same(prompt, wanted, now) else wanted
        return left if _running(prompt, now) else None
    window = plan.windows.get(prompt.step)
    fits = window is not None and now < window.until and window.since < prompt.expires_at
    if fits or not _running(prompt, now):
        return None
    return left if window is None else _OUTSIDE


def _running(prompt: Prompt, now: datetime) -> bool:
    # A prompt past its expiry is left to expire: it was missed, not cancelled.
    return prompt.state in UNFINISHED and now < prompt.expires_at


def _same(prompt: Prompt, wanted: PlannedPrompt, now: datetime) -> bool:
    if prompt.state is PromptState.CANCELLED or prompt.instruments != wanted.instruments:
        return False
    if (prompt.opens_at, prompt.expires_at) != (wanted.opens_at, wanted.expires_at):
        return False
    if prompt.due_at <= now == wanted.due_at:
        return True  # due already and about to be sent: "at once" is no other moment
    return (prompt.due_at, prompt.remind_at, prompt.zone) == (wanted.due_at, wanted.remind_at, wanted.zone)
