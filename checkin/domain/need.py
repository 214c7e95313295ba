"""Who needs a look first: the order of the therapist's list, each place with its reason in words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum

from checkin.domain.improvement import whole
from checkin.domain.prompt import UNFINISHED, Prompt, PromptState
from checkin.domain.standing import change_words, faded, score_words, span_words, standing, worsening
from checkin.domain.trajectory import Trajectory, hours_between
from checkin.domain.window.placed import PlacedEstimate
from checkin.domain.window.sentence import closing, over
from checkin.domain.window.values import State
from checkin.domain.words import Text, ntext, text

QUIET = timedelta(hours=24)
"""A missed prompt counts as silence only when the last answer is at least this old: one in five is missed."""

EXPECTED = timedelta(days=7)
"""Once the last missed prompt closed this long ago (the widest planned distance), no answer is expected."""


class Rank(IntEnum):
    """The five kinds of need, most urgent first."""

    ALERT = 1
    WORSE = 2
    SILENT = 3
    FADING = 4
    STABLE = 5


@dataclass(frozen=True, kw_only=True)
class Need:
    """One patient's place in the list. Within a rank what is ``closing`` soonest comes first, the middle of
    when the window closes; then more ``weight`` does. Whoever needs help is not kept waiting by a window:
    the first three ranks go by weight alone.
    """

    rank: Rank
    reason: Text
    weight: float = 0.0
    closing: datetime | None = None

    @property
    def order(self) -> tuple[int, bool, float, float]:
        """Sort by this; then by a name or an id, so that rows do not change places by chance."""
        soon = 0.0 if self.closing is None else self.closing.timestamp()
        return (self.rank, self.closing is None, soon, -self.weight)


def need(
    trajectory: Trajectory,
    prompts: Sequence[Prompt],
    *,
    alert_raised_at: datetime | None,
    now: datetime,
    window: PlacedEstimate | None = None,
    unreachable: bool = False,
) -> Need:
    """Return the most urgent need of one patient at ``now``.

    ``unreachable``: check-ins are to come and no message about them can arrive.

    ``alert_raised_at`` is the oldest alert still open, ``window`` the last estimate. Prompts may be all or
    only the recent ones; those of cancelled or coming moments do not count, and "not today" counts as an
    answer.
    """
    silent = _silent(trajectory, prompts, now)
    if unreachable:
        words = text("Cannot be reached: no message arrives in any way")
        silent = Need(rank=Rank.SILENT, reason=words, weight=silent.weight if silent else 0.0)
    urgent = _alert(alert_raised_at, now) or _worse(trajectory) or silent
    if urgent is not None:
        return urgent
    found = _fading(trajectory) or _window_fading(window, now) or _stable(trajectory, now)
    return found if window is None else replace(found, closing=closing(window, now))


def _alert(raised_at: datetime | None, now: datetime) -> Need | None:
    if raised_at is None:
        return None
    age = hours_between(raised_at, now)
    return Need(rank=Rank.ALERT, reason=text("Open alert, %(age)s old", age=span_words(age)), weight=age)


def _worse(trajectory: Trajectory) -> Need | None:
    course = trajectory.current
    series = course.series[-1] if course else None
    found = worsening(series) if series else None
    if series is None or found is None or found.point.change is None:
        return None
    reason = text(
        "Worse: %(score)s, %(change)s",
        score=score_words(found.point.value, found.point.maximum),
        change=change_words(found.point.change.shown, series),
    )
    # Somebody who needs an act comes before somebody who needs a look, whatever the points.
    weight = found.point.change.points + (found.point.maximum if found.act else 0)
    return Need(rank=Rank.WORSE, reason=reason, weight=weight)


def _silent(trajectory: Trajectory, prompts: Sequence[Prompt], now: datetime) -> Need | None:
    declined = [prompt.due_at for prompt in prompts if prompt.state is PromptState.DECLINED]
    answered = [trajectory.last_answered_at] if trajectory.last_answered_at else []
    heard = max(answered + declined, default=None)
    missed = [p for p in prompts if _closed_unanswered(p, now) and (heard is None or p.due_at > heard)]
    if not missed or now - max(prompt.expires_at for prompt in missed) > EXPECTED:
        return None
    since = heard or min(prompt.due_at for prompt in missed)
    if now - since < QUIET:
        return None
    reason = ntext("%(n)s check-in not answered", "%(n)s check-ins in a row not answered", len(missed))
    if heard is not None:
        age = span_words(hours_between(heard, now))
        reason = text("%(missed)s, last heard %(age)s ago", missed=reason, age=age)
    return Need(rank=Rank.SILENT, reason=reason, weight=hours_between(since, now))


def _closed_unanswered(prompt: Prompt, now: datetime) -> bool:
    """Whether the patient was told of it and did not answer; what was never sent is not their silence."""
    if not prompt.notified:
        return False
    unnoticed = prompt.state in UNFINISHED and prompt.expires_at <= now
    return unnoticed or (prompt.state is PromptState.EXPIRED and prompt.due_at <= now)


def _fading(trajectory: Trajectory) -> Need | None:
    if trajectory.current is None or not faded(trajectory):
        return None
    reason = text("Response fading: the last 2 scores are near the level before the infusion")
    last = trajectory.current.after[-1]
    return Need(rank=Rank.FADING, reason=reason, weight=last.change.points if last.change else 0.0)


def _window_fading(window: PlacedEstimate | None, now: datetime) -> Need | None:
    if window is None or window.estimate.state is not State.FADING or over(window, now):
        return None
    reason = text("Window fading by the estimate")
    return Need(rank=Rank.FADING, reason=reason)


def _stable(trajectory: Trajectory, now: datetime) -> Need:
    here = standing(trajectory, now)
    if here is None:
        return Need(rank=Rank.STABLE, reason=text("No infusion yet"))
    if not here.series.after:
        return Need(rank=Rank.STABLE, reason=text("No check-in since the infusion yet"))
    outcome = here.series.after[-1].outcome
    if outcome is None:
        return Need(rank=Rank.STABLE, reason=text("No score from before the infusion to compare with"))
    if outcome.response:
        percent = whole(trajectory.thresholds.response_share * 100)
        reason = text("Response: at least %(percent)s %% lower than before", percent=percent)
        return Need(rank=Rank.STABLE, reason=reason)
    if outcome.meaningful:
        return Need(rank=Rank.STABLE, reason=text("Clearly lower than before, short of a response"))
    return Need(rank=Rank.STABLE, reason=text("No clear change from before"))
