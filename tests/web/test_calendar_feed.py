"""The private calendar address: made and ended on a page, read by anybody who has it, and by nobody else."""

import re
import warnings
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
import vobject
from icalendar import Calendar
from support.care import a_token
from support.clock import Clock
from support.meetings import HOURS, agreed, ready
from support.people import World
from support.reading import said
from support.visitor import Visitor
from werkzeug.test import TestResponse

from checkin.domain.person import WakingHours
from checkin.domain.token import Purpose
from checkin.services.deps import Deps
from checkin.services.plan_appointment import cancel, pick, propose
from checkin.services.set_preferences import set_preferences
from checkin.services.share_calendar import make_calendar
from checkin.storage.engine import Database

PAGE = "/account/calendar"
BERLIN = "Europe/Berlin"


def path_of(address: str) -> str:
    return address.removeprefix("http://127.0.0.1:8000")


def shown_address(page: TestResponse) -> str:
    (address,) = re.findall(
        r'<input class="input" id="address" type="text" value="([^"]+)" readonly>', page.text
    )
    return str(address)


def times(answer: TestResponse) -> list[tuple[datetime, datetime]]:
    """When the events of a feed are, as both readers read them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the second reader, about its own code
        second = vobject.readOne(answer.data.decode())
    found = [(one["DTSTART"].dt, one["DTEND"].dt) for one in Calendar.from_ical(answer.data).walk("VEVENT")]
    assert [(one.dtstart.value, one.dtend.value) for one in second.contents.get("vevent", [])] == found
    return found


@pytest.mark.parametrize("who", ["patient", "therapist"])
def test_an_address_is_shown_once_and_read_without_signing_in(
    visitor: Visitor, world: World, deps: Deps, who: str
) -> None:
    one = agreed(deps, world)
    visitor.sign_in(getattr(world, who))
    assert "Make an address" in said(visitor.get(PAGE).text)
    page = visitor.post(PAGE)
    address = shown_address(page)
    assert f'href="{address.replace("http:", "webcal:")}"' in page.text
    assert address not in visitor.get(PAGE).text
    assert "We cannot show it again." in said(visitor.get(PAGE).text)
    answer = Visitor(visitor.app).get(path_of(address))
    assert one.slot is not None
    assert times(answer) == [(one.slot.since, one.slot.until)]


def test_what_comes_is_a_calendar_that_nothing_keeps_and_no_browser_shows(
    visitor: Visitor, world: World, deps: Deps
) -> None:
    agreed(deps, world)
    path = path_of(make_calendar(deps, world.patient))
    answer, head = visitor.get(path), visitor.open("HEAD", path)
    for response in (answer, head):
        assert response.status_code == 200
        assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Disposition"].startswith("attachment")
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "Set-Cookie" not in response.headers
    assert head.headers["Content-Length"] == answer.headers["Content-Length"]
    assert head.data == b""
    assert visitor.open("POST", path).status_code in {404, 405}


def test_it_says_when_and_nothing_else(visitor: Visitor, world: World, deps: Deps) -> None:
    agreed(deps, world)
    content = visitor.get(path_of(make_calendar(deps, world.patient))).data.replace(b"\r\n ", b"").decode()
    summaries = re.findall(r"^SUMMARY:(.*)\r$", content, re.MULTILINE)
    assert summaries == [world.clinic.settings.sender_name]
    for word in (world.patient.name, world.therapist.name, world.therapist.email, world.patient.email):
        assert word not in content
    assert not re.search("ketamin|infus|depress|therap|patient|window|score", content, re.IGNORECASE)


def test_wrong_ended_and_other_secrets_are_all_the_same(
    visitor: Visitor, world: World, deps: Deps, database: Database, clock: Clock
) -> None:
    agreed(deps, world)
    first, second = (path_of(make_calendar(deps, world.patient)) for _ in range(2))
    reset = a_token(database, world.patient, Purpose.RESET, clock.now())
    missing = visitor.get("/calendar/nothing.ics")
    assert missing.status_code == 404
    for path in (
        first,
        second.replace(".ics", "x.ics"),
        second.removesuffix(".ics"),
        second.upper(),
        f"/calendar/{reset}.ics",
        "/calendar/.ics",
        f"/calendar/{'A' * 5000}.ics",
        "/calendar/%00.ics",
        "/calendar/..%2F..%2Fpatients.ics",
    ):
        answer = visitor.get(path)
        assert (answer.status_code, said(answer.text)) == (404, said(missing.text)), path
    assert visitor.get(second).status_code == 200


def test_stopping_it_makes_it_worthless_and_a_new_one_can_be_made(
    visitor: Visitor, world: World, deps: Deps
) -> None:
    visitor.sign_in(world.patient)
    first = path_of(shown_address(visitor.post(PAGE)))
    for _ in range(2):
        assert visitor.post(f"{PAGE}/end").status_code == 303
    assert visitor.get(first).status_code == 404
    second = path_of(shown_address(visitor.post(PAGE)))
    assert visitor.get(second).status_code == 200


def test_a_cancelled_appointment_leaves_it_and_an_empty_one_is_a_calendar(
    visitor: Visitor, world: World, deps: Deps
) -> None:
    one = agreed(deps, world)
    path = path_of(make_calendar(deps, world.therapist))
    assert len(times(visitor.get(path))) == 1
    cancel(deps, world.therapist, one.id)
    assert times(visitor.get(path)) == []


def test_on_the_days_on_which_clocks_change_both_read_the_true_moment(
    visitor: Visitor, world: World, deps: Deps, clock: Clock
) -> None:
    """Berlin changes on 29 March, New York three weeks before."""
    set_preferences(
        deps,
        world.patient,
        zone=BERLIN,
        waking=WakingHours(since=time(8), until=time(21)),
        reminders=True,
    )
    clock.set(datetime(2026, 3, 27, 11, tzinfo=UTC))
    found = ready(deps, world)
    starts = sorted(slot.time.since for slot in found.suggested)
    made = propose(deps, world.therapist, world.patient.id, starts)
    path = path_of(make_calendar(deps, world.patient))
    hours = [[at.astimezone(ZoneInfo(zone)).hour for at in starts] for zone in (BERLIN, HOURS.zone)]
    assert [here - there for here, there in zip(*hours, strict=True)] == [5, 6, 6]
    one = pick(deps, world.patient, made.id, starts[1])
    assert one.slot is not None
    assert times(visitor.get(path)) == [(one.slot.since, one.slot.until)]
    visitor.sign_in(world.patient)
    words = said(visitor.get("/appointments").text)
    assert "Sunday 29 March, 3pm" in words
    assert "Sunday 29 March, 9am in America/New York" in words


def test_the_help_names_what_people_have(visitor: Visitor, world: World) -> None:
    visitor.sign_in(world.patient)
    words = said(visitor.get(PAGE).text)
    for name in ("iPhone", "Google Calendar", "Outlook"):
        assert name in words
