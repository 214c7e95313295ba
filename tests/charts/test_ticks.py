"""Ticks fall on round values, and their labels never touch."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.charts.ticks import day_ticks, hour_ticks, round_ticks, spaced


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0, 27, 6, (0, 5, 10, 15, 20, 25)),
        (0, 21, 5, (0, 5, 10, 15, 20)),
        (0, 21, 3, (0, 10, 20)),
        (0, 27, 1, (0,)),
        (0, 50, 1, (0, 50)),
        (-7, 7, 3, (-5, 0, 5)),
        (0, 1, 10, (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)),
        (3, 3, 5, (3,)),
        (5, 3, 5, (5,)),
        (0, 10, 0, (0,)),
        (math.nan, 3, 5, None),
    ],
)
def test_ticks_are_multiples_of_one_two_or_five(low, high, most, expected) -> None:
    found = round_ticks(low, high, most)
    if expected is None:
        assert len(found) == 1
    else:
        assert found == expected


@given(st.floats(-1000, 1000), st.floats(0.01, 1000), st.integers(1, 20))
def test_ticks_lie_inside_and_are_not_too_many(low: float, span: float, most: int) -> None:
    found = round_ticks(low, low + span, most)
    assert len(found) <= most + 1
    assert all(low - 1e-6 <= tick <= low + span + 1e-6 for tick in found)


@pytest.mark.parametrize(
    ("latest", "most", "days"),
    [
        (96, 9, [0, 1, 2, 3, 4]),
        (15 * 24, 9, [0, 2, 4, 6, 8, 10, 12, 14]),
        (30 * 24, 9, [0, 7, 14, 21, 28]),
        (400 * 24, 9, [0, 84, 168, 252, 336]),
        (4000 * 24, 9, [364 * n for n in range(11)]),
        (10, 9, [0]),
    ],
)
def test_days_are_counted_one_by_one_then_in_weeks(latest: float, most: int, days: list[int]) -> None:
    assert [tick / 24 for tick in day_ticks(latest, most)] == days


def test_hours_name_the_moments_that_matter() -> None:
    assert sorted(hour_ticks(24)) == [4, 12, 24]
    assert sorted(hour_ticks(336)) == [4, 12, 24, 48, 72, 120, 168, 240, 336]
    assert hour_ticks(336)[:3] == (24, 168, 336)  # the most telling win the room


@given(
    st.lists(st.floats(0, 300), unique=True, max_size=20),
    st.floats(1, 60),
    st.floats(0, 20),
)
def test_labels_never_touch_and_the_first_one_stays(values, width: float, gap: float) -> None:
    kept = spaced(values, lambda value: value, lambda _: width, gap=gap)
    assert list(kept) == sorted(kept)
    assert all(after - before >= width + gap - 1e-9 for before, after in zip(kept, kept[1:], strict=False))
    assert not values or values[0] in kept


def test_labels_begin_after_the_start() -> None:
    assert spaced([5, 30], lambda value: value, lambda _: 20, gap=0, start=0) == (30,)
