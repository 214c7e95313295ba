"""Estimates in time: hours become moments, and the same estimate on another axis says the same."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clock import NOON
from support.estimate import GRID, an_estimate, placed

from checkin.domain.window.placed import between, moved


def test_a_probability_is_read_off_between_its_neighbours() -> None:
    found = placed(an_estimate())
    at = found.moment(GRID[3][0])
    assert found.probability_at(at) == GRID[3][1]
    assert found.probability_at(at + timedelta(hours=3)) == pytest.approx((GRID[3][1] + GRID[4][1]) / 2)


@pytest.mark.parametrize("moment", [NOON - timedelta(seconds=1), NOON + timedelta(hours=337)])
def test_outside_the_grid_nothing_is_said(moment: datetime) -> None:
    assert placed(an_estimate()).probability_at(moment) is None


@given(st.floats(min_value=0, max_value=336))
def test_what_is_read_off_lies_between_its_neighbours(hours: float) -> None:
    found = between(GRID, hours)
    assert found is not None
    near = [chance for at, chance in GRID if abs(at - hours) <= 6]
    assert min(near) - 1e-12 <= found <= max(near) + 1e-12


def test_it_speaks_until_a_fortnight_after_the_latest_infusion() -> None:
    found = replace(placed(an_estimate()), latest=NOON + timedelta(days=2))
    assert found.ends == NOON + timedelta(days=16)


def test_moving_the_axis_moves_no_moment() -> None:
    estimate = an_estimate()
    later = moved(estimate, 48.0)
    there = placed(later, begins=NOON + timedelta(hours=48))
    here = placed(estimate)
    assert there.moments == here.moments[8:]
    assert there.moment(later.as_of) == here.moment(estimate.as_of)
    assert later.closes is not None
    assert estimate.closes is not None
    assert there.moment(later.closes.p90) == here.moment(estimate.closes.p90)
    assert moved(replace(estimate, opens=None), 48.0).opens is None


@pytest.mark.parametrize(
    ("shared_at", "shared"), [(None, False), (NOON - timedelta(days=20), False), (NOON, True)]
)
def test_a_permission_from_before_the_course_has_ended(shared_at: datetime | None, shared: bool) -> None:
    assert replace(placed(an_estimate()), shared_at=shared_at).shared is shared
