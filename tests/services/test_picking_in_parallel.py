"""Many people take the same time at the same moment: one gets it, on every database."""

from datetime import timedelta

import pytest
from support.meetings import HOURS, agreed, more_patients, offered, proposed, ready, starts
from support.people import World, give
from support.threads import together

from checkin.domain.appointment import Appointment, AppointmentState, NotFree, agree
from checkin.domain.clock import Interval
from checkin.domain.consent import Scope
from checkin.domain.errors import Conflict
from checkin.domain.person import Role
from checkin.services.deps import Deps
from checkin.services.plan_appointment import cancel, find_times_to_move, move, pick, propose
from checkin.services.see_appointments import my_agenda
from checkin.services.set_hours import set_hours
from checkin.storage import appointments, audit
from checkin.storage.engine import IntegrityError

MANY = 50


def test_fifty_patients_pick_one_time_and_one_gets_it(deps: Deps, world: World) -> None:
    slot = ready(deps, world).slots[0].time
    people = more_patients(deps, world, MANY)
    offers = [offered(deps, world, patient, [slot]) for patient in people]
    results = together(MANY, lambda n: pick(deps, people[n], offers[n].id, slot.since))
    won = [one for one in results if isinstance(one, Appointment)]
    assert [one.slot for one in won] == [slot]
    assert {type(one) for one in results} == {Appointment, NotFree}
    held = my_agenda(deps, world.therapist, Role.THERAPIST).agreed
    assert [entry.appointment.id for entry in held] == [won[0].id]
    with deps.reading() as tx:
        audit.verify_chain(tx, world.clinic.id)


def test_fifty_patients_pick_overlapping_times_and_none_overlap(deps: Deps, world: World) -> None:
    """Times that begin a quarter of an hour apart, as proposals of different lengths leave them."""
    first = min(starts(ready(deps, world)))
    people = more_patients(deps, world, MANY)
    slots = [
        Interval(since=since, until=since + HOURS.length)
        for since in (first + timedelta(minutes=15 * (n % 9)) for n in range(MANY))
    ]
    offers = [offered(deps, world, people[n], [slots[n]]) for n in range(MANY)]
    results = together(MANY, lambda n: pick(deps, people[n], offers[n].id, slots[n].since))
    won = sorted(
        (one.slot for one in results if isinstance(one, Appointment) and one.slot), key=lambda s: s.since
    )
    assert won
    assert all(isinstance(one, Appointment | NotFree) for one in results)
    for one, other in zip(won, won[1:], strict=False):
        assert one.until + HOURS.buffer <= other.since


def test_fifty_taps_on_one_choice_are_one_appointment(deps: Deps, world: World) -> None:
    made = proposed(deps, world)
    results = together(MANY, lambda n: pick(deps, world.patient, made.id, made.options[n % 3].since))
    won = [one for one in results if isinstance(one, Appointment)]
    assert len(won) == 1
    assert {type(one) for one in results} == {Appointment, NotFree}
    with deps.reading() as tx:
        assert appointments.get_appointment(tx, made.id, made.clinic_id) == won[0]


def test_moves_and_cancellations_at_once_leave_one_state(deps: Deps, world: World) -> None:
    one = agreed(deps, world)
    free = starts(find_times_to_move(deps, world.therapist, one.id))[3:8]
    actors = (world.patient, world.therapist)

    def act(n: int) -> Appointment | None:
        if n % 10 == 9:
            return cancel(deps, actors[n % 2], one.id)
        return move(deps, actors[n % 2], one.id, free[n % len(free)])

    results = together(20, act)
    assert all(one is None or isinstance(one, Appointment | Conflict) for one in results)
    with deps.reading() as tx:
        last = appointments.get_appointment(tx, one.id, one.clinic_id)
        assert appointments.held_times(tx, world.therapist.id, until_after=deps.now()) == ()
    assert last.state is AppointmentState.CANCELLED
    changes = sum(isinstance(result, Appointment) or result is None for result in results)
    assert last.sequence == changes


def test_two_therapists_cannot_take_the_same_time_of_one_patient(deps: Deps, world: World) -> None:
    """The patient's own time is guarded too: the two calendars know nothing of each other."""
    slot = ready(deps, world).slots[0].time
    with deps.transaction() as tx:
        give(tx, world.patient, world.unasked.id, [Scope.SCORES], deps.now())
    set_hours(deps, world.unasked, HOURS)
    offers = [propose(deps, who, world.patient.id, [slot.since]) for who in (world.therapist, world.unasked)]
    results = together(20, lambda n: pick(deps, world.patient, offers[n % 2].id, slot.since))
    assert sorted(type(result).__name__ for result in results) == ["Appointment"] + ["NotFree"] * 19
    held = my_agenda(deps, world.patient, Role.PATIENT).agreed
    assert len(held) == 1


def test_the_table_itself_refuses_what_slips_past_every_check(deps: Deps, world: World) -> None:
    """Without any lock and any look at the calendar the same quarter of an hour is given away once."""
    slot = ready(deps, world).slots[0].time
    people = more_patients(deps, world, 2)
    offers = [offered(deps, world, patient, [slot]) for patient in people]
    after = [agree(one, slot.since, deps.now()) for one in offers]
    with deps.transaction() as tx:
        assert appointments.change_appointment(tx, offers[0], after[0])
    with pytest.raises(IntegrityError), deps.transaction() as tx:
        appointments.change_appointment(tx, offers[1], after[1])
    with deps.reading() as tx:
        assert appointments.get_appointment(tx, offers[1].id, world.clinic.id) == offers[1]
