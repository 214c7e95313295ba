"""One patient's page: what a therapist reads there, and no more than was granted."""

from datetime import timedelta

import pytest
from support.care import NOTE, an_infusion, decline, fill, given, submission
from support.clock import NOON, Clock
from support.course import a_course, answer, first_open
from support.people import World, give
from support.reading import missing, said
from support.visitor import Visitor

from checkin.domain.consent import Scope
from checkin.domain.infusion import InfusionState
from checkin.domain.person import Person
from checkin.services import handle_alerts, record_infusion
from checkin.services.answer_check_in import answer_prompt, answer_unprompted
from checkin.services.deps import Deps
from checkin.services.open_check_in import open_prompt, open_unprompted
from checkin.services.remind import remind
from checkin.storage.engine import Database

QUESTION = "Have things you usually like felt flat, or not worth the effort?"


@pytest.fixture
def therapist(visitor: Visitor, world: World) -> Visitor:
    """The therapist, signed in, with every grant of the patient."""
    visitor.sign_in(world.therapist)
    return visitor


def page_of(patient: Person) -> str:
    return f"/patients/{patient.id}"


def read(visitor: Visitor, world: World) -> str:
    """What the therapist reads on the patient's page, signed in anew if time has passed."""
    visitor.sign_in(world.therapist)
    return said(visitor.get(page_of(world.patient)).text)


def test_what_matters_comes_first(therapist: Visitor, world: World, database: Database, deps: Deps) -> None:
    with database.transaction() as tx:
        a_course(tx, world.patient, [(-20, 22), (-2, 20), (24, 8)], days_ago=2)
    record_infusion.record(
        deps,
        world.staff,
        world.patient.id,
        given(NOON + timedelta(days=5), state=InfusionState.PLANNED),
    )
    words = said(therapist.get(page_of(world.patient)).text)
    assert (
        missing(
            words,
            [
                world.patient.name,
                "Response: at least 50 % lower than before",
                "Last score 8 of 27 13 lower than before the infusion, 24 hours ago",
                "Infusion 1 of this course 2 days ago ended Sunday 8 March, 12pm",
                "Times are those of the patient, in America/New York.",
                "Last score 8 of 27, 13 lower than before the infusion (−62 %)",
            ],
        )
        == []
    )


def test_an_open_alert_stands_on_top_until_somebody_takes_it(
    therapist: Visitor, world: World, deps: Deps, clock: Clock
) -> None:
    an_infusion(deps, world.staff, world.patient)
    answer(deps, world.patient, safety=2)
    clock.advance(hours=7)
    words = read(therapist, world)
    assert (
        missing(words, [world.patient.name, "There is an open alert. It is 7 hours old.", "Last score"]) == []
    )
    assert "The clinic handles it." in words
    assert "They next look on Wednesday 11 March, 9am." in words
    (alert,) = handle_alerts.open_alerts(deps, world.staff)
    handle_alerts.acknowledge(deps, world.staff, alert.alert.id)
    assert "open alert" not in read(therapist, world)


def test_of_several_alerts_the_oldest_gives_the_age(
    therapist: Visitor, world: World, deps: Deps, clock: Clock
) -> None:
    an_infusion(deps, world.staff, world.patient)
    answer(deps, world.patient, safety=1)
    clock.set(NOON + timedelta(hours=9))
    answer(deps, world.patient, safety=1)
    assert "There is an open alert. It is 9 hours old." in read(therapist, world)


def test_no_time_is_promised_while_the_clinic_is_open(therapist: Visitor, world: World, deps: Deps) -> None:
    an_infusion(deps, world.staff, world.patient)
    answer(deps, world.patient, safety=2)
    words = said(therapist.get(page_of(world.patient)).text)
    assert "There is an open alert." in words
    assert "They next look" not in words


@pytest.mark.parametrize("answers", [True, False], ids=["answers", "no answers"])
@pytest.mark.parametrize("notes", [True, False], ids=["notes", "no notes"])
def test_answers_and_notes_each_need_their_own_grant(
    visitor: Visitor, world: World, deps: Deps, database: Database, answers: bool, notes: bool
) -> None:
    an_infusion(deps, world.staff, world.patient)
    answer(deps, world.patient, safety=1, note=NOTE)
    scopes = [Scope.SCORES, *([Scope.ANSWERS] if answers else []), *([Scope.NOTES] if notes else [])]
    with database.transaction() as tx:
        give(tx, world.patient, world.unasked.id, scopes, NOON)
    visitor.sign_in(world.unasked)
    page = visitor.get(page_of(world.patient)).text
    assert "9 of 27" in page
    assert (QUESTION in page) == answers
    assert ("Suicide question above zero" in page) == answers
    assert ("This patient shares scores with you, but not each answer." in page) != answers
    assert (NOTE in page) == notes
    assert ("This patient does not share notes with you." in page) != notes


@pytest.mark.parametrize("answers", [True, False], ids=["answers", "no answers"])
def test_sleep_is_drawn_for_those_who_may_read_single_answers(
    visitor: Visitor, world: World, deps: Deps, database: Database, answers: bool
) -> None:
    an_infusion(deps, world.staff, world.patient)
    asked = open_unprompted(deps, world.patient).form
    answer_unprompted(deps, world.patient, submission(fill(asked, weight=2)))
    with database.transaction() as tx:
        give(tx, world.patient, world.unasked.id, [Scope.SCORES, *([Scope.ANSWERS] if answers else [])], NOON)
    visitor.sign_in(world.unasked)
    page = visitor.get(page_of(world.patient)).text
    assert page.count(">Sleep, the one question</text>") == (2 if answers else 0)
    assert page.count('aria-label="Sleep, the one question: 2 of 3') == (2 if answers else 0)


@pytest.mark.parametrize(
    ("scope", "address"),
    [
        (Scope.RECORD_INFUSIONS, "/patients/{}/infusions/new"),
        (Scope.EXPORT, "/downloads/{}"),
    ],
)
def test_what_one_may_not_do_is_not_offered(
    visitor: Visitor, world: World, database: Database, scope: Scope, address: str
) -> None:
    link = f'href="{address.format(world.patient.id)}"'
    visitor.sign_in(world.unasked)
    for scopes in (set(Scope) - {scope}, {scope}):
        with database.transaction() as tx:
            give(tx, world.patient, world.unasked.id, scopes, NOON)
        assert (link in visitor.get(page_of(world.patient)).text) == (scope in scopes)


@pytest.mark.parametrize(("safety", "marked"), [(0, 0), (1, 1)])
def test_only_an_answer_above_the_lowest_to_the_suicide_question_stands_out(
    therapist: Visitor, world: World, deps: Deps, safety: int, marked: int
) -> None:
    an_infusion(deps, world.staff, world.patient)
    answer(deps, world.patient, safety=safety)
    page = therapist.get(page_of(world.patient)).text
    assert page.count('class="concern"') == marked


def test_what_is_special_about_a_check_in_is_said_and_explained(
    therapist: Visitor, world: World, deps: Deps, clock: Clock
) -> None:
    an_infusion(deps, world.staff, world.patient)
    prompt = answer(deps, world.patient, assisted=True)
    form = open_prompt(deps, world.patient, prompt.id).form
    clock.advance(minutes=5)
    answer_prompt(deps, world.patient, prompt.id, submission(fill(form, weight=2), changes=True))
    answer_prompt(deps, world.patient, prompt.id, submission(fill(form, weight=3)))
    clock.advance(minutes=30)
    unasked = fill(open_unprompted(deps, world.patient).form)
    answer_unprompted(deps, world.patient, submission(unasked))
    words = read(therapist, world)
    marks = ["Not asked for", "Second answer", "Changed", "Replaced", "With help", "What the marks mean"]
    assert missing(words[words.index("Check-ins") :], marks) == []
    explained = words[words.index("What the marks mean") : words.index("What was asked")]
    assert "Somebody helped to fill it in." in explained
    assert "Late" not in explained


def test_a_late_answer_is_marked_in_both_lists(
    therapist: Visitor, world: World, deps: Deps, clock: Clock
) -> None:
    an_infusion(deps, world.staff, world.patient)
    prompt = first_open(deps, world.patient)
    form = open_prompt(deps, world.patient, prompt.id)
    clock.set(prompt.expires_at + timedelta(minutes=20))
    sent = submission(fill(form.form), fetched=form.fetched)
    answer_prompt(deps, world.patient, prompt.id, sent)
    words = read(therapist, world)
    assert "Late Answered after the check-in had closed." in words
    assert "Answered late" in words[words.index("What was asked") :]


def test_every_prompt_stands_there_with_its_state(
    therapist: Visitor, world: World, deps: Deps, clock: Clock
) -> None:
    an_infusion(deps, world.staff, world.patient)
    answer(deps, world.patient)
    for hours in (9, 17):
        clock.set(NOON + timedelta(hours=hours))
        remind(deps)
    decline(deps, world.patient, first_open(deps, world.patient).id)
    clock.set(NOON + timedelta(hours=41))
    words = read(therapist, world)
    asked = words[words.index("What was asked") : words.index("Infusions, newest first")]
    assert "Next Check-in planned for Thursday 12 March, 8am" in words
    assert "1 of 3 check-ins were answered." in asked  # of those that somebody was asked
    assert (
        missing(
            asked,
            [
                "14 days after the infusion Planned",
                "2 days after the infusion Open now",
                "Not sent",
                "24 hours after the infusion Said “not today”",
                "Not answered",
                "4 hours after the infusion Answered",
            ],
        )
        == []
    )


def test_infusions_stand_there_with_dose_and_route(therapist: Visitor, world: World, deps: Deps) -> None:
    an_infusion(deps, world.staff, world.patient)
    words = said(therapist.get(page_of(world.patient)).text)
    assert "Tuesday 10 March, 8am 1 0.5 mg/kg Into a vein Given" in words


def test_somebody_without_anything_yet_has_a_page(therapist: Visitor, world: World) -> None:
    words = said(therapist.get(page_of(world.patient)).text)
    assert (
        missing(words, [world.patient.name, "No infusion yet", "No check-ins yet.", "None is recorded yet."])
        == []
    )
    assert "What was asked" not in words
