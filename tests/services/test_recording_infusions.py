"""Recording infusions: one infusion is one row, its prompts follow every change, nothing is sent twice."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from support.care import AFTER, an_infusion, given, prompts_of, stored
from support.clock import Clock
from support.people import World
from support.threads import together
from support.trail import actions

from checkin.domain.errors import Invalid, NotFound
from checkin.domain.infusion import Dose, DoseUnit, Infusion, InfusionState, Route
from checkin.services import record_infusion as recording
from checkin.services.deps import Deps
from checkin.services.record_infusion import LooksTheSame
from checkin.storage.grants import grants_of, withdraw_grants


def correct(deps: Deps, world: World, infusion: Infusion, at: datetime, **changes: object) -> Infusion:
    draft = given(at, **changes)
    return recording.correct(
        deps, world.staff, world.patient.id, infusion.id, draft, revision=infusion.revision
    )


@pytest.mark.parametrize("who", ["staff", "therapist", "patient"])
def test_who_may_record_records_the_infusion_with_all_its_prompts(
    deps: Deps, world: World, clock: Clock, who: str
) -> None:
    draft = given(clock.now() - timedelta(hours=1))
    recorded = recording.record(deps, getattr(world, who), world.patient.id, draft)
    assert stored(deps, world.patient) == (recorded,)
    assert (recorded.at, recorded.dose, recorded.note) == (draft.at, draft.dose, draft.note)
    assert recorded.recorded_by == getattr(world, who).id
    assert [prompt.step for prompt in prompts_of(deps, world.patient)] == AFTER
    assert actions(deps, world) == ["infusion_recorded"]


@pytest.mark.parametrize(
    "who", ["unasked", "other_patient", "elsewhere_staff", "elsewhere_therapist", "disabled"]
)
def test_who_may_not_record_is_told_that_there_is_nobody(
    deps: Deps, world: World, clock: Clock, who: str
) -> None:
    infusion = an_infusion(deps, world.staff, world.patient)
    actor, draft = getattr(world, who), given(clock.now() - timedelta(hours=30))
    patient = world.patient.id
    acts: tuple[Callable[[], object], ...] = (
        lambda: recording.record(deps, actor, patient, draft),
        lambda: recording.preview(deps, actor, patient, draft, None),
        lambda: recording.correct(deps, actor, patient, infusion.id, draft, revision=1),
        lambda: recording.cancel(deps, actor, patient, infusion.id),
    )
    for act in acts:
        with pytest.raises(NotFound):
            act()
    assert stored(deps, world.patient) == (infusion,)


def test_a_therapist_whose_grant_was_withdrawn_may_not_record(deps: Deps, world: World, clock: Clock) -> None:
    with deps.transaction() as tx:
        held = grants_of(tx, world.patient.id)
        withdraw_grants(tx, held, by=world.patient.id, now=clock.now())
    with pytest.raises(NotFound):
        an_infusion(deps, world.therapist, world.patient)


def test_a_preview_shows_the_same_plan_and_stores_nothing(deps: Deps, world: World, clock: Clock) -> None:
    draft = given(clock.now() - timedelta(hours=1))
    shown = recording.preview(deps, world.staff, world.patient.id, draft, None)
    assert stored(deps, world.patient) == ()
    assert prompts_of(deps, world.patient) == ()
    recording.record(deps, world.staff, world.patient.id, draft)
    kept = [(p.step, p.due_at, p.expires_at) for p in prompts_of(deps, world.patient)]
    assert [(p.step, p.due_at, p.expires_at) for p in shown.plan.prompts] == kept


NOW_WORDS = [
    (timedelta(minutes=6), InfusionState.GIVEN, "time"),
    (timedelta(0), InfusionState.PLANNED, "time"),
    (timedelta(hours=-1), InfusionState.PLANNED, "time"),
    (timedelta(days=-61), InfusionState.GIVEN, "day"),
    (timedelta(days=91), InfusionState.PLANNED, "day"),
]


@pytest.mark.parametrize(("offset", "state", "field"), NOW_WORDS)
def test_a_time_that_cannot_be_is_refused_beside_its_field(
    deps: Deps, world: World, clock: Clock, offset: timedelta, state: InfusionState, field: str
) -> None:
    draft = given(clock.now() + offset, state=state)
    for act in (
        lambda: recording.record(deps, world.staff, world.patient.id, draft),
        lambda: recording.preview(deps, world.staff, world.patient.id, draft, None),
    ):
        with pytest.raises(Invalid) as refused:
            act()
        assert refused.value.field == field
    assert stored(deps, world.patient) == ()


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "x" * 200])
def test_a_zone_that_does_not_exist_is_refused(deps: Deps, world: World, clock: Clock, zone: str) -> None:
    with pytest.raises(Invalid) as refused:
        recording.record(deps, world.staff, world.patient.id, given(clock.now(), zone=zone))
    assert refused.value.field == "zone"


def test_a_clock_five_minutes_ahead_is_no_error(deps: Deps, world: World, clock: Clock) -> None:
    assert recording.record(deps, world.staff, world.patient.id, given(clock.now() + timedelta(minutes=5)))


@pytest.mark.parametrize("hours", [-11.9, -0.1, 0, 0.1])
def test_an_infusion_told_twice_is_offered_for_correction(
    deps: Deps, world: World, clock: Clock, hours: float
) -> None:
    first = an_infusion(deps, world.staff, world.patient, hours_ago=12)
    again = given(first.at - timedelta(hours=hours))
    with pytest.raises(LooksTheSame) as refused:
        recording.record(deps, world.patient, world.patient.id, again)
    assert refused.value.existing == first
    assert stored(deps, world.patient) == (first,)


def test_half_a_day_apart_are_two_infusions(deps: Deps, world: World) -> None:
    an_infusion(deps, world.staff, world.patient, hours_ago=1)
    an_infusion(deps, world.staff, world.patient, hours_ago=13)
    assert len(stored(deps, world.patient)) == 2


def test_a_cancelled_infusion_is_in_nobodys_way(deps: Deps, world: World) -> None:
    first = an_infusion(deps, world.staff, world.patient)
    recording.cancel(deps, world.staff, world.patient.id, first.id)
    assert an_infusion(deps, world.staff, world.patient)


def test_fault_15_the_same_infusion_recorded_by_several_at_once_is_one(
    deps: Deps, world: World, clock: Clock
) -> None:
    actors = [world.staff, world.colleague, world.patient, world.therapist] * 2
    drafts = [given(clock.now() - timedelta(hours=4, minutes=index)) for index in range(8)]
    results = together(
        8, lambda index: recording.record(deps, actors[index], world.patient.id, drafts[index])
    )
    assert sorted(type(one).__name__ for one in results) == ["Infusion", *["LooksTheSame"] * 7]
    assert len(stored(deps, world.patient)) == 1
    assert len(prompts_of(deps, world.patient)) == len(AFTER)


def test_a_draft_takes_what_it_leaves_blank_from_the_record(deps: Deps, world: World) -> None:
    recorded = an_infusion(deps, world.staff, world.patient)
    bare = given(recorded.at, route=None, dose=None, note=None)
    assert bare.filled_from(recorded) == given(recorded.at)
    full = given(recorded.at, route=Route.NASAL, dose=Dose(amount=Decimal(56), unit=DoseUnit.MG))
    assert full.filled_from(recorded) == full  # the same note is one note
    assert replace(full, note="dizzy").filled_from(recorded).note == f"{recorded.note}\ndizzy"
    assert replace(full, note=None).filled_from(replace(recorded, note=None)).note is None
