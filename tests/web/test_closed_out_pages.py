"""What pages say of a therapist whose sign-in staff close: before, afterwards, and of what was left."""

import re

import pytest
from support.meetings import agreed, proposed
from support.people import World
from support.reading import said
from support.visitor import Visitor

from checkin.services.deps import Deps
from checkin.storage import people


@pytest.fixture
def patient(visitor: Visitor, world: World) -> Visitor:
    visitor.sign_in(world.patient)
    return visitor


def close(deps: Deps, world: World) -> None:
    """As it was when closing a sign-in called nothing off."""
    with deps.transaction() as tx:
        people.set_disabled(tx, world.therapist.id, deps.now())


def test_staff_read_what_it_cancels_and_the_patient_what_became_of_it(
    visitor: Visitor, world: World, deps: Deps
) -> None:
    agreed(deps, world)
    visitor.sign_in(world.staff)
    words = "Disabling cancels 1 appointment to come, and the patient gets an e-mail."
    assert said(visitor.get("/clinic/people").text).count(words) == 1
    assert visitor.post(f"/clinic/people/{world.therapist.id}/disable").status_code == 303
    assert words not in said(visitor.get("/clinic/people").text)
    visitor.sign_in(world.patient)
    assert world.therapist.name not in said(visitor.get("/home").text)
    found = said(visitor.get("/appointments").text)
    assert re.search(f"The appointment with {world.therapist.name} on .+ is cancelled.", found)


def test_proposed_times_are_not_said_to_end_with_a_consent_that_is_in_force(
    patient: Visitor, world: World, deps: Deps
) -> None:
    proposed(deps, world)
    close(deps, world)
    page = patient.get("/appointments").text
    assert f"{world.therapist.name} does not use this app any more." in said(page)
    assert "You do not share" not in said(page)
    assert 'name="slot"' not in page


def test_cancelling_promises_no_mail_to_somebody_who_gets_none(
    patient: Visitor, world: World, deps: Deps
) -> None:
    one = agreed(deps, world)
    path = f"/appointments/{one.id}/cancel"
    promise = f"{world.therapist.name} gets an e-mail that it is cancelled. You do not have"
    assert promise in said(patient.get(path).text)
    close(deps, world)
    words = said(patient.get(path).text)
    assert f"{world.therapist.name} does not use this app any more, and gets no e-mail. You do not" in words
    assert promise not in words
    assert patient.post(path).status_code == 303
