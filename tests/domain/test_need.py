"""The order of the therapist's list: what outranks what, and the reason in words."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from courses import START, English, at, missed, prompt, traced
from hypothesis import given
from hypothesis import strategies as st
from support.estimate import an_estimate, placed

from checkin.domain.need import Need, Rank, need
from checkin.domain.prompt import Prompt, PromptState
from checkin.domain.window.placed import PlacedEstimate
from checkin.domain.window.values import Interval, State

WORSE = [(-2, 18), (24, 19), (48, 24)]
FADING = [(-2, 18), (24, 8), (168, 16), (216, 17)]
WELL = [(-2, 18), (4, 12), (24, 8), (48, 7)]


def found(
    scores: Sequence[tuple[float, float]],
    now: float,
    *,
    prompts: Sequence[Prompt] = (),
    alert: float | None = None,
    infusions: Sequence[float] = (0,),
) -> Need:
    trajectory = traced(scores, infusions=infusions)
    return need(trajectory, prompts, alert_raised_at=None if alert is None else at(alert), now=at(now))


def said(one: Need) -> tuple[Rank, str]:
    return one.rank, one.reason.render(English())


def test_the_five_needs_and_their_words() -> None:
    assert said(found(WELL, 51, alert=48)) == (Rank.ALERT, "Open alert, 3 hours old")
    assert said(found(WORSE, 50)) == (
        Rank.WORSE,
        "Worse: 24 of 27, 6 higher than before the infusion",
    )
    assert said(found(WELL, 76, prompts=[missed(72)])) == (
        Rank.SILENT,
        "1 check-in not answered, last heard 28 hours ago",
    )
    assert said(found(FADING, 220)) == (
        Rank.FADING,
        "Response fading: the last 2 scores are near the level before the infusion",
    )
    assert said(found(WELL, 50)) == (Rank.STABLE, "Response: at least 50 % lower than before")


def test_the_more_urgent_need_wins() -> None:
    worse_and_silent = [missed(72), missed(96)]
    assert found(WORSE, 100, prompts=worse_and_silent, alert=99).rank is Rank.ALERT
    assert found(WORSE, 100, prompts=worse_and_silent).rank is Rank.WORSE
    assert found(FADING, 300, prompts=[missed(264)]).rank is Rank.SILENT


@pytest.mark.parametrize(
    ("prompts", "now", "rank"),
    [
        ([missed(72)], 71.9, Rank.STABLE),  # not yet due
        ([missed(56)], 60, Rank.STABLE),  # missed, but heard 12 h ago
        ([missed(56)], 72, Rank.SILENT),
        ([prompt(70, PromptState.OPEN)], 72.9, Rank.STABLE),  # still open
        ([prompt(70, PromptState.OPEN)], 73, Rank.SILENT),  # closed, not yet swept
        ([prompt(70, PromptState.PLANNED)], 73, Rank.STABLE),  # nobody was told of it
        ([replace(missed(72), notified=False)], 98, Rank.STABLE),
        ([prompt(70, PromptState.CANCELLED)], 90, Rank.STABLE),
        ([prompt(70, PromptState.DECLINED)], 90, Rank.STABLE),  # "not today" is an answer
        ([missed(60), prompt(70, PromptState.DECLINED)], 93, Rank.STABLE),
        ([missed(40)], 90, Rank.STABLE),  # something came after it
        ([missed(72)], 72 + 3 + 168, Rank.SILENT),
        ([missed(72)], 72 + 3 + 169, Rank.STABLE),  # long over, nobody expects an answer
        ([], 2000, Rank.STABLE),
    ],
)
def test_silence_is_an_expected_answer_that_did_not_come(prompts, now: float, rank: Rank) -> None:
    assert found(WELL, now, prompts=prompts).rank is rank


def test_whoever_no_message_reaches_is_asked_for_before_anybody_is_called_silent() -> None:
    told = need(traced(WELL), [missed(72)], alert_raised_at=None, now=at(98), unreachable=True)
    assert said(told) == (Rank.SILENT, "Cannot be reached: no message arrives in any way")
    assert need(traced(WELL), [], alert_raised_at=at(1), now=at(98), unreachable=True).rank is Rank.ALERT


def test_silence_from_the_start() -> None:
    assert said(found([], 12, prompts=[missed(4), missed(8)])) == (
        Rank.STABLE,
        "No check-in since the infusion yet",
    )
    assert said(found([], 40, prompts=[missed(4), missed(8), missed(24)])) == (
        Rank.SILENT,
        "3 check-ins in a row not answered",
    )


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        ([], "No check-in since the infusion yet"),
        ([(24, 8)], "No score from before the infusion to compare with"),
        ([(-2, 18), (24, 11)], "Clearly lower than before, short of a response"),
        ([(-2, 18), (24, 15)], "No clear change from before"),
    ],
)
def test_what_stable_means_is_said(scores, reason: str) -> None:
    assert said(found(scores, 30)) == (Rank.STABLE, reason)


def test_without_an_infusion() -> None:
    assert said(found([(0, 12)], 5, infusions=())) == (Rank.STABLE, "No infusion yet")


def test_within_a_rank_the_more_pressing_comes_first() -> None:
    older, newer = found(WELL, 60, alert=40), found(WELL, 60, alert=55)
    act, look = found([(-2, 18), (24, 23), (48, 23)], 50), found([(-2, 18), (24, 24.9)], 50)
    longer, shorter = found(WELL, 120, prompts=[missed(72)]), found(WELL, 90, prompts=[missed(72)])
    assert older.order < newer.order < act.order < look.order < longer.order < shorter.order


@given(st.permutations(range(4)), st.integers(50, 400))
def test_the_order_of_the_prompts_does_not_matter(order: list[int], now: int) -> None:
    prompts = [missed(60), prompt(72, PromptState.DECLINED), missed(96), prompt(120, PromptState.OPEN)]
    shuffled = [prompts[index] for index in order]
    assert found(WELL, now, prompts=shuffled) == found(WELL, now, prompts=prompts)


def _window(state: State, *, closes: float = 144.0, p_ahead: float = 0.8) -> PlacedEstimate:
    """An estimate 4 days after the infusion at START."""
    interval = Interval(p10=closes - 24, p50=closes, p90=closes + 24)
    return placed(an_estimate(state=state, as_of=96.0, closes=interval, p_ahead=p_ahead), begins=START)


def _with_window(found: PlacedEstimate | None, scores: Sequence[tuple[float, float]] = WELL) -> Need:
    return need(traced(scores), [], alert_raised_at=None, now=at(97), window=found)


def test_a_window_that_fades_by_the_estimate_is_a_need() -> None:
    found = _with_window(_window(State.FADING, p_ahead=0.38))
    assert found.rank is Rank.FADING
    assert found.reason.render(English()) == "Window fading by the estimate"
    assert _with_window(_window(State.OPEN)).rank is Rank.STABLE
    later = need(
        traced(WELL), [], alert_raised_at=None, now=at(400), window=_window(State.FADING, p_ahead=0.38)
    )
    assert later.rank is Rank.STABLE, "an estimate that is over says nothing"


def test_within_a_rank_what_closes_soonest_comes_first() -> None:
    soon, late = _with_window(_window(State.OPEN, closes=130)), _with_window(_window(State.LIKELY))
    none, shut = _with_window(None), _with_window(_window(State.NOT_OPEN, closes=100))
    fading = _with_window(_window(State.FADING, closes=300))
    found = sorted([none, shut, late, soon, fading], key=lambda one: one.order)
    assert found[:3] == [fading, soon, late]


def test_whoever_got_worse_does_not_wait_for_a_window() -> None:
    worse = [(-2.0, 10.0), (24.0, 16.0)]
    much_worse = [(-2.0, 10.0), (24.0, 20.0)]
    first = _with_window(_window(State.NOT_OPEN), much_worse)
    second = _with_window(_window(State.OPEN, closes=100), worse)
    assert (first.rank, second.rank) == (Rank.WORSE, Rank.WORSE)
    assert first.order < second.order
