"""When answers are taken: while the prompt is open, a little later if the form was fetched in time."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from support.asked import Asked, rows, stored
from support.care import NOTE, an_infusion, decline, fill, prompts_of, submission
from support.clock import Clock
from support.people import World

from checkin.domain.prompt import Prompt, PromptState
from checkin.services import answer_check_in as answering
from checkin.services import manage_people, open_check_in
from checkin.services.deps import Deps
from checkin.services.open_check_in import LinkOver, Over
from checkin.storage import audit
from checkin.storage.engine import Database

MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize("minutes", [0, 14.99])
def test_answers_can_be_changed_for_fifteen_minutes(
    asked: Asked, deps: Deps, world: World, clock: Clock, minutes: float
) -> None:
    first = asked.send(asked.answers(weight=1))
    answered_at = clock.now()
    clock.advance(minutes=minutes)
    assert asked.open().may_change
    changed = asked.send(asked.answers(weight=2), changes=True)
    before, after = sorted(stored(deps, world.patient), key=lambda c: c.corrected, reverse=True)
    assert (before.id, before.corrected, after.corrects) == (first.id, True, first.id)
    assert (after.id, after.secondary, after.answered_at, after.received_at) == (
        changed.id,
        False,
        answered_at,
        clock.now(),
    )
    with deps.reading() as tx:
        assert audit.events_of(tx, world.clinic.id, limit=1)[0].action == "answers_changed"


def test_a_change_made_after_fifteen_minutes_is_kept_beside_the_answers(
    asked: Asked, deps: Deps, world: World, clock: Clock
) -> None:
    first = asked.send()
    answers, stamp = asked.answers(weight=2, safety=1), asked.open().fetched
    clock.advance(minutes=15)
    assert not asked.open().may_change
    later = asked.send(answers, changes=True, fetched=stamp)
    assert (later.beside, later.safety) == (True, True)
    before, after = stored(deps, world.patient)
    assert (before.id, before.corrected, after.id) == (first.id, False, later.id)
    assert (after.secondary, after.corrects, after.answered_at) == (True, None, clock.now())
    assert rows(deps, "alerts") == 1


def test_a_change_made_in_time_counts_however_long_it_waited(
    asked: Asked, deps: Deps, world: World, clock: Clock
) -> None:
    """Five minutes after the answers it was written without a connection; it arrives when all has ended."""
    first = asked.send()
    clock.advance(minutes=5)
    answers, stamp = asked.answers(weight=2, safety=1), asked.open().fetched
    clock.advance(hours=9)
    changed = asked.send(answers, changes=True, fetched=stamp, waited=timedelta(hours=9))
    assert (changed.beside, changed.safety) == (False, True)
    assert {c.id: c.corrects for c in stored(deps, world.patient)} == {first.id: None, changed.id: first.id}
    assert rows(deps, "alerts") == 1


@pytest.mark.parametrize("tick", [False, True])
def test_a_change_is_kept_after_the_link_has_ended(
    asked: Asked, deps: Deps, world: World, clock: Clock, tick: bool
) -> None:
    answers = asked.answers(safety=1)
    stamp = asked.be_late(timedelta(minutes=59), tick=tick)
    asked.send(fetched=stamp, submitted=answers | {"q1": "3"})
    change = asked.open().fetched
    clock.advance(minutes=16)
    assert asked.send(answers, changes=True, fetched=change).beside
    assert [c.late for c in stored(deps, world.patient)] == [True, True]


def test_without_a_form_of_ours_a_wait_moves_no_change_into_the_fifteen_minutes(
    asked: Asked, deps: Deps, world: World, clock: Clock
) -> None:
    asked.send()
    answers = asked.answers(weight=2)
    clock.advance(minutes=20)
    assert asked.send(answers, changes=True, waited=timedelta(minutes=19)).beside


def test_a_change_of_a_change_points_to_the_change(
    asked: Asked, deps: Deps, world: World, clock: Clock
) -> None:
    ids = [asked.send().id]
    for weight in (2, 3):
        clock.advance(minutes=1)
        ids.append(asked.send(asked.answers(weight=weight), changes=True).id)
    chain = {kept.id: kept.corrects for kept in stored(deps, world.patient)}
    assert chain == {ids[0]: None, ids[1]: ids[0], ids[2]: ids[1]}
    assert [kept.id for kept in stored(deps, world.patient) if not kept.corrected] == [ids[2]]


def test_an_answer_is_never_written_over(asked: Asked, deps: Deps, world: World, clock: Clock) -> None:
    asked.send(asked.answers(weight=3), note=NOTE)
    (first,) = stored(deps, world.patient)
    clock.advance(minutes=5)
    asked.send(asked.answers(weight=0), changes=True)
    kept = next(c for c in stored(deps, world.patient) if c.id == first.id)
    assert (kept.answers, kept.note, kept.scores) == (first.answers, first.note, first.scores)


@pytest.mark.parametrize("tick", [False, True], ids=["before the scheduler's tick", "after it"])
@pytest.mark.parametrize("after", [timedelta(0), timedelta(minutes=59, seconds=59)])
def test_a_form_fetched_in_time_is_taken_for_an_hour_and_marked_late(
    asked: Asked, deps: Deps, world: World, clock: Clock, after: timedelta, tick: bool
) -> None:
    answers = asked.answers()
    stamp = asked.be_late(after, tick=tick)
    asked.send(answers, fetched=stamp)
    (kept,) = stored(deps, world.patient)
    assert (kept.late, kept.received_at) == (True, clock.now())
    assert asked.state() is (PromptState.EXPIRED if tick else PromptState.ANSWERED)


def test_a_late_answer_can_be_changed_too(asked: Asked, deps: Deps, world: World, clock: Clock) -> None:
    answers = asked.answers()
    stamp = asked.be_late(timedelta(minutes=1), tick=True)
    asked.send(answers, fetched=stamp)
    clock.advance(minutes=1)
    opened = asked.open()
    assert (opened.answered, opened.may_change) == (True, True)
    asked.send(fill(opened.form, weight=2), fetched=opened.fetched, changes=True)
    assert [(c.late, c.corrected) for c in stored(deps, world.patient)] in (
        [(True, True), (True, False)],
        [(True, False), (True, True)],
    )


@pytest.mark.parametrize("tick", [False, True])
def test_an_hour_after_the_expiry_it_is_over(asked: Asked, deps: Deps, clock: Clock, tick: bool) -> None:
    answers = asked.answers()
    stamp = asked.be_late(timedelta(minutes=60), tick=tick)
    with pytest.raises(LinkOver):
        asked.send(answers, fetched=stamp)
    with pytest.raises(Over):
        answering.answer_prompt(deps, asked.patient, asked.prompt.id, submission(answers, fetched=stamp))
    assert rows(deps) == 0


def test_a_form_fetched_too_late_is_not_taken(
    asked: Asked, deps: Deps, database: Database, world: World, clock: Clock
) -> None:
    """Nor one fetched for another prompt, nor a made-up stamp."""
    answers = asked.answers()
    other = Asked(deps, database, world.patient, clock).open().fetched
    stamp = asked.be_late(timedelta(minutes=1), tick=False)
    moment, _, proof = stamp.partition(".")
    forged = ["", ".", "0", other, f"{int(moment) - 1}.{proof}", f"{moment}.{proof[:-1]}", "é.é", "9" * 99]
    for bad in forged:
        with pytest.raises(Over):
            asked.send(answers, fetched=bad)
    with pytest.raises(Over):
        asked.open()
    assert rows(deps) == 0


def test_before_it_opens_it_is_not_taken(deps: Deps, world: World, clock: Clock) -> None:
    an_infusion(deps, world.staff, world.patient, hours_ago=1)
    prompt = prompts_of(deps, world.patient)[0]
    clock.set(prompt.opens_at)
    form = open_check_in.open_prompt(deps, world.patient, prompt.id).form
    clock.at = prompt.opens_at - MOMENT
    with pytest.raises(Over):
        open_check_in.open_prompt(deps, world.patient, prompt.id)
    with pytest.raises(Over):
        answering.answer_prompt(deps, world.patient, prompt.id, submission(fill(form)))


def end_by_declining(deps: Deps, world: World, prompt: Prompt) -> None:
    decline(deps, world.patient, prompt.id)


def end_by_discharge(deps: Deps, world: World, _prompt: Prompt) -> None:
    manage_people.discharge(deps, world.staff, world.patient.id)


@pytest.mark.parametrize("end", [end_by_declining, end_by_discharge])
def test_what_was_ended_is_over(
    asked: Asked, deps: Deps, world: World, end: Callable[[Deps, World, Prompt], None]
) -> None:
    answers = asked.answers()
    end(deps, world, asked.prompt)
    for act in (asked.open, lambda: asked.send(answers)):
        with pytest.raises(Over):
            act()
    assert rows(deps) == 0
