"""Snoozing: only moments that are free and leave time to answer are offered."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.domain.clock import Interval, to_local
from checkin.domain.free_time import MARGIN
from checkin.domain.snooze import Later, choices

BERLIN = "Europe/Berlin"
HOUR = timedelta(hours=1)
NOON = datetime(2026, 3, 3, 11, tzinfo=UTC)  # 12:00 in Berlin
DAY = Interval(since=NOON - 4 * HOUR, until=NOON + 9 * HOUR)  # 8:00 to 21:00


def offered(now: datetime = NOON, hours: float = 12, free: tuple[Interval, ...] = (DAY,)) -> list[Later]:
    return list(choices(now, expires_at=now + timedelta(hours=hours), zone=BERLIN, free=free))


def test_at_noon_of_a_long_window_there_are_all_three() -> None:
    found = choices(NOON, expires_at=NOON + 12 * HOUR, zone=BERLIN, free=[DAY])
    assert found == {
        Later.HALF_HOUR: NOON + HOUR / 2,
        Later.TWO_HOURS: NOON + 2 * HOUR,
        Later.TONIGHT: NOON + 7 * HOUR,
    }


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (0.5, []),
        (0.75, [Later.HALF_HOUR]),
        (2, [Later.HALF_HOUR]),
        (2.25, [Later.HALF_HOUR, Later.TWO_HOURS]),
        (7.2, [Later.HALF_HOUR, Later.TWO_HOURS]),
        (7.25, [Later.HALF_HOUR, Later.TWO_HOURS, Later.TONIGHT]),
    ],
)
def test_only_what_leaves_time_to_answer_is_offered(hours: float, expected: list[Later]) -> None:
    assert offered(hours=hours) == expected


def test_nothing_is_offered_at_night() -> None:
    late = NOON + timedelta(hours=8, minutes=15)  # 20:15, and nobody is woken after 21:00
    assert offered(late) == [Later.HALF_HOUR]
    assert offered(late + HOUR / 2) == []


def test_the_evening_is_offered_while_it_is_to_come() -> None:
    assert Later.TONIGHT in offered(NOON + 6 * HOUR + HOUR / 2)
    assert Later.TONIGHT not in offered(NOON + 6 * HOUR + HOUR * 0.6)


def test_the_evening_of_a_day_on_which_the_clocks_change_is_at_seven_too() -> None:
    morning = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # half an hour before the clocks go forward
    free = (Interval(since=morning, until=morning + 24 * HOUR),)
    found = choices(morning, expires_at=morning + 24 * HOUR, zone=BERLIN, free=free)
    assert to_local(found[Later.TONIGHT], BERLIN).hour == 19


moments = st.timedeltas(timedelta(0), timedelta(days=2)).map(lambda after: NOON + after)
stretches = st.lists(
    st.tuples(moments, st.timedeltas(timedelta(minutes=1), 14 * HOUR)).map(
        lambda drawn: Interval(since=drawn[0], until=drawn[0] + drawn[1])
    ),
    max_size=4,
)


@given(moments, st.timedeltas(timedelta(0), 30 * HOUR), stretches)
def test_every_choice_is_in_the_future_free_and_before_the_end(
    now: datetime, left: timedelta, free: list[Interval]
) -> None:
    found = choices(now, expires_at=now + left, zone=BERLIN, free=free)
    assert list(found.values()) == sorted(found.values())
    for at in found.values():
        assert now + HOUR / 2 <= at <= now + left - MARGIN
        assert any(stretch.contains(at) for stretch in free)
