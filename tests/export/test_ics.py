"""Calendar files: vobject and a reader of our own see one event at its time, and no name adds anything."""

import unicodedata
import warnings
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
import vobject
from hypothesis import example, given
from hypothesis import strategies as st
from peers.calendar_reader import Part, moment, read

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


def read_twice(content: bytes) -> tuple[Part, vobject.base.Component]:
    """What a reader of our own and vobject make of a file; icalendar, which wrote it, is not asked."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about vobject's own use of older ways
        return read(content), vobject.readOne(content.decode())


def times_of(content: bytes) -> tuple[datetime, datetime]:
    """Beginning and end (UTC) of the one event in a file, as both readers have them."""
    one, other = read_twice(content)
    (event,) = one.all("VEVENT")
    since, until = (moment(one, event.one(name)) for name in ("DTSTART", "DTEND"))
    assert other.vevent.dtstart.value.astimezone(UTC) == since
    assert other.vevent.dtend.value.astimezone(UTC) == until
    return since, until


def test_an_invitation_as_vobject_and_a_reader_of_our_own_see_it() -> None:
    content = invitation(EVENT, sender=SENDER, reader=READER)
    one, other = read_twice(content)
    (event,) = one.all("VEVENT")
    assert one.one("METHOD").value == "REQUEST" == other.method.value
    assert event.one("UID").value == other.vevent.uid.value == EVENT.uid
    assert times_of(content) == (EVENT.time.since, EVENT.time.until)
    assert event.one("DTSTART").parameters["TZID"] == "America/New_York"
    assert int(event.one("SEQUENCE").value) == int(other.vevent.sequence.value) == 0
    assert moment(one, event.one("DTSTAMP")) == other.vevent.dtstamp.value == EVENT.changed_at
    assert event.one("SUMMARY").text == other.vevent.summary.value == "Northside"
    assert event.one("ORGANIZER").value == other.vevent.organizer.value == "mailto:hello@clinic.test"
    assert event.one("ATTENDEE").value == other.vevent.attendee.value == "mailto:p.zagorski@home.test"
    assert event.one("STATUS").value == "CONFIRMED"


def test_a_cancellation_keeps_the_uid_and_takes_the_event_away() -> None:
    off = replace(EVENT, cancelled=True, sequence=3)
    one, other = read_twice(invitation(off, sender=SENDER, reader=READER))
    (event,) = one.all("VEVENT")
    assert one.one("METHOD").value == "CANCEL" == method_of(off) == Method.CANCEL
    found = [event.one(name).value for name in ("UID", "SEQUENCE", "STATUS")]
    assert found == [EVENT.uid, "3", "CANCELLED"]
    assert other.vevent.status.value == "CANCELLED"


def test_only_what_a_calendar_needs_is_in_it() -> None:
    (event,) = read(invitation(EVENT, sender=SENDER, reader=READER)).all("VEVENT")
    assert {line.name for line in event.properties} == KEPT | {"STATUS", "ORGANIZER", "ATTENDEE"}


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
    """Readers that have only the VTIMEZONE in the file find the same moments around each change."""
    for halves in range(-6, 8):
        since = change.replace(tzinfo=UTC) + timedelta(minutes=30 * halves)
        event = replace(EVENT, zone=zone, time=Interval(since=since, until=since + timedelta(minutes=50)))
        content = invitation(event, sender=SENDER, reader=READER).replace(
            zone.encode(), f"Own/{uuid4().hex}".encode()
        )
        assert times_of(content) == (event.time.since, event.time.until)


@pytest.mark.parametrize("minutes", [-20, 0, 10, 30, 60, 90])
def test_an_hour_that_the_clocks_show_twice_is_written_in_utc(minutes: int) -> None:
    since = datetime(2026, 10, 25, 0, 0, tzinfo=UTC) + timedelta(minutes=minutes)
    time = Interval(since=since, until=since + timedelta(minutes=50))
    content = invitation(replace(EVENT, zone="Europe/Berlin", time=time), sender=SENDER, reader=READER)
    assert times_of(content) == (time.since, time.until)
    assert f"DTSTART:{since:%Y%m%dT%H%M%S}Z" in unfolded(content)


def test_a_change_of_the_clocks_is_told_by_the_clocks_before_it() -> None:
    """As in the example of RFC 5545 3.6.5: readers that know no zones go by this alone."""
    lines = unfolded(invitation(EVENT, sender=SENDER, reader=READER))
    spring = lines.index("DTSTART:20260308T020000")
    assert lines[spring + 1 : spring + 4] == ["TZNAME:EDT", "TZOFFSETFROM:-0500", "TZOFFSETTO:-0400"]
    autumn = lines.index("DTSTART:20261101T020000")
    assert lines[autumn + 1 : autumn + 4] == ["TZNAME:EST", "TZOFFSETFROM:-0400", "TZOFFSETTO:-0500"]


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
    assert [event.one("UID").value for event in one.all("VEVENT")] == [EVENT.uid, "b"]
    assert [event.uid.value for event in other.vevent_list] == [EVENT.uid, "b"]
    zones = {zone.one("TZID").value for zone in one.all("VTIMEZONE")}
    assert zones == {"America/New_York", "Europe/Berlin"}
    assert one.one("METHOD").value == "PUBLISH"
    assert "ATTENDEE" not in content.decode()
    unfolded(content)


def test_an_empty_feed_is_still_a_calendar() -> None:
    one, other = read_twice(feed([], name="Northside", zone="Europe/Berlin", today=TODAY))
    assert one.all("VEVENT") == []
    assert [zone.one("TZID").value for zone in one.all("VTIMEZONE")] == ["Europe/Berlin"]
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
    (found,) = one.all("VEVENT")
    assert (found.one("UID").value, found.one("SEQUENCE").value) == (EVENT.uid, "0")
    assert moment(one, found.one("DTSTART")) == EVENT.time.since
    assert found.one("ATTENDEE").value == "mailto:p.zagorski@home.test"
    assert found.one("ORGANIZER").value == "mailto:hello@clinic.test"
    assert found.one("SUMMARY").text == _one_line(title)
    assert [event.uid.value for event in other.vevent_list] == [EVENT.uid]
    assert other.vevent.attendee.value == "mailto:p.zagorski@home.test"


def _name(line: str) -> str:
    return line.partition(":")[0].partition(";")[0]


def _one_line(value: str) -> str:
    kept = (" " if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} else c for c in value)
    return " ".join("".join(kept).split())
