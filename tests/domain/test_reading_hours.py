"""When the care team looks at alerts: now and until when, or when next."""

from datetime import UTC, datetime, time

from checkin.domain.clinic import ClinicSettings, OpeningHours, next_reading, reading_until

# Weekdays from 9 to 5 in New York, on Wednesday in two parts that meet.
HOURS = (
    *(OpeningHours(weekday=day, since=time(9), until=time(17)) for day in (0, 1, 3, 4)),
    OpeningHours(weekday=2, since=time(9), until=time(12)),
    OpeningHours(weekday=2, since=time(11), until=time(15)),
)
SETTINGS = ClinicSettings(
    country="US", zone="America/New_York", language="en", sender_name="Clinic", numbers=(), hours=HOURS
)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of March 2026 by New York's summer time, four hours behind UTC."""
    return datetime(2026, 3, day, hour + 4, minute, tzinfo=UTC)


def test_in_its_hours_the_team_looks_now_and_until_they_end() -> None:
    monday = at(9, 9)
    assert reading_until(SETTINGS, monday) == at(9, 17)
    assert next_reading(SETTINGS, monday) == monday
    assert reading_until(SETTINGS, at(11, 11, 30)) == at(11, 15)


def test_outside_them_it_next_looks_when_they_begin() -> None:
    for moment, opens in ((at(9, 17), at(10, 9)), (at(9, 8, 59), at(9, 9)), (at(13, 18), at(16, 9))):
        assert reading_until(SETTINGS, moment) is None
        assert next_reading(SETTINGS, moment) == opens
