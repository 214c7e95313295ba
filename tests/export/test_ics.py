"""Calendar files: two independent readers see one event at its time, and no name or title adds anything."""

import unicodedata
import warnings
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import vobject
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar

from checkin.domain.clock import Interval
from checkin.export.ics import CalendarEvent, Method, Party, feed, invitation, method_of

SENDER = Party(name="Northside", address="hello@clinic.test")
READER = Party(name="Perpetua Zagorski", address="p.zagorski@home.test")
EVENT = CalendarEvent(
    uid="0192f5c2-7c00-7000-8000-000000000001@checkin.test",
    time=Interval(
        since=datetime(2026, 3, 10, 18, tzinfo=UTC), until=datetime(2026, 3, 10, 18, 50, tzinfo=UTC)
    ),
    zone="America/New_York",
    sequence=0,
    changed_at=datetime(2026, 3, 3, 9, 30, tzinfo=UTC),
    cancelled=False,
    title="Northside",
    link="https://checkin.test/appointments",
)
TODAY = date(2026, 3, 3)
KEPT = {
    "SUMMARY",
    "DTSTART",
    "DTEND",
    "UID",
    "SEQUENCE",
    "DTSTAMP",
    "LAST-MODIFIED",
    "URL",
    "CLASS",
    "TRANSP",
}
awkward = st.text(
    st.sampled_from("ab ,;:\"\\'^=\r\n\t\x00\x0b\x0c\x1c\x85\u2028\u2029\u200düж日🙂\ud800")
    | st.characters(),
    max_size=200,
)


def unfolded(content: bytes) -> list[str]:
    """The logical lines, with what RFC 5545 3.1 asks of the physical ones checked on the way."""
    assert content.endswith(b"\r\n")
    physical = content.split(b"\r\n")[:-1]
    assert all(len(line) <= 75 for line in physical)
    assert not any(b"\r" in line or b"\n" in line or b"\x00" in line for line in physical)
    return content.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]


def read_twice(content: bytes) -> tuple[Calendar, vobject.base.Component]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the readers' own use of older ways
        return Calendar.from_ical(content), vobject.readOne(content.decode())


def test_an_invitation_as_both_read_it() -> None:
    one, other = read_twice(invitation(EVENT, sender=SENDER, reader=READER))
    (event,) = one.walk("VEVENT")
    assert one["METHOD"] == "REQUEST" == other.method.value
    assert event["UID"] == other.vevent.uid.value == EVENT.uid
    assert event["DTSTART"].dt == other.vevent.dtstart.value == EVENT.time.since
    assert event["DTEND"].dt == other.vevent.dtend.value == EVENT.time.until
    assert event["DTSTART"].params["TZID"] == "America/New_York"
    assert event["SEQUENCE"] == int(other.vevent.sequence.value) == 0
    assert event["DTSTAMP"].dt == other.vevent.dtstamp.value == EVENT.changed_at
    assert event["SUMMARY"] == other.vevent.summary.value == "Northside"
    assert event["ORGANIZER"] == other.vevent.organizer.value == "mailto:hello@clinic.test"
    assert event["ATTENDEE"] == other.vevent.attendee.value == "mailto:p.zagorski@home.test"
    assert event["STATUS"] == "CONFIRMED"


def test_a_cancellation_keeps_the_uid_and_takes_the_event_away() -> None:
    off = replace(EVENT, cancelled=True, sequence=3)
    one, other = read_twice(invitation(off, sender=SENDER, reader=READER))
    (event,) = one.walk("VEVENT")
    assert one["METHOD"] == "CANCEL" == method_of(off) == Method.CANCEL
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (EVENT.uid, 3, "CANCELLED")
    assert other.vevent.status.value == "CANCELLED"


def test_only_what_a_calendar_needs_is_in_it() -> None:
    (event,) = Calendar.from_ical(invitation(EVENT, sender=SENDER, reader=READER)).walk("VEVENT")
    assert set(event) == KEPT | {"STATUS", "ORGANIZER", "ATTENDEE"}


@pytest.mark.parametrize(
    "zone",
    [
        "America/New_York",
        "Europe/Berlin",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "UTC",
        "Africa/Casablanca",
    ],
)
@pytest.mark.parametrize("change", [datetime(2026, 3, 8, 4), datetime(2026, 3, 29), datetime(2026, 10, 25)])  # noqa: DTZ001
def test_the_zone_of_the_file_says_what_the_zone_says(zone: str, change: datetime) -> None:
    """The reader that trusts only the VTIMEZONE in the file finds the same moments around each change."""
    for hours in range(-3, 4):
        since = change.replace(tzinfo=UTC) + timedelta(hours=hours)
        event = replace(EVENT, zone=zone, time=Interval(since=since, until=since + timedelta(minutes=50)))
        content = invitation(event, sender=SENDER, reader=READER).replace(
            zone.encode(), f"Own/{uuid4().hex}".encode()
        )
        one, other = read_twice(content)
        assert other.vevent.dtstart.value.astimezone(UTC) == since or _shown_twice(since, zone)
        assert one.walk("VEVENT")[0]["DTSTART"].dt.astimezone(UTC) == since or _shown_twice(since, zone)


def _shown_twice(at: datetime, zone: str) -> bool:
    """A local time that the clocks show twice cannot be told apart in a calendar file (RFC 5545 3.3.5)."""
    return at.astimezone(ZoneInfo(zone)).fold == 1


def test_a_feed_lists_what_is_agreed_and_nothing_else() -> None:
    later = replace(
        EVENT,
        uid="b",
        time=Interval(since=EVENT.time.since + timedelta(days=9), until=EVENT.time.until + timedelta(days=9)),
        zone="Europe/Berlin",
    )
    content = feed(
        [EVENT, replace(EVENT, uid="a", cancelled=True), later], name="Northside", zone="UTC", today=TODAY
    )
    one, other = read_twice(content)
    assert [event["UID"] for event in one.walk("VEVENT")] == [EVENT.uid, "b"]
    assert [event.uid.value for event in other.vevent_list] == [EVENT.uid, "b"]
    assert {zone["TZID"] for zone in one.walk("VTIMEZONE")} == {"America/New_York", "Europe/Berlin"}
    assert one["METHOD"] == "PUBLISH"
    assert "ATTENDEE" not in content.decode()
    unfolded(content)


def test_an_empty_feed_is_still_a_calendar() -> None:
    one, other = read_twice(feed([], name="Northside", zone="Europe/Berlin", today=TODAY))
    assert one.walk("VEVENT") == []
    assert [zone["TZID"] for zone in one.walk("VTIMEZONE")] == ["Europe/Berlin"]
    assert other.name == "VCALENDAR"


@given(awkward, awkward, awkward)
@example("a\r\nBEGIN:VEVENT", 'x";CN="y', "z\r\nATTENDEE:mailto:eve@evil.test")
@example("日" * 100, "ü" * 200, "🙂" * 60)
@example("Smith, Jones; & Co", "Dr \\ Who", "100 %")
def test_fault_42_no_title_and_no_name_adds_a_line_or_a_property(
    title: str, sender: str, reader: str
) -> None:
    event = replace(EVENT, title=title)
    content = invitation(event, sender=replace(SENDER, name=sender), reader=replace(READER, name=reader))
    lines = unfolded(content)
    plain = unfolded(invitation(EVENT, sender=SENDER, reader=READER))
    assert [_name(line) for line in lines] == [_name(line) for line in plain]
    one, other = read_twice(content)
    (read,) = one.walk("VEVENT")
    assert (read["UID"], read["DTSTART"].dt, read["SEQUENCE"]) == (EVENT.uid, EVENT.time.since, 0)
    assert read["ATTENDEE"] == "mailto:p.zagorski@home.test"
    assert read["ORGANIZER"] == "mailto:hello@clinic.test"
    assert str(read["SUMMARY"]) == _one_line(title)
    assert [found.uid.value for found in other.vevent_list] == [EVENT.uid]
    assert other.vevent.attendee.value == "mailto:p.zagorski@home.test"


def _name(line: str) -> str:
    return line.partition(":")[0].partition(";")[0]


def _one_line(value: str) -> str:
    kept = (" " if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} else c for c in value)
    return " ".join("".join(kept).split())
