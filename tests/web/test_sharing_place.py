"""Sharing: what a patient reads and does to let people see the record, and to stop it."""

import gzip
import hashlib
from datetime import timedelta

import pytest
from support.care import an_infusion, nobody
from support.clock import NOON, Clock
from support.consent import EVERY_SCOPE, choice, confirmed, held
from support.people import World, give
from support.reading import checked, errors_of, missing, said
from support.visitor import Visitor, WebForm, forms_of

from checkin.domain.consent import SCOPE_HINTS, SCOPE_WORDS, Scope
from checkin.domain.ids import PersonId
from checkin.services import share
from checkin.services.access import Sight
from checkin.services.deps import Deps
from checkin.services.review_trajectory import patient_list, review
from checkin.services.see_sharing import SIGHT_WORDS
from checkin.storage import audit, grants
from checkin.storage.engine import Database


@pytest.fixture
def patient(visitor: Visitor, world: World) -> Visitor:
    """The patient, signed in; every scope is granted to the therapist, nothing to anybody else."""
    visitor.sign_in(world.patient)
    return visitor


def form_to(page: str, ending: str) -> WebForm:
    """The form of a page whose address ends like this."""
    (form,) = [form for form in forms_of(page) if form.action.endswith(ending)]
    return form


def test_the_page_names_who_sees_what_and_since_when(patient: Visitor, world: World) -> None:
    page = patient.get("/sharing").text
    words = said(page)
    assert page.count(f'href="/sharing/{world.therapist.id}"') == 1
    for scope in Scope:
        assert SCOPE_WORDS[scope].message in words
    assert words.index(world.therapist.name) < words.index("Since Sunday 8 February, 11am")
    assert words.index("Since") < words.index("Give access to") < words.index(world.unasked.name)
    assert words.index("Give access to") < words.index("Staff of Harbour House")


def test_somebody_who_shares_with_nobody_is_told_so(visitor: Visitor, world: World) -> None:
    visitor.sign_in(world.other_patient)
    words = said(visitor.get("/sharing").text)
    assert "Nobody sees your scores or answers." in words
    assert "Nobody has opened your record." in words
    assert "Stop access" not in words


def test_the_clinic_comes_first_and_people_in_the_order_of_their_names(
    visitor: Visitor, world: World
) -> None:
    visitor.sign_in(world.other_patient)
    offered = [f"Staff of {world.clinic.name}", world.unasked.name, world.therapist.name, "Invite your own"]
    words = said(visitor.get("/sharing").text)
    assert missing(words[words.index("Give access to") :], offered) == []


def test_only_patients_have_this_place(visitor: Visitor, world: World) -> None:
    assert visitor.get("/sharing").status_code == 303
    for person in (world.therapist, world.staff):
        visitor.sign_in(person)
        for path in ("/sharing", "/sharing/therapist", f"/sharing/{world.unasked.id}"):
            assert visitor.get(path).status_code == 404


def test_giving_asks_each_purpose_by_itself_with_nothing_chosen(patient: Visitor, world: World) -> None:
    page = patient.get(f"/sharing/{world.unasked.id}").text
    (form,) = [form for form in forms_of(page) if form.choices]
    assert form.choices == {scope.value: ["yes", "no"] for scope in Scope}
    assert checked(page) == {}
    words = said(page)
    for key_fact in ("Who", "What", "How long", "How to stop"):
        assert words.index(key_fact) < words.index(SCOPE_WORDS[Scope.SCORES].message)


def test_the_clinic_is_not_asked_to_be_allowed_what_is_its_work(patient: Visitor, world: World) -> None:
    page = patient.get(f"/sharing/{world.clinic.id}").text
    (form,) = [form for form in forms_of(page) if form.choices]
    assert set(form.choices) == {"scores", "answers", "notes", "export"}
    assert "They get an alert when you tell us" in said(page)


@pytest.mark.parametrize("yes", [(), (Scope.SCORES,), (Scope.SCORES, Scope.NOTES), tuple(Scope)])
def test_exactly_what_was_said_yes_to_is_given(
    patient: Visitor, world: World, deps: Deps, yes: tuple[Scope, ...]
) -> None:
    answer = patient.post(f"/sharing/{world.unasked.id}", confirmed(*yes), page="/sharing")
    assert answer.status_code == 303
    assert held(deps, world.patient, world.unasked.id) == set(yes)
    words = said(patient.get(answer.location).text)
    assert ("Your choice is saved." in words) == bool(yes)
    assert (f"{world.unasked.name} has no access." in words) == (not yes)


def test_what_the_clinic_may_see_is_given_the_same_way(patient: Visitor, world: World, deps: Deps) -> None:
    offered = EVERY_SCOPE - {Scope.RECORD_INFUSIONS}
    data = confirmed(Scope.SCORES, of=offered)
    assert patient.post(f"/sharing/{world.clinic.id}", data, page="/sharing").status_code == 303
    assert held(deps, world.patient, world.clinic.id) == {Scope.SCORES}


@pytest.mark.parametrize("left_out", list(Scope))
def test_every_purpose_wants_an_answer(patient: Visitor, world: World, deps: Deps, left_out: Scope) -> None:
    data = choice(Scope.SCORES)
    del data[left_out.value]
    answer = patient.post(f"/sharing/{world.unasked.id}", data, page="/sharing")
    assert answer.status_code == 422
    assert errors_of(answer.text, left_out.value).startswith("Select yes or no for")
    assert answer.text.count('class="error"') == 1
    assert checked(answer.text) == {name: value for name, value in data.items()}
    assert held(deps, world.patient, world.unasked.id) == set()


@pytest.mark.parametrize("useless", [Scope.ANSWERS, Scope.NOTES, Scope.EXPORT])
def test_a_yes_that_would_show_nothing_is_refused_beside_it(
    patient: Visitor, world: World, deps: Deps, useless: Scope
) -> None:
    answer = patient.post(f"/sharing/{world.unasked.id}", choice(useless), page="/sharing")
    assert answer.status_code == 422
    assert "Select yes for your scores too, or no here." in errors_of(answer.text, useless.value)
    assert held(deps, world.patient, world.unasked.id) == set()


def test_recording_infusions_can_be_allowed_without_showing_scores(
    patient: Visitor, world: World, deps: Deps
) -> None:
    data = confirmed(Scope.RECORD_INFUSIONS)
    assert patient.post(f"/sharing/{world.unasked.id}", data, page="/sharing").status_code == 303
    assert held(deps, world.patient, world.unasked.id) == {Scope.RECORD_INFUSIONS}


def test_changing_starts_from_what_holds_and_ends_what_is_no_longer_wanted(
    patient: Visitor, world: World, deps: Deps
) -> None:
    path = f"/sharing/{world.therapist.id}"
    assert checked(patient.get(path).text) == choice(*Scope)
    patient.post(path, choice(Scope.SCORES, Scope.NOTES), page=path)
    assert held(deps, world.patient, world.therapist.id) == {Scope.SCORES, Scope.NOTES}
    assert checked(patient.get(path).text) == choice(Scope.SCORES, Scope.NOTES)


def test_stopping_is_one_press_and_holds_at_once(patient: Visitor, world: World, deps: Deps) -> None:
    stop = form_to(patient.get("/sharing").text, f"/{world.therapist.id}/stop")
    assert stop.method == "post"
    assert set(stop.values) == {"csrf_token"}
    answer = patient.bare_post(stop.action, stop.values)
    assert answer.status_code == 303
    assert held(deps, world.patient, world.therapist.id) == set()
    assert f"{world.therapist.name} has no access." in said(patient.get(answer.location).text)
    other = Visitor(patient.app)
    other.sign_in(world.therapist)
    assert other.get(f"/patients/{world.patient.id}").status_code == 404


def test_pressing_stop_twice_is_no_mistake(patient: Visitor, world: World) -> None:
    path = f"/sharing/{world.therapist.id}/stop"
    first, second = (patient.post(path, page="/sharing") for _ in range(2))
    assert (first.status_code, first.location) == (second.status_code, second.location)


def test_the_page_never_says_that_access_ended_while_it_holds(patient: Visitor, world: World) -> None:
    words = said(patient.get(f"/sharing?changed={world.therapist.id}").text)
    assert "has no access" not in words
    for nonsense in ("x", str(nobody()), ""):
        assert patient.get(f"/sharing?changed={nonsense}").status_code == 200


def test_nothing_can_be_given_to_strangers(patient: Visitor, world: World, deps: Deps) -> None:
    for stranger in (nobody(), world.elsewhere_therapist.id, world.elsewhere.id, world.other_patient.id):
        path = f"/sharing/{stranger}"
        assert patient.get(path).status_code == 404
        assert patient.post(path, confirmed(Scope.SCORES), page="/sharing").status_code == 404
        assert held(deps, world.patient, PersonId(stranger)) == set()


class TestWhoLooked:
    def test_looks_are_gathered_by_person_and_day_in_the_patients_time(
        self, patient: Visitor, world: World, deps: Deps, clock: Clock
    ) -> None:
        review(deps, world.therapist, world.patient.id)
        clock.advance(minutes=40)
        patient_list(deps, world.therapist)
        clock.advance(days=1)
        review(deps, world.therapist, world.patient.id)
        words = said(patient.get("/sharing").text)
        looked = words[words.index("Who looked") :]
        first = f"{world.therapist.name} Therapist Once, on Wednesday 11 March, 12:40pm"
        second = f"{world.therapist.name} Therapist 2 times, the last on Tuesday 10 March, 12:40pm"
        assert looked.index(first) < looked.index(second)
        assert "Took a copy" not in looked

    def test_a_copy_is_named(self, patient: Visitor, world: World, database: Database) -> None:
        event = audit.Event(action=Sight.EXPORTED, actor=world.therapist.id, subject=world.patient.id)
        with database.transaction() as tx:
            audit.record(tx, world.clinic.id, event, NOON)
        assert "Tuesday 10 March, 12pm Took a copy" in said(patient.get("/sharing").text)

    def test_somebody_without_access_any_more_is_still_named(
        self, patient: Visitor, world: World, deps: Deps
    ) -> None:
        review(deps, world.therapist, world.patient.id)
        share.withdraw_access(deps, world.patient, world.therapist.id)
        words = said(patient.get("/sharing").text)
        assert f"{world.therapist.name} Therapist Once, on" in words[words.index("Who looked") :]

    def test_staff_who_opened_contact_or_an_infusion_are_named_with_what_they_saw(
        self, patient: Visitor, world: World, deps: Deps
    ) -> None:
        infusion = an_infusion(deps, world.staff, world.patient)
        other = Visitor(patient.app)
        other.sign_in(world.staff)
        assert other.get(f"/clinic/patients/{world.patient.id}").status_code == 200
        assert other.get(f"/patients/{world.patient.id}/infusions/{infusion.id}").status_code == 200
        other.sign_in(world.therapist)
        assert other.get(f"/patients/{world.patient.id}").status_code == 200
        words = said(patient.get("/sharing").text)
        looked = words[words.index("Who looked") :]
        saw = (
            "2 times, the last on Tuesday 10 March, 12pm Saw: your contact details and infusions, an infusion"
        )
        assert f"{world.staff.name} Staff {saw}" in looked
        assert (
            f"{world.therapist.name} Therapist Once, on Tuesday 10 March, 12pm Saw: your scores and chart"
            in looked
        )

    @pytest.mark.parametrize("sight", list(Sight))
    def test_every_kind_of_look_is_shown_in_words(
        self, patient: Visitor, world: World, database: Database, sight: Sight
    ) -> None:
        event = audit.Event(action=sight, actor=world.staff.id, subject=world.patient.id)
        with database.transaction() as tx:
            audit.record(tx, world.clinic.id, event, NOON)
        words = said(patient.get("/sharing").text).casefold()
        assert f"{world.staff.name} staff once, on".casefold() in words
        assert SIGHT_WORDS[sight].message.casefold() in words

    def test_ones_own_looks_are_not_counted(self, patient: Visitor, world: World, deps: Deps) -> None:
        review(deps, world.patient, world.patient.id)
        assert "Nobody has opened your record." in said(patient.get("/sharing").text)


def test_a_grant_that_has_run_out_is_not_shown_as_access(
    patient: Visitor, world: World, database: Database
) -> None:
    with database.transaction() as tx:
        before = NOON - timedelta(days=3)
        give(tx, world.patient, world.unasked.id, [Scope.SCORES], before, until=NOON - timedelta(days=1))
    page = patient.get("/sharing").text
    assert not [form for form in forms_of(page) if form.action.endswith(f"/{world.unasked.id}/stop")]


def test_the_pages_are_light(patient: Visitor, world: World) -> None:
    for path in ("/sharing", f"/sharing/{world.unasked.id}", "/sharing/therapist"):
        assert len(gzip.compress(patient.get(path).data, 6)) <= 8 * 1024


def test_what_is_kept_with_a_grant_is_the_hash_of_every_word_of_the_choice(
    patient: Visitor, world: World, deps: Deps
) -> None:
    path = f"/sharing/{world.unasked.id}"
    words = said(patient.get(path).text)
    assert patient.post(path, confirmed(Scope.SCORES, Scope.ANSWERS)).status_code == 303
    with deps.reading() as tx:
        given = {
            g.scope: g for g in grants.grants_of(tx, world.patient.id) if g.recipient == world.unasked.id
        }
    assert given.keys() == {Scope.SCORES, Scope.ANSWERS}
    for scope, grant in given.items():
        label, hint = SCOPE_WORDS[scope].message, SCOPE_HINTS[scope].message
        assert f"{label} {hint}" in words
        told = "\n".join((grant.text_version, world.unasked.name, label, hint))
        assert grant.text_hash == hashlib.sha256(told.encode()).hexdigest()
