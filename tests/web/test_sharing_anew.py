"""New access: it waits for a day after an infusion, and it can be given to a therapist of one's own."""

from collections.abc import Mapping
from uuid import uuid4

import pytest
from support.care import an_infusion
from support.channel import FakeChannel
from support.clock import Clock
from support.consent import choice, confirmed, held
from support.people import World, email_of
from support.reading import checked, errors_of, said
from support.visitor import Visitor, forms_of

from checkin.domain.consent import Scope
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.storage import grants, people
from checkin.storage.engine import Database


@pytest.fixture
def patient(visitor: Visitor, world: World) -> Visitor:
    """The patient, signed in; every scope is granted to the therapist, nothing to anybody else."""
    visitor.sign_in(world.patient)
    return visitor


class TestWithin24HoursOfAnInfusion:
    @pytest.fixture(autouse=True)
    def _infusion(self, deps: Deps, world: World) -> None:
        an_infusion(deps, world.staff, world.patient, hours_ago=4)

    def test_the_page_says_from_when_new_access_can_be_given(self, patient: Visitor, world: World) -> None:
        page = patient.get("/sharing").text
        assert "You can give new access from Wednesday 11 March, 8am on." in said(page)
        names = f"Staff of {world.clinic.name}, {world.unasked.name}"
        assert f"Then you can choose {names}, or your own therapist." in said(page)
        assert f"/sharing/{world.unasked.id}" not in page

    def test_there_is_nothing_to_fill_in_for_somebody_new(self, patient: Visitor, world: World) -> None:
        for path in (f"/sharing/{world.unasked.id}", "/sharing/therapist"):
            page = patient.get(path).text
            assert "from Wednesday 11 March, 8am on" in said(page)
            assert not [form for form in forms_of(page) if form.choices]

    def test_new_access_is_refused_in_words(self, patient: Visitor, world: World, deps: Deps) -> None:
        answer = patient.post(f"/sharing/{world.unasked.id}", choice(Scope.SCORES), page="/sharing")
        assert answer.status_code == 422
        assert "24 hours after your infusion" in said(answer.text)
        assert held(deps, world.patient, world.unasked.id) == set()

    def test_an_own_therapist_is_not_invited(self, patient: Visitor, deps: Deps, database: Database) -> None:
        answer = patient.post("/sharing/therapist", invitation(choice(Scope.SCORES)), page="/sharing")
        assert answer.status_code == 422
        assert "24 hours after your infusion" in said(answer.text)
        with database.reading() as tx:
            assert people.find_by_email(tx, "cleo@example.org") is None

    def test_less_can_be_chosen_at_any_time(self, patient: Visitor, world: World, deps: Deps) -> None:
        path = f"/sharing/{world.therapist.id}"
        assert patient.post(path, choice(Scope.SCORES), page=path).status_code == 303
        assert held(deps, world.patient, world.therapist.id) == {Scope.SCORES}
        assert patient.post(path, choice(Scope.SCORES, Scope.NOTES), page=path).status_code == 422
        assert held(deps, world.patient, world.therapist.id) == {Scope.SCORES}

    def test_stopping_never_waits(self, patient: Visitor, world: World, deps: Deps) -> None:
        patient.post(f"/sharing/{world.therapist.id}/stop", page="/sharing")
        assert held(deps, world.patient, world.therapist.id) == set()

    def test_the_next_day_it_is_open_again(
        self, patient: Visitor, world: World, deps: Deps, clock: Clock
    ) -> None:
        clock.advance(hours=20)
        assert "You can give new access" not in said(patient.get("/sharing").text)
        data = confirmed(Scope.SCORES)
        assert patient.post(f"/sharing/{world.unasked.id}", data, page="/sharing").status_code == 303
        assert held(deps, world.patient, world.unasked.id) == {Scope.SCORES}


def invitation(choices: Mapping[str, str], **changes: str) -> dict[str, str]:
    return {"name": "Cleo Marsh", "email": "cleo@example.org", **choices, **changes}


class TestInviting:
    def test_an_own_therapist_gets_an_invitation_and_access_in_one_act(
        self, patient: Visitor, world: World, deps: Deps, database: Database, channel: FakeChannel
    ) -> None:
        answer = patient.post("/sharing/therapist", invitation(confirmed(Scope.SCORES)), page="/sharing")
        assert answer.status_code == 303
        with database.reading() as tx:
            found = people.find_by_email(tx, "cleo@example.org")
        assert found is not None
        assert held(deps, world.patient, found[0].id) == {Scope.SCORES}
        words = said(patient.get(answer.location).text)
        assert "Your choice is saved." in words
        assert "Cleo Marsh" in words
        deliver(deps, uuid4())
        assert [message.to_address for message in channel.sent] == ["cleo@example.org"]

    @pytest.mark.parametrize(
        ("changes", "field", "words"),
        [
            ({"name": " "}, "name", "Enter"),
            ({"email": "nonsense"}, "email", "in the right form"),
            ({"email": email_of("Perpetua Zagorski")}, "email", "your own address"),
            ({"scores": ""}, "scores", "Select yes or no"),
            ({"scores": "no"}, "scores", "Select what your therapist may see."),
        ],
    )
    def test_a_refusal_stands_beside_its_field_and_nothing_is_lost(
        self,
        patient: Visitor,
        world: World,
        deps: Deps,
        changes: Mapping[str, str],
        field: str,
        words: str,
    ) -> None:
        sent = invitation(choice(Scope.SCORES), **changes)
        answer = patient.post("/sharing/therapist", sent, page="/sharing")
        assert answer.status_code == 422
        assert words in errors_of(answer.text, field)
        assert "<title>Error:" in answer.text
        form = next(form for form in forms_of(answer.text) if form.choices)
        assert {name: form.values[name].strip() for name in ("name", "email")} == {
            name: sent[name].strip() for name in ("name", "email")
        }
        with deps.reading() as tx:
            assert {grant.recipient for grant in grants.grants_of(tx, world.patient.id)} == {
                world.therapist.id
            }

    def test_nothing_is_chosen_beforehand(self, patient: Visitor) -> None:
        assert checked(patient.get("/sharing/therapist").text) == {}
