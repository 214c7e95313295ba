"""Inviting an own therapist tells a patient nothing about who is known here, whichever address is typed."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from support.channel import FakeChannel
from support.clock import NOON
from support.consent import confirmed, held
from support.people import World, add_person
from support.reading import said
from support.visitor import Visitor

from checkin.domain.consent import Scope
from checkin.domain.errors import Conflict
from checkin.domain.person import Person, Role
from checkin.services import invite_people
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.look_up import everybody
from checkin.storage import audit, people
from checkin.storage.engine import Database

ADDRESS = "cleo@example.org"
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_TOKEN = re.compile(r'name="csrf_token" value="[^"]*"')

KNOWN: dict[str, Callable[[World], Person]] = {
    "a therapist elsewhere": lambda world: world.elsewhere_therapist,
    "staff elsewhere": lambda world: world.elsewhere_staff,
    "a patient elsewhere": lambda world: world.elsewhere_patient,
    "another patient": lambda world: world.other_patient,
    "staff of the clinic": lambda world: world.staff,
    "somebody whose sign-in is closed": lambda world: world.disabled,
}
known = pytest.mark.parametrize("who", KNOWN.values(), ids=KNOWN.keys())


def invite(visitor: Visitor, email: str) -> tuple[int, str, str]:
    """Invite by the form; return the status, where it leads, and that page without ids and tokens."""
    sent = {"name": "Cleo Marsh", "email": email, **confirmed(Scope.SCORES)}
    answer = visitor.post("/sharing/therapist", sent, page="/sharing")
    page = visitor.get(answer.location).text if answer.location else answer.text
    return answer.status_code, answer.location or "", _TOKEN.sub("", _ID.sub("…", page))


@known
@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
def test_known_addresses_and_new_ones_get_the_same_pages(
    visitor: Visitor, world: World, database: Database, who: Callable[[World], Person], times: int
) -> None:
    with database.transaction() as tx:
        twin = add_person(tx, world.clinic.id, NOON, "Perpetua Twin", Role.PATIENT)
        give_all = add_person(tx, world.clinic.id, NOON, "Perpetua Other", Role.PATIENT)
    pages = []
    for patient, address in ((twin, ADDRESS), (give_all, f" {who(world).email.upper()} ")):
        visitor.sign_in(patient)
        for _ in range(times):
            found = invite(visitor, address)
        pages.append(found)
    assert pages[0] == pages[1]
    assert pages[0][0] == 303


@known
def test_nobody_is_given_anything_they_did_not_have(
    visitor: Visitor,
    world: World,
    deps: Deps,
    database: Database,
    channel: FakeChannel,
    who: Callable[[World], Person],
) -> None:
    with database.reading() as tx:
        before = people.find_by_email(tx, who(world).email)
    visitor.sign_in(world.patient)
    invite(visitor, who(world).email)
    with database.reading() as tx:
        assert people.find_by_email(tx, who(world).email) == before
        noted = audit.events_about(tx, world.patient.id, actions=("therapist_invited",), limit=9)
    assert held(deps, world.patient, who(world).id) == set()
    assert len(noted) == 1
    deliver(deps, uuid4())
    assert channel.sent == []


def test_somebody_who_has_not_come_yet_is_marked_and_can_be_stopped(
    visitor: Visitor, world: World, deps: Deps
) -> None:
    visitor.sign_in(world.other_patient)
    _, _, page = invite(visitor, world.elsewhere_therapist.email)
    words = said(page)
    assert "Your choice is saved." in words
    assert "has access" not in words
    assert "Cleo Marsh Has not signed in yet" in words
    stand_in = next(p for p, _ in everybody(deps, world.staff) if p.name == "Cleo Marsh")
    assert held(deps, world.other_patient, stand_in.id) == {Scope.SCORES}
    visitor.post(f"/sharing/{stand_in.id}/stop", page="/sharing")
    assert held(deps, world.other_patient, stand_in.id) == set()


def test_a_therapist_of_the_clinic_has_it_at_once(visitor: Visitor, world: World, deps: Deps) -> None:
    visitor.sign_in(world.other_patient)
    _, _, page = invite(visitor, world.unasked.email)
    assert "Has not signed in yet" not in said(page)
    assert held(deps, world.other_patient, world.unasked.id) == {Scope.SCORES}


def test_staff_are_told_why_it_cannot_be_sent(
    visitor: Visitor, world: World, deps: Deps, channel: FakeChannel
) -> None:
    visitor.sign_in(world.other_patient)
    invite(visitor, world.elsewhere_therapist.email)
    visitor.sign_in(world.staff)
    page = visitor.get("/clinic/people").text
    assert "This e-mail address belongs to somebody else, so no invitation went out." in said(page)
    assert ".invalid" not in page
    stand_in = next(p for p, _ in everybody(deps, world.staff) if p.name == "Cleo Marsh")
    assert str(stand_in.id) + "/invite" not in page
    for on_paper in (True, False):
        with pytest.raises(Conflict):
            invite_people.invite_again(deps, world.staff, stand_in.id, on_paper=on_paper)
    deliver(deps, uuid4())
    assert channel.sent == []
