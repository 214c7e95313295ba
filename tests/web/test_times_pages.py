"""A therapist's pages of times: found, ticked and proposed, and what became of them."""

import re
from dataclasses import replace
from datetime import time, timedelta

import pytest
from support.care import an_infusion, given
from support.clock import Clock
from support.meetings import HOURS, agreed, as_sent, estimated, kinds, proposed, ready, starts
from support.people import World
from support.reading import missing, said
from support.visitor import Visitor

from checkin.domain.infusion import InfusionState
from checkin.domain.message import MessageKind
from checkin.domain.person import Person, Role, WakingHours
from checkin.services.deps import Deps
from checkin.services.find_times import find_times
from checkin.services.plan_appointment import pick, propose
from checkin.services.record_infusion import correct, record
from checkin.services.see_appointments import my_agenda
from checkin.services.set_hours import set_hours
from checkin.services.set_preferences import set_preferences
from checkin.services.share import withdraw_access
from checkin.storage import infusions

BERLIN = "Europe/Berlin"


@pytest.fixture
def therapist(visitor: Visitor, world: World) -> Visitor:
    visitor.sign_in(world.therapist)
    return visitor


def times_of(patient: Person) -> str:
    return f"/patients/{patient.id}/times"


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


def test_an_estimate_that_is_not_up_to_date_is_told_and_not_used(
    visitor: Visitor, world: World, deps: Deps, clock: Clock
) -> None:
    one = agreed(deps, world)
    estimated(deps, world.patient, lambda hours: 0.9 if hours < 20 else 0.31)
    clock.advance(hours=3)
    told = "The estimate of the window is not up to date. The times follow the fixed rule."
    visitor.sign_in(world.therapist)
    for page in (times_of(world.patient), f"/appointments/{one.id}/move"):
        words = said(visitor.get(page).text)
        assert told in words
        assert missing(words, ("%", "no estimate", "decision support")) == [
            "%",
            "no estimate",
            "decision support",
        ]
    assert "Outside the window" not in said(visitor.get("/patients/appointments").text)
    visitor.sign_in(world.patient)
    assert told not in said(visitor.get(f"/appointments/{one.id}/move").text), "no prediction"


def test_where_an_appointment_leaves_no_time_that_is_the_reason(
    therapist: Visitor, world: World, deps: Deps
) -> None:
    agreed(deps, world)  # on Wednesday
    assert "No free time fits" not in said(therapist.get(times_of(world.patient)).text)
    two_days = tuple(day for day in HOURS.weekly if day.weekday in {2, 3})
    set_hours(deps, world.therapist, replace(HOURS, weekly=two_days))
    words = said(therapist.get(times_of(world.patient)).text)
    assert "no free time at the right distance from an infusion and from what is agreed already" in words


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
    assert f"The times proposed to {world.patient.name} are taken back." in words
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


def test_a_time_without_an_infusion_before_it_is_marked(therapist: Visitor, world: World, deps: Deps) -> None:
    one = agreed(deps, world)
    with deps.reading() as tx:
        (given_one,) = infusions.infusions_of(tx, world.patient.id)
    off = given(given_one.at, state=InfusionState.CANCELLED)
    correct(deps, world.staff, world.patient.id, given_one.id, off, revision=given_one.revision)
    for path in ("/patients/appointments", f"/patients/{world.patient.id}"):
        words = said(therapist.get(path).text)
        assert missing(words, ("No infusion before it", "No infusion is recorded or planned")) == []
        assert "decision support. It can be wrong" not in words
    assert "No infusion is recorded or planned" in said(therapist.get(f"/appointments/{one.id}/move").text)


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
