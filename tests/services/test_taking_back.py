"""A discharge can be taken back: what is still to come is asked, what is over stays as it was."""

from uuid import UUID

import pytest
from support.care import an_infusion, given, prompts_of
from support.clock import Clock
from support.people import World

from checkin.domain.errors import Refusal
from checkin.domain.prompt import PromptState
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.manage_people import discharge, take_back
from checkin.services.patient_home import my_home
from checkin.services.record_infusion import record
from checkin.services.remind import remind
from checkin.storage import audit


def test_after_a_mistaken_discharge_the_check_ins_to_come_are_planned_again(
    deps: Deps, world: World, clock: Clock
) -> None:
    an_infusion(deps, world.staff, world.patient)
    before = {prompt.id: prompt.due_at for prompt in prompts_of(deps, world.patient)}
    discharge(deps, world.staff, world.patient.id)
    take_back(deps, world.staff, world.patient.id)
    assert {prompt.id: prompt.due_at for prompt in prompts_of(deps, world.patient)} == before
    assert {prompt.state for prompt in prompts_of(deps, world.patient)} == {PromptState.PLANNED}
    assert my_home(deps, world.patient).patient.discharged_at is None
    clock.advance(hours=30)
    assert remind(deps) > 0


def test_what_was_asked_before_is_not_asked_again(deps: Deps, world: World, clock: Clock) -> None:
    an_infusion(deps, world.staff, world.patient)
    clock.advance(hours=2)
    remind(deps)
    deliver(deps, UUID(int=7))
    asked = {prompt.id for prompt in prompts_of(deps, world.patient) if prompt.notified}
    assert asked
    discharge(deps, world.staff, world.patient.id)
    clock.advance(hours=1)
    take_back(deps, world.staff, world.patient.id)
    states = {prompt.id: prompt.state for prompt in prompts_of(deps, world.patient)}
    assert {states[prompt] for prompt in asked} == {PromptState.CANCELLED}
    assert PromptState.PLANNED in states.values()


def test_infusions_can_be_recorded_again(deps: Deps, world: World, clock: Clock) -> None:
    discharge(deps, world.staff, world.patient.id)
    with pytest.raises(Refusal):
        record(deps, world.staff, world.patient.id, given(clock.now()))
    take_back(deps, world.staff, world.patient.id)
    record(deps, world.staff, world.patient.id, given(clock.now()))
    assert prompts_of(deps, world.patient)


def test_pressed_twice_it_is_written_down_once(deps: Deps, world: World) -> None:
    discharge(deps, world.staff, world.patient.id)
    for _ in range(2):
        take_back(deps, world.staff, world.patient.id)
    with deps.reading() as tx:
        events = audit.events_about(tx, world.patient.id, actions=("discharged", "taken_back"), limit=9)
    assert [event.action for event in events] == ["taken_back", "discharged"]
