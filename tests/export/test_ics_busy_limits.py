"""No calendar file can break or stall the reading, whatever its size and whatever stands in it."""

import time
from datetime import UTC

import pytest
from export.busy import NEW_YORK, SPAN, a_file, an_event, busy
from hypothesis import example, given
from hypothesis import strategies as st

from checkin.domain.errors import Invalid
from checkin.export import ics_busy
from checkin.export.ics_busy import MOST_BYTES, read_busy


def test_size_and_number_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Invalid, match="2 MB"):
        read_busy(b"x" * (MOST_BYTES + 1), span=SPAN, zone=NEW_YORK)


@pytest.mark.parametrize(
    ("limit", "match"),
    [("MOST_EVENTS", "many events"), ("MOST_REPEATS", "repeat"), ("MOST_BUSY", "busy times")],
)
def test_so_are_events_repeats_and_what_comes_of_them(
    limit: str, match: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ics_busy, limit, 1)
    daily = ["DTSTART:20260303T150000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY"]
    with pytest.raises(Invalid, match=match):
        busy(an_event(*daily), an_event(*daily, uid="2"))


def test_the_worst_file_of_the_largest_size_is_read_or_refused_in_seconds() -> None:
    rule = "DTSTART:19700101T150000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY"
    events = [an_event(*rule.split("\n"), uid=str(index)) for index in range(9_000)]
    content = a_file(*events)
    assert len(content) < MOST_BYTES
    began = time.process_time()
    with pytest.raises(Invalid):
        read_busy(content, span=SPAN, zone=NEW_YORK)
    assert time.process_time() - began < 30


fragments = st.sampled_from(
    [
        *(
            "BEGIN:VCALENDAR",
            "END:VCALENDAR",
            "BEGIN:VEVENT",
            "END:VEVENT",
            "BEGIN:VFREEBUSY",
            "END:VFREEBUSY",
        ),
        *(
            "DTSTART:20260303T150000Z",
            "DTSTART;VALUE=DATE:20260303",
            "DTSTART;TZID=:x",
            "DTEND:20260303T150000",
        ),
        *(
            "DURATION:-P1D",
            "DURATION:P9999999999D",
            "RRULE:FREQ=WEEKLY",
            "RRULE:COUNT=-1;FREQ=DAILY",
            "RRULE:",
        ),
        *("RRULE:FREQ=DAILY;INTERVAL=0", "EXDATE:x", "EXDATE;VALUE=DATE:20260303", "RDATE;VALUE=PERIOD:x/y"),
        *(
            "RECURRENCE-ID:20260303T150000Z",
            "FREEBUSY:20260303T150000Z/P1D",
            "FREEBUSY:x",
            " folded",
            "UID:1",
        ),
        *(
            "DTSTART:99991231T235959Z",
            "DTSTART:00010101T000000Z",
            "BEGIN:VTIMEZONE",
            "TZID:Own",
            "END:VTIMEZONE",
        ),
    ]
)


@given(st.lists(fragments | st.text(max_size=20), max_size=25).map("\r\n".join).map(str.encode) | st.binary())
@example(b"BEGIN:VCALENDAR\r\n" * 3000)
@example(a_file(an_event("DTSTART:20260303T150000Z", "DURATION:P9999999999D")))
def test_any_bytes_give_busy_times_inside_the_span_or_a_refusal(content: bytes) -> None:
    try:
        found = read_busy(content, span=SPAN, zone=NEW_YORK)
    except Invalid:
        return
    for taken in found:
        assert SPAN.since <= taken.since < taken.until <= SPAN.until
    for one, other in zip(found, found[1:], strict=False):
        assert one.until < other.since
    assert all(taken.since.tzinfo is UTC for taken in found)
    assert found == tuple(sorted(found, key=lambda taken: taken.since))
