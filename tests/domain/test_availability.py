"""Free times: inside the hours on the therapist's own clock, apart from each other and from what is busy."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.domain.appointment import CELL, floor_to_cell
from checkin.domain.availability import (
    Availability,
    ExtraHours,
    WeeklyHours,
    check_availability,
    free_slots,
    is_free,
    stretches,
)
from checkin.domain.clock import Interval, to_local
from checkin.domain.errors import Problems

NEW_YORK, BERLIN = "America/New_York", "Europe/Berlin"
MINUTE = timedelta(minutes=1)


def on(day: str, since: str, until: str, zone: int = 0) -> Interval:
    """A stretch of one day, in UTC shifted by ``zone`` hours."""
    shift = timedelta(hours=zone)
    return Interval(
        since=datetime.fromisoformat(f"{day}T{since}+00:00") - shift,
        until=datetime.fromisoformat(f"{day}T{until}+00:00") - shift,
    )


def hours(weekday: int, since: str, until: str) -> WeeklyHours:
    return WeeklyHours(weekday=weekday, since=time.fromisoformat(since), until=time.fromisoformat(until))


WEEK = Interval(since=datetime(2026, 3, 9, 4, tzinfo=UTC), until=datetime(2026, 3, 16, 4, tzinfo=UTC))
TUESDAYS = Availability(zone=NEW_YORK, weekly=(hours(1, "09:00", "12:00"),))


def test_a_morning_of_fifty_minutes_with_ten_between() -> None:
    assert free_slots(TUESDAYS, WEEK, ()) == tuple(
        on("2026-03-10", since, until, -4)
        for since, until in (("09:00", "09:50"), ("10:00", "10:50"), ("11:00", "11:50"))
    )


def test_a_busy_time_keeps_its_distance_on_both_sides() -> None:
    busy = [on("2026-03-10", "10:05", "10:20", -4)]
    assert free_slots(TUESDAYS, WEEK, busy) == (
        on("2026-03-10", "09:00", "09:50", -4),
        on("2026-03-10", "10:30", "11:20", -4),
    )


def test_a_day_off_takes_the_week_away_and_extra_hours_still_count() -> None:
    changed = Availability(
        zone=NEW_YORK,
        weekly=TUESDAYS.weekly,
        days_off=frozenset({date(2026, 3, 10)}),
        extra=(
            ExtraHours(day=date(2026, 3, 10), since=time(15), until=time(16)),
            ExtraHours(day=date(2026, 3, 14), since=time(9), until=time(10)),
        ),
    )
    assert [slot.since for slot in free_slots(changed, WEEK, ())] == [
        on("2026-03-10", "15:00", "16:00", -4).since,
        on("2026-03-14", "09:00", "10:00", -4).since,
    ]


def test_hours_that_meet_or_overlap_are_one_stretch() -> None:
    found = stretches(
        Availability(
            zone=NEW_YORK,
            weekly=(hours(1, "11:00", "13:00"), hours(1, "09:00", "11:00"), hours(1, "12:00", "14:00")),
        ),
        WEEK,
    )
    assert found == (on("2026-03-10", "09:00", "14:00", -4),)


def test_nine_stays_nine_across_both_changes_of_the_clocks() -> None:
    every_day = Availability(zone=BERLIN, weekly=tuple(hours(day, "09:00", "10:00") for day in range(7)))
    for change in (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)):
        span = Interval(since=change - timedelta(days=3), until=change + timedelta(days=3))
        starts = [to_local(slot.since, BERLIN).time() for slot in free_slots(every_day, span, ())]
        assert starts == [time(9)] * 6


@pytest.mark.parametrize(
    ("day", "minutes"), [(date(2026, 3, 8), 120), (date(2026, 11, 1), 240), (date(2026, 3, 7), 180)]
)
def test_a_night_is_as_long_as_the_clocks_make_it(day: date, minutes: int) -> None:
    night = Availability(zone=NEW_YORK, extra=(ExtraHours(day=day, since=time(0, 30), until=time(3, 30)),))
    whole = Interval(
        since=datetime(day.year, day.month, day.day, tzinfo=UTC), until=datetime(2026, 12, 1, tzinfo=UTC)
    )
    (stretch,) = stretches(night, whole)
    assert stretch.until - stretch.since == minutes * MINUTE


def test_hours_inside_the_skipped_hour_are_none() -> None:
    skipped = ExtraHours(day=date(2026, 3, 8), since=time(2), until=time(3))
    assert stretches(Availability(zone=NEW_YORK, extra=(skipped,)), WEEK) == ()


def test_what_cannot_be_is_named_field_by_field() -> None:
    wrong = Availability(
        zone="Mars/Base",
        weekly=(hours(7, "09:00", "12:00"), hours(1, "12:00", "09:00")),
        extra=(ExtraHours(day=date(2026, 3, 8), since=time(9), until=time(9)),),
        days_off=frozenset(date(2026, 1, 1) + timedelta(days=index) for index in range(201)),
        length=10 * MINUTE,
        buffer=121 * MINUTE,
    )
    with pytest.raises(Problems) as problems:
        check_availability(wrong)
    assert [item.field for item in problems.value.items] == [
        *("zone", "weekly", "weekly", "extra", "days_off", "length", "buffer")
    ]
    check_availability(TUESDAYS)


# Laws

moments = st.integers(0, 96 * 14).map(lambda index: datetime(2026, 3, 2, tzinfo=UTC) + index * 7 * MINUTE)
intervals = st.builds(
    lambda since, minutes: Interval(since=since, until=since + minutes * MINUTE), moments, st.integers(0, 600)
)
times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
pairs = st.tuples(times, times).map(sorted).filter(lambda pair: pair[0] < pair[1])
weekly = st.builds(
    lambda day, pair: WeeklyHours(weekday=day, since=pair[0], until=pair[1]), st.integers(0, 6), pairs
)
days = st.dates(date(2026, 3, 1), date(2026, 3, 16))
extra = st.builds(lambda day, pair: ExtraHours(day=day, since=pair[0], until=pair[1]), days, pairs)
availabilities = st.builds(
    Availability,
    zone=st.sampled_from([NEW_YORK, BERLIN, "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Kiritimati"]),
    weekly=st.lists(weekly, max_size=6).map(tuple),
    days_off=st.frozensets(days, max_size=3),
    extra=st.lists(extra, max_size=3).map(tuple),
    length=st.integers(15, 240).map(lambda minutes: minutes * MINUTE),
    buffer=st.integers(0, 120).map(lambda minutes: minutes * MINUTE),
)
spans = st.builds(
    lambda since, length: Interval(since=since, until=since + length * timedelta(hours=1)),
    moments,
    st.integers(0, 200),
)


@given(availabilities, spans, st.lists(intervals, max_size=8))
def test_free_slots_keep_every_promise(
    availability: Availability, span: Interval, busy: list[Interval]
) -> None:
    slots = free_slots(availability, span, busy)
    open_hours = stretches(availability, span)
    for slot in slots:
        assert span.since <= slot.since < slot.until <= span.until
        assert slot.until - slot.since == availability.length
        assert slot.since == floor_to_cell(slot.since)
        assert any(hours.since <= slot.since and slot.until <= hours.until for hours in open_hours)
        for taken in (taken for taken in busy if taken.since < taken.until):
            assert (
                slot.until + availability.buffer <= taken.since
                or taken.until + availability.buffer <= slot.since
            )
        assert is_free(availability, slot, busy)
    for one, other in zip(slots, slots[1:], strict=False):
        assert one.until + availability.buffer <= other.since


@given(availabilities, spans, st.lists(intervals, max_size=4))
def test_what_is_left_between_slots_is_too_short_for_another(
    availability: Availability, span: Interval, busy: list[Interval]
) -> None:
    """Greedy, but complete: no free time is passed over where the next slot would still fit."""
    slots = free_slots(availability, span, busy)
    at = span.since
    for slot in slots:
        assert not any(
            is_free(availability, tried, busy)
            for tried in _tries(at, slot.since - availability.buffer, availability.length)
        )
        at = slot.until + availability.buffer


def _tries(since: datetime, until: datetime, length: timedelta) -> list[Interval]:
    first = floor_to_cell(since) if since == floor_to_cell(since) else floor_to_cell(since) + CELL
    number = max(0, (until - length - first) // CELL + 1)
    return [Interval(since=first + CELL * i, until=first + CELL * i + length) for i in range(min(number, 8))]


@given(availabilities, spans, st.lists(intervals, max_size=8), st.randoms())
def test_the_order_of_entries_does_not_matter(
    availability: Availability, span: Interval, busy: list[Interval], random: object
) -> None:
    other = Availability(
        zone=availability.zone,
        weekly=tuple(reversed(availability.weekly)),
        days_off=availability.days_off,
        extra=tuple(reversed(availability.extra)),
        length=availability.length,
        buffer=availability.buffer,
    )
    assert free_slots(other, span, list(reversed(busy))) == free_slots(availability, span, busy)
