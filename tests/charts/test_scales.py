"""Scales keep the order of values and stay on the drawing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.charts.scales import Hours, Linear

VALUES = st.floats(-500, 2000, allow_nan=False)


def hours(*, early_wide: bool = True, earliest: float = -36, latest: float = 672) -> Hours:
    return Hours(earliest=earliest, latest=latest, left=30, zero=76, right=346, early_wide=early_wide)


def test_linear_meets_both_ends_and_turns_round() -> None:
    scale = Linear(low=0, high=27, start=216, end=46)
    assert (scale.project(0), scale.project(27), scale.project(13.5)) == (216, 46, 131)
    assert (scale.project(-3), scale.project(40)) == (216, 46)


@pytest.mark.parametrize("early_wide", [True, False])
def test_hours_meet_their_ends(early_wide: bool) -> None:
    scale = hours(early_wide=early_wide)
    assert [scale.project(value) for value in (-36, 0, 672)] == [30, 76, 346]
    assert [scale.project(value) for value in (-1000, 5000)] == [30, 346]


def test_four_hours_and_28_days_are_both_readable_on_a_phone() -> None:
    scale = hours()
    places = [scale.project(value) for value in (0, 4, 12, 24, 48, 72, 168, 336, 672)]
    assert all(after - before >= 14 for before, after in zip(places, places[1:], strict=False))


def test_days_are_even_when_several_infusions_share_the_axis() -> None:
    scale = hours(early_wide=False)
    steps = [scale.project(24 * (day + 1)) - scale.project(24 * day) for day in range(28)]
    assert max(steps) - min(steps) < 1e-9


def test_without_a_time_before_everything_early_lies_at_zero() -> None:
    scale = Hours(earliest=0, latest=24, left=30, zero=30, right=346, early_wide=True)
    assert scale.project(-5) == 30


@given(VALUES, VALUES, st.booleans(), st.floats(-200, 0), st.floats(24, 700))
def test_later_is_never_further_left(one, other, early_wide, earliest, latest) -> None:
    scale = hours(early_wide=early_wide, earliest=earliest, latest=latest)
    low, high = sorted((one, other))
    assert scale.project(low) <= scale.project(high)
    assert 30 <= scale.project(one) <= 346
