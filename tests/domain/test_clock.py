"""Local time: both clock-change days, journeys, and what people type."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning import BERLIN, LONG_AGO, NEW_YORK, at, living_in

from checkin.domain.clock import (
    Interval,
    as_utc,
    clock_name,
    from_local,
    in_force,
    known_zone,
    local_day,
    read_local,
    shown_twice,
    to_local,
    zone_at,
)
from checkin.domain.errors import Problems
from checkin.domain.person import Zone

ZONES = [
    NEW_YORK,
    BERLIN,
    "UTC",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "America/St_Johns",
]

CENTURY = (datetime(2001, 1, 1), datetime(2099, 1, 1))  # noqa: DTZ001 (Hypothesis adds the zone)


@pytest.mark.parametrize(
    ("day", "zone", "moment"),
    [
        # 02:30 does not exist: the clocks go from 02:00 to 03:00, and 03:30 summer time is meant.
        (date(2026, 3, 8), NEW_YORK, datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),
        (date(2026, 3, 29), BERLIN, datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        # 01:30 comes twice in New York and 02:30 in Berlin: the first is still summer time.
        (date(2026, 11, 1), NEW_YORK, datetime(2026, 11, 1, 7, 30, tzinfo=UTC)),
        (date(2026, 10, 25), BERLIN, datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_half_past_two_on_the_days_the_clocks_change(day: date, zone: str, moment: datetime) -> None:
    assert from_local(day, time(2, 30), zone) == moment


def test_a_time_shown_twice_is_the_first() -> None:
    # Summer time, UTC-4: 05:30. The second 01:30 would be 06:30 UTC.
    assert from_local(date(2026, 11, 1), time(1, 30), NEW_YORK) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_a_skipped_time_reads_back_an_hour_later() -> None:
    moment = from_local(date(2026, 3, 29), time(2, 30), BERLIN)
    assert to_local(moment, BERLIN).time() == time(3, 30)


def test_the_fold_a_caller_sets_does_not_matter() -> None:
    once, twice = (from_local(date(2026, 10, 25), time(2, 30, fold=fold), BERLIN) for fold in (0, 1))
    assert once == twice


@given(
    moment=st.datetimes(*CENTURY, timezones=st.just(UTC)),
    zone=st.sampled_from(ZONES),
)
def test_there_and_back_is_the_same_moment_or_the_first_that_reads_alike(moment: datetime, zone: str) -> None:
    local = to_local(moment, zone)
    back = from_local(local.date(), local.time(), zone)
    same_reading = to_local(back, zone).replace(tzinfo=None) == local.replace(tzinfo=None)
    assert back == moment or (back < moment and same_reading)
    assert back.tzinfo is UTC


def test_local_day_turns_at_local_midnight() -> None:
    midnight = at("2026-06-02 00:00", NEW_YORK)
    assert local_day(midnight, NEW_YORK) == date(2026, 6, 2)
    assert local_day(midnight - timedelta(seconds=1), NEW_YORK) == date(2026, 6, 1)
    assert local_day(midnight, BERLIN) == date(2026, 6, 2)


def test_a_naive_datetime_is_refused() -> None:
    naive = datetime(2026, 6, 2, 12, 0)  # noqa: DTZ001
    for use in (as_utc, lambda moment: to_local(moment, BERLIN), lambda moment: local_day(moment, BERLIN)):
        with pytest.raises(ValueError, match="naive"):
            use(naive)


def test_other_offsets_become_utc() -> None:
    moment = datetime(2026, 6, 2, 12, 0, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert as_utc(moment) == datetime(2026, 6, 2, 6, 30, tzinfo=UTC)
    assert as_utc(moment).tzinfo is UTC


@pytest.mark.parametrize("name", ["America/New_York", "Europe/Berlin", "UTC"])
def test_known_zones(name: str) -> None:
    assert known_zone(name)


@pytest.mark.parametrize(
    "name",
    ["", "Europe", "europe/berlin", "Europe/Atlantis", "../etc/passwd", "/etc/localtime", "Factory", "UTC+1"],
)
def test_what_is_no_zone(name: str) -> None:
    assert not known_zone(name)


def test_the_zone_in_force_is_the_last_one_begun() -> None:
    moved = at("2026-06-04 04:00", "UTC")
    zones = living_in(NEW_YORK, (moved, BERLIN))
    assert zone_at(zones, moved - timedelta(seconds=1)) == NEW_YORK
    assert zone_at(zones, moved) == BERLIN
    assert zone_at(zones, moved + timedelta(days=900)) == BERLIN
    assert zone_at([Zone(since=moved, name=BERLIN)], LONG_AGO) == BERLIN


def test_a_journey_east_can_leave_a_local_time_out() -> None:
    # 18:00 in New York is midnight in Berlin: between them this person's clock never shows 20:00 on 3 June.
    zones = living_in(NEW_YORK, (at("2026-06-03 18:00", NEW_YORK), BERLIN))
    assert in_force(zones, date(2026, 6, 3), time(20)) is None
    assert in_force(zones, date(2026, 6, 3), time(17, 59)) == (at("2026-06-03 17:59", NEW_YORK), NEW_YORK)
    assert in_force(zones, date(2026, 6, 4), time(0)) == (at("2026-06-04 00:00", BERLIN), BERLIN)


def test_a_journey_west_brings_a_local_time_twice_and_the_first_counts() -> None:
    # 21:30 in Berlin is 15:30 in New York: 20:00 comes in Berlin, and again in New York.
    zones = living_in(BERLIN, (at("2026-06-03 21:30", BERLIN), NEW_YORK))
    assert in_force(zones, date(2026, 6, 3), time(20)) == (at("2026-06-03 20:00", BERLIN), BERLIN)


def test_an_interval_holds_its_start_and_not_its_end() -> None:
    interval = Interval(since=at("2026-06-02 09:00", "UTC"), until=at("2026-06-02 10:00", "UTC"))
    assert interval.contains(interval.since)
    assert not interval.contains(interval.until)


@pytest.mark.parametrize("typed", ["14:05", " 14:05 ", "14.05", "14:05:00"])
def test_typed_times(typed: str) -> None:
    assert read_local("2026-06-02", typed, BERLIN) == at("2026-06-02 14:05", BERLIN)


def test_typed_single_digits() -> None:
    assert read_local("2026-6-2", "9:30", NEW_YORK) == at("2026-06-02 09:30", NEW_YORK)


@pytest.mark.parametrize(
    ("day", "typed", "field", "words"),
    [
        ("", "14:05", "ended_on", "Enter a date."),
        ("2 June", "14:05", "ended_on", "Enter the date as year-month-day, for example 2026-03-27."),
        ("2026-02-30", "14:05", "ended_on", "There is no such date. Check the day and the month."),
        ("0026-06-02", "14:05", "ended_on", "Enter a year between %(first)s and %(last)s."),
        ("2026-06-02", "", "ended_at", "Enter a time."),
        (
            "2026-06-02",
            "25:00",
            "ended_at",
            "Enter the time as hours and minutes, for example 9:30 or 14:05.",
        ),
        (
            "2026-06-02",
            "14:60",
            "ended_at",
            "Enter the time as hours and minutes, for example 9:30 or 14:05.",
        ),
        ("2026-06-02", "noon", "ended_at", "Enter the time as hours and minutes, for example 9:30 or 14:05."),
        (
            "2026-03-08",
            "02:30",
            "ended_at",
            "The clocks went forward past this time that night. Enter a time before or after it.",
        ),
    ],
)
def test_what_was_typed_wrong_is_named(day: str, typed: str, field: str, words: str) -> None:
    with pytest.raises(Problems) as refused:
        read_local(day, typed, NEW_YORK, day_field="ended_on", time_field="ended_at")
    assert [(item.field, item.text.message) for item in refused.value.items] == [(field, words)]


def test_both_fields_are_named_at_once() -> None:
    with pytest.raises(Problems) as refused:
        read_local("", "", NEW_YORK)
    assert [item.field for item in refused.value.items] == ["day", "time"]


@given(day=st.text(max_size=12), typed=st.text(max_size=8))
def test_anything_typed_gives_a_moment_or_names_a_field(day: str, typed: str) -> None:
    wrong: set[str | None] = set()
    try:
        read_local(day, typed, BERLIN)
    except Problems as refused:
        wrong = {item.field for item in refused.items}
    assert wrong <= {"day", "time"}


@pytest.mark.parametrize(
    ("minutes", "named"),
    [(-31, None), (-30, None), (0, "CEST"), (59, "CEST"), (60, "CET"), (119, "CET"), (120, None)],
)
def test_the_hour_that_comes_twice_is_named(minutes: int, named: str | None) -> None:
    at = datetime(2026, 10, 25, 0, 0, tzinfo=UTC) + timedelta(minutes=minutes)
    assert clock_name(at, BERLIN) == named
    assert clock_name(at + timedelta(days=150), BERLIN) is None


def test_an_hour_that_is_skipped_is_not_shown_twice() -> None:
    for minutes in range(-180, 180, 15):
        assert not shown_twice(datetime(2026, 3, 29, 1, 0, tzinfo=UTC) + timedelta(minutes=minutes), BERLIN)
