"""The therapist's place: the list by need, and who may open the page of a patient."""

import gzip
import re
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from random import Random

import pytest
from sqlalchemy import event
from support.care import an_infusion, nobody
from support.clock import NOON, Clock
from support.course import a_course, answer
from support.meetings import agreed, book, proposed
from support.people import World, add_person, give
from support.reading import missing, said
from support.visitor import Visitor

from checkin.domain.consent import Scope
from checkin.domain.ids import new_id
from checkin.domain.person import Person, Role
from checkin.services import share
from checkin.services.deps import Deps
from checkin.services.see_sharing import my_sharing
from checkin.storage import audit
from checkin.storage.engine import Database
from checkin.web.speech import spoken_moment


@pytest.fixture
def therapist(visitor: Visitor, world: World) -> Visitor:
    """The therapist, signed in, with every grant of the patient."""
    visitor.sign_in(world.therapist)
    return visitor


@pytest.fixture
def befriend(database: Database, world: World) -> Callable[[str], Person]:
    """Make a further patient who shares everything with the therapist."""

    def make(name: str) -> Person:
        before = NOON - timedelta(days=40)
        with database.transaction() as tx:
            patient = add_person(tx, world.clinic.id, before, name, Role.PATIENT)
            give(tx, patient, world.therapist.id, Scope, before)
        return patient

    return make


def page_of(patient: Person) -> str:
    return f"/patients/{patient.id}"


class TestList:
    def test_it_is_for_therapists(self, visitor: Visitor, world: World) -> None:
        assert visitor.get("/patients").status_code == 303
        for person in (world.patient, world.staff):
            visitor.sign_in(person)
            assert visitor.get("/patients").status_code == 404

    def test_without_a_patient_it_says_what_to_do(self, visitor: Visitor, world: World) -> None:
        visitor.sign_in(world.unasked)
        words = said(visitor.get("/patients").text)
        assert "Nobody has given you access yet" in words
        assert "Ask your patient to open that page and choose your name." in words

    def test_a_row_says_who_why_since_when_and_what_the_last_score_was(
        self, therapist: Visitor, world: World, database: Database
    ) -> None:
        with database.transaction() as tx:
            a_course(tx, world.patient, [(-20, 22), (-2, 20), (24, 8)], days_ago=2)
        page = therapist.get("/patients").text
        assert (
            missing(
                said(page),
                [
                    "Nothing flagged",
                    world.patient.name,
                    "2 days after the infusion",
                    "Response: at least 50 % lower than before",
                    "8 of 27, 13 lower than before the infusion",
                    "24 hours ago",
                ],
            )
            == []
        )
        assert 'aria-label="First 22, lowest 8, last 8 of 27"' in page
        assert page.count(f'href="{page_of(world.patient)}"') == 1

    def test_a_row_says_when_the_two_meet_next(
        self, therapist: Visitor, world: World, deps: Deps, clock: Clock
    ) -> None:
        assert "Next appointment" not in said(therapist.get("/patients").text)
        made = agreed(deps, world)
        assert made.slot is not None
        when = spoken_moment(made.slot.since, made.zone, "en")
        assert f"Next appointment: {when}" in said(therapist.get("/patients").text)
        clock.set(made.slot.until - timedelta(minutes=1))
        therapist.sign_in(world.therapist)
        assert f"Next appointment: {when}" in said(therapist.get("/patients").text)
        clock.set(made.slot.until)
        assert "Next appointment" not in said(therapist.get("/patients").text)

    def test_of_several_appointments_the_first_is_named_and_others_are_not_ours(
        self, therapist: Visitor, world: World, deps: Deps, befriend: Callable[[str], Person]
    ) -> None:
        friend = befriend("Abel Aster")
        day = timedelta(days=1)
        for therapist_of_it, patient, days in (
            (world.therapist, friend, 3),
            (world.therapist, friend, 2),
            (world.unasked, world.patient, 1),
        ):
            book(deps, therapist_of_it, patient, NOON + days * day)
        words = said(therapist.get("/patients").text)
        assert words.count("Next appointment") == 1
        assert missing(words, ["Abel Aster", "Next appointment: Thursday 12 March, 12pm"]) == []

    def test_a_proposal_and_a_cancelled_appointment_are_none(
        self, therapist: Visitor, world: World, deps: Deps
    ) -> None:
        proposed(deps, world)
        assert "Next appointment" not in said(therapist.get("/patients").text)
        book(deps, world.therapist, world.patient, NOON + timedelta(days=2), call_off=True)
        assert "Next appointment" not in said(therapist.get("/patients").text)

    def test_somebody_before_the_first_infusion_is_listed_too(self, therapist: Visitor, world: World) -> None:
        assert missing(said(therapist.get("/patients").text), [world.patient.name, "No infusion yet"]) == []

    def test_rows_stand_in_the_order_of_need_under_its_name(
        self,
        therapist: Visitor,
        world: World,
        deps: Deps,
        database: Database,
        befriend: Callable[[str], Person],
    ) -> None:
        stable, fading, worse = (befriend(name) for name in ("Abel Aster", "Bela Birch", "Cyra Cedar"))
        with database.transaction() as tx:
            a_course(tx, stable, [(-2, 20), (24, 18)], days_ago=3)
            a_course(tx, fading, [(-2, 20), (24, 6), (48, 17), (70, 19)], days_ago=3)
            a_course(tx, worse, [(-2, 14), (24, 22), (48, 23)], days_ago=3)
        an_infusion(deps, world.staff, world.patient)
        answer(deps, world.patient, safety=1)
        assert (
            missing(
                said(therapist.get("/patients").text),
                [
                    "Open alert : 1",
                    world.patient.name,
                    "Open alert, less than an hour old",
                    "Worse : 1",
                    worse.name,
                    "Worse: 23 of 27, 9 higher than before the infusion",
                    "Response fading : 1",
                    fading.name,
                    "Nothing flagged : 1",
                    stable.name,
                    "No clear change from before",
                ],
            )
            == []
        )

    def test_an_ended_access_leaves_a_name_and_nothing_else(
        self, therapist: Visitor, world: World, deps: Deps, database: Database
    ) -> None:
        with database.transaction() as tx:
            a_course(tx, world.patient, [(-2, 20), (24, 8)], days_ago=2)
        share.withdraw_access(deps, world.patient, world.therapist.id)
        page = therapist.get("/patients").text
        assert missing(said(page), ["Access has ended", world.patient.name]) == []
        assert str(world.patient.id) not in page
        assert "of 27" not in page

    def test_who_never_gave_access_is_not_named(self, therapist: Visitor, world: World) -> None:
        page = therapist.get("/patients").text
        assert world.other_patient.name not in page
        assert world.elsewhere_patient.name not in page

    def test_it_says_when_it_was_made_and_stays_as_it_is(self, therapist: Visitor) -> None:
        answer = therapist.get("/patients")
        assert "As it was on Tuesday 10 March, 12pm." in said(answer.text)
        assert "Refresh" not in answer.headers
        # What every page has looks after phones; nothing on this one renews it.
        assert re.findall(r'<script[^>]* src="/static/([a-z]+)', answer.text) == ["checkin"]
        assert "http-equiv" not in answer.text

    def test_as_many_statements_for_many_as_for_two(
        self,
        therapist: Visitor,
        world: World,
        deps: Deps,
        database: Database,
        befriend: Callable[[str], Person],
    ) -> None:
        def statements() -> int:
            found: list[str] = []

            def note(_c: object, _cursor: object, statement: str, *_more: object) -> None:
                found.append(statement)

            event.listen(database.engine, "before_cursor_execute", note)
            assert therapist.get("/patients").status_code == 200
            event.remove(database.engine, "before_cursor_execute", note)
            return len(found)

        def add(number: int) -> None:
            for _ in range(number):
                patient = befriend(f"Somebody {new_id(NOON)}")
                with database.transaction() as tx:
                    a_course(tx, patient, [(-2, 20), (24, 18)], days_ago=3)
                book(deps, world.therapist, patient, NOON + next(days) * timedelta(days=1))

        days = count(2)
        add(1)
        few = statements()
        add(12)
        assert statements() == few

    @pytest.mark.parametrize("database", ["sqlite"], indirect=True)
    def test_fifty_rows_are_light(
        self, therapist: Visitor, database: Database, befriend: Callable[[str], Person]
    ) -> None:
        random = Random(5)
        hours = (-20, -2, 4, 10, 24, 34, 48, 72, 96, 120, 168, 216, 264, 336)
        for number in range(50):
            patient = befriend(f"{random.randbytes(4).hex()} {random.randbytes(6).hex()}")
            with database.transaction() as tx:
                for days_ago in (34, 25, 16):
                    scores = [(hour, random.randrange(28)) for hour in hours if random.random() < 0.8]
                    a_course(tx, patient, scores, days_ago=days_ago + number / 50)
        page = therapist.get("/patients").data
        assert page.count(b'class="spark"') == 50
        assert len(gzip.compress(page, 6)) <= 40 * 1024


class TestWhoMayOpenAPatientsPage:
    def test_strangers_and_withdrawn_access_get_the_same_answer(
        self, therapist: Visitor, world: World, deps: Deps, database: Database
    ) -> None:
        for patient in (world.other_patient, world.elsewhere_patient):
            assert therapist.get(page_of(patient)).status_code == 404
        missing = therapist.get(f"/patients/{nobody()}")
        assert world.patient.name in therapist.get("/patients").text
        share.withdraw_access(deps, world.patient, world.therapist.id)
        refused = therapist.get(page_of(world.patient))
        assert (refused.status_code, said(refused.text)) == (404, said(missing.text))
        with database.reading() as tx:
            noted = audit.events_about(tx, world.patient.id, actions=("refused",), limit=9)
        assert [entry.actor for entry in noted] == [world.therapist.id]

    def test_staff_read_it_under_the_clinics_own_grant_only(
        self, visitor: Visitor, world: World, database: Database
    ) -> None:
        visitor.sign_in(world.staff)
        assert visitor.get(page_of(world.patient)).status_code == 404
        with database.transaction() as tx:
            give(tx, world.patient, world.clinic.id, [Scope.SCORES], NOON)
        page = visitor.get(page_of(world.patient))
        assert page.status_code == 200
        assert f'href="/clinic/patients/{world.patient.id}"' in page.text

    def test_patients_have_a_page_of_their_own(self, visitor: Visitor, world: World) -> None:
        visitor.sign_in(world.patient)
        answer = visitor.get(page_of(world.patient))
        assert (answer.status_code, answer.location) == (303, "/chart")

    def test_opening_it_is_written_down_for_the_patient(
        self, therapist: Visitor, world: World, deps: Deps
    ) -> None:
        therapist.get(page_of(world.patient))
        (look,) = my_sharing(deps, world.patient).looks
        assert (look.name, look.times, look.last_at) == (world.therapist.name, 1, NOON)
