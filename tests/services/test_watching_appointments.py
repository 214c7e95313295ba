"""An agreed time that falls outside the window: its therapist is told once, and nothing else changes."""

from datetime import timedelta
from uuid import UUID

import pytest
from support.channel import FakeChannel
from support.clock import Clock
from support.meetings import agreed, estimated, held_and_offered, ready, starts, stored
from support.people import World
from support.threads import together

from checkin.channels.base import ChannelError
from checkin.domain.appointment import Appointment, AppointmentState
from checkin.domain.ids import PersonId
from checkin.domain.message import MessageKind, MessageState, Reason
from checkin.domain.person import Role
from checkin.domain.slot import Outlook
from checkin.domain.window.values import State
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.find_times import find_times
from checkin.services.manage_people import disable
from checkin.services.plan_appointment import cancel, find_times_to_move, move, pick, propose
from checkin.services.see_appointments import my_agenda
from checkin.services.share import withdraw_access
from checkin.services.watch_appointments import watch_appointments
from checkin.storage import appointments, audit, messages

DISPATCHER = UUID(int=7)


def told(deps: Deps, world: World) -> list[MessageState]:
    with deps.reading() as tx:
        found = messages.messages_of(tx, world.therapist.id)
    return [message.state for message in found if message.kind is MessageKind.OUTSIDE]


def closes_soon(hours: float) -> float:
    return 0.9 if hours < 20 else 0.2


def stays_open(hours: float) -> float:
    return 0.9


def test_a_time_inside_the_window_is_nothing_to_tell(deps: Deps, world: World) -> None:
    agreed(deps, world)
    assert watch_appointments(deps) == 0
    estimated(deps, world.patient, stays_open)
    assert watch_appointments(deps) == 0
    (entry,) = my_agenda(deps, world.therapist, Role.THERAPIST).agreed
    assert entry.outlook.chance == pytest.approx(0.9)


def test_a_chance_in_the_therapists_own_list_is_a_look_that_the_patient_is_shown(
    deps: Deps, world: World
) -> None:
    agreed(deps, world)
    estimated(deps, world.patient, stays_open)

    def looks() -> list[PersonId | None]:
        with deps.reading() as tx:
            return [e.actor for e in audit.events_about(tx, world.patient.id, actions=("listed",), limit=9)]

    my_agenda(deps, world.patient, Role.PATIENT)
    my_agenda(
        deps, world.therapist, Role.THERAPIST, other=world.patient.id
    )  # beside a record that was opened
    assert looks() == []
    my_agenda(deps, world.therapist, Role.THERAPIST)
    assert looks() == [world.therapist.id]


def test_a_time_that_falls_outside_is_told_once(deps: Deps, world: World, channel: FakeChannel) -> None:
    one = agreed(deps, world)
    estimated(deps, world.patient, stays_open)
    deliver(deps, DISPATCHER)
    estimated(deps, world.patient, closes_soon)
    assert [watch_appointments(deps) for _ in range(3)] == [1, 0, 0]
    channel.sent.clear()
    deliver(deps, DISPATCHER)
    (mail,) = channel.sent
    assert (mail.kind, mail.to_address) == (MessageKind.OUTSIDE, world.therapist.email)
    assert one.slot is not None
    assert (mail.at, mail.calendar) == (one.slot.since, None)
    with deps.reading() as tx:
        (event,) = audit.events_about(tx, world.patient.id, actions=("appointment_outside",), limit=9)
    assert (event.actor, event.object_id) == (None, one.id)
    (entry,) = my_agenda(deps, world.therapist, Role.THERAPIST).agreed
    assert entry.outlook.chance == pytest.approx(0.2)
    assert my_agenda(deps, world.patient, Role.PATIENT).agreed[0].outlook == Outlook(), "no prediction"


def test_the_mail_with_the_calendar_file_still_goes(deps: Deps, world: World, channel: FakeChannel) -> None:
    agreed(deps, world)
    estimated(deps, world.patient, closes_soon)
    assert watch_appointments(deps) == 1
    deliver(deps, DISPATCHER)
    to_therapist = [mail.kind for mail in channel.sent if mail.to_address == world.therapist.email]
    assert set(to_therapist) == {MessageKind.APPOINTMENT, MessageKind.OUTSIDE}


def test_a_time_it_was_moved_to_is_another_time(deps: Deps, world: World, clock: Clock) -> None:
    one = agreed(deps, world)
    estimated(deps, world.patient, closes_soon)
    assert watch_appointments(deps) == 1
    clock.advance(minutes=1)
    move(deps, world.patient, one.id, starts(find_times_to_move(deps, world.patient, one.id))[3])
    assert told(deps, world) == [MessageState.CANCELLED], "it had not gone out yet"
    assert [watch_appointments(deps) for _ in range(2)] == [1, 0]


@pytest.mark.parametrize("way", ["proposed", "moved"])
def test_a_time_that_the_therapist_chose_knowing_it_is_unlikely_is_nothing_to_tell(
    deps: Deps, world: World, clock: Clock, way: str
) -> None:
    ready(deps, world)
    estimated(deps, world.patient, closes_soon)
    found = find_times(deps, world.therapist, world.patient.id)
    assert all(slot.more_likely_closed for slot in found.slots)
    made = propose(deps, world.therapist, world.patient.id, starts(found)[:2])
    one = pick(deps, world.patient, made.id, made.options[1].since)
    if way == "moved":
        clock.advance(minutes=1)
        free = starts(find_times_to_move(deps, world.therapist, one.id))
        one = move(deps, world.therapist, one.id, free[5])
    with deps.reading() as tx:
        assert appointments.get_appointment(tx, one.id, one.clinic_id) == one
    assert watch_appointments(deps) == 0
    (entry,) = my_agenda(deps, world.therapist, Role.THERAPIST).agreed
    assert entry.doubtful, "the list still says what is so"


def test_a_time_that_became_unlikely_before_it_was_picked_is_told(deps: Deps, world: World) -> None:
    ready(deps, world)
    estimated(deps, world.patient, stays_open)
    found = starts(find_times(deps, world.therapist, world.patient.id))
    made = propose(deps, world.therapist, world.patient.id, found[:2])
    estimated(deps, world.patient, closes_soon)
    pick(deps, world.patient, made.id, made.options[0].since)
    assert watch_appointments(deps) == 1


def test_earlier_times_that_are_likelier_go_with_the_mail(
    deps: Deps, world: World, channel: FakeChannel
) -> None:
    ready(deps, world)
    found = sorted(starts(find_times(deps, world.therapist, world.patient.id)))
    made = propose(deps, world.therapist, world.patient.id, found[-1:])
    one = pick(deps, world.patient, made.id, made.options[0].since)
    estimated(deps, world.patient, lambda hours: 0.9 if hours < 60 else 0.2)
    assert watch_appointments(deps) == 1
    deliver(deps, DISPATCHER)
    (mail,) = channel.of_kind(MessageKind.OUTSIDE)
    assert mail.link == f"{deps.settings.base_url}/appointments/{one.id}/move"
    assert len(mail.times) == 3
    assert list(mail.times) == sorted(mail.times)
    assert set(mail.times) <= set(starts(find_times_to_move(deps, world.therapist, one.id)))
    assert all(at < found[-1] - timedelta(hours=20) for at in mail.times)


def test_about_a_patient_whom_nothing_reaches_it_is_told_without_other_times(
    deps: Deps, world: World, channel: FakeChannel
) -> None:
    agreed(deps, world)
    estimated(deps, world.patient, closes_soon)
    disable(deps, world.staff, world.patient.id)
    assert watch_appointments(deps) == 1
    deliver(deps, DISPATCHER)
    assert told(deps, world) == [MessageState.ACCEPTED]


def test_without_an_earlier_likelier_time_none_is_named(
    deps: Deps, world: World, channel: FakeChannel
) -> None:
    agreed(deps, world)
    estimated(deps, world.patient, lambda hours: 0.2 if hours < 60 else 0.9)
    assert watch_appointments(deps) == 1
    deliver(deps, DISPATCHER)
    (mail,) = channel.of_kind(MessageKind.OUTSIDE)
    assert mail.times == ()


def test_what_is_cancelled_over_or_not_shared_any_more_is_not_told(
    deps: Deps, world: World, clock: Clock
) -> None:
    one = agreed(deps, world)
    estimated(deps, world.patient, closes_soon)
    withdraw_access(deps, world.patient, world.therapist.id)
    assert watch_appointments(deps) == 0
    assert one.slot is not None
    clock.set(one.slot.since)
    assert watch_appointments(deps) == 0


@pytest.mark.parametrize("withdrawn", [True, False])
def test_what_waits_for_the_post_goes_only_while_the_scores_are_shared(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, withdrawn: bool
) -> None:
    held, offered = held_and_offered_outside(deps, world)
    assert watch_appointments(deps) == 1
    channel.fails(*[ChannelError(permanent=False, reason="down")] * 4)
    deliver(deps, DISPATCHER)
    assert channel.sent == []
    if withdrawn:
        withdraw_access(deps, world.patient, world.therapist.id)
    clock.advance(minutes=5)
    deliver(deps, DISPATCHER)
    sent = {(mail.kind, mail.to_address) for mail in channel.sent}
    both = {(MessageKind.APPOINTMENT, who.email) for who in (world.therapist, world.patient)}
    by_scores = {(MessageKind.OUTSIDE, world.therapist.email), (MessageKind.PROPOSAL, world.patient.email)}
    assert sent == (both if withdrawn else both | by_scores)
    with deps.reading() as tx:
        why = {
            (message.kind, message.reason)
            for who in (world.therapist, world.patient)
            for message in messages.messages_of(tx, who.id)
            if message.state is MessageState.CANCELLED
        }
    answered = {(MessageKind.PROPOSAL, Reason.SUPERSEDED)}
    not_shared = {(kind, Reason.NOT_SHARED) for kind in (MessageKind.OUTSIDE, MessageKind.PROPOSAL)}
    assert why == (answered | not_shared if withdrawn else answered)
    assert stored(deps, held).state is AppointmentState.AGREED
    cancel(deps, world.therapist, held.id)
    channel.sent.clear()
    deliver(deps, DISPATCHER)
    assert {mail.to_address for mail in channel.of_kind(MessageKind.CANCELLATION)} == {
        world.therapist.email,
        world.patient.email,
    }


def held_and_offered_outside(deps: Deps, world: World) -> tuple[Appointment, Appointment]:
    """An agreed appointment at which the window is more likely closed, and times offered for a second one."""
    ready(deps, world)
    both = held_and_offered(deps, world)
    estimated(deps, world.patient, closes_soon)
    return both


def test_a_cancelled_one_is_not_told_and_its_mail_does_not_go(
    deps: Deps, world: World, channel: FakeChannel
) -> None:
    one = agreed(deps, world)
    estimated(deps, world.patient, closes_soon)
    assert watch_appointments(deps) == 1
    cancel(deps, world.patient, one.id)
    deliver(deps, DISPATCHER)
    assert not channel.of_kind(MessageKind.OUTSIDE)
    assert watch_appointments(deps) == 0


def test_before_there_is_anything_to_say_nothing_is_said(deps: Deps, world: World) -> None:
    agreed(deps, world)
    estimated(deps, world.patient, closes_soon, state=State.TOO_EARLY)
    assert watch_appointments(deps) == 0


def test_an_estimate_that_is_not_up_to_date_judges_nothing(deps: Deps, world: World, clock: Clock) -> None:
    agreed(deps, world)
    estimated(deps, world.patient, closes_soon)
    clock.advance(hours=3)
    assert watch_appointments(deps) == 0
    (entry,) = my_agenda(deps, world.therapist, Role.THERAPIST).agreed
    assert entry.outlook == Outlook()
    estimated(deps, world.patient, closes_soon)
    assert watch_appointments(deps) == 1


def test_ten_schedulers_tell_once(deps: Deps, world: World) -> None:
    agreed(deps, world)
    estimated(deps, world.patient, closes_soon)
    results = together(10, lambda n: watch_appointments(deps))
    assert sorted(results, key=str) == [0] * 9 + [1]
    assert len(told(deps, world)) == 1


def test_a_mail_about_a_time_that_has_begun_does_not_go(
    deps: Deps, world: World, channel: FakeChannel, clock: Clock
) -> None:
    one = agreed(deps, world)
    estimated(deps, world.patient, closes_soon)
    watch_appointments(deps)
    assert one.slot is not None
    clock.set(one.slot.since + timedelta(minutes=1))
    deliver(deps, DISPATCHER)
    assert not channel.of_kind(MessageKind.OUTSIDE)
