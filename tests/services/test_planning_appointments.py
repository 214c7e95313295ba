"""Appointments: found in the window, proposed under a grant, picked once, moved, cancelled, told to both."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest
from icalendar import Calendar
from support.care import an_infusion, given, open_prompts, prompts_of
from support.channel import FakeChannel
from support.clock import Clock
from support.meetings import HOURS, agreed, estimated, offered, proposed, ready, starts
from support.people import World, give

from checkin.domain.appointment import Appointment, AppointmentState, NotFree, agree, floor_to_cell
from checkin.domain.availability import WeeklyHours
from checkin.domain.clock import Interval, to_local
from checkin.domain.consent import Scope
from checkin.domain.errors import Conflict, Invalid, NotFound, Problems, Refusal
from checkin.domain.ids import AppointmentId
from checkin.domain.infusion import InfusionState
from checkin.domain.message import MessageKind, MessageState
from checkin.domain.person import Person
from checkin.domain.prompt import Prompt, PromptState
from checkin.domain.slot import Place
from checkin.domain.snooze import Later
from checkin.domain.window.values import State
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.find_times import NoHours, find_times
from checkin.services.plan_appointment import cancel, find_times_to_move, move, pick, propose
from checkin.services.put_off import my_options, signed_in
from checkin.services.record_infusion import record
from checkin.services.remind import remind
from checkin.services.review_trajectory import review
from checkin.services.see_appointments import Agenda, my_agenda
from checkin.services.set_hours import forget_busy_times, my_hours, set_hours, upload_busy_times
from checkin.services.share import withdraw_access
from checkin.services.tell_appointment import event_of
from checkin.storage import appointments, audit, infusions, messages
from checkin.storage.engine import Database

K, S = MessageKind, AppointmentState
DISPATCHER = UUID(int=7)


def stored(deps: Deps, one: Appointment) -> Appointment:
    with deps.reading() as tx:
        return appointments.get_appointment(tx, one.id, one.clinic_id)


def agenda(deps: Deps, person: Person) -> Agenda:
    return my_agenda(deps, person, next(iter(person.roles)))


def actions(deps: Deps, world: World) -> list[str]:
    with deps.reading() as tx:
        audit.verify_chain(tx, world.clinic.id)
        return [entry.action for entry in audit.events_of(tx, world.clinic.id, limit=50)][::-1]


def waiting(deps: Deps, person: Person) -> list[MessageKind]:
    with deps.reading() as tx:
        return [
            m.kind
            for m in messages.messages_of(tx, person.id)
            if m.state is MessageState.PENDING and m.kind in {K.PROPOSAL, K.APPOINTMENT, K.CANCELLATION}
        ]


def an_ics(since: datetime, hours: int) -> bytes:
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Supper\r\n"
        f"DTSTART:{since:%Y%m%dT%H%M%SZ}\r\nDURATION:PT{hours}H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()


# Finding


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


# Proposing and picking


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


# Moving and cancelling


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


# Prompts


def test_no_prompt_falls_inside_an_appointment(deps: Deps, world: World) -> None:
    """An appointment at the time of a prompt: notice and reminder go elsewhere, and come back without it."""
    whole_days = tuple(WeeklyHours(weekday=day, since=time(8), until=time(21)) for day in range(7))
    set_hours(deps, world.therapist, replace(HOURS, weekly=whole_days))
    an_infusion(deps, world.staff, world.patient)
    found = find_times(deps, world.therapist, world.patient.id)
    before = prompts_of(deps, world.patient)
    slot, inside = next(
        (slot.time, p) for p in before for slot in found.slots if slot.time.contains(p.due_at)
    )
    made = propose(deps, world.therapist, world.patient.id, [slot.since])
    assert prompts_of(deps, world.patient) == before
    pick(deps, world.patient, made.id, slot.since)
    after = {p.id: p for p in prompts_of(deps, world.patient) if p.state is PromptState.PLANNED}
    assert not any(slot.contains(p.due_at) or slot.contains(p.remind_at) for p in after.values())
    assert after[inside.id].due_at != inside.due_at
    cancel(deps, world.patient, made.id)
    assert prompts_of(deps, world.patient) == before


# What is sent


def sent(deps: Deps, channel: FakeChannel) -> list[tuple[str, Calendar | None]]:
    """What goes out now: to whom, with which calendar file."""
    channel.sent.clear()
    deliver(deps, DISPATCHER)
    return [
        (one.to_address, None if one.calendar is None else Calendar.from_ical(one.calendar.content))
        for one in channel.sent
        if one.kind in {K.PROPOSAL, K.APPOINTMENT, K.CANCELLATION}
    ]


def test_calendars_get_one_event_that_moves_and_goes(
    deps: Deps, world: World, channel: FakeChannel, clock: Clock
) -> None:
    made = proposed(deps, world)
    assert sent(deps, channel) == [(world.patient.email, None)]
    one = pick(deps, world.patient, made.id, made.options[0].since)
    first = sent(deps, channel)
    clock.advance(minutes=1)
    moved = move(deps, world.therapist, one.id, starts(find_times_to_move(deps, world.therapist, one.id))[4])
    second = sent(deps, channel)
    cancel(deps, world.patient, one.id)
    third = sent(deps, channel)
    uids = set()
    for got, method, sequence, slot in (
        (first, "REQUEST", 0, one.slot),
        (second, "REQUEST", 1, moved.slot),
        (third, "CANCEL", 2, moved.slot),
    ):
        assert {to for to, _ in got} == {world.patient.email, world.therapist.email}
        for to, calendar in got:
            assert calendar is not None
            assert slot is not None
            (event,) = calendar.walk("VEVENT")
            assert (calendar["METHOD"], event["SEQUENCE"]) == (method, sequence)
            assert (event["DTSTART"].dt, event["DTEND"].dt) == (slot.since, slot.until)
            assert event["ATTENDEE"] == f"mailto:{to}"
            assert event["SUMMARY"] == world.clinic.settings.sender_name
            uids.add(str(event["UID"]))
    assert uids == {f"{one.id}@checkin"}


def test_the_other_persons_name_and_address_stay_out_of_the_mail(
    deps: Deps, world: World, channel: FakeChannel
) -> None:
    agreed(deps, world)
    deliver(deps, DISPATCHER)
    for outgoing in channel.of_kind(K.APPOINTMENT):
        assert outgoing.calendar is not None
        other = world.therapist if outgoing.to_address == world.patient.email else world.patient
        content = outgoing.calendar.content.replace(b"\r\n ", b"").decode()
        assert other.name not in content
        assert other.email not in content


def test_what_calendars_know_it_by_outlives_the_address_of_the_house(deps: Deps, world: World) -> None:
    one = agreed(deps, world)
    moved = replace(deps, settings=replace(deps.settings, base_url="https://elsewhere.test"))
    here, there = (event_of(house, one, world.patient.id, world.clinic) for house in (deps, moved))
    assert here.uid == there.uid
    assert here.link != there.link


def test_a_mail_that_no_longer_holds_is_not_sent(
    deps: Deps, world: World, channel: FakeChannel, clock: Clock
) -> None:
    made = proposed(deps, world)
    clock.set(made.options[-1].since - timedelta(seconds=1))
    assert [to for to, _ in sent(deps, channel)] == [world.patient.email]
    other = propose(
        deps,
        world.therapist,
        world.patient.id,
        starts(find_times(deps, world.therapist, world.patient.id))[:1],
    )
    clock.set(other.options[-1].since)
    assert sent(deps, channel) == []


def during(deps: Deps, world: World, prompt: Prompt, *, minutes: int) -> Appointment:
    """An appointment that begins so long before a prompt's reminder."""
    since = floor_to_cell(prompt.remind_at - timedelta(minutes=minutes))
    made = offered(deps, world, world.patient, [Interval(since=since, until=since + timedelta(hours=1))])
    held = agree(made, since, deps.now())
    with deps.transaction() as tx:
        assert appointments.change_appointment(tx, made, held)
    return held


def test_a_reminder_waits_for_the_end_of_an_appointment_agreed_after_its_notice(
    deps: Deps, world: World, database: Database, channel: FakeChannel, clock: Clock
) -> None:
    (prompt,) = open_prompts(database, world.patient, clock.now())
    remind(deps)
    deliver(deps, DISPATCHER)
    held = during(deps, world, prompt, minutes=20)
    assert held.slot is not None
    clock.set(prompt.remind_at)
    while clock.now() < held.slot.until:
        remind(deps)
        deliver(deps, DISPATCHER)
        assert channel.of_kind(K.REMINDER) == []
        clock.advance(minutes=5)
    clock.set(held.slot.until)
    deliver(deps, DISPATCHER)
    assert len(channel.of_kind(K.REMINDER)) == 1


def test_a_check_in_is_not_put_off_into_an_appointment(
    deps: Deps, world: World, database: Database, clock: Clock
) -> None:
    (prompt,) = open_prompts(database, world.patient, clock.now())
    remind(deps)
    door = signed_in(deps, world.patient, prompt.id)
    assert set(my_options(deps, door).later) >= {Later.HALF_HOUR, Later.TWO_HOURS}
    during(deps, world, prompt, minutes=40)
    two_hours = clock.now() + timedelta(hours=2)
    held = [one.slot for one in stored_all(deps, world)]
    assert any(slot is not None and slot.contains(two_hours) for slot in held)
    assert Later.TWO_HOURS not in my_options(deps, door).later


def stored_all(deps: Deps, world: World) -> tuple[Appointment, ...]:
    with deps.reading() as tx:
        return appointments.appointments_of(tx, world.patient.id)


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
