"""The response window on the therapist's page, and on the patient's where a therapist shares it."""

import pytest
from support.clock import NOON, Clock
from support.course import a_course
from support.people import World, give
from support.reading import missing, said
from support.visitor import Visitor

from checkin.domain.consent import Scope
from checkin.services.deps import Deps
from checkin.services.estimate_windows import estimate_windows
from checkin.storage import estimates

WELL = ((-30, 18), (-2, 18), (4, 14), (10, 8), (24, 5), (34, 5), (48, 4), (72, 5), (96, 5))
SENTENCE = "Open now, 9"
CAVEAT = "Estimate from self-reports; decision support."
WAITING = "The estimate is being worked out, usually in a few seconds."


@pytest.fixture
def therapist(visitor: Visitor, world: World) -> Visitor:
    visitor.sign_in(world.therapist)
    return visitor


@pytest.fixture
def page(world: World) -> str:
    return f"/patients/{world.patient.id}"


def treat(deps: Deps, world: World, *, days_ago: float = 4.2, estimated: bool = True) -> None:
    with deps.transaction() as tx:
        a_course(tx, world.patient, WELL, days_ago=days_ago)
        estimates.expect(tx, world.patient.id, world.clinic.id, deps.now())
    if estimated:
        assert estimate_windows(deps) == 1


class TestPanel:
    def test_before_the_first_infusion_there_is_none(self, therapist: Visitor, page: str) -> None:
        assert "Response window" not in said(therapist.get(page).text)

    def test_until_it_is_there_it_says_so(
        self, therapist: Visitor, page: str, deps: Deps, world: World
    ) -> None:
        treat(deps, world, estimated=False)
        words = said(therapist.get(page).text)
        assert WAITING in words
        assert "Share the sentence" not in words

    def test_it_says_state_sentence_reason_and_what_it_is(
        self, therapist: Visitor, page: str, deps: Deps, world: World
    ) -> None:
        treat(deps, world)
        answer = therapist.get(page).text
        wanted = [
            "Response window",
            "Open",
            SENTENCE,
            "Likely to close between",
            CAVEAT,
            "With 70 % or more the level is at least 5 points and 30 % below the one before the course.",
            "Worked out on Tuesday 10 March, 12pm.",
            "The estimate as a table",
        ]
        assert missing(said(answer), wanted) == []
        assert answer.count('class="fan"') >= 2

    def test_an_answer_it_does_not_know_is_told(
        self, therapist: Visitor, page: str, deps: Deps, world: World, clock: Clock
    ) -> None:
        treat(deps, world)
        with deps.transaction() as tx:
            estimates.mark_stale(tx, world.patient.id, clock.now())
        at_once = therapist.get(page).text
        assert "Please note: Something new came in. The estimate follows in a few seconds" in said(at_once)
        assert "Important:" not in said(at_once), "nothing is wrong"
        clock.advance(minutes=25)
        words = said(therapist.get(page).text)
        assert (
            "Important: Something new came in less than an hour ago, and this estimate does not know it yet."
            in words
        )
        assert SENTENCE in words, "the last one stands"
        row = said(therapist.get("/patients").text)
        assert missing(row, (SENTENCE, "this estimate does not know it yet.")) == []

    def test_after_another_infusion_nothing_of_the_one_before_is_told(
        self, therapist: Visitor, page: str, deps: Deps, world: World
    ) -> None:
        treat(deps, world)
        with deps.transaction() as tx:
            a_course(tx, world.patient, (), days_ago=0.1)
            estimates.mark_stale(tx, world.patient.id, deps.now())
        answer = therapist.get(page).text
        words = said(answer)
        assert WAITING in words
        assert SENTENCE not in words
        assert 'class="fan"' not in answer
        assert SENTENCE not in said(therapist.get("/patients").text)

    def test_one_that_was_not_renewed_says_its_age(
        self, therapist: Visitor, page: str, deps: Deps, world: World, clock: Clock
    ) -> None:
        treat(deps, world)
        clock.advance(hours=1)
        therapist.sign_in(world.therapist)
        for place in (page, "/patients"):
            assert "This estimate is" not in said(therapist.get(place).text)
        clock.advance(hours=2)
        therapist.sign_in(world.therapist)
        for place in (page, "/patients"):
            assert "This estimate is 3 hours old." in said(therapist.get(place).text)

    def test_after_a_fortnight_it_is_over(
        self, therapist: Visitor, page: str, deps: Deps, world: World
    ) -> None:
        treat(deps, world, days_ago=15)
        words = said(therapist.get(page).text)
        assert "The 14 days after the infusion are over. Nothing more is estimated." in words
        assert "This estimate is" not in words

    def test_staff_with_a_grant_read_it_and_cannot_share_it(
        self, visitor: Visitor, page: str, deps: Deps, world: World
    ) -> None:
        treat(deps, world)
        with deps.transaction() as tx:
            give(tx, world.patient, world.clinic.id, [Scope.SCORES], NOON)
        visitor.sign_in(world.staff)
        words = said(visitor.get(page).text)
        assert SENTENCE in words
        assert "Share the sentence" not in words
        assert visitor.post(f"{page}/window/share").status_code == 404


class TestSharing:
    def test_the_patient_reads_it_from_then_on_until_it_is_taken_back(
        self, visitor: Visitor, page: str, deps: Deps, world: World
    ) -> None:
        treat(deps, world)
        places = ("/home", "/chart")

        def seen() -> list[bool]:
            visitor.sign_in(world.patient)
            return [SENTENCE in said(visitor.get(place).text) for place in places]

        assert seen() == [False, False]
        visitor.sign_in(world.therapist)
        assert visitor.post(f"{page}/window/share").headers["Location"].endswith(f"{page}#estimate")
        assert "Stop sharing the sentence" in said(visitor.get(page).text)
        assert seen() == [True, True]
        words = said(visitor.get("/home").text)
        assert f"{world.therapist.name} shares this with you." in words
        assert "It is an estimate from your own answers, and it can be wrong. It decides nothing." in words
        visitor.sign_in(world.therapist)
        assert visitor.post(f"{page}/window/withdraw").status_code == 303
        assert seen() == [False, False]

    def test_without_an_estimate_it_is_refused_in_words(
        self, therapist: Visitor, page: str, world: World
    ) -> None:
        answer = therapist.post(f"{page}/window/share")
        assert answer.status_code == 409
        assert "There is no estimate yet" in said(answer.text)


def test_the_list_says_what_is_open(therapist: Visitor, deps: Deps, world: World) -> None:
    treat(deps, world)
    words = said(therapist.get("/patients").text)
    assert SENTENCE in words
    assert words.index(CAVEAT) < words.index(SENTENCE), "what it is, before the first of them"
    assert "the window that closes soonest comes first" in words


def test_a_list_without_windows_explains_none(therapist: Visitor, deps: Deps, world: World) -> None:
    treat(deps, world, estimated=False)
    assert CAVEAT not in said(therapist.get("/patients").text)
