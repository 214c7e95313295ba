"""Moments as pages say them: plain, and with the clock's name where the time alone could be two moments."""

from datetime import UTC, datetime

import pytest

from checkin.web.speech import spoken_moment


@pytest.mark.parametrize(
    ("hour", "said"),
    [
        (23, "Saturday 24 October, 1:30am"),
        (0, "Sunday 25 October, 2:30am CEST"),
        (1, "Sunday 25 October, 2:30am CET"),
        (2, "Sunday 25 October, 3:30am"),
    ],
)
def test_an_hour_that_the_clocks_show_twice_is_named(hour: int, said: str) -> None:
    at = datetime(2026, 10, 23 if hour == 23 else 25, hour, 30, tzinfo=UTC)
    assert spoken_moment(at, "Europe/Berlin", "en") == said
