"""Appointments: proposed under a grant, picked once, moved, cancelled."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from support.care import an_infusion, given
from support.clock import Clock
from support.meetings import HOURS, agreed, an_ics, proposed, ready, starts, stored
from support.people import World, give
from support.trail import actions

from checkin.domain.appointment import AppointmentState, NotFree
from checkin.domain.clock import to_local
from checkin.domain.consent import Scope
from checkin.domain.errors import Conflict, Invalid, NotFound, Refusal
from checkin.domain.ids import AppointmentId
from checkin.domain.infusion import InfusionState
from checkin.domain.message import MessageKind, MessageState
from checkin.domain.person import Person
from checkin.services.deps import Deps
from checkin.services.find_times import NobodyAnswers, find_times
from checkin.services.manage_people import disable
from checkin.services.plan_appointment import cancel, find_times_to_move, move, pick, propose
from checkin.services.record_infusion import record
from checkin.services.review_trajectory import review
from checkin.services.see_appointments import Agenda, my_agenda
from checkin.services.set_hours import set_hours, upload_busy_times
from checkin.services.share import withdraw_access
from checkin.storage import messages

K, S = MessageKind, AppointmentState


def agenda(deps: Deps, person: Person) -> Agenda:
    return my_agenda(deps, person, next(iter(person.roles)))


def waiting(deps: Deps, person: Person) -> list[MessageKind]:
    with deps.reading() as tx:
        return [
            m.kind
            for m in messages.messages_of(tx, person.id)
            if m.state is MessageState.PENDING and m.kind in {K.PROPOSAL, K.APPOINTMENT, K.CANCELLATION}
        ]


def test_a_proposal_reaches_the_patient_alone_and_takes_no_time(deps: Deps, world: World) -> None:
    made = proposed(deps, world)
    assert stored(deps, made) == made
    assert (len(made.options), made.zone) == (3, HOURS.zone)
    assert (waiting(deps, world.patient), waiting(deps, world.therapist)) == ([K.PROPOSAL], [])
    (entry,) = agenda(deps, world.patient).waiting
    assert (entry.other, entry.options) == (world.therapist.name, made.options)
    assert starts(find_times(deps, world.therapist, world.patient.id))[:3] == [o.since for o in made.options]


def test_times_that_were_not_found_cannot_be_proposed(deps: Deps, world: World, clock: Clock) -> None:
    found = ready(deps, world)
    for wrong in (clock.now() + timedelta(hours=3), starts(found)[0] + timedelta(minutes=15)):
        with pytest.raises(NotFree):
            propose(deps, world.therapist, world.patient.id, [wrong])
    for number in (0, 4):
        with pytest.raises(Invalid):
            propose(deps, world.therapist, world.patient.id, starts(found)[:number])


def test_picking_tells_both_and_takes_the_time(deps: Deps, world: World) -> None:
    one = agreed(deps, world)
    assert stored(deps, one) == one
    assert (one.state, one.slot) == (S.AGREED, one.options[0])
    assert waiting(deps, world.patient) == waiting(deps, world.therapist) == [K.APPOINTMENT]
    assert one.options[0].since not in starts(find_times(deps, world.therapist, world.patient.id))
    assert [entry.can_change for entry in agenda(deps, world.therapist).agreed] == [True]
    assert actions(deps, world)[-3:] == ["times_proposed", "appointment_agreed", "looked"]


def test_picking_again_or_what_was_not_offered_is_refused(deps: Deps, world: World) -> None:
    one = agreed(deps, world)
    with pytest.raises(NotFree):
        pick(deps, world.patient, one.id, one.options[1].since)
    other = propose(
        deps,
        world.therapist,
        world.patient.id,
        starts(find_times(deps, world.therapist, world.patient.id))[:1],
    )
    with pytest.raises(NotFree):
        pick(deps, world.patient, other.id, other.options[0].since + timedelta(minutes=15))


@pytest.mark.parametrize("who", ["other_patient", "therapist", "staff", "elsewhere_patient"])
def test_nobody_else_picks(deps: Deps, world: World, who: str) -> None:
    made = proposed(deps, world)
    with pytest.raises(NotFound):
        pick(deps, getattr(world, who), made.id, made.options[0].since)
    assert stored(deps, made).state is S.PROPOSED


def test_what_became_busy_or_fell_out_of_the_hours_is_not_free(deps: Deps, world: World) -> None:
    made = proposed(deps, world)
    upload_busy_times(deps, world.therapist, an_ics(made.options[0].since, 1))
    set_hours(
        deps,
        world.therapist,
        replace(HOURS, days_off=frozenset({to_local(made.options[1].since, HOURS.zone).date()})),
    )
    for option in made.options[:2]:
        with pytest.raises(NotFree):
            pick(deps, world.patient, made.id, option.since)


def test_a_time_that_a_new_infusion_overtook_is_not_free(deps: Deps, world: World, clock: Clock) -> None:
    made = proposed(deps, world)
    last = made.options[-1]
    clock.set(last.since - timedelta(hours=10))
    an_infusion(deps, world.staff, world.patient, hours_ago=0)
    with pytest.raises(NotFree):
        pick(deps, world.patient, made.id, last.since)


@pytest.mark.parametrize("hours_before", [3, 17, -2.5])
def test_a_time_that_an_infusion_planned_meanwhile_overtakes_is_not_free(
    deps: Deps, world: World, hours_before: float
) -> None:
    made = propose(deps, world.therapist, world.patient.id, starts(ready(deps, world))[-1:])
    last = made.options[0].since
    planned = given(last - timedelta(hours=hours_before), state=InfusionState.PLANNED)
    record(deps, world.staff, world.patient.id, planned)
    with pytest.raises(NotFree):
        pick(deps, world.patient, made.id, last)


@pytest.mark.parametrize(
    ("since_planned", "free"), [(timedelta(hours=11), False), (timedelta(hours=13), True)]
)
def test_a_planned_infusion_that_nobody_confirmed_yet_still_counts(
    deps: Deps, world: World, clock: Clock, since_planned: timedelta, free: bool
) -> None:
    made = propose(deps, world.therapist, world.patient.id, starts(ready(deps, world))[-1:])
    last = made.options[0].since
    planned_at = last - timedelta(hours=16)
    record(deps, world.staff, world.patient.id, given(planned_at, state=InfusionState.PLANNED))
    clock.set(planned_at + since_planned)
    if free:
        assert pick(deps, world.patient, made.id, last).slot == made.options[0]
    else:
        with pytest.raises(NotFree):
            pick(deps, world.patient, made.id, last)


def test_withdrawn_consent_stops_agreeing_and_moving_but_not_cancelling(deps: Deps, world: World) -> None:
    one = agreed(deps, world)
    free = starts(find_times_to_move(deps, world.patient, one.id))
    other = propose(
        deps,
        world.therapist,
        world.patient.id,
        starts(find_times(deps, world.therapist, world.patient.id))[:1],
    )
    withdraw_access(deps, world.patient, world.therapist.id)
    with pytest.raises(Refusal, match="not shared"):
        pick(deps, world.patient, other.id, other.options[0].since)
    for actor in (world.patient, world.therapist):
        with pytest.raises(Refusal, match="not shared"):
            move(deps, actor, one.id, free[0])
        with pytest.raises(Refusal, match="not shared"):
            find_times_to_move(deps, actor, one.id)
    cancel(deps, world.therapist, one.id)
    assert stored(deps, one).state is S.CANCELLED


def test_nothing_is_agreed_with_somebody_whom_nothing_reaches_but_it_can_be_cancelled(
    deps: Deps, world: World
) -> None:
    one = agreed(deps, world)
    free = starts(find_times(deps, world.therapist, world.patient.id))
    disable(deps, world.staff, world.patient.id)
    with pytest.raises(NobodyAnswers):
        find_times(deps, world.therapist, world.patient.id)
    with pytest.raises(NobodyAnswers):
        propose(deps, world.therapist, world.patient.id, free[:1])
    with pytest.raises(NobodyAnswers):
        find_times_to_move(deps, world.therapist, one.id)
    with pytest.raises(NobodyAnswers):
        move(deps, world.therapist, one.id, free[0])
    cancel(deps, world.therapist, one.id)
    assert stored(deps, one).state is S.CANCELLED


@pytest.mark.parametrize("who", ["patient", "therapist"])
def test_either_moves_it_and_the_old_time_is_free_again(deps: Deps, world: World, who: str) -> None:
    one = agreed(deps, world)
    assert one.slot is not None
    actor = getattr(world, who)
    free = starts(find_times_to_move(deps, actor, one.id))
    moved = move(deps, actor, one.id, next(at for at in free if at != one.slot.since))
    assert stored(deps, one) == moved
    assert (moved.state, moved.sequence, moved.id) == (S.MOVED, 1, one.id)
    again = starts(find_times_to_move(deps, world.therapist, one.id))
    assert one.slot.since in again
    assert waiting(deps, world.patient) == waiting(deps, world.therapist) == [K.APPOINTMENT]


def test_it_moves_to_a_free_time_only_and_not_where_it_is(deps: Deps, world: World) -> None:
    one = agreed(deps, world)
    assert one.slot is not None
    with pytest.raises(Conflict):
        move(deps, world.patient, one.id, one.slot.since)
    with pytest.raises(NotFree):
        move(deps, world.patient, one.id, one.slot.since + timedelta(minutes=15))


def test_strangers_can_do_nothing_with_it(deps: Deps, world: World) -> None:
    one = agreed(deps, world)
    for actor in (world.unasked, world.other_patient, world.staff, world.elsewhere_therapist):
        for act in (
            lambda: cancel(deps, actor, one.id),  # noqa: B023
            lambda: move(deps, actor, one.id, one.options[1].since),  # noqa: B023
            lambda: find_times_to_move(deps, actor, one.id),  # noqa: B023
        ):
            with pytest.raises(NotFound):
                act()
    with pytest.raises(NotFound):
        cancel(deps, world.patient, AppointmentId(UUID(int=5)))
    assert stored(deps, one) == one


def test_cancelling_frees_the_time_and_tells_both(deps: Deps, world: World) -> None:
    one = agreed(deps, world)
    cancel(deps, world.patient, one.id)
    assert one.options[0].since in starts(find_times(deps, world.therapist, world.patient.id))
    assert waiting(deps, world.patient) == waiting(deps, world.therapist) == [K.CANCELLATION]
    assert agenda(deps, world.patient).agreed == ()
    with pytest.raises(Conflict):
        cancel(deps, world.therapist, one.id)


def test_a_proposal_taken_back_before_it_was_sent_is_never_sent(deps: Deps, world: World) -> None:
    made = proposed(deps, world)
    cancel(deps, world.therapist, made.id)
    assert waiting(deps, world.patient) == []
    with pytest.raises(NotFree):
        pick(deps, world.patient, made.id, made.options[0].since)


def test_what_is_over_is_not_listed_moved_or_cancelled(deps: Deps, world: World, clock: Clock) -> None:
    one = agreed(deps, world)
    assert one.slot is not None
    clock.set(one.slot.since)
    assert len(agenda(deps, world.patient).agreed) == 1
    for act in (cancel, find_times_to_move):
        with pytest.raises(Conflict):
            act(deps, world.patient, one.id)
    clock.set(one.slot.until)
    assert agenda(deps, world.patient).agreed == ()


def test_beside_the_scores_each_sees_the_agreed_times_they_take_part_in(deps: Deps, world: World) -> None:
    one = agreed(deps, world)
    with deps.transaction() as tx:
        give(tx, world.patient, world.unasked.id, [Scope.SCORES], deps.now())
    seen = {
        who: review(deps, getattr(world, who), world.patient.id).appointments
        for who in ("patient", "therapist", "unasked")
    }
    assert seen == {"patient": (one.slot,), "therapist": (one.slot,), "unasked": ()}
    cancel(deps, world.patient, one.id)
    assert review(deps, world.therapist, world.patient.id).appointments == ()
