"""Answering a check-in: what was sent is kept once, and its receipt is the same for ever."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from support.asked import Asked, rows, stored
from support.care import NOTE, an_infusion, decline, fill, submission
from support.clock import Clock
from support.people import World

from checkin.domain.errors import NotFound
from checkin.domain.ids import CheckInId
from checkin.domain.prompt import PromptState
from checkin.services import answer_check_in as answering
from checkin.services import manage_people, open_check_in
from checkin.services.deps import Deps
from checkin.services.open_check_in import LinkOver, Over
from checkin.services.remind import remind
from checkin.services.sent_before import AlreadySaved
from checkin.storage import audit, messages
from checkin.storage.engine import Database
from checkin.storage.messages import messages as table

KEY = "a-key-of-one-submission"


def test_an_answer_is_kept_whole(asked: Asked, deps: Deps, world: World, clock: Clock) -> None:
    saved = asked.send(asked.answers(weight=2), note=f"  {NOTE} ", assisted=True)
    (kept,) = stored(deps, world.patient)
    assert (kept.id, kept.prompt_id, kept.patient_id) == (saved.id, asked.prompt.id, world.patient.id)
    assert (kept.answered_at, kept.received_at) == (clock.now(), clock.now())
    assert (kept.note, kept.assisted, kept.late, kept.secondary) == (NOTE, True, False, False)
    assert kept.infusion_id == asked.prompt.infusion_id
    (answers,) = kept.answers.values()
    assert set(answers.values()) == {0, 2}
    assert kept.scores[0].value == 16
    assert asked.state() is PromptState.ANSWERED
    with deps.reading() as tx:
        (entry,) = audit.events_of(tx, world.clinic.id, limit=5)
    assert (entry.action, entry.actor, entry.subject) == ("answered", None, world.patient.id)


def test_signed_in_it_is_the_same_and_the_audit_names_the_patient(
    asked: Asked, deps: Deps, world: World
) -> None:
    form = open_check_in.open_prompt(deps, world.patient, asked.prompt.id).form
    saved = answering.answer_prompt(deps, world.patient, asked.prompt.id, submission(fill(form)))
    assert [kept.id for kept in stored(deps, world.patient)] == [saved.id]
    with deps.reading() as tx:
        (entry,) = audit.events_of(tx, world.clinic.id, limit=5)
    assert entry.actor == world.patient.id


def test_looking_changes_nothing(asked: Asked, deps: Deps, world: World) -> None:
    before = [rows(deps, table) for table in ("check_ins", "tokens", "audit_events", "messages")]
    for _ in range(3):
        asked.open()
        open_check_in.open_prompt(deps, world.patient, asked.prompt.id)
        open_check_in.open_unprompted(deps, world.patient)
    assert [rows(deps, table) for table in ("check_ins", "tokens", "audit_events", "messages")] == before


def test_the_same_key_and_body_give_the_same_receipt_for_ever(asked: Asked, deps: Deps, clock: Clock) -> None:
    answers = asked.answers(safety=1)
    first = asked.send(answers, key=KEY, note=NOTE)
    clock.advance(minutes=90)
    assert asked.send(answers, key=KEY, note=NOTE) == first
    clock.set(asked.prompt.expires_at + timedelta(minutes=59))
    assert asked.send(answers, key=KEY, note=NOTE) == first
    assert rows(deps) == rows(deps, "alerts") == 1


@pytest.mark.parametrize("change", ["an answer", "the note", "the help", "a change asked for"])
def test_the_same_key_with_another_body_is_told_that_answers_are_saved(
    asked: Asked, deps: Deps, change: str
) -> None:
    answers = asked.answers()
    asked.send(answers, key=KEY)
    other: dict[str, dict[str, object]] = {
        "an answer": {"submitted": answers | {"q1": "2"}},
        "the note": {"submitted": answers, "note": NOTE},
        "the help": {"submitted": answers, "assisted": True},
        "a change asked for": {"submitted": answers, "changes": True},
    }
    with pytest.raises(AlreadySaved):
        asked.send(key=KEY, **other[change])  # type: ignore[arg-type]
    assert rows(deps) == 1


def test_a_second_key_is_kept_as_secondary(asked: Asked, deps: Deps, world: World, clock: Clock) -> None:
    first = asked.send(asked.answers(weight=1))
    clock.advance(minutes=1)
    second = asked.send(asked.answers(weight=3))
    assert [(c.id, c.secondary) for c in stored(deps, world.patient)] == [
        (first.id, False),
        (second.id, True),
    ]


def test_a_key_used_for_another_check_in_is_not_taken_again(
    asked: Asked, deps: Deps, database: Database, world: World, clock: Clock
) -> None:
    other = Asked(deps, database, world.patient, clock)
    answers = asked.answers()
    asked.send(answers, key=KEY)
    with pytest.raises(AlreadySaved):
        other.send(answers, key=KEY)
    with pytest.raises(AlreadySaved):
        answering.answer_unprompted(deps, world.patient, submission(answers, key=KEY))
    assert rows(deps) == 1
    assert other.state() is not PromptState.ANSWERED


def test_the_same_key_of_another_patient_is_another_key(
    asked: Asked, deps: Deps, database: Database, world: World, clock: Clock
) -> None:
    other = Asked(deps, database, world.other_patient, clock)
    assert asked.send(asked.answers(), key=KEY).id != other.send(asked.answers(), key=KEY).id


def test_a_disabled_patients_link_opens_nothing(asked: Asked, deps: Deps, world: World) -> None:
    answers = asked.answers()
    manage_people.disable(deps, world.staff, world.patient.id)
    for act in (asked.open, lambda: asked.send(answers)):
        with pytest.raises(LinkOver):
            act()


def test_another_patients_prompt_does_not_exist(asked: Asked, deps: Deps, world: World) -> None:
    sent = submission(asked.answers())
    for actor in (world.other_patient, world.elsewhere_patient, world.staff, world.therapist):
        for act in (
            lambda actor=actor: open_check_in.open_prompt(deps, actor, asked.prompt.id),
            lambda actor=actor: answering.answer_prompt(deps, actor, asked.prompt.id, sent),
            lambda actor=actor: decline(deps, actor, asked.prompt.id),
        ):
            with pytest.raises(NotFound):
                act()
    assert rows(deps) == 0
    assert asked.state() is not PromptState.DECLINED


@pytest.mark.parametrize("who", ["staff", "therapist"])
def test_only_patients_answer(deps: Deps, world: World, who: str) -> None:
    with pytest.raises(NotFound):
        open_check_in.open_unprompted(deps, getattr(world, who))


def test_an_unprompted_check_in_belongs_to_the_last_infusion(deps: Deps, world: World, clock: Clock) -> None:
    form = open_check_in.open_unprompted(deps, world.patient).form
    answering.answer_unprompted(deps, world.patient, submission(fill(form)))
    infusion = an_infusion(deps, world.staff, world.patient)
    sent = submission(fill(form), note=NOTE)
    first = answering.answer_unprompted(deps, world.patient, sent)
    clock.advance(minutes=5)
    assert answering.answer_unprompted(deps, world.patient, sent) == first
    with pytest.raises(AlreadySaved):
        answering.answer_unprompted(deps, world.patient, submission(fill(form), key=sent.key))
    kept = stored(deps, world.patient)
    assert {c.infusion_id for c in kept} == {None, infusion.id}
    assert [c.prompt_id for c in kept] == [None, None]


def test_an_unprompted_check_in_can_be_changed_for_fifteen_minutes(
    deps: Deps, world: World, clock: Clock
) -> None:
    form = open_check_in.open_unprompted(deps, world.patient).form

    def send(weight: int, *, changes: bool = True) -> CheckInId:
        sent = submission(fill(form, weight=weight), changes=changes)
        return answering.answer_unprompted(deps, world.patient, sent).id

    older = send(0, changes=False)
    clock.advance(minutes=2)
    first = send(0, changes=False)
    clock.advance(minutes=14)
    assert open_check_in.change_unprompted(deps, world.patient).may_change
    second = send(1)
    clock.advance(minutes=1)
    assert not open_check_in.change_unprompted(deps, world.patient).may_change
    third = send(2)
    kept = {c.id: (c.corrects, c.secondary) for c in stored(deps, world.patient)}
    assert kept == {older: (None, False), first: (None, False), second: (first, False), third: (None, False)}


def test_nobody_changes_what_another_patient_sent(deps: Deps, world: World, clock: Clock) -> None:
    form = open_check_in.open_unprompted(deps, world.patient).form
    answering.answer_unprompted(deps, world.other_patient, submission(fill(form)))
    assert not open_check_in.change_unprompted(deps, world.patient).may_change
    answering.answer_unprompted(deps, world.patient, submission(fill(form), changes=True))
    assert [kept.corrects for kept in stored(deps, world.patient)] == [None]


def test_the_time_it_takes_is_the_patients_own_once_it_is_known(
    deps: Deps, database: Database, world: World, clock: Clock
) -> None:
    for patient, minutes in [(world.other_patient, 1), *[(world.patient, minutes) for minutes in (9, 4, 5)]]:
        told = Asked(deps, database, patient, clock)
        assert told.open().minutes == 2
        remind(deps)
        with deps.transaction() as tx:
            mine = table.c.prompt_id == told.prompt.id
            tx.execute(update(table).where(mine).values(opened_at=clock.now()))
        clock.advance(minutes=minutes)
        told.send()
    asked = {
        person.id: Asked(deps, database, person, clock) for person in (world.patient, world.other_patient)
    }
    own = [open_check_in.open_prompt(deps, one.patient, one.prompt.id).minutes for one in asked.values()]
    assert own == [5, 2]
    assert {one.open().minutes for one in asked.values()} == {2}, "a link shows nothing about its patient"


def test_declining_is_noted_once_and_nothing_more_is_sent(asked: Asked, deps: Deps, world: World) -> None:
    remind(deps)
    decline(deps, world.patient, asked.prompt.id)
    with pytest.raises(Over):
        decline(deps, world.patient, asked.prompt.id)
    assert asked.state() is PromptState.DECLINED
    with deps.reading() as tx:
        states = {message.state.value for message in messages.messages_of(tx, world.patient.id)}
        noted = [(entry.action, entry.actor) for entry in audit.events_of(tx, world.clinic.id, limit=5)]
    assert states == {"cancelled"}
    assert noted == [("declined", world.patient.id)]
