"""What time settles: days 21 and 28 are for those who responded by day 14; nobody confirms, nothing waits."""

from datetime import timedelta

import pytest
from support.care import an_infusion, fill, given, prompts_of, submission
from support.clock import Clock
from support.people import World

from checkin.domain.infusion import InfusionState
from checkin.domain.prompt import PromptState
from checkin.services.answer_check_in import answer_prompt, answer_unprompted
from checkin.services.deps import Deps
from checkin.services.open_check_in import open_prompt, open_unprompted
from checkin.services.record_infusion import correct, preview, record
from checkin.services.remind import remind
from checkin.services.set_preferences import my_preferences, set_preferences
from checkin.services.set_reminders import pause
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


def _answer_now(deps: Deps, world: World, weight: int) -> None:
    """Check in unprompted; each of eight topics counts ``weight``."""
    form = open_unprompted(deps, world.patient).form
    answer_unprompted(deps, world.patient, submission(fill(form, weight=weight, safety=0)))


def _settle(deps: Deps) -> None:
    while remind(deps) or settle_conditions(deps):
        pass


def test_without_an_answer_in_its_own_window_an_earlier_response_does_not_count(
    deps: Deps, clock: Clock, world: World
) -> None:
    """Well on day 11, and nothing on day 14: nothing is carried forward."""
    _answer_now(deps, world, 2)
    clock.advance(hours=6)
    infusion = an_infusion(deps, world.staff, world.patient, hours_ago=4)
    clock.set(infusion.at + timedelta(days=11))
    _answer_now(deps, world, 0)
    clock.set(infusion.at + timedelta(days=15, hours=23))
    _settle(deps)
    assert _states(deps, world) == dict.fromkeys(_RESPONDERS, PromptState.PLANNED)
    clock.set(infusion.at + timedelta(days=16))
    _settle(deps)
    assert _states(deps, world) == dict.fromkeys(_RESPONDERS, PromptState.CANCELLED)


@pytest.mark.parametrize("well", [True, False])
def test_recorded_when_day_14_is_over_they_are_asked_only_of_who_answered_then_and_was_well(
    deps: Deps, clock: Clock, world: World, well: bool
) -> None:
    start = clock.now()
    _answer_now(deps, world, 2)
    clock.set(start + timedelta(hours=6) + timedelta(days=14, hours=2))
    if well:
        _answer_now(deps, world, 0)
    clock.set(start + timedelta(hours=6) + timedelta(days=18))
    draft = given(start + timedelta(hours=6))
    shown = preview(deps, world.staff, world.patient.id, draft, None).plan
    record(deps, world.staff, world.patient.id, draft)
    expected = dict.fromkeys(_RESPONDERS, PromptState.PLANNED) if well else {}
    assert _states(deps, world) == expected
    assert {prompt.step for prompt in shown.prompts} == set(expected)


def test_a_pause_over_day_14_decides_when_its_time_is_over_and_not_before(
    deps: Deps, clock: Clock, world: World
) -> None:
    _answer_now(deps, world, 2)
    clock.advance(hours=6)
    infusion = an_infusion(deps, world.staff, world.patient, hours_ago=4)
    clock.set(infusion.at + timedelta(days=12))
    pause(deps, world.patient, timedelta(days=5))
    _settle(deps)
    fortnight = next(prompt for prompt in prompts_of(deps, world.patient) if prompt.step == "day-14")
    assert fortnight.state is PromptState.CANCELLED
    assert _states(deps, world) == dict.fromkeys(_RESPONDERS, PromptState.PLANNED)
    clock.set(infusion.at + timedelta(days=16))
    assert settle_conditions(deps) == 1
    assert _states(deps, world) == dict.fromkeys(_RESPONDERS, PromptState.CANCELLED)
    assert settle_conditions(deps) == 0


def test_a_planned_infusion_that_nobody_confirms_silences_nobody_for_good(
    deps: Deps, clock: Clock, world: World
) -> None:
    """Planned for day 3 and never given: from twelve hours after it the first one's check-ins go on."""
    infusion = an_infusion(deps, world.staff, world.patient, hours_ago=4)
    planned = given(infusion.at + timedelta(days=3), state=InfusionState.PLANNED)
    second = record(deps, world.staff, world.patient.id, planned)
    later = {"day-4", "day-7", "day-14"}

    def to_come() -> set[str]:
        found = [p for p in prompts_of(deps, world.patient) if p.infusion_id == infusion.id]
        return {p.step for p in found if p.state is PromptState.PLANNED} & later

    assert to_come() == set()
    clock.set(second.at + timedelta(hours=12) - timedelta(seconds=1))
    _settle(deps)
    assert to_come() == set()
    clock.advance(seconds=1)
    assert settle_conditions(deps) == 1
    assert to_come() == later
    assert settle_conditions(deps) == 0, "once"
    # Told a new time, it stands in the way again, and is forgotten again.
    draft = given(clock.now() + timedelta(days=1), state=InfusionState.PLANNED)
    correct(deps, world.staff, world.patient.id, second.id, draft, revision=second.revision)
    assert to_come() == {"day-4"}
    clock.set(draft.at + timedelta(hours=12))
    _settle(deps)
    assert to_come() == {"day-7", "day-14"}
