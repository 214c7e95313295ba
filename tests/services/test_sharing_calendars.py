"""The private calendar address: one a person, worthless once ended, and neutral to whoever sees it."""

from datetime import timedelta

import pytest
from icalendar import Calendar
from support.clock import Clock
from support.meetings import agreed, proposed
from support.people import World

from checkin.domain.errors import NotFound
from checkin.services.deps import Deps
from checkin.services.find_times import find_times
from checkin.services.manage_people import disable
from checkin.services.plan_appointment import cancel, pick, propose
from checkin.services.share_calendar import end_calendar, make_calendar, my_calendar, read_calendar
from checkin.storage import audit


def secret_of(address: str) -> str:
    start, _, name = address.rpartition("/")
    assert start == "http://127.0.0.1:8000/calendar"
    return name.removesuffix(".ics")


def events(deps: Deps, secret: str) -> list[str]:
    return [str(event["UID"]) for event in Calendar.from_ical(read_calendar(deps, secret)).walk("VEVENT")]


@pytest.mark.parametrize("who", ["patient", "therapist"])
def test_both_see_what_is_agreed_under_a_neutral_title(deps: Deps, world: World, who: str) -> None:
    one = agreed(deps, world)
    content = read_calendar(deps, secret_of(make_calendar(deps, getattr(world, who))))
    (event,) = Calendar.from_ical(content).walk("VEVENT")
    assert one.slot is not None
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (one.slot.since, one.slot.until)
    assert event["SUMMARY"] == "Check-in"
    said = content.replace(b"\r\n ", b"").decode()
    for private in (world.patient.name, world.therapist.name, world.patient.email, world.therapist.email):
        assert private not in said


def test_it_holds_neither_proposals_nor_what_was_cancelled_or_is_long_over(
    deps: Deps, world: World, clock: Clock
) -> None:
    secret = secret_of(make_calendar(deps, world.patient))
    made = proposed(deps, world)
    assert events(deps, secret) == []
    cancel(deps, world.patient, made.id)
    one = agreed_again(deps, world)
    assert events(deps, secret) == [f"{one}@checkin"]
    clock.advance(days=59)
    assert len(events(deps, secret)) == 1
    clock.advance(days=10)
    assert events(deps, secret) == []


def agreed_again(deps: Deps, world: World) -> str:
    start = find_times(deps, world.therapist, world.patient.id).slots[0].time.since
    made = propose(deps, world.therapist, world.patient.id, [start])
    return str(pick(deps, world.patient, made.id, start).id)


def test_nobody_sees_the_appointments_of_others(deps: Deps, world: World) -> None:
    agreed(deps, world)
    for stranger in (world.other_patient, world.unasked, world.staff):
        assert events(deps, secret_of(make_calendar(deps, stranger))) == []


def test_a_new_address_ends_the_one_before_and_ending_ends_all(
    deps: Deps, world: World, clock: Clock
) -> None:
    assert my_calendar(deps, world.patient) is None
    first = secret_of(make_calendar(deps, world.patient))
    second = secret_of(make_calendar(deps, world.patient))
    other = secret_of(make_calendar(deps, world.therapist))
    assert my_calendar(deps, world.patient) == clock.now()
    with pytest.raises(NotFound):
        read_calendar(deps, first)
    read_calendar(deps, second)
    end_calendar(deps, world.patient)
    end_calendar(deps, world.patient)
    assert my_calendar(deps, world.patient) is None
    with pytest.raises(NotFound):
        read_calendar(deps, second)
    read_calendar(deps, other)
    with deps.reading() as tx:
        written = [entry.action for entry in audit.events_of(tx, world.clinic.id, limit=9)]
    assert written == ["calendar_ended", *["calendar_made"] * 3]


def test_a_closed_sign_in_a_wrong_secret_and_an_old_one_open_nothing(
    deps: Deps, world: World, clock: Clock
) -> None:
    secret = secret_of(make_calendar(deps, world.therapist))
    with pytest.raises(NotFound):
        read_calendar(deps, secret[:-1])
    old = secret_of(make_calendar(deps, world.patient))
    disable(deps, world.staff, world.therapist.id)
    with pytest.raises(NotFound):
        read_calendar(deps, secret)
    clock.set(clock.now() + deps.settings.calendar - timedelta(seconds=1))
    read_calendar(deps, old)
    clock.advance(seconds=1)
    with pytest.raises(NotFound):
        read_calendar(deps, old)
