"""Days in words: an interval never shrinks to one day, and a weekday alone never means two."""

from datetime import datetime, timedelta

import pytest
from courses import English
from hypothesis import given
from hypothesis import strategies as st
from support.clock import NOON

from checkin.domain.days import between_days

ZONE = "America/New_York"
DAY = timedelta(days=1)


def words(since: datetime, until: datetime, *, now: datetime = NOON, zone: str = ZONE) -> str:
    return between_days(since, until, now=now, zone=zone).render(English())


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (2, 4, "between Thursday and Saturday"),
        (0, 2, "between today and Thursday"),
        (0, 0.1, "between today and Wednesday"),
        (2, 2.1, "between Wednesday and Friday"),
        (2, 7, "between Thursday and 17 March"),
        (0, 9, "between today and 19 March"),
        (-4, -2, "between Friday and Sunday"),
        (-2.1, -2, "between Saturday and Monday"),
        (-9, -2, "between 1 March and Sunday"),
        (8, 10, "between 18 March and 20 March"),
        (-1, 0, "between Monday and today"),
        (-0.1, 0, "between Monday and today"),
        (-2, 3, "between 8 March and Friday"),
    ],
)
def test_days_in_words(since: float, until: float, expected: str) -> None:
    assert words(NOON + since * DAY, NOON + until * DAY) == expected


def test_the_day_is_that_of_the_zone() -> None:
    evening = NOON + timedelta(hours=8)  # 20:00 in New York, 02:00 in Berlin
    assert words(evening, evening + 2 * DAY) == "between today and Thursday"
    assert words(evening, evening + 2 * DAY, zone="Europe/Berlin") == "between Wednesday and Friday"


@given(st.floats(-14, 14), st.floats(0, 14))
def test_there_are_always_two_days(since: float, longer: float) -> None:
    found = words(NOON + since * DAY, NOON + (since + longer) * DAY)
    first, last = found.removeprefix("between ").split(" and ")
    assert first != last
