"""A button pressed twice does once what it says, and does not stumble over its own first press."""

from collections.abc import Callable, Mapping

import pytest
from support.asked import Asked
from support.care import an_infusion
from support.clock import Clock
from support.people import PASSWORD, World
from support.reading import said
from support.visitor import Visitor, token_of
from werkzeug.test import TestResponse

from checkin.domain.infusion import InfusionState
from checkin.domain.person import Person
from checkin.domain.token import Purpose
from checkin.services.deps import Deps
from checkin.services.handle_alerts import open_alerts
from checkin.services.look_up import everybody
from checkin.services.sign_in import whose_token
from checkin.storage import audit, infusions
from checkin.storage.engine import Database

NEW = "sieve lantern orbit quartz"
TYPED = {
    "state": "given",
    "day": "2026-03-10",
    "time": "05:00",
    "route": "",
    "amount": "0.5",
    "unit": "mg/kg",
}


def twice(visitor: Visitor, path: str, data: Mapping[str, object]) -> tuple[TestResponse, TestResponse]:
    """Two equal requests, as the two taps of an unsteady hand make them."""
    token = token_of(visitor.get("/sign-in").text)
    first, second = (visitor.bare_post(path, {"csrf_token": token, **data}) for _ in range(2))
    return first, second


def acts(database: Database, person: Person, *actions: str) -> int:
    with database.reading() as tx:
        return len(audit.events_about(tx, person.id, actions=actions, limit=20))


@pytest.mark.parametrize("who", ["staff", "therapist", "patient"])
def test_an_infusion_is_recorded_once(visitor: Visitor, world: World, database: Database, who: str) -> None:
    visitor.sign_in(getattr(world, who))
    path = f"/patients/{world.patient.id}/infusions/new"
    first, second = twice(visitor, path, {**TYPED, "confirm": "1"})
    assert (first.status_code, first.location) == (303, second.location)
    with database.reading() as tx:
        assert len(infusions.infusions_of(tx, world.patient.id)) == 1
    assert acts(database, world.patient, "infusion_recorded") == 1


def test_somebody_else_recording_the_same_is_asked(visitor: Visitor, world: World, deps: Deps) -> None:
    an_infusion(deps, world.staff, world.patient, hours_ago=3)
    visitor.sign_in(world.patient)
    path = f"/patients/{world.patient.id}/infusions/new"
    answer = visitor.post(path, {**TYPED, "confirm": "1"})
    assert answer.status_code == 409


def test_an_infusion_is_corrected_and_cancelled_once(
    visitor: Visitor, world: World, deps: Deps, database: Database
) -> None:
    infusion = an_infusion(deps, world.staff, world.patient)
    path = f"/patients/{world.patient.id}/infusions/{infusion.id}"
    visitor.sign_in(world.staff)
    sent = {**TYPED, "confirm": "1", "revision": str(infusion.revision)}
    for ending, data in (("/correct", sent), ("/cancel", {})):
        first, second = twice(visitor, path + ending, data)
        assert (first.status_code, first.location) == (303, path)
        assert (second.status_code, second.location) == (303, path)
    assert acts(database, world.patient, "infusion_corrected", "infusion_cancelled") == 2
    with database.reading() as tx:
        assert [one.state for one in infusions.infusions_of(tx, world.patient.id)] == [
            InfusionState.CANCELLED
        ]


def test_an_alert_is_taken_once(
    visitor: Visitor, world: World, deps: Deps, database: Database, clock: Clock
) -> None:
    asked = Asked(deps, database, world.patient, clock)
    asked.send(asked.answers(safety=1))
    (alert,) = open_alerts(deps, world.staff)
    visitor.sign_in(world.staff)
    path = f"/clinic/alerts/{alert.alert.id}/acknowledge"
    first, second = twice(visitor, path, {})
    assert (first.status_code, second.status_code) == (303, 303)
    assert acts(database, world.patient, "alert_acknowledged") == 1
    visitor.sign_in(world.colleague)
    assert visitor.post(path).status_code == 409  # that one really was somebody else


def test_a_password_is_changed_once(visitor: Visitor, world: World) -> None:
    visitor.sign_in(world.patient)
    first, second = twice(visitor, "/account/password", {"current": PASSWORD, "password": NEW})
    assert (first.status_code, first.location) == (303, "/account")
    assert (second.status_code, second.location) == (303, "/account")
    wrong = visitor.post("/account/password", {"current": PASSWORD, "password": NEW + "s"})
    assert "This is not your current password." in said(wrong.text)


class TestInviting:
    @pytest.fixture
    def invite(self, visitor: Visitor, world: World) -> Callable[..., tuple[TestResponse, TestResponse]]:
        visitor.sign_in(world.staff)
        typed = {"name": "Abel Aster", "email": "abel@example.org", "role": "patient"}
        return lambda **more: twice(visitor, "/clinic/people/invite", {**typed, **more})

    def test_by_mail_there_is_one_person_and_no_error(
        self, invite: Callable[..., tuple[TestResponse, TestResponse]], world: World, deps: Deps
    ) -> None:
        first, second = invite(way="email")
        assert (first.status_code, second.status_code) == (303, 303)
        assert [p.name for p, _ in everybody(deps, world.staff)].count("Abel Aster") == 1

    def test_on_paper_the_page_that_is_seen_works(
        self, invite: Callable[..., tuple[TestResponse, TestResponse]], deps: Deps
    ) -> None:
        _, second = invite(way="paper")
        assert second.status_code == 200
        secret = second.text.partition("/welcome/")[2].partition("<")[0]
        assert whose_token(deps, secret, Purpose.INVITE).name == "Abel Aster"

    def test_later_or_in_other_words_it_is_refused(
        self,
        invite: Callable[..., tuple[TestResponse, TestResponse]],
        visitor: Visitor,
        world: World,
        clock: Clock,
    ) -> None:
        invite(way="email")
        other, _ = invite(way="email", name="Bela Birch")
        assert other.status_code == 422
        clock.advance(minutes=3)
        later, _ = invite(way="email")
        assert later.status_code == 422
        assert "is here already" in said(later.text)


def test_what_was_sent_after_signing_out_elsewhere_is_said_not_to_be_saved(
    visitor: Visitor, world: World
) -> None:
    visitor.sign_in(world.patient)
    token = token_of(visitor.get("/sign-in").text)
    visitor.client.delete_cookie("signin", domain="127.0.0.1")
    answer = visitor.bare_post("/preferences", {"csrf_token": token, "zone": "Europe/Berlin"})
    assert (answer.status_code, answer.location) == (303, "/sign-in?unsent=1")
    assert "what you just sent was not saved" in said(visitor.get(answer.location).text)
    assert "not saved" not in said(visitor.get("/sign-in").text)
