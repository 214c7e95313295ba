"""The same answers sent many times at the same moment are one check-in with one receipt (fault 15)."""

from support.asked import Asked, rows, stored
from support.care import submission
from support.clock import Clock
from support.people import World
from support.threads import together

from checkin.domain.prompt import PromptState
from checkin.services import answer_check_in as answering
from checkin.services.answer_check_in import Saved
from checkin.services.deps import Deps
from checkin.services.sent_before import AlreadySaved
from checkin.storage import audit
from checkin.storage.engine import Database

MANY = 50


def test_fault_15_fifty_submissions_with_one_key_are_one_check_in_and_fifty_equal_receipts(
    asked: Asked, deps: Deps, world: World
) -> None:
    sent = submission(asked.answers(safety=2), note="once")

    def send(index: int) -> Saved:
        if index % 2:
            return answering.answer_prompt(deps, world.patient, asked.prompt.id, sent)
        return answering.answer_by_link(deps, asked.link, sent)

    receipts = together(MANY, send)
    (kept,) = stored(deps, world.patient)
    assert {repr(receipt) for receipt in receipts} == {repr(receipts[0])}
    assert isinstance(receipts[0], Saved)
    assert receipts[0].id == kept.id
    assert not kept.secondary
    assert asked.state() is PromptState.ANSWERED
    assert (rows(deps, "alerts"), rows(deps, "messages"), rows(deps, "audit_events")) == (1, 2, 1)


def test_fifty_unprompted_submissions_with_one_key_are_one_check_in(
    asked: Asked, deps: Deps, world: World
) -> None:
    sent = submission(asked.answers())
    receipts = together(MANY, lambda index: answering.answer_unprompted(deps, world.patient, sent))
    assert len(stored(deps, world.patient)) == 1
    assert {repr(receipt) for receipt in receipts} == {repr(receipts[0])}
    assert isinstance(receipts[0], Saved)


def test_two_tabs_with_their_own_keys_are_one_answer_and_secondary_ones(
    asked: Asked, deps: Deps, world: World
) -> None:
    answers = asked.answers()
    together(12, lambda index: asked.send(answers))
    assert sorted(kept.secondary for kept in stored(deps, world.patient)) == [False, *[True] * 11]
    with deps.reading() as tx:
        assert audit.verify_chain(tx, world.clinic.id) == 12


def test_one_key_with_two_bodies_keeps_the_first_and_tells_the_others(
    asked: Asked, deps: Deps, world: World
) -> None:
    bodies = [asked.answers(weight=1), asked.answers(weight=2)]
    key = "one-key-for-two-bodies"
    results = together(12, lambda index: asked.send(bodies[index % 2], key=key))
    assert len(stored(deps, world.patient)) == 1
    assert sorted(type(one).__name__ for one in results) == ["AlreadySaved"] * 6 + ["Saved"] * 6
    assert len({one.id for one in results if isinstance(one, Saved)}) == 1


def test_changes_sent_at_the_same_time_form_one_line(asked: Asked, deps: Deps, world: World) -> None:
    asked.send()
    bodies = [asked.answers(weight=index % 4) for index in range(8)]
    results = together(8, lambda index: asked.send(bodies[index], changes=True))
    assert [type(one) for one in results] == [Saved] * 8
    kept = stored(deps, world.patient)
    assert len({one.corrects for one in kept if one.corrects}) == 8
    assert sum(not one.corrected for one in kept) == 1
    assert not any(one.secondary for one in kept)


def test_the_same_key_for_two_prompts_answers_one_of_them(
    asked: Asked, deps: Deps, database: Database, world: World, clock: Clock
) -> None:
    other = Asked(deps, database, world.patient, clock)
    answers, key = asked.answers(), "one-key-for-two-prompts"
    results = together(10, lambda index: (asked, other)[index % 2].send(answers, key=key))
    assert len(stored(deps, world.patient)) == 1
    assert {type(one) for one in results} == {Saved, AlreadySaved}
    assert {asked.state() is PromptState.ANSWERED, other.state() is PromptState.ANSWERED} == {True, False}
