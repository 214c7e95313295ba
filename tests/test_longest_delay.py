"""How long answers may wait on a phone is a setting: whole days, within what a clinic can stand for."""

from datetime import timedelta

import pytest
from support.house import environment

from checkin.config import SettingsError, load_settings


def read(**more: str) -> timedelta:
    return load_settings(environment("sqlite:////tmp/none.sqlite3", **more)).longest_delay


def test_it_is_a_week_unless_said_otherwise() -> None:
    assert read() == timedelta(days=7)


@pytest.mark.parametrize("days", [1, 30])
def test_it_can_be_a_day_to_a_month(days: int) -> None:
    assert read(CHECKIN_LONGEST_DELAY_DAYS=str(days)) == timedelta(days=days)


@pytest.mark.parametrize("wrong", ["0", "31", "-1", "1.5", "a week"])
def test_anything_else_stops_the_start(wrong: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(CHECKIN_LONGEST_DELAY_DAYS=wrong)
    assert refused.value.problems == ("CHECKIN_LONGEST_DELAY_DAYS must be a number of days, 1 to 30",)
