"""The estimator with several infusions: each adds to the one before, and each course teaches the next."""

from dataclasses import replace

import pytest
from scored import STEADY, history

from checkin.domain.window.estimator import estimate
from checkin.domain.window.model import STANDARD
from checkin.domain.window.values import Answer, Estimate, History, State


def test_each_infusion_of_a_course_adds_to_the_one_before() -> None:
    once = history((24.0, 12.0), (44.0, 12.0))
    again = replace(once, infusions=(0.0, 48.0), answers=(*once.answers, Answer(hours=72.0, score=8.0)))
    before, after = estimate(once, as_of=46.0), estimate(again, as_of=73.0)
    assert after.p_open > before.p_open
    assert after.grid[-1][0] == 48 + STANDARD.horizon


def test_scores_from_before_an_infusion_are_no_relapse_after_it() -> None:
    faded = history((24.0, 3.0), (48.0, 4.0), (100.0, 14.0), (120.0, 14.0))
    assert estimate(faded, as_of=122.0).state in {State.FADING, State.CLOSED}
    again = replace(faded, infusions=(0.0, 124.0))
    assert estimate(again, as_of=130.0).state is State.OPEN
    once_more = (Answer(hours=150.0, score=13.0), Answer(hours=156.0, score=13.0))
    relapsed = estimate(replace(again, answers=(*faded.answers, *once_more)), as_of=156.0)
    assert relapsed.state in {State.FADING, State.CLOSED}


def test_an_earlier_course_teaches_about_the_next() -> None:
    def with_first(score: float) -> Estimate:
        first = tuple(Answer(hours=hour, score=score) for hour in (24.0, 48.0, 72.0, 120.0))
        before = (Answer(hours=-2.0, score=17.0), Answer(hours=998.0, score=17.0))
        known = History(infusions=(0.0, 1000.0), answers=(*before, *first))
        return estimate(known, as_of=1001.0)

    helped, not_helped = with_first(4.0), with_first(17.0)
    assert helped.p_ever > not_helped.p_ever + 0.3
    assert helped.grid[0][0] == 1000


def test_an_old_score_is_no_baseline_of_a_later_course() -> None:
    known = History(
        infusions=(0.0, 1000.0),
        answers=(
            Answer(hours=-2.0, score=17.0),
            Answer(hours=800.0, score=17.0),
            Answer(hours=1030.0, score=4),
        ),
    )
    assert estimate(known, as_of=1040.0).state is State.NO_BASELINE


def test_beyond_a_horizon_no_hour_is_open_also_between_two_courses() -> None:
    known = History(
        infusions=(0.0, 900.0), answers=(*history(*STEADY).answers, Answer(hours=925.0, score=5.0))
    )
    found = estimate(known, as_of=930.0, hours=[100.0, 336.0, 337.0, 899.0, 924.0, 1236.0, 1237.0])
    assert [chance > 0 for _, chance in found.grid] == [True, True, False, False, True, True, False]


@pytest.mark.parametrize(
    "scores", [(27, 0, 0, 0, 27), (27, 9, 0, 0, 27), (27, 27, 9, 0, 27), (18, 0, 9, 0, 27)]
)
def test_scores_that_nothing_explains_do_not_let_the_worst_fit_decide(scores: tuple[float, ...]) -> None:
    """What earlier infusions taught cannot be believed less when a later one brings something impossible:
    with the evidence gone, a handful of draws that had fitted it least would be left."""
    hours = (24.0, 60.0, 84.0, 110.0, 150.0)
    known = history(*zip(hours, scores, strict=True), baseline=27.0)
    assert estimate(replace(known, infusions=(0.0, 62.0, 124.0)), as_of=160.0).effective >= 180
