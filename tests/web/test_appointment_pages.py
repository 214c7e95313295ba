"""Appointments on the pages: a patient's choice, and moving and cancelling by either."""

import re
from datetime import time
from uuid import uuid4

import pytest
from support.clock import Clock
from support.meetings import agreed, as_sent, estimated, kinds, offered, proposed, stored
from support.people import World, give
from support.reading import said
from support.threads import together
from support.visitor import Visitor

from checkin.domain.appointment import AppointmentState
from checkin.domain.consent import Scope
from checkin.domain.message import MessageKind
from checkin.domain.person import Role, WakingHours
from checkin.services.deps import Deps
from checkin.services.manage_people import disable
from checkin.services.plan_appointment import cancel
from checkin.services.see_appointments import Standing, my_agenda
from checkin.services.set_preferences import set_preferences
from checkin.services.share import withdraw_access

BERLIN = "Europe/Berlin"


@pytest.fixture
def patient(visitor: Visitor, world: World) -> Visitor:
    visitor.sign_in(world.patient)
    return visitor


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
    assert stored(deps, made).slot == made.options[1]
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
    assert stored(deps, made).slot == made.options[0]
    assert sorted(kinds(deps, world.patient)) == [MessageKind.APPOINTMENT, MessageKind.PROPOSAL]
    declined = patient.post(f"/appointments/{made.id}/decline")
    assert declined.status_code == 303
    assert stored(deps, made).state is AppointmentState.AGREED


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
    assert stored(deps, made).state is AppointmentState.PROPOSED


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
    assert stored(deps, made).state is AppointmentState.CANCELLED
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
    words = said(patient.get("/appointments").text)
    assert f"The times that {world.therapist.name} proposed are taken back." in words


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


@pytest.mark.parametrize("who", ["patient", "therapist"])
def test_cancelling_asks_first_and_twice_does_no_harm(
    visitor: Visitor, world: World, deps: Deps, who: str
) -> None:
    one = agreed(deps, world)
    visitor.sign_in(getattr(world, who))
    page = visitor.get(f"/appointments/{one.id}/cancel").text
    assert "Cancel this appointment?" in said(page)
    assert stored(deps, one).state is AppointmentState.AGREED
    for _ in range(2):
        answer = visitor.post(f"/appointments/{one.id}/cancel")
        assert answer.status_code == 303
        assert "is cancelled." in said(visitor.get(answer.location).text)
    assert stored(deps, one).state is AppointmentState.CANCELLED
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
    moved = stored(deps, one)
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
    assert stored(deps, one).state is AppointmentState.AGREED


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
    assert stored(deps, one) == one


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


def test_staff_with_the_grant_see_nothing_of_appointments(visitor: Visitor, world: World, deps: Deps) -> None:
    agreed(deps, world)
    with deps.transaction() as tx:
        give(tx, world.patient, world.clinic.id, [Scope.SCORES], deps.now())
    visitor.sign_in(world.staff)
    page = visitor.get(f"/patients/{world.patient.id}")
    assert page.status_code == 200
    assert "ppointment" not in said(page.text)


def test_with_a_patient_whom_nothing_reaches_a_therapist_can_only_cancel(
    visitor: Visitor, world: World, deps: Deps
) -> None:
    one = agreed(deps, world)
    disable(deps, world.staff, world.patient.id)
    visitor.sign_in(world.therapist)
    beside, own = (
        visitor.get(url).text for url in (f"/patients/{world.patient.id}", "/patients/appointments")
    )
    for page in (beside, own):
        assert f"/appointments/{one.id}/move" not in page
        assert f"/appointments/{one.id}/cancel" in page
    assert f"/patients/{world.patient.id}/times" not in beside
    assert "Agree a time with them directly." in said(beside)
    for url in (f"/patients/{world.patient.id}/times", f"/appointments/{one.id}/move"):
        for page in (visitor.get(url), visitor.post(url, {"slot": "20260101T0000Z"})):
            assert page.status_code == 403
            assert "does not use the app any more" in said(page.text)
