"""A therapist's own calendar as a file: read and counted, or refused in words; none breaks the page."""

from datetime import datetime, timedelta

import pytest
from support.clock import Clock
from support.people import World
from support.reading import said
from support.visitor import Visitor, token_of
from werkzeug.test import TestResponse

from checkin.services.deps import Deps
from checkin.services.set_hours import my_hours

PAGE = "/hours"


@pytest.fixture
def therapist(visitor: Visitor, world: World) -> Visitor:
    visitor.sign_in(world.therapist)
    return visitor


def upload(visitor: Visitor, content: bytes, token: str | None = None) -> TestResponse:
    """Send a file as a browser does; the client's own way of sending large ones leaves a file open."""
    token = token_of(visitor.get(PAGE).text) if token is None else token
    start = b'--limit\r\nContent-Disposition: form-data; name="'
    file = b'file"; filename="calendar.ics"\r\nContent-Type: text/calendar\r\n\r\n'
    body = (
        start
        + b'csrf_token"\r\n\r\n'
        + token.encode()
        + b"\r\n"
        + start
        + file
        + content
        + b"\r\n--limit--\r\n"
    )
    sent_as = "multipart/form-data; boundary=limit"
    return visitor.open("POST", f"{PAGE}/busy", data=body, content_type=sent_as)


def an_ics(*events: str) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *events, "END:VCALENDAR", ""]
    return "\r\n".join(lines).encode()


def an_event(at: datetime, title: str = "Supper", hours: int = 1, uid: str = "1") -> str:
    return "\r\n".join(
        ["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{title}", f"DTSTART:{at:%Y%m%dT%H%M%SZ}"]
        + [f"DURATION:PT{hours}H", "END:VEVENT"]
    )


def test_a_calendar_file_is_read_counted_and_can_be_forgotten(
    therapist: Visitor, world: World, deps: Deps, clock: Clock
) -> None:
    content = an_ics(an_event(clock.now() + timedelta(days=1)))
    assert upload(therapist, content).status_code == 303
    words = said(therapist.get(PAGE).text)
    assert "1 busy time, uploaded on" in words
    assert "Supper" not in words
    assert therapist.post(f"{PAGE}/busy/forget").status_code == 303
    assert my_hours(deps, world.therapist).busy == 0


def test_a_file_of_nearly_two_megabytes_is_taken(
    therapist: Visitor, world: World, deps: Deps, clock: Clock
) -> None:
    """Far more than any other form may send."""
    event = an_event(clock.now() + timedelta(days=1), title="x" * 60)
    content = an_ics(event, f"X-FILLER:{'y' * (1_950_000 - len(event))}")
    assert upload(therapist, content).status_code == 303
    assert my_hours(deps, world.therapist).busy == 1


@pytest.mark.parametrize("size", [2_000_001, 2_100_000, 6_000_000])
def test_a_larger_one_is_refused_in_words(therapist: Visitor, world: World, deps: Deps, size: int) -> None:
    answer = upload(therapist, b"x" * size)
    assert answer.status_code in {413, 422}
    assert "This file is larger than 2 MB. Export fewer months." in said(answer.text)
    assert my_hours(deps, world.therapist).busy_uploaded_at is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html>", "This file cannot be read as a calendar."),
        (b"\x00\xff" * 500, "This file cannot be read as a calendar."),
        (b"", "This file cannot be read as a calendar."),
        (
            an_ics("BEGIN:VEVENT", "UID:1", "SUMMARY:Dentist & co", "END:VEVENT"),
            "The event “Dentist &amp; co” cannot",
        ),
        (
            an_ics(
                "BEGIN:VEVENT", "UID:1", "SUMMARY:<script>", "DTSTART:20260312T100000Z", "RRULE:FREQ=HOURLY"
            ).replace(b"END:VCALENDAR", b"END:VEVENT\r\nEND:VCALENDAR"),
            "The event “&lt;script&gt;” of 2026-03-12 repeats in a way that cannot be read.",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_naming_the_event(
    therapist: Visitor, world: World, deps: Deps, content: bytes, words: str
) -> None:
    answer = upload(therapist, content)
    assert answer.status_code == 422
    assert words in said(answer.text)
    assert my_hours(deps, world.therapist).busy_uploaded_at is None


def test_without_a_file_one_is_asked_for(therapist: Visitor) -> None:
    answer = therapist.post(f"{PAGE}/busy", {})
    assert answer.status_code == 422
    assert "Choose a calendar file." in said(answer.text)


@pytest.mark.parametrize("token", ["", "made-up"])
def test_a_file_without_the_token_of_this_browser_is_not_looked_at(
    therapist: Visitor, world: World, deps: Deps, clock: Clock, token: str
) -> None:
    answer = upload(therapist, an_ics(an_event(clock.now() + timedelta(days=1))), token)
    assert answer.status_code == 400
    assert "This page was open for too long" in said(answer.text)
    assert my_hours(deps, world.therapist).busy == 0
