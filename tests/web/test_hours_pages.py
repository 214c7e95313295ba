"""A therapist's hours on their page: what is typed is kept or refused in words."""

import re
from datetime import date, time, timedelta

import pytest
from support.clock import Clock
from support.meetings import HOURS
from support.people import World
from support.reading import said
from support.visitor import Visitor, token_of

from checkin.domain.availability import Availability, ExtraHours, WeeklyHours
from checkin.services.deps import Deps
from checkin.services.set_hours import my_hours, set_hours
from checkin.storage import audit

PAGE = "/hours"


@pytest.fixture
def therapist(visitor: Visitor, world: World) -> Visitor:
    visitor.sign_in(world.therapist)
    return visitor


def a_week(**changes: object) -> dict[str, object]:
    """Mondays from 9 to 12 and from 13:30 to 17."""
    typed: dict[str, object] = {"zone": "America/New_York", "length": "45", "buffer": "15"}
    for day in range(7):
        for place in range(2):
            typed |= {f"days-{day}-stretches-{place}-{name}": "" for name in ("since", "until")}
    typed |= {"days-0-stretches-0-since": "09:00", "days-0-stretches-0-until": "12:00"}
    typed |= {"days-0-stretches-1-since": "13:30", "days-0-stretches-1-until": "17:00"}
    return {**typed, **changes}


def saved(deps: Deps, world: World) -> Availability:
    return my_hours(deps, world.therapist).availability


# The week


def test_what_was_typed_is_kept_and_shown_again(therapist: Visitor, world: World, deps: Deps) -> None:
    assert not my_hours(deps, world.therapist).is_set
    assert "Set your hours first." in said(therapist.get("/patients/appointments").text)
    answer = therapist.post(PAGE, a_week())
    assert answer.status_code == 303
    found = saved(deps, world)
    assert found.weekly == (
        WeeklyHours(weekday=0, since=time(9), until=time(12)),
        WeeklyHours(weekday=0, since=time(13, 30), until=time(17)),
    )
    assert (found.length, found.buffer) == (timedelta(minutes=45), timedelta(minutes=15))
    page = therapist.get(answer.location).text
    assert "What is agreed already stays as it is." in said(page)
    assert re.findall(r'id="days-0-stretches-\d-\w+"[^>]*value="(\d\d:\d\d)"', page) == [
        *("09:00", "12:00", "13:30", "17:00")
    ]


def test_saved_again_unchanged_nothing_is_written_down(therapist: Visitor, world: World, deps: Deps) -> None:
    for _ in range(2):
        therapist.post(PAGE, a_week())
    with deps.reading() as tx:
        actions = [entry.action for entry in audit.events_of(tx, world.clinic.id, limit=9)]
    assert actions.count("hours_changed") == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"days-2-stretches-0-since": "09:00"}, "Wednesday: Enter both times of this day, or none."),
        ({"days-0-stretches-0-until": "08:59"}, "Monday: The end must be later than the beginning."),
        ({"days-6-stretches-1-since": "25:00"}, "Sunday: Enter the time as hours and minutes"),
        ({"days-6-stretches-1-since": "\x00'--"}, "Sunday: Enter the time as hours and minutes"),
        ({"length": "14"}, "Enter a length from 15 to 240 minutes."),
        ({"length": "9" * 4000}, "Enter a length from 15 to 240 minutes."),
        ({"length": "-30"}, "Enter a length from 15 to 240 minutes."),
        ({"length": "an hour"}, "Enter a number of minutes."),
        ({"length": ""}, "Enter a number of minutes."),
        ({"buffer": "121"}, "Enter a break from 0 to 120 minutes."),
        ({"buffer": "１５"}, ""),
        ({"zone": "Atlantis/Ys"}, "Not a valid choice"),
        ({"zone": ""}, "Select your time zone."),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_changes_nothing(
    therapist: Visitor, world: World, deps: Deps, changes: dict[str, object], words: str
) -> None:
    set_hours(deps, world.therapist, HOURS)
    answer = therapist.post(PAGE, a_week(**changes))
    if not words:
        assert answer.status_code in {303, 422}
        return
    assert answer.status_code == 422
    assert words in said(answer.text)
    assert "There is a problem" in said(answer.text)
    assert "<title>Error:" in answer.text
    for target in re.findall(r'<li><a href="#([\w-]+)">', answer.text):
        assert f'id="{target}"' in answer.text
    assert saved(deps, world) == HOURS


def test_exceptions_stay_when_the_week_is_changed(therapist: Visitor, world: World, deps: Deps) -> None:
    set_hours(
        deps, world.therapist, Availability(zone="America/New_York", days_off=frozenset({date(2026, 4, 1)}))
    )
    therapist.post(PAGE, a_week())
    assert saved(deps, world).days_off == {date(2026, 4, 1)}
    assert saved(deps, world).weekly


def test_a_zone_that_is_not_in_the_list_is_not_lost(therapist: Visitor, world: World, deps: Deps) -> None:
    set_hours(deps, world.therapist, Availability(zone="UTC"))
    assert therapist.post(PAGE, a_week(zone="UTC")).status_code == 303
    assert saved(deps, world).zone == "UTC"


# Days that are different


def exception(**typed: str) -> dict[str, str]:
    return {"kind": "off", "first_day": "2026-04-01", "last_day": "", "since": "", "until": "", **typed}


def test_an_absence_takes_its_days_and_can_be_removed(therapist: Visitor, world: World, deps: Deps) -> None:
    answer = therapist.post(f"{PAGE}/exceptions", exception(last_day="2026-04-10"))
    assert answer.status_code == 303
    assert saved(deps, world).days_off == {date(2026, 4, day) for day in range(1, 11)}
    page = therapist.get(PAGE).text
    assert "Wednesday 1 April to Friday 10 April" in said(page)
    assert page.count('value="2026-04-01/2026-04-10"') == 1
    for _ in range(2):
        gone = therapist.post(f"{PAGE}/exceptions/remove", {"days": "2026-04-01/2026-04-10"})
        assert gone.status_code == 303
    assert saved(deps, world).days_off == frozenset()


def test_extra_hours_are_for_one_day(therapist: Visitor, world: World, deps: Deps) -> None:
    typed = exception(kind="extra", since="18:00", until="20:00")
    assert therapist.post(f"{PAGE}/exceptions", typed).status_code == 303
    assert saved(deps, world).extra == (ExtraHours(day=date(2026, 4, 1), since=time(18), until=time(20)),)
    assert "Also from 18:00 until 20:00" in said(therapist.get(PAGE).text)


def test_exceptions_that_are_over_are_forgotten(
    therapist: Visitor, world: World, deps: Deps, clock: Clock
) -> None:
    therapist.post(f"{PAGE}/exceptions", exception())
    clock.advance(days=40)
    therapist.sign_in(world.therapist)
    therapist.post(f"{PAGE}/exceptions", exception(first_day="2026-05-01"))
    assert saved(deps, world).days_off == {date(2026, 5, 1)}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"kind": ""}, "Select what is different."),
        ({"kind": "both"}, "Not a valid choice"),
        ({"first_day": ""}, "Enter a date."),
        ({"first_day": "1st of April"}, "Enter the date as year-month-day"),
        ({"first_day": "2026-02-30"}, "Enter the date as year-month-day"),
        ({"first_day": "0001-01-01"}, "Enter a year between 2000 and 2100."),
        ({"first_day": "9999-12-31", "last_day": "9999-12-31"}, "Enter a year between 2000 and 2100."),
        ({"last_day": "2026-03-31"}, "Enter a last day from the first day to 92 days on."),
        ({"last_day": "2028-03-31"}, "Enter a last day from the first day to 92 days on."),
        ({"kind": "extra"}, "Enter a time."),
        ({"kind": "extra", "since": "18:00", "until": "17:00"}, "The end must be later than the beginning."),
        (
            {"kind": "extra", "since": "18:00", "until": "19:00", "last_day": "2026-04-02"},
            "Extra hours are for one day.",
        ),
    ],
)
def test_exceptions_that_cannot_be_are_refused_in_words(
    therapist: Visitor, world: World, deps: Deps, typed: dict[str, str], words: str
) -> None:
    answer = therapist.post(f"{PAGE}/exceptions", exception(**typed))
    assert answer.status_code == 422
    assert words in said(answer.text)
    assert not my_hours(deps, world.therapist).is_set


@pytest.mark.parametrize(
    ("days", "status"),
    [("", 404), ("2026-04-01", 404), ("a/b", 404), ("/" * 99, 404)]
    + [("0001-01-01/9999-12-31", 303), ("9999-12-31/0001-01-01", 303)],
)
def test_what_no_page_of_ours_sends_removes_nothing_that_is_there(
    therapist: Visitor, world: World, deps: Deps, days: str, status: int
) -> None:
    therapist.post(f"{PAGE}/exceptions", exception())
    assert therapist.post(f"{PAGE}/exceptions/remove", {"days": days}).status_code == status
    assert saved(deps, world).days_off == {date(2026, 4, 1)}


def test_three_forms_of_one_page_share_no_id(therapist: Visitor) -> None:
    page = therapist.get(PAGE).text
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert token_of(page)
