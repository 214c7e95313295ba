"""New access is summed up first, in the patient's words, and holds only when that is confirmed."""

import re
from uuid import uuid4

import pytest
from support.channel import FakeChannel
from support.consent import choice, confirmed, held
from support.people import World
from support.reading import checked, missing, said
from support.visitor import Visitor, forms_of

from checkin.domain.consent import SCOPE_WORDS, Scope
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.storage import grants, people
from checkin.storage.engine import Database

INVITATION = {"name": "Cleo Marsh", "email": "cleo@example.org", **choice(Scope.SCORES)}


@pytest.fixture
def patient(visitor: Visitor, world: World) -> Visitor:
    """The patient, signed in; every scope is granted to the therapist, nothing to anybody else."""
    visitor.sign_in(world.patient)
    return visitor


def test_new_access_is_summed_up_and_holds_only_when_that_is_confirmed(
    patient: Visitor, world: World, deps: Deps
) -> None:
    path = f"/sharing/{world.unasked.id}"
    summary = patient.post(path, choice(Scope.SCORES, Scope.NOTES), page=path)
    assert summary.status_code == 200
    assert held(deps, world.patient, world.unasked.id) == set()
    parts = ["Check before you give access", world.unasked.name]
    parts += ["You say yes to", SCOPE_WORDS[Scope.SCORES].message, SCOPE_WORDS[Scope.NOTES].message]
    parts += ["You say no to", SCOPE_WORDS[Scope.ANSWERS].message, SCOPE_WORDS[Scope.EXPORT].message]
    parts += [SCOPE_WORDS[Scope.RECORD_INFUSIONS].message, "From now on, until you stop it", "How to stop"]
    assert missing(said(summary.text), parts) == []
    (form,) = [form for form in forms_of(summary.text) if form.action == "" and "scores" in form.values]
    answers = [patient.bare_post(path, {**form.values, "confirm": "1"}) for _ in range(2)]
    assert {(answer.status_code, answer.location) for answer in answers} == {
        (303, f"/sharing?changed={world.unasked.id}")
    }
    with deps.reading() as tx:
        given = [one for one in grants.grants_of(tx, world.patient.id) if one.recipient == world.unasked.id]
    assert sorted(one.scope for one in given) == sorted([Scope.SCORES, Scope.NOTES]), "twice is once"


def test_going_back_from_the_summary_keeps_what_was_chosen(
    patient: Visitor, world: World, deps: Deps
) -> None:
    path = f"/sharing/{world.unasked.id}"
    summary = patient.post(path, choice(Scope.SCORES, Scope.NOTES), page=path).text
    ways = re.findall(
        r'<button class="back" form="check" name="edit" value="1"( formaction="#\w+-0")?>', summary
    )
    assert ways == ["", ' formaction="#scores-0"', ' formaction="#answers-0"']
    (form,) = [form for form in forms_of(summary) if form.action == "" and "scores" in form.values]
    back = patient.bare_post(path, {**form.values, "edit": "1"})
    assert back.status_code == 200
    assert checked(back.text) == choice(Scope.SCORES, Scope.NOTES)
    assert {'id="scores-0"', 'id="answers-0"'} <= set(re.findall(r'id="\w+-0"', back.text))
    assert held(deps, world.patient, world.unasked.id) == set()


def test_a_summary_is_not_confirmed_from_elsewhere(patient: Visitor, world: World, deps: Deps) -> None:
    path = f"/sharing/{world.unasked.id}"
    assert patient.bare_post(path, confirmed(Scope.SCORES)).status_code == 400
    assert patient.get(path + "?scores=yes&confirm=1").status_code == 200
    assert checked(patient.get(path + "?scores=yes&confirm=1").text) == {}, "nor chosen by a link"
    assert held(deps, world.patient, world.unasked.id) == set()


def test_to_allow_less_asks_nothing_more(patient: Visitor, world: World, deps: Deps) -> None:
    path = f"/sharing/{world.therapist.id}"
    assert patient.post(path, choice(Scope.SCORES), page=path).status_code == 303
    assert held(deps, world.patient, world.therapist.id) == {Scope.SCORES}
    more = patient.post(path, choice(Scope.SCORES, Scope.NOTES), page=path)
    assert more.status_code == 200
    assert held(deps, world.patient, world.therapist.id) == {Scope.SCORES}, "more is summed up first"


def test_nobody_is_invited_before_the_summary_is_confirmed(
    patient: Visitor, deps: Deps, database: Database, channel: FakeChannel
) -> None:
    summary = patient.post("/sharing/therapist", INVITATION, page="/sharing")
    assert summary.status_code == 200
    parts = ["Cleo Marsh", "cleo@example.org", "You say yes to", SCOPE_WORDS[Scope.SCORES].message]
    assert missing(said(summary.text), [*parts, "You say no to", "until you stop it"]) == []
    with database.reading() as tx:
        assert people.find_by_email(tx, "cleo@example.org") is None
    deliver(deps, uuid4())
    assert channel.sent == []
    (form,) = [form for form in forms_of(summary.text) if "email" in form.values]
    back = patient.bare_post("/sharing/therapist", {**form.values, "edit": "1"})
    assert (back.status_code, checked(back.text)) == (200, choice(Scope.SCORES))
    (form,) = [form for form in forms_of(back.text) if "email" in form.values]
    assert (form.values["name"], form.values["email"]) == ("Cleo Marsh", "cleo@example.org")
