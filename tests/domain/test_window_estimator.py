"""The estimator is right about courses of one infusion that are clear."""

import pytest
from scored import FALLING, STEADY, history

from checkin.domain.window.estimator import estimate
from checkin.domain.window.values import Answer, Estimate, History, Interval, State

HOURS = [6.0 * step for step in range(57)]


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ((), State.TOO_EARLY),
        (((4.0, 5.0),), State.TOO_EARLY),
        (((4.0, 5.0), (10.0, 5.0)), State.TOO_EARLY),
        (((24.0, 5.0),), State.TOO_EARLY),
        (((4.0, 6.0), (24.0, 5.0)), State.OPEN),
        (STEADY, State.OPEN),
        (FALLING, State.CLOSED),
        (((24.0, 17.0), (48.0, 16.0), (72.0, 18.0)), State.NOT_OPEN),
        ((*STEADY, (168.0, 6.0), (216.0, 13.0)), State.FADING),
    ],
)
def test_the_state_follows_a_clear_course(answers: tuple[tuple[float, float], ...], state: State) -> None:
    last = answers[-1][0] if answers else 3.0
    assert estimate(history(*answers), as_of=last).state is state


@pytest.mark.parametrize("as_of", [336.0, 336.5, 500.0])
@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ((*STEADY, (168.0, 5.0), (264.0, 5.0), (330.0, 5.0)), State.CLOSED),
        (((24.0, 17.0), (48.0, 16.0), (72.0, 18.0)), State.NOT_OPEN),
        (((4.0, 5.0),), State.TOO_EARLY),
    ],
)
def test_from_the_horizon_on_nothing_is_open(
    answers: tuple[tuple[float, float], ...], state: State, as_of: float
) -> None:
    found = estimate(history(*answers), as_of=as_of)
    assert (found.state, found.p_open, found.p_ahead) == (state, 0.0, 0.0)
    assert found.closes is None or found.closes.p90 <= 336.0
    before = estimate(history(*answers), as_of=335.0)
    assert (before.p_open >= 0.5) is (state is State.CLOSED)


def test_a_window_is_found_where_it_was() -> None:
    found = estimate(history(*FALLING), as_of=264.0)
    assert found.opens is not None
    assert found.closes is not None
    assert found.opens.p90 < 24
    assert 168 < found.closes.p50 < 216
    inside = dict(found.grid)
    assert min(inside[hour] for hour in (24.0, 48.0, 96.0)) > 0.95
    assert max(inside[hour] for hour in (0.0, 264.0, 300.0)) < 0.1


def width(interval: Interval | None) -> float:
    assert interval is not None
    return interval.p90 - interval.p10


def test_answers_narrow_down_when_it_ends() -> None:
    early, late, last = (
        width(estimate(history(*FALLING), as_of=hour).closes) for hour in (30.0, 220.0, 270.0)
    )
    assert early > 1.2 * late > 1.2 * 1.5 * last


def test_without_a_baseline_the_population_stands_in_and_it_says_so() -> None:
    found = estimate(
        History(infusions=(0.0,), answers=tuple(Answer(hours=h, score=s) for h, s in STEADY)), as_of=96.0
    )
    assert found.state is State.NO_BASELINE
    assert 0.5 < found.p_open < estimate(history(*STEADY), as_of=96.0).p_open


def test_what_comes_before_the_first_infusion_is_a_baseline_however_old() -> None:
    old = History(infusions=(0.0,), answers=(Answer(hours=-200.0, score=17.0), *history(*STEADY).answers[2:]))
    assert estimate(old, as_of=100.0).state is State.OPEN


def worst_change(one: Estimate, other: Estimate) -> float:
    return max(abs(mine - its) for (_, mine), (_, its) in zip(one.grid, other.grid, strict=True))


def test_one_answer_all_down_the_same_box_does_not_close_an_open_window() -> None:
    lined = tuple((hours, 27.0 if hours == 72 else score) for hours, score in STEADY)
    found = estimate(history(*lined), as_of=96.0)
    assert found.p_open > 0.8
    assert dict(found.grid)[48.0] > 0.8


def test_an_infusion_time_two_hours_wrong_changes_little() -> None:
    right = estimate(history(*FALLING), as_of=300.0, hours=HOURS)
    for error in (-2.0, 2.0):
        moved = history(*((hours + error, score) for hours, score in FALLING))
        away = [
            abs(mine - its)
            for (hour, mine), (_, its) in zip(
                right.grid, estimate(moved, as_of=302.0, hours=HOURS).grid, strict=True
            )
            if hour >= 12
        ]
        assert max(away) < 0.12


def test_an_answer_sent_twice_counts_once() -> None:
    twice = history(*STEADY, (96.05, 5.0))
    assert worst_change(estimate(twice, as_of=100.0), estimate(history(*STEADY), as_of=100.0)) == 0


def test_silence_is_no_good_news() -> None:
    """People answer less when they are worse; what is unknown must not look open for ever."""
    silent = estimate(history(*STEADY), as_of=335.0)
    answered = estimate(history(*STEADY, (168.0, 5.0), (264.0, 5.0), (334.0, 5.0)), as_of=335.0)
    assert silent.p_open < 0.75 < answered.p_open


def test_somebody_who_gets_worse_is_seen_to() -> None:
    worse = history((24.0, 24.0), (48.0, 25.0))
    assert estimate(worse, as_of=50.0).p_worse > 0.3
    assert estimate(history((24.0, 17.0), (48.0, 16.0)), as_of=50.0).p_worse < 0.05
