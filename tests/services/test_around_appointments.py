"""Around an appointment: its mails and calendar files, and no prompt or reminder inside it."""

from dataclasses import replace
from datetime import time, timedelta
from uuid import UUID

from icalendar import Calendar
from support.care import an_infusion, open_prompts, prompts_of
from support.channel import FakeChannel
from support.clock import Clock
from support.meetings import HOURS, agreed, offered, proposed, starts
from support.people import World

from checkin.domain.appointment import Appointment, agree, floor_to_cell
from checkin.domain.availability import WeeklyHours
from checkin.domain.clock import Interval
from checkin.domain.message import MessageKind
from checkin.domain.prompt import Prompt, PromptState
from checkin.domain.snooze import Later
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.find_times import find_times
from checkin.services.plan_appointment import cancel, find_times_to_move, move, pick, propose
from checkin.services.put_off import my_options, signed_in
from checkin.services.remind import remind
from checkin.services.set_hours import set_hours
from checkin.services.tell_appointment import event_of
from checkin.storage import appointments
from checkin.storage.engine import Database

K = MessageKind
DISPATCHER = UUID(int=7)


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


def stored_all(deps: Deps, world: World) -> tuple[Appointment, ...]:
    with deps.reading() as tx:
        return appointments.appointments_of(tx, world.patient.id)


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
