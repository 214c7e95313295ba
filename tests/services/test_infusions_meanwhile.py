"""An agreed time that an infusion does not suit any more: its therapist is told once."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from support.care import given
from support.channel import FakeChannel
from support.clock import Clock
from support.meetings import HOURS, estimated, ready, starts
from support.people import World

from checkin.domain.appointment import Appointment
from checkin.domain.infusion import FORGOTTEN, Infusion, InfusionState
from checkin.domain.message import MessageKind
from checkin.domain.person import Role
from checkin.domain.slot import Place
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.find_times import find_times
from checkin.services.plan_appointment import pick, propose
from checkin.services.record_infusion import correct, record
from checkin.services.see_appointments import my_agenda
from checkin.services.set_hours import set_hours
from checkin.services.watch_appointments import watch_appointments
from checkin.storage import audit, infusions

DISPATCHER = UUID(int=7)


def closes_soon(hours: float) -> float:
    return 0.9 if hours < 20 else 0.2


def stays_open(hours: float) -> float:
    return 0.9


@pytest.mark.parametrize("state", [InfusionState.PLANNED, InfusionState.GIVEN])
@pytest.mark.parametrize("estimate", [None, stays_open])
def test_a_new_infusion_too_near_an_agreed_time_is_told_once(
    deps: Deps,
    world: World,
    clock: Clock,
    channel: FakeChannel,
    state: InfusionState,
    estimate: Callable[[float], float] | None,
) -> None:
    ready(deps, world)
    latest = max(starts(find_times(deps, world.therapist, world.patient.id)))
    made = propose(deps, world.therapist, world.patient.id, [latest])
    one = pick(deps, world.patient, made.id, latest)
    if estimate is not None:
        estimated(deps, world.patient, estimate)
    assert watch_appointments(deps) == 0
    at = latest - timedelta(hours=10)
    if state is InfusionState.GIVEN:
        clock.set(at + timedelta(minutes=1))
    record(deps, world.staff, world.patient.id, given(at, state=state))
    assert [watch_appointments(deps) for _ in range(3)] == [1, 0, 0]
    deliver(deps, DISPATCHER)
    (mail,) = channel.of_kind(MessageKind.CLASH)
    assert (mail.to_address, mail.at) == (world.therapist.email, latest)
    (entry,) = my_agenda(deps, world.therapist, Role.THERAPIST).agreed
    assert (entry.appointment.id, entry.doubtful, entry.outlook.rested) == (one.id, True, False)


def test_a_therapist_who_was_told_that_it_is_outside_is_told_of_an_infusion_too(
    deps: Deps, world: World, clock: Clock
) -> None:
    ready(deps, world)
    latest = max(starts(find_times(deps, world.therapist, world.patient.id)))
    made = propose(deps, world.therapist, world.patient.id, [latest])
    pick(deps, world.patient, made.id, latest)
    estimated(deps, world.patient, closes_soon)
    assert watch_appointments(deps) == 1
    record(
        deps, world.staff, world.patient.id, given(latest + timedelta(hours=60), state=InfusionState.PLANNED)
    )
    assert watch_appointments(deps) == 0
    (_, planned) = recorded(deps, world)
    moved = given(latest - timedelta(hours=2), state=InfusionState.PLANNED)
    correct(deps, world.staff, world.patient.id, planned.id, moved, revision=planned.revision)
    assert [watch_appointments(deps) for _ in range(2)] == [1, 0]


@pytest.mark.parametrize("change", ["postponed", "cancelled"])
@pytest.mark.parametrize("estimate", [None, stays_open])
def test_an_infusion_that_no_longer_comes_before_an_agreed_time_is_told_once(
    deps: Deps,
    world: World,
    channel: FakeChannel,
    change: str,
    estimate: Callable[[float], float] | None,
) -> None:
    one, planned = agreed_after_a_planned_one(deps, world)
    if estimate is not None:
        estimated(deps, world.patient, estimate)
    assert watch_appointments(deps) == 0
    assert one.slot is not None
    if change == "postponed":
        draft = given(one.slot.until + timedelta(days=2), state=InfusionState.PLANNED)
    else:
        draft = given(planned.at, state=InfusionState.CANCELLED)
    correct(deps, world.staff, world.patient.id, planned.id, draft, revision=planned.revision)
    assert [watch_appointments(deps) for _ in range(3)] == [1, 0, 0]
    deliver(deps, DISPATCHER)
    (mail,) = channel.of_kind(MessageKind.NO_INFUSION)
    assert (mail.to_address, mail.at) == (world.therapist.email, one.slot.since)
    with deps.reading() as tx:
        (event,) = audit.events_about(tx, world.patient.id, actions=("appointment_no_infusion",), limit=9)
    assert (event.actor, event.object_id) == (None, one.id)
    (entry,) = my_agenda(deps, world.therapist, Role.THERAPIST).agreed
    assert (entry.doubtful, entry.outlook.rested, entry.outlook.follows) == (True, True, False)


@pytest.mark.parametrize("days_before", [3, 12])
def test_an_infusion_of_the_days_before_is_enough(deps: Deps, world: World, days_before: float) -> None:
    _, planned = agreed_after_a_planned_one(deps, world, earlier=days_before)
    draft = given(planned.at, state=InfusionState.CANCELLED)
    correct(deps, world.staff, world.patient.id, planned.id, draft, revision=planned.revision)
    assert watch_appointments(deps) == (days_before == 12)


def test_a_planned_one_that_nobody_confirmed_was_not_called_off(
    deps: Deps, world: World, clock: Clock
) -> None:
    one, planned = agreed_after_a_planned_one(deps, world)
    clock.set(planned.at + FORGOTTEN + timedelta(hours=1))
    assert one.can_change(clock.now())
    assert watch_appointments(deps) == 0


def agreed_after_a_planned_one(
    deps: Deps, world: World, *, earlier: float | None = None
) -> tuple[Appointment, Infusion]:
    """A time agreed for the days after an infusion that is planned; ``earlier``: one was given so many days
    before that."""
    set_hours(deps, world.therapist, HOURS)
    at = deps.now() + timedelta(days=1)
    if earlier is not None:
        record(deps, world.staff, world.patient.id, given(at - timedelta(days=earlier)))
    record(deps, world.staff, world.patient.id, given(at, state=InfusionState.PLANNED))
    since = next(
        slot.time.since
        for slot in find_times(deps, world.therapist, world.patient.id).slots
        if slot.after == at and slot.place is Place.CORE
    )
    made = propose(deps, world.therapist, world.patient.id, [since])
    return pick(deps, world.patient, made.id, since), recorded(deps, world)[-1]


def recorded(deps: Deps, world: World) -> tuple[Infusion, ...]:
    with deps.reading() as tx:
        return infusions.infusions_of(tx, world.patient.id)
