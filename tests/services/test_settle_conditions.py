"""Days 21 and 28 are for those who responded by day 14."""

import pytest
from support.care import an_infusion, fill, prompts_of, submission
from support.clock import Clock
from support.people import World

from checkin.domain.prompt import PromptState
from checkin.services.answer_check_in import answer_prompt, answer_unprompted
from checkin.services.deps import Deps
from checkin.services.open_check_in import open_prompt, open_unprompted
from checkin.services.remind import remind
from checkin.services.set_preferences import my_preferences, set_preferences
from checkin.services.settle_conditions import settle_conditions

_RESPONDERS = ("day-21", "day-28")


def _treat(deps: Deps, clock: Clock, world: World, *, weight_on_day_14: int) -> None:
    """A baseline of 16 before the infusion, and the check-in of day 14."""
    patient = world.patient
    baseline = fill(open_unprompted(deps, patient).form, weight=2, safety=0)
    answer_unprompted(deps, patient, submission(baseline))
    clock.advance(hours=6)
    an_infusion(deps, world.staff, patient, hours_ago=4)
    fortnight = next(prompt for prompt in prompts_of(deps, patient) if prompt.step == "day-14")
    clock.advance(seconds=(fortnight.due_at - deps.now()).total_seconds() + 60)
    while remind(deps):
        pass
    answers = fill(open_prompt(deps, patient, fortnight.id).form, weight=weight_on_day_14, safety=0)
    answer_prompt(deps, patient, fortnight.id, submission(answers))
    settle_conditions(deps)


def _states(deps: Deps, world: World) -> dict[str, PromptState]:
    return {p.step: p.state for p in prompts_of(deps, world.patient) if p.step in _RESPONDERS}


@pytest.mark.parametrize(
    ("weight", "state"), [(0, PromptState.PLANNED), (2, PromptState.CANCELLED)], ids=["responded", "did not"]
)
def test_the_last_steps_depend_on_the_response(
    deps: Deps, clock: Clock, world: World, weight: int, state: PromptState
) -> None:
    _treat(deps, clock, world, weight_on_day_14=weight)
    assert _states(deps, world) == dict.fromkeys(_RESPONDERS, state)
    assert settle_conditions(deps) == 0, "each patient is decided about once"


def test_what_was_cancelled_for_want_of_a_response_does_not_come_back(
    deps: Deps, clock: Clock, world: World
) -> None:
    _treat(deps, clock, world, weight_on_day_14=2)
    mine = my_preferences(deps, world.patient)
    set_preferences(deps, world.patient, zone="Europe/Berlin", waking=mine.waking, reminders=True)
    clock.advance(hours=1)
    assert set(_states(deps, world).values()) == {PromptState.CANCELLED}
