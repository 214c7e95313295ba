"""Which readings are the level before an infusion, and how much a person's scores vary by themselves."""

from random import Random

import pytest
from courses import at, check_in
from hypothesis import given
from hypothesis import strategies as st

from checkin.domain.baseline import NOISE, Baseline, baseline_before, noise_band, own_noise
from checkin.domain.reading import Reading, lines_of


def readings(*scores: tuple[float, float]) -> tuple[Reading, ...]:
    return lines_of([check_in(hours, value) for hours, value in scores]).get("phq-style", ())


def baseline(*scores: tuple[float, float], first: bool = True) -> Baseline | None:
    return baseline_before(at(0), readings(*scores), first_of_course=first)


@pytest.mark.parametrize(
    ("scores", "value", "from_hours"),
    [
        ([(-14, 18), (-2, 17)], 17.5, [-14, -2]),  # the evening before and the day itself
        ([(-14, 18)], 18, [-14]),
        ([(-2, 17)], 17, [-2]),
        ([(-16, 20), (-14, 18), (-3, 10), (-2, 17)], 17.5, [-14, -2]),  # the last of each
        ([(-4, 16)], 16, [-4]),  # 4 h before the end is still the day
        ([(-30, 19), (-4.1, 15), (-1, 17)], 16, [-4.1, -1]),
        ([(-36, 19)], 19, [-36]),
        ([(-30, 20), (-36.1, 10)], 20, [-30]),  # further back does not count beside a close one
        ([(-60, 12), (-40, 14)], 14, [-40]),  # nothing close: the last of the week
        ([(-168, 21)], 21, [-168]),
        ([(-2, 17), (0, 9)], 17, [-2]),  # at the end it is no longer before
    ],
)
def test_baseline_is_the_mean_of_evening_and_day(
    scores: list[tuple[float, float]], value: float, from_hours: list[float]
) -> None:
    found = baseline(*scores)
    assert found is not None
    assert found.value == value
    assert [reading.answered_at for reading in found.readings] == [at(hours) for hours in from_hours]
    assert found.close == (from_hours[0] >= -36)


@pytest.mark.parametrize("scores", [[], [(-168.1, 20)], [(0, 9)], [(4, 9), (24, 6)]])
def test_without_an_answer_in_time_there_is_no_baseline(scores: list[tuple[float, float]]) -> None:
    assert baseline(*scores) is None


def test_later_in_a_course_the_week_before_holds_the_earlier_infusion() -> None:
    assert baseline((-48, 6), first=False) is None
    assert baseline((-14, 12), first=False) is not None


SCORES = st.lists(st.tuples(st.integers(-200, 10), st.integers(0, 27)), unique_by=lambda pair: pair[0])


@given(SCORES, st.randoms())
def test_the_order_of_the_readings_does_not_matter(scores: list[tuple[int, int]], randomness: Random) -> None:
    shuffled = list(readings(*scores))
    randomness.shuffle(shuffled)
    assert baseline_before(at(0), shuffled, first_of_course=True) == baseline(*scores)


@given(SCORES)
def test_a_baseline_lies_between_its_readings(scores: list[tuple[int, int]]) -> None:
    found = baseline(*scores)
    if found is not None:
        values = [reading.value for reading in found.readings]
        assert min(values) <= found.value <= max(values)
        assert found.readings[-1].answered_at == at(max(hours for hours, _ in scores if hours < 0))


def test_noise_starts_at_the_published_figure_and_moves_to_the_persons_own() -> None:
    steady, varying, single = baseline((-14, 18), (-2, 18)), baseline((-14, 10), (-2, 20)), baseline((-2, 18))
    assert steady is not None
    assert varying is not None
    assert single is not None
    assert own_noise([]) == own_noise([single]) == pytest.approx(NOISE)
    assert own_noise([steady]) < NOISE < own_noise([varying])
    assert own_noise([varying] * 1000) == pytest.approx(50**0.5, rel=0.01)  # the pair's own variance is 50


def test_the_band_holds_eight_of_ten_and_stays_on_the_scale() -> None:
    one, two = baseline((-2, 18)), baseline((-14, 18), (-2, 18))
    assert one is not None
    assert two is not None
    assert noise_band(one, 2.5, 27) == pytest.approx((13.47, 22.53), abs=0.01)  # 1.28 x 2.5 x sqrt 2 = 4.5
    assert noise_band(two, 2.5, 27) == pytest.approx((14.08, 21.92), abs=0.01)  # 1.28 x 2.5 x sqrt 1.5 = 3.9
    low, high = baseline((-2, 1)), baseline((-2, 26))
    assert low is not None
    assert high is not None
    assert noise_band(low, 2.5, 27)[0] == 0
    assert noise_band(high, 2.5, 27)[1] == 27
