"""Correcting, confirming and cancelling infusions: the plan follows, and what was sent is not sent again."""

from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from support.care import AFTER, an_infusion, fill, given, prompts_of, steps, stored, submission
from support.channel import FakeChannel
from support.clock import Clock
from support.people import World
from support.threads import together
from support.trail import actions

from checkin.domain.errors import NotFound, Refusal
from checkin.domain.ids import PersonId, PromptId
from checkin.domain.infusion import Infusion, InfusionState
from checkin.domain.message import MessageKind, MessageState
from checkin.domain.person import Person
from checkin.domain.prompt import Prompt, PromptState
from checkin.services import answer_check_in, manage_people, open_check_in
from checkin.services import record_infusion as recording
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.record_infusion import ChangedMeanwhile
from checkin.services.remind import remind
from checkin.storage import audit, messages, patients, prompts
from checkin.storage.data_keys import get_key
from checkin.storage.engine import Transaction

DISPATCHER = UUID(int=7)


def by_step(deps: Deps, patient: Person) -> dict[str, Prompt]:
    return {prompt.step: prompt for prompt in prompts_of(deps, patient)}


def correct(deps: Deps, world: World, infusion: Infusion, at: datetime, **changes: object) -> Infusion:
    draft = given(at, **changes)
    return recording.correct(
        deps, world.staff, world.patient.id, infusion.id, draft, revision=infusion.revision
    )


def test_correcting_the_time_moves_what_is_unsent_and_sends_nothing_again(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel
) -> None:
    infusion = an_infusion(deps, world.staff, world.patient, hours_ago=4)
    remind(deps)
    clock.advance(minutes=1)
    deliver(deps, DISPATCHER)
    before = by_step(deps, world.patient)
    assert before["hour-4"].state is PromptState.OPEN
    corrected = correct(deps, world, infusion, infusion.at + timedelta(minutes=30))
    after = by_step(deps, world.patient)
    assert corrected.revision == 2
    assert after["hour-4"] == before["hour-4"]
    assert after["hour-48"].due_at == before["hour-48"].due_at + timedelta(minutes=30)
    assert after["hour-48"].id == before["hour-48"].id
    assert steps(tuple(after.values())) == steps(tuple(before.values()))
    remind(deps)
    clock.advance(minutes=1)
    deliver(deps, DISPATCHER)
    assert len(channel.of_kind(MessageKind.NOTICE)) == 1
    assert actions(deps, world)[-1] == "infusion_corrected"


def test_a_prompt_sent_for_a_wrong_time_is_cancelled_with_its_reminder(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel
) -> None:
    infusion = an_infusion(deps, world.staff, world.patient, hours_ago=4)
    remind(deps)
    correct(deps, world, infusion, infusion.at - timedelta(days=2))
    after = by_step(deps, world.patient)
    assert after["hour-4"].state is PromptState.CANCELLED
    with deps.reading() as tx:
        (notice,) = messages.messages_of_prompt(tx, after["hour-4"].id)
    assert notice.state is MessageState.CANCELLED
    clock.advance(hours=2)
    remind(deps)
    clock.advance(minutes=1)
    deliver(deps, DISPATCHER)
    assert after["hour-4"].id not in {p.id for p in prompts_of(deps, world.patient) if p.state == "open"}
    assert {outgoing.kind for outgoing in channel.sent} <= {MessageKind.NOTICE}


def test_an_answered_prompt_stays_answered_whatever_is_corrected(
    deps: Deps, world: World, clock: Clock
) -> None:
    """Also one that was answered before its notice went out."""
    infusion = an_infusion(deps, world.staff, world.patient, hours_ago=3.75)
    early = by_step(deps, world.patient)["hour-4"]
    form = open_check_in.open_prompt(deps, world.patient, early.id).form
    answer_check_in.answer_prompt(deps, world.patient, early.id, submission(fill(form)))
    for minutes in (30, 300, 3000):
        infusion = correct(deps, world, infusion, infusion.at - timedelta(minutes=minutes))
        assert by_step(deps, world.patient)["hour-4"].state is PromptState.ANSWERED


def test_a_plan_made_before_an_answer_does_not_undo_it(deps: Deps, world: World, clock: Clock) -> None:
    """The planner read the prompt as planned, the answer came in, then the planner writes."""
    infusion = an_infusion(deps, world.staff, world.patient, hours_ago=3.75)
    prompt = by_step(deps, world.patient)["hour-4"]
    moved = recording.preview(
        deps, world.staff, world.patient.id, given(infusion.at + timedelta(minutes=10)), infusion.id
    ).plan.prompts[0]
    form = open_check_in.open_prompt(deps, world.patient, prompt.id).form
    answer_check_in.answer_prompt(deps, world.patient, prompt.id, submission(fill(form)))
    with deps.transaction() as tx:
        prompts.move_prompt(tx, prompt.id, moved)
    assert by_step(deps, world.patient)["hour-4"].state is PromptState.ANSWERED


def test_every_earlier_value_stays_readable_in_the_audit(deps: Deps, world: World) -> None:
    infusion = an_infusion(deps, world.staff, world.patient)
    correct(deps, world, infusion, infusion.at, note="second thoughts")
    with deps.reading() as tx:
        entry = audit.events_of(tx, world.clinic.id, limit=1)[0]
        key = get_key(tx, world.patient.id)
        assert entry.private is not None
        opened = key.open(entry.private, table="audit_events", row=entry.id, column="private")
    assert "second thoughts" in opened
    assert "heart rate steady" in opened


def test_two_who_correct_the_same_page_do_not_overwrite_each_other(deps: Deps, world: World) -> None:
    infusion = an_infusion(deps, world.staff, world.patient)

    def change(index: int) -> Infusion:
        return correct(deps, world, infusion, infusion.at + timedelta(minutes=index), note=f"by {index}")

    results = together(6, change)
    assert sorted(type(one).__name__ for one in results) == [*["ChangedMeanwhile"] * 5, "Infusion"]
    (kept,) = [one for one in results if isinstance(one, Infusion)]
    assert stored(deps, world.patient) == (kept,)
    with pytest.raises(ChangedMeanwhile):
        change(9)


def test_a_planned_infusion_asks_before_and_after_it_is_given(deps: Deps, world: World, clock: Clock) -> None:
    draft = given(clock.now() + timedelta(days=3), state=InfusionState.PLANNED)
    planned = recording.record(deps, world.staff, world.patient.id, draft)
    assert set(by_step(deps, world.patient)) == {"evening-before", "pre-dose"}
    clock.advance(days=3, hours=1)
    remind(deps)
    confirmed = correct(deps, world, planned, clock.now() - timedelta(minutes=20))
    assert (confirmed.state, confirmed.id) == (InfusionState.GIVEN, planned.id)
    found = steps(prompts_of(deps, world.patient))
    assert found == dict.fromkeys(AFTER, "planned") | {"evening-before": "expired", "pre-dose": "expired"}
    assert actions(deps, world)[-1] == "infusion_confirmed"


def test_a_cancelled_infusion_asks_nothing_more(deps: Deps, world: World, clock: Clock) -> None:
    infusion = an_infusion(deps, world.staff, world.patient)
    remind(deps)
    recording.cancel(deps, world.patient, world.patient.id, infusion.id)
    assert set(steps(prompts_of(deps, world.patient)).values()) == {"cancelled"}
    with deps.reading() as tx:
        sent = messages.messages_of(tx, world.patient.id)
    assert {message.state for message in sent} == {MessageState.CANCELLED}
    assert stored(deps, world.patient)[0].state is InfusionState.CANCELLED
    recording.cancel(deps, world.staff, world.patient.id, infusion.id)  # pressed twice
    assert stored(deps, world.patient)[0].revision == infusion.revision + 1
    with pytest.raises(NotFound):
        correct(deps, world, replace(infusion, revision=2), infusion.at)


def test_an_infusion_of_another_patient_does_not_exist(deps: Deps, world: World) -> None:
    other = an_infusion(deps, world.staff, world.other_patient)
    with pytest.raises(NotFound):
        correct(deps, world, other, other.at)
    with pytest.raises(NotFound):
        recording.cancel(deps, world.patient, world.patient.id, other.id)


def test_the_next_infusion_ends_the_questions_of_the_one_before(deps: Deps, world: World) -> None:
    first = an_infusion(deps, world.staff, world.patient, hours_ago=50)
    second = an_infusion(deps, world.staff, world.patient, hours_ago=1)
    found = prompts_of(deps, world.patient)
    running = [p for p in found if p.state is PromptState.PLANNED]
    assert {p.infusion_id for p in running} == {second.id}
    assert [p.step for p in found if p.infusion_id == first.id]


def test_after_discharge_nothing_can_be_recorded_and_nothing_is_asked(
    deps: Deps, world: World, clock: Clock
) -> None:
    infusion = an_infusion(deps, world.staff, world.patient)
    remind(deps)
    manage_people.discharge(deps, world.staff, world.patient.id)
    assert set(steps(prompts_of(deps, world.patient)).values()) == {"cancelled"}
    with pytest.raises(Refusal):
        recording.record(deps, world.staff, world.patient.id, given(clock.now() - timedelta(days=2)))
    with pytest.raises(Refusal):
        correct(deps, world, infusion, infusion.at)
    clock.advance(hours=30)
    assert remind(deps) == 0


def test_stopping_reminders_or_leaving_does_not_hold_back_an_alert(
    deps: Deps, world: World, clock: Clock
) -> None:
    """A member of staff may be a patient of the house too."""
    with deps.transaction() as tx:
        messages.add_message(
            tx,
            clinic=world.clinic.id,
            person=world.patient.id,
            kind=MessageKind.ALERT,
            channel=deps.settings.mail_channel,
            now=clock.now(),
        )
    manage_people.discharge(deps, world.staff, world.patient.id)
    with deps.reading() as tx:
        (alert,) = messages.messages_of(tx, world.patient.id)
    assert alert.state is MessageState.PENDING


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_an_answer_and_a_correction_do_not_wait_for_each_other_in_a_ring(
    deps: Deps, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one holds the prompt and refers to the patient, the other the reverse."""
    infusion = an_infusion(deps, world.staff, world.patient)
    prompt = prompts_of(deps, world.patient)[0]
    form = open_check_in.open_prompt(deps, world.patient, prompt.id).form
    close, lock = prompts.close_prompt, patients.lock_patient
    answering, correcting = Event(), Event()

    def close_slowly(tx: Transaction, which: PromptId, state: PromptState, **more: Any) -> bool:
        if state is PromptState.ANSWERED:
            answering.set()
            assert correcting.wait(timeout=20)
        return close(tx, which, state, **more)

    def lock_and_say_so(tx: Transaction, patient: PersonId) -> None:
        lock(tx, patient)
        correcting.set()

    def act(index: int) -> object:
        if index == 0:
            return answer_check_in.answer_prompt(deps, world.patient, prompt.id, submission(fill(form)))
        assert answering.wait(timeout=20)
        return correct(deps, world, infusion, infusion.at - timedelta(hours=2))

    monkeypatch.setattr(prompts, "close_prompt", close_slowly)
    monkeypatch.setattr(patients, "lock_patient", lock_and_say_so)
    results = together(2, act)
    assert [type(one).__name__ for one in results] == ["Saved", "Infusion"]
    assert by_step(deps, world.patient)["hour-4"].state is PromptState.ANSWERED
