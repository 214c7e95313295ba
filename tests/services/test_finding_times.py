"""Finding times for an appointment: in the window, in the therapist's hours, clear of what is busy."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from support.care import given
from support.clock import Clock
from support.meetings import HOURS, an_ics, estimated, ready, starts
from support.people import World
from support.trail import actions

from checkin.domain.clock import to_local
from checkin.domain.errors import Invalid, NotFound, Problems
from checkin.domain.infusion import InfusionState
from checkin.domain.slot import Place
from checkin.domain.window.values import State
from checkin.services.deps import Deps
from checkin.services.find_times import NoHours, find_times
from checkin.services.plan_appointment import propose
from checkin.services.record_infusion import record
from checkin.services.set_hours import forget_busy_times, my_hours, set_hours, upload_busy_times
from checkin.storage import estimates, infusions


def test_the_first_times_lie_in_the_core_and_on_different_days(deps: Deps, world: World) -> None:
    found = ready(deps, world)
    assert found.slots[0].place is Place.CORE
    assert all(slot.by_fixed_rule for slot in found.slots)
    assert len({to_local(slot.time.since, found.zone).date() for slot in found.suggested}) == 3
    assert all(9 <= to_local(start, found.zone).hour < 12 for start in starts(found))
    assert {slot.place for slot in found.slots} == {Place.CORE, Place.LATER}


def test_an_estimate_changes_the_order_and_adds_the_days_while_it_holds(deps: Deps, world: World) -> None:
    ready(deps, world)
    estimated(deps, world.patient, lambda hours: 0.5 + hours / 1000)
    found = find_times(deps, world.therapist, world.patient.id)
    assert found.slots[0].place is Place.EXTENDED
    assert not any(slot.by_fixed_rule for slot in found.slots)


@pytest.mark.parametrize("state", [State.TOO_EARLY, State.NO_BASELINE])
def test_an_estimate_that_says_nothing_yet_orders_nothing(deps: Deps, world: World, state: State) -> None:
    by_rule = ready(deps, world)
    estimated(deps, world.patient, lambda hours: 0.5 + hours / 1000, state=state)
    assert find_times(deps, world.therapist, world.patient.id).slots == by_rule.slots


def test_from_the_next_infusion_on_the_estimate_says_nothing(deps: Deps, world: World) -> None:
    ready(deps, world)
    next_end = deps.now() + timedelta(days=3)
    record(deps, world.staff, world.patient.id, given(next_end, state=InfusionState.PLANNED))
    with deps.reading() as tx:
        first, _ = infusions.infusions_of(tx, world.patient.id)
    estimated(deps, world.patient, lambda hours: 0.8, after=first)
    slots = find_times(deps, world.therapist, world.patient.id).slots
    assert {slot.by_fixed_rule for slot in slots if slot.time.since < next_end} == {False}
    assert {slot.by_fixed_rule for slot in slots if slot.time.since > next_end} == {True}


@pytest.mark.parametrize(
    ("hours", "stale_for", "used"),
    [
        (2, None, True),
        (2.1, None, False),
        (30, None, False),
        (1, timedelta(seconds=90), True),
        (1, timedelta(minutes=2), False),
        (30, timedelta(seconds=90), False),
    ],
)
def test_an_estimate_that_is_not_up_to_date_orders_nothing(
    deps: Deps, world: World, clock: Clock, hours: float, stale_for: timedelta | None, used: bool
) -> None:
    ready(deps, world)
    estimated(deps, world.patient, lambda hours: 0.5 + hours / 1000)
    clock.advance(hours=hours)
    if stale_for is not None:
        with deps.transaction() as tx:
            estimates.mark_stale(tx, world.patient.id, clock.now() - stale_for)
    found = find_times(deps, world.therapist, world.patient.id)
    assert found.out_of_date is not used
    assert {slot.by_fixed_rule for slot in found.slots} == {not used}
    assert (Place.EXTENDED in {slot.place for slot in found.slots}) is used


def test_an_estimate_of_a_course_that_is_over_is_not_called_old(
    deps: Deps, world: World, clock: Clock
) -> None:
    ready(deps, world)
    estimated(deps, world.patient, lambda hours: 0.8)
    clock.advance(days=15)
    assert not find_times(deps, world.therapist, world.patient.id).out_of_date


def test_without_hours_or_without_an_infusion_there_are_none(deps: Deps, world: World) -> None:
    with pytest.raises(NoHours):
        find_times(deps, world.therapist, world.patient.id)
    set_hours(deps, world.therapist, HOURS)
    assert find_times(deps, world.therapist, world.patient.id).slots == ()


@pytest.mark.parametrize("who", ["unasked", "staff", "patient", "elsewhere_therapist"])
def test_only_a_therapist_with_the_grant_finds_or_proposes(deps: Deps, world: World, who: str) -> None:
    found = ready(deps, world)
    actor = getattr(world, who)
    with pytest.raises(NotFound):
        find_times(deps, actor, world.patient.id)
    with pytest.raises(NotFound):
        propose(deps, actor, world.patient.id, starts(found)[:1])


def test_busy_times_from_a_file_are_kept_clear_and_only_they_are_kept(deps: Deps, world: World) -> None:
    before = starts(ready(deps, world))
    day = to_local(before[0], HOURS.zone).date()
    assert upload_busy_times(deps, world.therapist, an_ics(before[0] - timedelta(hours=3), 9)) == 1
    after = starts(find_times(deps, world.therapist, world.patient.id))
    assert set(before) - set(after) == {at for at in before if to_local(at, HOURS.zone).date() == day}
    assert my_hours(deps, world.therapist).busy == 1
    forget_busy_times(deps, world.therapist)
    assert starts(find_times(deps, world.therapist, world.patient.id)) == before


def test_a_file_that_cannot_be_read_changes_nothing(deps: Deps, world: World, clock: Clock) -> None:
    ready(deps, world)
    upload_busy_times(deps, world.therapist, an_ics(clock.now() + timedelta(days=1), 1))
    with pytest.raises(Invalid):
        upload_busy_times(deps, world.therapist, b"<html>")
    assert my_hours(deps, world.therapist).busy == 1


def test_hours_are_checked_stored_and_written_down(deps: Deps, world: World) -> None:
    assert not my_hours(deps, world.therapist).is_set
    wanted = replace(
        HOURS, days_off=frozenset({date(2026, 3, 12), date(2026, 3, 13)}), length=timedelta(minutes=45)
    )
    set_hours(deps, world.therapist, HOURS)
    set_hours(deps, world.therapist, wanted)
    assert my_hours(deps, world.therapist).availability == wanted
    with pytest.raises(Problems):
        set_hours(deps, world.therapist, replace(wanted, zone="Atlantis"))
    assert my_hours(deps, world.therapist).availability == wanted
    assert actions(deps, world) == ["hours_changed"] * 2
    with pytest.raises(NotFound):
        set_hours(deps, world.patient, HOURS)
