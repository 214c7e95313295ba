"""What a patient was asked and what became of it, newest first."""

from dataclasses import dataclass
from datetime import datetime

from checkin.domain.ids import PromptId
from checkin.domain.prompt import UNFINISHED, Prompt, PromptState
from checkin.domain.trajectory import hours_between
from checkin.domain.words import Text, ntext, text
from checkin.services.review_trajectory import Review
from checkin.web.therapist.times import after_words

_STATES = {
    PromptState.PLANNED: text("Planned"),
    PromptState.OPEN: text("Open now"),
    PromptState.ANSWERED: text("Answered"),
    PromptState.DECLINED: text("Said “not today”"),
    PromptState.EXPIRED: text("Not answered"),
    PromptState.CANCELLED: text("Not asked any more"),
}
_OVER = (PromptState.ANSWERED, PromptState.DECLINED, PromptState.EXPIRED)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One prompt: when it was due, how far from its infusion, what became of it."""

    due_at: datetime
    since: Text | None
    state: Text


def asked_of(review: Review, now: datetime) -> tuple[Asked, ...]:
    """Return every prompt, the latest due one first."""
    late = {check_in.prompt_id for check_in in review.check_ins if check_in.late}
    return tuple(_asked(review, prompt, late, now) for prompt in reversed(review.prompts))


def asked_words(review: Review, now: datetime) -> Text:
    """Return in a sentence how many of the check-ins that are over were answered."""
    states = [_state(prompt, now) for prompt in review.prompts if not _never_sent(prompt, now)]
    asked = sum(state in _OVER for state in states)
    if not asked:
        return text("No check-in was due yet.")
    return ntext(
        "%(answered)s of %(n)s check-in was answered.",
        "%(answered)s of %(n)s check-ins were answered.",
        asked,
        answered=states.count(PromptState.ANSWERED),
    )


def _asked(review: Review, prompt: Prompt, late: set[PromptId | None], now: datetime) -> Asked:
    state = _state(prompt, now)
    if _never_sent(prompt, now):
        words = text("Not sent")
    elif state is PromptState.ANSWERED and prompt.id in late:
        words = text("Answered late")
    else:
        words = _STATES[state]
    return Asked(
        due_at=prompt.due_at,
        since=_since(review, prompt),
        state=words,
    )


def _since(review: Review, prompt: Prompt) -> Text | None:
    for course in review.trajectory.courses:
        for series in course.series:
            if series.infusion.id == prompt.infusion_id:
                hours = hours_between(series.infusion.at, prompt.due_at)
                return after_words(hours, series, review.trajectory)
    return None


def _never_sent(prompt: Prompt, now: datetime) -> bool:
    """Whether its time ended without anybody having been told: everything was off then."""
    return _state(prompt, now) is PromptState.EXPIRED and not prompt.notified


def _state(prompt: Prompt, now: datetime) -> PromptState:
    """Its state at this moment, whether or not the scheduler has been there already."""
    if prompt.state not in UNFINISHED:
        return prompt.state
    if prompt.expires_at <= now:
        return PromptState.EXPIRED
    return PromptState.OPEN if prompt.opens_at <= now else PromptState.PLANNED
