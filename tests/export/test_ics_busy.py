"""Somebody's own calendar: when it is busy, at the right moments, and which event cannot be read."""

from zoneinfo import ZoneInfoNotFoundError

import pytest
from courses import English
from export.busy import NEW_YORK, SPAN, a_file, an_event, busy

from checkin.domain.errors import Invalid
from checkin.export.ics_busy import read_busy


def test_times_in_utc_in_a_zone_by_its_windows_name_and_in_none() -> None:
    assert busy(
        an_event("DTSTART:20260303T150000Z", "DTEND:20260303T160000Z", uid="a"),
        an_event("DTSTART;TZID=Europe/Berlin:20260304T150000", "DURATION:PT30M", uid="b"),
        an_event("DTSTART;TZID=Eastern Standard Time:20260305T100000", "DURATION:PT1H", uid="c"),
        an_event("DTSTART:20260306T100000", "DURATION:PT1H", uid="d"),
    ) == [
        "03-03T15:00/03-03T16:00",
        "03-04T14:00/03-04T14:30",
        "03-05T15:00/03-05T16:00",
        "03-06T15:00/03-06T16:00",
    ]


def test_whole_days_are_the_days_of_the_reader_also_when_the_clocks_change() -> None:
    assert busy(an_event("DTSTART;VALUE=DATE:20260308", "DTEND;VALUE=DATE:20260309")) == [
        "03-08T05:00/03-09T04:00"
    ]
    assert busy(an_event("DTSTART;VALUE=DATE:20260310")) == ["03-10T04:00/03-11T04:00"]


def test_a_repeating_event_stays_at_its_local_hour() -> None:
    weekly = an_event(
        f"DTSTART;TZID={NEW_YORK}:20260303T100000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;BYDAY=TU"
    )
    assert busy(weekly) == [
        "03-03T15:00/03-03T16:00",
        *(f"03-{day}T14:00/03-{day}T15:00" for day in (10, 17, 24, 31)),
    ]


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=DAILY;COUNT=3", [3, 4, 5]),
        ("FREQ=DAILY;INTERVAL=10", [3, 13, 23]),
        ("FREQ=WEEKLY;UNTIL=20260317T140000Z", [3, 10, 17]),
        ("FREQ=WEEKLY;UNTIL=20260317T135959Z", [3, 10]),
        ("FREQ=WEEKLY;UNTIL=20260317", [3, 10, 17]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;WKST=SU", [3, 5, 17, 19, 31]),
        ("FREQ=MONTHLY;BYDAY=1TU,-1WE", [3, 25]),
        ("FREQ=MONTHLY;BYMONTHDAY=3,-1", [3, 31]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=2,-1", [3, 31]),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=2TH", [3, 12]),
        ("FREQ=DAILY;BYDAY=MO;COUNT=2", [3, 9, 16]),
    ],
)
def test_rules_that_calendars_write(rule: str, days: list[int]) -> None:
    """The first time always counts, whether its own rule names it or not (RFC 5545 3.8.5.3)."""
    found = busy(an_event(f"DTSTART;TZID={NEW_YORK}:20260303T100000", "DURATION:PT1H", f"RRULE:{rule}"))
    assert [int(one[3:5]) for one in found] == days


def test_left_out_added_changed_and_cancelled_times() -> None:
    series = an_event(
        f"DTSTART;TZID={NEW_YORK}:20260303T100000",
        "DURATION:PT1H",
        "RRULE:FREQ=WEEKLY",
        f"EXDATE;TZID={NEW_YORK}:20260310T100000",
        f"RDATE;TZID={NEW_YORK}:20260311T120000",
        "RDATE;VALUE=PERIOD:20260312T160000Z/PT15M",
    )
    moved = an_event(
        f"RECURRENCE-ID;TZID={NEW_YORK}:20260317T100000",
        f"DTSTART;TZID={NEW_YORK}:20260318T080000",
        "DURATION:PT2H",
    )
    off = an_event(
        f"RECURRENCE-ID;TZID={NEW_YORK}:20260324T100000", "DTSTART:20260324T140000Z", "STATUS:CANCELLED"
    )
    assert busy(series, moved, off) == [
        "03-03T15:00/03-03T16:00",
        "03-11T16:00/03-11T17:00",
        "03-12T16:00/03-12T16:15",
        "03-18T12:00/03-18T14:00",
        "03-31T14:00/03-31T15:00",
    ]


def test_free_and_cancelled_entries_do_not_count_and_busy_periods_do() -> None:
    assert busy(
        an_event("DTSTART:20260303T150000Z", "DTEND:20260303T160000Z", "TRANSP:TRANSPARENT", uid="a"),
        an_event("DTSTART:20260303T150000Z", "DTEND:20260303T160000Z", "STATUS:CANCELLED", uid="b"),
        an_event("DTSTART:20260303T150000Z", uid="c"),
        "BEGIN:VFREEBUSY\nFREEBUSY;FBTYPE=FREE:20260304T150000Z/PT1H\n"
        "FREEBUSY:20260305T150000Z/20260305T160000Z,20260305T153000Z/PT1H\nEND:VFREEBUSY",
    ) == ["03-05T15:00/03-05T16:30"]


def test_only_what_lies_inside_the_span_is_kept() -> None:
    long = an_event("DTSTART:20260101T000000Z", "DTEND:20260601T000000Z")
    assert read_busy(a_file(long), span=SPAN, zone=NEW_YORK) == (SPAN,)
    assert busy(an_event("DTSTART:20250303T150000Z", "DURATION:PT1H")) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\xff\xfe\x00\x00",
        b"%PDF-1.7",
        b"BEGIN:VEVENT\r\nEND:VEVENT\r\n",
        b"BEGIN:VCALENDAR\r\n",
    ],
)
def test_what_is_no_calendar_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read_busy(content, span=SPAN, zone=NEW_YORK)
    assert refused.value.field == "file"
    assert "cannot be read as a calendar" in refused.value.text.message


@pytest.mark.parametrize(
    "lines",
    [
        ["DTEND:20260303T160000Z"],
        ["DTSTART:garbage"],
        ["DTSTART:20260303T150000Z", "DTEND:soon"],
    ],
)
def test_an_event_that_cannot_be_read_is_not_passed_over(lines: list[str]) -> None:
    """A busy time that was lost in silence would be booked over."""
    with pytest.raises(Invalid) as refused:
        busy(an_event("DTSTART:20260303T150000Z", uid="fine"), an_event(*lines))
    assert "“Private”" in in_english(refused.value)


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (["SUMMARY:Supper", "DTSTART:20260303T150000Z"], "The event “Supper” of 2026-03-03 cannot be read."),
        (["SUMMARY:Supper"], "The event “Supper” cannot be read."),
        (["DTSTART;VALUE=DATE:20260303"], "An event of 2026-03-03 without a title cannot be read."),
        ([], "An event without a title cannot be read."),
        (["SUMMARY:" + "x" * 500], f"The event “{'x' * 60}” cannot be read."),
        (["SUMMARY:a\\nb\t c"], "The event “a b c” cannot be read."),
    ],
)
def test_an_event_that_cannot_be_read_is_named(lines: list[str], name: str) -> None:
    event = "\n".join(["BEGIN:VEVENT", "UID:1", *lines, "DURATION:soon", "END:VEVENT"])
    with pytest.raises(Invalid) as refused:
        busy(event)
    assert in_english(refused.value).startswith(name)


def test_a_change_of_all_that_follow_is_named_and_not_read_as_one() -> None:
    series = an_event("DTSTART:20260303T150000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY")
    from_then_on = an_event(
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20260310T150000Z", "DTSTART:20260310T170000Z", "DURATION:PT1H"
    )
    with pytest.raises(Invalid) as refused:
        busy(series, from_then_on)
    assert in_english(refused.value).startswith("The event “Private” of 2026-03-10 changes all that follow")


@pytest.mark.parametrize(
    "lines",
    [
        ["DTSTART;TZID=Foo/Bar:20260303T100000", "DURATION:PT1H"],
        ["DTSTART:20260303T150000Z", "DTEND;TZID=Foo/Bar:20260303T160000"],
    ],
)
def test_a_time_in_a_zone_that_nobody_knows_is_named_and_not_taken_for_ours(lines: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        busy(an_event(*lines))
    assert in_english(refused.value) == (
        "The event “Private” of 2026-03-03 is in a time zone that is not known here. Take it out of the file."
    )
    assert busy(an_event(*lines, "TRANSP:TRANSPARENT")) == []


def in_english(refusal: Invalid) -> str:
    return refusal.text.render(English())


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=HOURLY",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYYEARDAY=366;BYDAY=MO",
        "FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=1;BYSETPOS=2",
        "FREQ=MONTHLY;BYDAY=5MO;BYMONTH=2",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=9",
        "FREQ=WEEKLY;BYEASTER=1",
    ],
)
def test_an_event_whose_rule_might_never_come_round_is_named(rule: str) -> None:
    with pytest.raises(Invalid) as refused:
        busy(an_event("DTSTART:20260303T150000Z", "DURATION:PT1H", f"RRULE:{rule}"))
    assert in_english(refused.value).startswith("The event “Private” of 2026-03-03 repeats")


def test_a_fault_of_ours_is_not_laid_to_the_file() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        busy(an_event("DTSTART:20260303T150000Z", "DURATION:PT1H"), zone="Nowhere/Land")
