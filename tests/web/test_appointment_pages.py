"""Appointments on the pages: a therapist's hours and times, a patient's choice, and what both see of it."""

import re
from datetime import datetime, time, timedelta
from uuid import uuid4

import pytest
from support.care import an_infusion, given
from support.clock import Clock
from support.meetings import agreed, estimated, offered, proposed, ready, starts
from support.people import World, give
from support.reading import missing, said
from support.threads import together
from support.visitor import Visitor

from checkin.domain.appointment import Appointment, AppointmentState
from checkin.domain.consent import Scope
from checkin.domain.infusion import InfusionState
from checkin.domain.message import MessageKind
from checkin.domain.person import Person, Role, WakingHours
from checkin.services.deps import Deps
from checkin.services.find_times import find_times
from checkin.services.plan_appointment import cancel, pick, propose
from checkin.services.record_infusion import record
from checkin.services.see_appointments import Standing, my_agenda
from checkin.services.set_preferences import set_preferences
from checkin.services.share import withdraw_access
from checkin.storage import appointments, messages

BERLIN = "Europe/Berlin"


def as_sent(at: datetime) -> str:
    return at.strftime("%Y%m%dT%H%MZ")


def state(deps: Deps, one: Appointment) -> Appointment:
    with deps.reading() as tx:
        return appointments.get_appointment(tx, one.id, one.clinic_id)


def kinds(deps: Deps, person: Person) -> list[MessageKind]:
    with deps.reading() as tx:
        return [message.kind for message in messages.messages_of(tx, person.id)]


@pytest.fixture
def patient(visitor: Visitor, world: World) -> Visitor:
    visitor.sign_in(world.patient)
    return visitor


@pytest.fixture
def therapist(visitor: Visitor, world: World) -> Visitor:
    visitor.sign_in(world.therapist)
    return visitor


def times_of(patient: Person) -> str:
    return f"/patients/{patient.id}/times"


# Finding and proposing


def test_without_hours_the_page_leads_to_them(therapist: Visitor, world: World, deps: Deps) -> None:
    an_infusion(deps, world.staff, world.patient)
    page = therapist.get(times_of(world.patient)).text
    assert "Set your hours first." in said(page)
    assert 'href="/hours"' in page


def test_the_best_times_are_ticked_and_the_others_follow_by_rule(
    therapist: Visitor, world: World, deps: Deps
) -> None:
    found = ready(deps, world)
    page = therapist.get(times_of(world.patient)).text
    boxes = re.findall(r'<input type="checkbox" name="slots" value="(\w+)" id="[\w-]+"( checked)?>', page)
    assert len(boxes) == len(found.slots)
    assert [value for value, ticked in boxes if ticked] == [as_sent(s.time.since) for s in found.suggested]
    words = said(page)
    assert "There is no estimate of the window yet." in words
    assert "%" not in words


def test_with_an_estimate_each_time_says_how_likely_the_window_is_open(
    therapist: Visitor, world: World, deps: Deps
) -> None:
    ready(deps, world)
    estimated(deps, world.patient, lambda hours: max(0.05, 0.95 - abs(hours - 40) / 60))
    words = said(therapist.get(times_of(world.patient)).text)
    chances = [int(found) for found in re.findall(r"\((\d+) %\)", words)]
    best = len(find_times(deps, world.therapist, world.patient.id).suggested)
    assert chances[0] == max(chances)
    assert chances[:best] == sorted(chances[:best], reverse=True)
    bands = ("Other free times", "Likely open", "More likely closed")
    assert missing(words, bands) == []
    assert "decision support" in words


def test_ticking_two_and_sending_proposes_them(therapist: Visitor, world: World, deps: Deps) -> None:
    chosen = starts(ready(deps, world))[:2]
    answer = therapist.post(times_of(world.patient), {"slots": [as_sent(at) for at in chosen]})
    assert answer.status_code == 303
    words = said(therapist.get(answer.location).text)
    assert f"{world.patient.name} gets a message." in words
    (entry,) = my_agenda(deps, world.therapist, Role.THERAPIST).waiting
    assert {option.since for option in entry.options} == set(chosen)


def test_sent_twice_it_is_one_proposal_and_one_message(therapist: Visitor, world: World, deps: Deps) -> None:
    chosen = {"slots": [as_sent(starts(ready(deps, world))[0])]}
    locations = {therapist.post(times_of(world.patient), chosen).location for _ in range(3)}
    assert len(locations) == 1
    assert len(my_agenda(deps, world.therapist, Role.THERAPIST).waiting) == 1
    assert kinds(deps, world.patient) == [MessageKind.PROPOSAL]


def test_other_times_take_the_place_of_those_before(therapist: Visitor, world: World, deps: Deps) -> None:
    found = starts(ready(deps, world))
    for at, said_before in zip(found[:2], (False, True), strict=True):
        words = said(therapist.get(times_of(world.patient)).text)
        assert ("New ones take their place." in words) == said_before
        therapist.post(times_of(world.patient), {"slots": [as_sent(at)]})
    (entry,) = my_agenda(deps, world.patient, Role.PATIENT).waiting
    assert [option.since for option in entry.options] == [found[1]]


@pytest.mark.parametrize(
    ("slots", "status", "words"),
    [
        ([], 422, "Select at least one time."),
        (["first", "second", "third", "fourth"], 422, "Select at most 3 times."),
        (["first", "first"], 303, ""),
        (["20260101T0000Z"], 409, "not free any more"),
        (["tomorrow"], 422, "Select one of the times on this page."),
        (["99999999T9999Z"], 422, "Select one of the times on this page."),
        (["20260311T1300Z" * 1000], 422, "Select one of the times on this page."),
        (["\x00", "' OR 1=1 --"], 422, "Select one of the times on this page."),
    ],
)
def test_what_cannot_be_proposed_is_said_and_changes_nothing(
    therapist: Visitor, world: World, deps: Deps, slots: list[str], status: int, words: str
) -> None:
    found = [as_sent(at) for at in starts(ready(deps, world))]
    places = {"first": 0, "second": 1, "third": 2, "fourth": 3}
    sent = [found[places[slot]] if slot in places else slot for slot in slots]
    answer = therapist.post(times_of(world.patient), {"slots": sent})
    assert answer.status_code == status
    if status != 303:
        assert words in said(answer.text)
        assert "There is a problem" in said(answer.text)
        assert my_agenda(deps, world.therapist, Role.THERAPIST).waiting == ()


def test_times_are_the_therapists_with_the_patients_beside_them(
    therapist: Visitor, world: World, deps: Deps
) -> None:
    set_preferences(
        deps, world.patient, zone=BERLIN, waking=WakingHours(since=time(8), until=time(21)), reminders=True
    )
    ready(deps, world)
    words = said(therapist.get(times_of(world.patient)).text)
    assert re.search(r"March, (9|10|11)am \w+ \d+ March, [2-5]pm in Europe/Berlin", words)
    assert "yours, in America/New York. The patient is in Europe/Berlin." in words


def test_the_list_shows_what_waits_what_is_agreed_and_what_came_to_nothing(
    therapist: Visitor, world: World, deps: Deps, clock: Clock
) -> None:
    made = proposed(deps, world)
    words = said(therapist.get("/patients/appointments").text)
    assert words.index("Waiting for an answer") < words.index(world.patient.name)
    assert words.count("March") == 3
    answer = therapist.post(f"/appointments/{made.id}/cancel")
    words = said(therapist.get(answer.location).text)
    assert f"You took back the times proposed to {world.patient.name}." in words
    clock.advance(days=15)
    therapist.sign_in(world.therapist)
    assert world.patient.name not in said(therapist.get("/patients/appointments").text)


def test_a_time_outside_the_window_is_marked_and_leads_to_other_ones(
    therapist: Visitor, world: World, deps: Deps
) -> None:
    one = agreed(deps, world)
    estimated(deps, world.patient, lambda hours: 0.9 if hours < 20 else 0.31)
    page = therapist.get("/patients/appointments").text
    assert "Outside the window" in said(page)
    assert "more likely closed then (31 %)" in said(page)
    assert f'href="/appointments/{one.id}/move"' in page
    words = said(therapist.get(f"/appointments/{one.id}/move").text)
    assert "the window is more likely closed then (31 %)" in words
    assert "decision support" in words
    assert "Earlier" not in words, "there is none that is likelier"
    assert missing(said(page), ("decision support", "Choose another time")) == []


def test_likelier_times_before_a_time_outside_the_window_come_first(
    therapist: Visitor, world: World, deps: Deps
) -> None:
    latest = max(starts(ready(deps, world)))
    one = propose(deps, world.therapist, world.patient.id, [latest])
    pick(deps, world.patient, one.id, latest)
    estimated(deps, world.patient, lambda hours: 0.9 if hours < 60 else 0.31)
    page = therapist.get(f"/appointments/{one.id}/move").text
    values = re.findall(r'<input type="radio" name="slot" value="(\w+)"', page)
    assert len(values) == len(set(values)), "each time is there once"
    words = said(page)
    first = words.index("Earlier")
    assert first < words.index("Very likely open")
    assert values[:3] == sorted(values[:3])
    assert all(value < as_sent(latest) for value in values[:3])


def test_a_time_too_near_a_new_infusion_is_marked(therapist: Visitor, world: World, deps: Deps) -> None:
    latest = max(starts(ready(deps, world)))
    one = propose(deps, world.therapist, world.patient.id, [latest])
    pick(deps, world.patient, one.id, latest)
    planned = given(latest - timedelta(hours=3), state=InfusionState.PLANNED)
    record(deps, world.staff, world.patient.id, planned)
    for path in ("/patients/appointments", f"/patients/{world.patient.id}", f"/appointments/{one.id}/move"):
        assert "too near an infusion" in said(therapist.get(path).text).lower()
    assert "%" not in said(therapist.get("/patients/appointments").text)


def test_after_consent_has_ended_there_is_a_name_and_no_way_to_the_record(
    therapist: Visitor, world: World, deps: Deps
) -> None:
    one = agreed(deps, world)
    estimated(deps, world.patient, lambda hours: 0.2)
    withdraw_access(deps, world.patient, world.therapist.id)
    page = therapist.get("/patients/appointments").text
    assert world.patient.name in page
    assert f"/patients/{world.patient.id}" not in page
    assert "Outside" not in page
    assert f'href="/appointments/{one.id}/move"' not in page
    assert f'href="/appointments/{one.id}/cancel"' in page


# The patient's choice


def test_the_patient_sees_the_times_with_nothing_chosen_and_no_prediction(
    patient: Visitor, world: World, deps: Deps
) -> None:
    made = proposed(deps, world)
    estimated(deps, world.patient, lambda hours: 0.9)
    page = patient.get("/appointments").text
    radios = re.findall(r'<input type="radio" name="slot" value="(\w+)" id="[\w-]+"( checked)?>', page)
    assert radios == [(as_sent(option.since), "") for option in made.options]
    words = said(page)
    assert f"With {world.therapist.name}. It takes 50 minutes." in words
    for prediction in ("window", "likely", "%", "infusion", "estimate"):
        assert prediction not in words.lower()


def test_one_tap_and_send_agrees_and_both_are_told(patient: Visitor, world: World, deps: Deps) -> None:
    made = proposed(deps, world)
    answer = patient.post(f"/appointments/{made.id}/pick", {"slot": as_sent(made.options[1].since)})
    assert answer.status_code == 303
    words = said(patient.get(answer.location).text)
    assert "Done: Your appointment is on" in words
    assert "Choose a time" not in words
    assert state(deps, made).slot == made.options[1]
    for person in (world.patient, world.therapist):
        assert MessageKind.APPOINTMENT in kinds(deps, person)


def test_a_double_tap_and_two_windows_do_no_harm(patient: Visitor, world: World, deps: Deps) -> None:
    made = proposed(deps, world)
    path = f"/appointments/{made.id}/pick"
    first, again = (patient.post(path, {"slot": as_sent(made.options[0].since)}) for _ in range(2))
    assert (first.status_code, first.location) == (again.status_code, again.location)
    other = patient.post(path, {"slot": as_sent(made.options[1].since)})
    assert other.status_code == 409
    assert "This time is not free any more." in said(other.text)
    assert state(deps, made).slot == made.options[0]
    assert sorted(kinds(deps, world.patient)) == [MessageKind.APPOINTMENT, MessageKind.PROPOSAL]
    declined = patient.post(f"/appointments/{made.id}/decline")
    assert declined.status_code == 303
    assert state(deps, made).state is AppointmentState.AGREED


def test_twenty_taps_at_once_are_one_appointment(
    patient: Visitor, world: World, deps: Deps, clock: Clock
) -> None:
    made = proposed(deps, world)
    visitors = [Visitor(patient.app) for _ in range(10)]
    for one in visitors:
        one.sign_in(world.patient)

    def tap(n: int) -> int:
        sent = {"slot": as_sent(made.options[n % 2].since)}
        return visitors[n].post(f"/appointments/{made.id}/pick", sent).status_code

    statuses = together(len(visitors), tap)
    assert set(statuses) <= {303, 409}
    assert 303 in statuses
    assert kinds(deps, world.therapist).count(MessageKind.APPOINTMENT) == 1
    assert len(my_agenda(deps, world.patient, Role.PATIENT).agreed) == 1


@pytest.mark.parametrize("slot", ["", "tomorrow", "20260311", "\x00", "9" * 5000])
def test_a_choice_that_is_none_is_asked_again(patient: Visitor, world: World, deps: Deps, slot: str) -> None:
    made = proposed(deps, world)
    answer = patient.post(f"/appointments/{made.id}/pick", {"slot": slot} if slot else {})
    assert answer.status_code == 422
    assert "Select a time, or say that none of them fits." in said(answer.text)
    assert f'href="#slot-{made.id}-0"' in answer.text
    assert f'id="slot-{made.id}-0"' in answer.text
    assert state(deps, made).state is AppointmentState.PROPOSED


def test_a_time_that_somebody_else_took_is_said_and_the_others_stay(
    patient: Visitor, world: World, deps: Deps
) -> None:
    made = proposed(deps, world)
    with deps.transaction() as tx:
        give(tx, world.other_patient, world.therapist.id, [Scope.SCORES], deps.now())
    other = offered(deps, world, world.other_patient, made.options[:1])
    second = Visitor(patient.app)
    second.sign_in(world.other_patient)
    second.post(f"/appointments/{other.id}/pick", {"slot": as_sent(made.options[0].since)})
    answer = patient.post(f"/appointments/{made.id}/pick", {"slot": as_sent(made.options[0].since)})
    assert answer.status_code == 409
    assert "This time is not free any more. Choose another one." in said(answer.text)
    answer = patient.post(f"/appointments/{made.id}/pick", {"slot": as_sent(made.options[1].since)})
    assert answer.status_code == 303


def test_none_of_these_fits_tells_the_therapist(patient: Visitor, world: World, deps: Deps) -> None:
    made = proposed(deps, world)
    for _ in range(2):
        answer = patient.post(f"/appointments/{made.id}/decline")
        words = said(patient.get(answer.location).text)
        assert "You said that none of the times fits." in words
    assert state(deps, made).state is AppointmentState.CANCELLED
    assert kinds(deps, world.therapist) == [MessageKind.DECLINED]
    (gone,) = my_agenda(deps, world.therapist, Role.THERAPIST).gone
    assert gone.standing is Standing.DECLINED
    patient.sign_in(world.therapist)
    words = said(patient.get("/patients/appointments").text)
    assert f"{world.patient.name} said that none of the proposed times fits." in words


def test_what_lapsed_was_taken_back_or_cancelled_is_said_plainly(
    patient: Visitor, world: World, deps: Deps, clock: Clock
) -> None:
    made = proposed(deps, world)
    clock.set(made.options[-1].since)
    patient.sign_in(world.patient)
    words = said(patient.get("/appointments").text)
    assert f"The times that {world.therapist.name} proposed are over." in words
    assert "Choose a time" not in words
    answer = patient.post(f"/appointments/{made.id}/pick", {"slot": as_sent(made.options[-1].since)})
    assert answer.status_code == 409


def test_times_taken_back_are_named_as_such(patient: Visitor, world: World, deps: Deps) -> None:
    made = proposed(deps, world)
    cancel(deps, world.therapist, made.id)
    assert f"{world.therapist.name} took the proposed times back." in said(patient.get("/appointments").text)


def test_the_zone_is_named_where_the_therapists_differs(patient: Visitor, world: World, deps: Deps) -> None:
    made = proposed(deps, world)
    words = said(patient.get("/appointments").text)
    assert "America/New York" not in words
    set_preferences(
        deps, world.patient, zone=BERLIN, waking=WakingHours(since=time(8), until=time(21)), reminders=True
    )
    words = said(patient.get("/appointments").text)
    assert "yours, in Europe/Berlin" in words
    assert words.count("in America/New York") == len(made.options)


def test_without_consent_the_times_cannot_be_taken_any_more(
    patient: Visitor, world: World, deps: Deps
) -> None:
    made = proposed(deps, world)
    withdraw_access(deps, world.patient, world.therapist.id)
    page = patient.get("/appointments").text
    assert f"You do not share your scores with {world.therapist.name} any more." in said(page)
    assert 'name="slot"' not in page
    answer = patient.post(f"/appointments/{made.id}/pick", {"slot": as_sent(made.options[0].since)})
    assert answer.status_code == 403


# Moving and cancelling


@pytest.mark.parametrize("who", ["patient", "therapist"])
def test_cancelling_asks_first_and_twice_does_no_harm(
    visitor: Visitor, world: World, deps: Deps, who: str
) -> None:
    one = agreed(deps, world)
    visitor.sign_in(getattr(world, who))
    page = visitor.get(f"/appointments/{one.id}/cancel").text
    assert "Cancel this appointment?" in said(page)
    assert state(deps, one).state is AppointmentState.AGREED
    for _ in range(2):
        answer = visitor.post(f"/appointments/{one.id}/cancel")
        assert answer.status_code == 303
        assert "is cancelled." in said(visitor.get(answer.location).text)
    assert state(deps, one).state is AppointmentState.CANCELLED
    assert "cannot be cancelled" in said(visitor.get(f"/appointments/{one.id}/cancel").text)
    for person in (world.patient, world.therapist):
        assert kinds(deps, person).count(MessageKind.CANCELLATION) == 1


@pytest.mark.parametrize("who", ["patient", "therapist"])
def test_either_moves_it_and_only_the_therapist_reads_a_prediction(
    visitor: Visitor, world: World, deps: Deps, who: str
) -> None:
    one = agreed(deps, world)
    estimated(deps, world.patient, lambda hours: 0.8)
    visitor.sign_in(getattr(world, who))
    page = visitor.get(f"/appointments/{one.id}/move").text
    assert ("Likely open" in said(page)) == ("%" in said(page)) == (who == "therapist")
    free = re.findall(r'<input type="radio" name="slot" value="(\w+)"', page)
    assert len(free) == len(set(free)) > 3
    assert one.slot is not None
    assert as_sent(one.slot.since) not in free
    for _ in range(2):
        answer = visitor.post(f"/appointments/{one.id}/move", {"slot": free[-1]})
        assert answer.status_code == 303
    moved = state(deps, one)
    assert moved.slot is not None
    assert (moved.sequence, as_sent(moved.slot.since)) == (1, free[-1])
    assert visitor.post(f"/appointments/{one.id}/move").status_code == 422
    assert visitor.post(f"/appointments/{one.id}/move", {"slot": "20260101T0000Z"}).status_code == 409


def test_what_has_begun_is_neither_moved_nor_cancelled(
    visitor: Visitor, world: World, deps: Deps, clock: Clock
) -> None:
    one = agreed(deps, world)
    assert one.slot is not None
    clock.set(one.slot.since)
    visitor.sign_in(world.patient)
    assert "It has begun." in said(visitor.get("/appointments").text)
    assert visitor.get(f"/appointments/{one.id}/move").status_code == 409
    assert visitor.post(f"/appointments/{one.id}/cancel").status_code == 409
    assert state(deps, one).state is AppointmentState.AGREED


@pytest.mark.parametrize("who", ["unasked", "other_patient", "staff", "elsewhere_patient"])
def test_nobody_else_learns_that_there_is_one(visitor: Visitor, world: World, deps: Deps, who: str) -> None:
    one, other = agreed(deps, world), uuid4()
    visitor.sign_in(getattr(world, who))
    for act in ("cancel", "move", "pick", "decline"):
        for method in ("get", "post"):
            if method == "get" and act in {"pick", "decline"}:
                continue
            found, missing = (
                getattr(visitor, method)(f"/appointments/{which}/{act}") for which in (one.id, other)
            )
            assert (found.status_code, said(found.text)) == (404, said(missing.text))
    assert state(deps, one) == one


# On the first pages


def test_the_patients_first_page_leads_to_the_choice_and_shows_what_is_agreed(
    patient: Visitor, world: World, deps: Deps
) -> None:
    made = proposed(deps, world)
    page = patient.get("/home").text
    assert f"{world.therapist.name} proposes 3 times." in said(page)
    assert f'href="/appointments#times-{made.id}"' in page
    patient.post(f"/appointments/{made.id}/pick", {"slot": as_sent(made.options[0].since)})
    words = said(patient.get("/home").text)
    assert "Your next appointment" in words
    assert f", with {world.therapist.name}" in words
    assert "proposes" not in words


def test_the_therapist_finds_it_all_on_the_patients_page(
    therapist: Visitor, world: World, deps: Deps
) -> None:
    path = f"/patients/{world.patient.id}"
    found = starts(ready(deps, world))
    assert f'href="{times_of(world.patient)}"' in therapist.get(path).text
    made = propose(deps, world.therapist, world.patient.id, found[:3])
    page = therapist.get(path).text
    assert "Proposed, waiting for an answer:" in said(page)
    assert f'action="/appointments/{made.id}/cancel"' in page
    pick(deps, world.patient, made.id, made.options[0].since)
    estimated(deps, world.patient, lambda hours: 0.9 if hours < 20 else 0.31)
    page = therapist.get(path).text
    assert "Outside the window" in said(page)
    assert f'href="/appointments/{made.id}/move"' in page


def test_staff_with_the_grant_see_nothing_of_appointments(visitor: Visitor, world: World, deps: Deps) -> None:
    agreed(deps, world)
    with deps.transaction() as tx:
        give(tx, world.patient, world.clinic.id, [Scope.SCORES], deps.now())
    visitor.sign_in(world.staff)
    page = visitor.get(f"/patients/{world.patient.id}")
    assert page.status_code == 200
    assert "ppointment" not in said(page.text)
