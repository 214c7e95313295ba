"""Staff close a therapist's sign-in: the times to come are called off, and the patients are told."""

from datetime import timedelta
from uuid import UUID

import pytest
from icalendar import Calendar
from support.channel import FakeChannel
from support.clock import Clock
from support.meetings import HOURS, agreed, book, kinds, more_patients, offered, proposed, stored
from support.people import World
from support.threads import together

from checkin.domain.appointment import Appointment, AppointmentState
from checkin.domain.clock import Interval
from checkin.domain.errors import Refusal
from checkin.domain.message import MessageKind
from checkin.domain.person import Role
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.look_up import appointments_to_come
from checkin.services.manage_people import disable, enable
from checkin.services.plan_appointment import pick
from checkin.services.see_appointments import my_agenda
from checkin.services.set_hours import set_hours
from checkin.services.share_calendar import make_calendar, read_calendar
from checkin.storage import audit, people

S = AppointmentState
HOUR = timedelta(hours=1)


def close_out(deps: Deps, world: World) -> None:
    disable(deps, world.staff, world.therapist.id)


def test_what_is_agreed_is_cancelled_and_the_patient_gets_it_for_the_calendar(
    deps: Deps, world: World, channel: FakeChannel
) -> None:
    one = agreed(deps, world)
    secret = make_calendar(deps, world.patient).rpartition("/")[2].removesuffix(".ics")
    deliver(deps, UUID(int=7))
    channel.sent.clear()
    close_out(deps, world)
    after = stored(deps, one)
    assert (after.state, after.sequence, after.slot) == (S.CANCELLED, 1, one.slot)
    deliver(deps, UUID(int=7))
    (mail,) = channel.sent
    assert (mail.kind, mail.to_address) == (MessageKind.CANCELLATION, world.patient.email)
    assert mail.calendar is not None
    assert Calendar.from_ical(mail.calendar.content)["METHOD"] == "CANCEL"
    assert Calendar.from_ical(read_calendar(deps, secret)).walk("VEVENT") == []
    (entry,) = my_agenda(deps, world.patient, Role.PATIENT).gone
    assert entry.appointment == after


def test_proposals_are_taken_back_and_nobody_is_disturbed(deps: Deps, world: World) -> None:
    made = proposed(deps, world)
    close_out(deps, world)
    assert stored(deps, made).state is S.CANCELLED
    assert kinds(deps, world.patient) == [MessageKind.PROPOSAL]
    with deps.reading() as tx:
        (event,) = audit.events_about(tx, world.patient.id, actions=("appointment_cancelled",), limit=9)
    assert (event.actor, event.object_id) == (world.staff.id, made.id)


def test_staff_are_told_before_how_many_it_is(deps: Deps, world: World, clock: Clock) -> None:
    first, second = more_patients(deps, world, 2)
    now = clock.now()
    assert appointments_to_come(deps, world.staff) == {}
    for hours, patient in ((2, first), (4, second), (6, second)):
        book(deps, world.therapist, patient, now + hours * HOUR)
    offered(deps, world, first, [Interval(since=now + 8 * HOUR, until=now + 9 * HOUR)])
    clock.advance(hours=2)
    assert appointments_to_come(deps, world.staff) == {world.therapist.id: 2}
    assert appointments_to_come(deps, world.elsewhere_staff) == {}
    close_out(deps, world)
    assert appointments_to_come(deps, world.staff) == {}


def test_what_has_begun_what_is_over_and_what_others_agreed_stays(
    deps: Deps, world: World, clock: Clock
) -> None:
    (patient,) = more_patients(deps, world, 1)
    now = clock.now()
    kept = [
        book(deps, world.therapist, patient, now + HOUR),
        book(deps, world.therapist, patient, now + 2 * HOUR),
        book(deps, world.unasked, patient, now + 5 * HOUR),
    ]
    clock.advance(hours=2)
    close_out(deps, world)
    assert [stored(deps, one) for one in kept] == kept


def test_the_appointments_of_a_patient_who_cannot_sign_in_any_more_stay(deps: Deps, world: World) -> None:
    """Nobody could tell the patient, who would stand before a closed door."""
    one = agreed(deps, world)
    disable(deps, world.staff, world.patient.id)
    assert stored(deps, one) == one


def test_again_and_enabled_again_it_changes_nothing_more(deps: Deps, world: World) -> None:
    one = agreed(deps, world)
    close_out(deps, world)
    after = stored(deps, one)
    close_out(deps, world)
    enable(deps, world.staff, world.therapist.id)
    assert stored(deps, one) == after
    assert kinds(deps, world.patient).count(MessageKind.CANCELLATION) == 1


def test_what_a_therapist_left_behind_is_refused_for_what_it_is(deps: Deps, world: World) -> None:
    """A proposal that came a moment too late: the consent is still in force."""
    made = proposed(deps, world)
    with deps.transaction() as tx:
        people.set_disabled(tx, world.therapist.id, deps.now())
    with pytest.raises(Refusal, match="does not use this app any more"):
        pick(deps, world.patient, made.id, made.options[0].since)
    (entry,) = my_agenda(deps, world.patient, Role.PATIENT).waiting
    assert (entry.shared, entry.other_closed) == (False, True)


def test_nothing_stays_agreed_whoever_picks_at_that_moment(deps: Deps, world: World, clock: Clock) -> None:
    patients = more_patients(deps, world, 12)
    set_hours(deps, world.therapist, HOURS)
    begins = [clock.now() + timedelta(days=1 + n) - 2 * HOUR for n in range(len(patients))]
    offers = [
        offered(deps, world, patient, [Interval(since=since, until=since + HOUR)])
        for patient, since in zip(patients, begins, strict=True)
    ]

    def act(n: int) -> Appointment | None:
        if n == 5:
            return close_out(deps, world)
        return pick(deps, patients[n], offers[n].id, begins[n])

    results = together(12, act)
    assert all(one is None or isinstance(one, Appointment | Refusal) for one in results), results
    assert {stored(deps, one).state for one in offers} == {S.CANCELLED}
    with deps.reading() as tx:
        audit.verify_chain(tx, world.clinic.id)
