"""Putting off, pausing, travelling and quiet hours: the patient decides, and no rule is bent by it."""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import update
from support.asked import Asked
from support.care import an_infusion, prompts_of
from support.channel import FakeChannel
from support.clock import Clock
from support.people import NEW_YORK, World
from support.phones import EMAIL, Reach

from checkin.domain.clock import to_local
from checkin.domain.errors import Invalid, NotFound
from checkin.domain.ladder import RUNGS
from checkin.domain.message import MessageKind, Reason
from checkin.domain.person import WakingHours
from checkin.domain.prompt import PromptState
from checkin.domain.snooze import Later, TooLate
from checkin.services import put_off as putting_off
from checkin.services import set_reminders
from checkin.services.deps import Deps
from checkin.services.open_check_in import LinkOver, Over
from checkin.storage import messages, patients, pauses, prompts
from checkin.storage.engine import Database

NOTICE, REMINDER = MessageKind.NOTICE, MessageKind.REMINDER


@pytest.fixture
def reach(deps: Deps, clock: Clock, channel: FakeChannel) -> Reach:
    return Reach(deps, clock, channel)


@pytest.fixture(params=["link", "signed in"])
def door(request: pytest.FixtureRequest, asked: Asked, deps: Deps) -> putting_off.Door:
    """Both ways to a check-in, for what must hold with both."""
    if request.param == "link":
        return putting_off.by_link(deps, asked.link)
    return putting_off.signed_in(asked.deps, asked.patient, asked.prompt.id)


def of_prompt(deps: Deps, asked: Asked) -> list[str | None]:
    with deps.reading() as tx:
        return [one.reason for one in messages.messages_of_prompt(tx, asked.prompt.id)]


# Remind me later


@pytest.mark.parametrize(("later", "hours"), [(Later.HALF_HOUR, 0.5), (Later.TWO_HOURS, 2)])
def test_the_reminder_comes_when_the_patient_said_and_not_at_its_usual_time(
    asked: Asked, reach: Reach, door: putting_off.Door, later: Later, hours: float
) -> None:
    reach.tick()
    at = putting_off.put_off(reach.deps, door, later)
    assert at == reach.clock.now() + timedelta(hours=hours)
    reach.clock.set(at - timedelta(seconds=2))
    reach.tick()
    assert reach.way == [(EMAIL, NOTICE)]
    reach.tick(seconds=2)
    reach.tick(hours=1)
    reach.clock.set(asked.prompt.expires_at - timedelta(minutes=1))
    reach.tick()
    assert reach.way == [(EMAIL, NOTICE), (EMAIL, REMINDER)]


def test_where_no_reminder_was_planned_one_comes_if_the_patient_says_so(
    asked: Asked, reach: Reach, door: putting_off.Door, database: Database
) -> None:
    with database.transaction() as tx:
        tx.execute(update(prompts.prompts).values(reminder=False))
    reach.tick()
    assert asked.prompt.remind_at is not None
    reach.clock.set(asked.prompt.remind_at + timedelta(minutes=1))
    reach.tick()
    assert reach.way == [(EMAIL, NOTICE)]
    reach.clock.set(putting_off.put_off(reach.deps, door, Later.HALF_HOUR))
    reach.tick()
    assert reach.way == [(EMAIL, NOTICE), (EMAIL, REMINDER)]


def test_what_was_not_asked_yet_comes_by_itself_or_not_at_all(
    asked: Asked, reach: Reach, door: putting_off.Door
) -> None:
    with pytest.raises(TooLate):
        putting_off.put_off(reach.deps, door, Later.HALF_HOUR)
    putting_off.decline(reach.deps, door)
    reach.tick()
    assert reach.way == []


def test_after_the_second_contact_no_third_is_offered(
    asked: Asked, reach: Reach, door: putting_off.Door
) -> None:
    reach.tick()
    reach.clock.set(asked.prompt.remind_at)
    reach.tick()
    assert putting_off.my_options(reach.deps, door).later == {}
    with pytest.raises(TooLate):
        putting_off.put_off(reach.deps, door, Later.HALF_HOUR)


def test_the_evening_is_no_choice_for_a_check_in_that_ends_before(
    asked: Asked, reach: Reach, door: putting_off.Door
) -> None:
    reach.tick()
    assert list(putting_off.my_options(reach.deps, door).later) == [Later.HALF_HOUR, Later.TWO_HOURS]
    with pytest.raises(TooLate):
        putting_off.put_off(reach.deps, door, Later.TONIGHT)


def test_a_reminder_may_be_put_off_again_before_it_came(
    asked: Asked, reach: Reach, door: putting_off.Door
) -> None:
    reach.tick()
    putting_off.put_off(reach.deps, door, Later.HALF_HOUR)
    reach.clock.advance(minutes=10)
    at = putting_off.put_off(reach.deps, door, Later.TWO_HOURS)
    reach.clock.set(at - timedelta(minutes=1))
    reach.tick()
    assert reach.way == [(EMAIL, NOTICE)]
    reach.clock.set(at)
    reach.tick()
    assert reach.way == [(EMAIL, NOTICE), (EMAIL, REMINDER)]


@pytest.mark.parametrize("ends", ["answered", "declined", "over", "tomorrow"])
def test_what_has_ended_cannot_be_put_off(
    asked: Asked, reach: Reach, door: putting_off.Door, ends: str
) -> None:
    reach.tick()
    if ends == "answered":
        asked.send()
    elif ends == "declined":
        putting_off.decline(reach.deps, door)
    else:
        reach.clock.set(asked.prompt.expires_at + timedelta(days=ends == "tomorrow"))
    for act in (putting_off.my_options, putting_off.decline):
        with pytest.raises((Over, LinkOver)):
            act(reach.deps, door)


def test_not_today_needs_no_reason_and_ends_the_messages(
    asked: Asked, reach: Reach, door: putting_off.Door
) -> None:
    reach.tick()
    putting_off.decline(reach.deps, door)
    assert asked.state() is PromptState.DECLINED
    reach.clock.set(asked.prompt.remind_at)
    reach.tick()
    assert reach.way == [(EMAIL, NOTICE)]


def test_nobody_puts_off_the_check_in_of_somebody_else(asked: Asked, reach: Reach, world: World) -> None:
    reach.tick()
    with pytest.raises(NotFound):
        putting_off.decline(
            reach.deps, putting_off.signed_in(reach.deps, world.other_patient, asked.prompt.id)
        )
    with pytest.raises(LinkOver):
        putting_off.decline(reach.deps, putting_off.by_link(reach.deps, "A" * 32))


# A pause


def test_in_a_pause_nothing_is_sent_and_what_waited_is_taken_back(
    asked: Asked, reach: Reach, world: World
) -> None:
    reach.tick()
    set_reminders.pause(reach.deps, world.patient, None)
    mine = set_reminders.my_reminders(reach.deps, world.patient)
    assert (mine.paused, mine.paused_until) == (True, None)
    for _ in range(30):
        reach.tick(hours=1)
    assert reach.way == [(EMAIL, NOTICE)]


def test_what_waits_when_the_pause_begins_says_why_it_was_not_sent(
    asked: Asked, reach: Reach, world: World
) -> None:
    with reach.deps.transaction() as tx:
        messages.add_message(
            tx,
            clinic=world.patient.clinic_id,
            person=world.patient.id,
            prompt=asked.prompt.id,
            kind=NOTICE,
            channel=EMAIL,
            now=reach.clock.now(),
        )
    set_reminders.pause(reach.deps, world.patient, timedelta(days=1))
    assert of_prompt(reach.deps, asked) == [Reason.PAUSED]


def test_a_pause_takes_the_plan_away_and_resuming_brings_back_what_is_to_come(
    deps: Deps, clock: Clock, world: World
) -> None:
    an_infusion(deps, world.staff, world.patient, hours_ago=1)
    before = prompts_of(deps, world.patient)
    set_reminders.pause(deps, world.patient, timedelta(days=3))
    ends = clock.now() + timedelta(days=3)
    paused = {prompt.step: prompt for prompt in prompts_of(deps, world.patient)}
    assert any(prompt.state is PromptState.CANCELLED for prompt in paused.values())
    for prompt in paused.values():
        assert prompt.state is PromptState.CANCELLED or prompt.due_at >= ends
    set_reminders.resume(deps, world.patient)
    assert not set_reminders.my_reminders(deps, world.patient).paused
    after = prompts_of(deps, world.patient)
    assert {p.step for p in after if p.state is PromptState.PLANNED} == {
        p.step for p in before if p.state is PromptState.PLANNED
    }


def test_a_pause_ends_by_itself(deps: Deps, clock: Clock, world: World) -> None:
    set_reminders.pause(deps, world.patient, timedelta(days=1))
    assert set_reminders.my_reminders(deps, world.patient).paused_until == clock.now() + timedelta(days=1)
    clock.advance(days=1)
    assert not set_reminders.my_reminders(deps, world.patient).paused


def test_a_second_pause_replaces_the_first(deps: Deps, clock: Clock, world: World) -> None:
    set_reminders.pause(deps, world.patient, None)
    set_reminders.pause(deps, world.patient, timedelta(days=1))
    with deps.reading() as tx:
        assert pauses.running_pause(tx, world.patient.id, clock.now()) == (
            True,
            clock.now() + timedelta(days=1),
        )


@pytest.mark.parametrize("lasting", [timedelta(0), timedelta(days=-1), timedelta(days=91)])
def test_a_pause_of_no_or_endless_length_is_refused(deps: Deps, world: World, lasting: timedelta) -> None:
    with pytest.raises(Invalid):
        set_reminders.pause(deps, world.patient, lasting)


# Quiet hours


@pytest.mark.parametrize("agreed", [True, False])
def test_a_message_that_comes_late_waits_for_the_morning_unless_the_patient_agreed(
    deps: Deps, clock: Clock, channel: FakeChannel, world: World, agreed: bool, database: Database
) -> None:
    """21:40 in New York is inside the patient's own hours and inside the clinic's quiet hours."""
    clock.set(datetime(2026, 3, 11, 0, 40, tzinfo=UTC))  # 20:40
    asked = Asked(deps, database, world.patient, clock)
    clock.set(datetime(2026, 3, 11, 1, 40, tzinfo=UTC))
    own = WakingHours(since=time(8), until=time(23))
    with deps.transaction() as tx:
        patients.change_preferences(tx, world.patient.id, waking=own, reminders=True, set_up_at=clock.now())
        at = clock.now() if agreed else None
        patients.change_ladder(tx, world.patient.id, channels=RUNGS, quiet_agreed_at=at)
    reach = Reach(deps, clock, channel)
    reach.tick()
    assert len(reach.sent) == agreed
    reach.clock.set(asked.prompt.expires_at)
    reach.tick()
    reasons = of_prompt(deps, asked)
    assert Reason.QUIET_HOURS in reasons or agreed


def test_agreeing_and_taking_it_back_is_one_tap_each(deps: Deps, world: World) -> None:
    set_reminders.agree_to_quiet_hours(deps, world.patient, True)
    assert set_reminders.my_reminders(deps, world.patient).patient.quiet_agreed_at is not None
    set_reminders.agree_to_quiet_hours(deps, world.patient, False)
    assert set_reminders.my_reminders(deps, world.patient).patient.quiet_agreed_at is None


# Travel


def test_a_phone_elsewhere_moves_what_is_to_come_or_is_never_asked_again(
    deps: Deps, clock: Clock, world: World
) -> None:
    an_infusion(deps, world.staff, world.patient, hours_ago=1)
    set_reminders.follow_phone(deps, world.patient, "Europe/Berlin", moves=False)
    mine = set_reminders.my_reminders(deps, world.patient).patient
    assert (mine.zone, mine.refused_zone) == (NEW_YORK, "Europe/Berlin")
    set_reminders.follow_phone(deps, world.patient, "Asia/Tokyo", moves=True)
    mine = set_reminders.my_reminders(deps, world.patient).patient
    assert (mine.zone, mine.refused_zone) == ("Asia/Tokyo", None)
    planned = [p for p in prompts_of(deps, world.patient) if p.state is PromptState.PLANNED]
    assert {prompt.zone for prompt in planned} == {"Asia/Tokyo"}
    there = [to_local(prompt.due_at, "Asia/Tokyo").time() for prompt in planned]
    assert time(8) <= min(there) <= max(there) <= time(21, 15)


def test_a_zone_that_does_not_exist_is_refused(deps: Deps, world: World) -> None:
    with pytest.raises(Invalid):
        set_reminders.follow_phone(deps, world.patient, "Mars/Olympus_Mons", moves=True)
