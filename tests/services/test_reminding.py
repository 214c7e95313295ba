"""Reminding: one notice and one reminder for a prompt, none after the answer, none outside its time."""

from datetime import time, timedelta
from uuid import UUID, uuid4

import pytest
from support.asked import Asked, rows
from support.care import an_infusion, decline, prompts_of
from support.channel import FakeChannel
from support.clock import Clock
from support.people import World
from support.threads import together

from checkin.domain.message import LEASE, Message, MessageKind, MessageState, Reason
from checkin.domain.person import WakingHours
from checkin.domain.prompt import Prompt, PromptState
from checkin.services import open_check_in, set_preferences
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.remind import remind
from checkin.storage import messages, patients
from checkin.storage.engine import Database

DISPATCHER = UUID(int=7)
NOTICE, REMINDER = MessageKind.NOTICE, MessageKind.REMINDER


def tick(deps: Deps, clock: Clock) -> None:
    """One pass of the scheduler, and what it spread over half a minute."""
    remind(deps)
    clock.advance(seconds=31)
    deliver(deps, DISPATCHER)


def kinds(channel: FakeChannel) -> list[MessageKind]:
    return [outgoing.kind for outgoing in channel.sent]


def of_prompt(deps: Deps, prompt: Prompt) -> list[Message]:
    with deps.reading() as tx:
        return list(messages.messages_of_prompt(tx, prompt.id))


def test_an_open_prompt_gets_one_notice_and_one_reminder(
    asked: Asked, deps: Deps, clock: Clock, channel: FakeChannel
) -> None:
    tick(deps, clock)
    assert kinds(channel) == [NOTICE]
    clock.set(asked.prompt.remind_at - timedelta(seconds=1))
    tick(deps, clock)
    for _ in range(5):
        tick(deps, clock)
    assert kinds(channel) == [NOTICE, REMINDER]
    clock.set(asked.prompt.expires_at)
    tick(deps, clock)
    assert kinds(channel) == [NOTICE, REMINDER]
    assert asked.state() is PromptState.EXPIRED


def test_the_notice_carries_a_link_that_opens_this_prompt_and_a_way_to_stop(
    asked: Asked, deps: Deps, clock: Clock, channel: FakeChannel
) -> None:
    tick(deps, clock)
    (notice,) = channel.sent
    assert notice.to_address == asked.patient.email
    assert notice.expires_at == asked.prompt.expires_at
    assert notice.link is not None
    assert notice.unsubscribe_link is not None
    opened = open_check_in.open_by_link(deps, notice.link.rpartition("/")[2])
    assert opened.prompt is not None
    assert opened.prompt.id == asked.prompt.id
    with pytest.raises(open_check_in.LinkOver):
        open_check_in.open_by_link(deps, notice.unsubscribe_link.rpartition("/")[2])


def test_every_message_has_a_link_of_its_own_and_both_work(
    asked: Asked, deps: Deps, clock: Clock, channel: FakeChannel
) -> None:
    tick(deps, clock)
    clock.set(asked.prompt.remind_at)
    tick(deps, clock)
    links = [outgoing.link for outgoing in channel.sent if outgoing.link]
    assert len(set(links)) == 2
    assert [bool(open_check_in.open_by_link(deps, link.rpartition("/")[2])) for link in links] == [True] * 2


@pytest.mark.parametrize("when", ["before the notice is sent", "before the reminder", "with both waiting"])
def test_answering_cancels_what_is_not_sent(
    asked: Asked, deps: Deps, clock: Clock, channel: FakeChannel, when: str
) -> None:
    remind(deps)
    if when == "before the reminder":
        clock.advance(minutes=1)
        deliver(deps, DISPATCHER)
    if when == "with both waiting":
        clock.set(asked.prompt.remind_at)
        remind(deps)
    asked.send()
    sent = len(channel.sent)
    clock.set(asked.prompt.remind_at + timedelta(minutes=1))
    tick(deps, clock)
    assert len(channel.sent) == sent
    assert {message.state for message in of_prompt(deps, asked.prompt)} <= {
        MessageState.ACCEPTED,
        MessageState.CANCELLED,
    }


def test_an_answer_cancels_what_a_dead_dispatcher_holds_and_has_not_begun(
    asked: Asked, deps: Deps, clock: Clock, channel: FakeChannel
) -> None:
    remind(deps)
    clock.advance(minutes=1)
    with deps.transaction() as tx:
        messages.claim(
            tx, dispatcher=DISPATCHER, now=clock.now(), lease_now=deps.lease_now(tx), lease=LEASE, limit=1
        )
    asked.send()
    (message,) = of_prompt(deps, asked.prompt)
    assert (message.state, message.reason) == (MessageState.CANCELLED, Reason.ANSWERED)
    clock.advance(seconds=LEASE.total_seconds())
    assert deliver(deps, uuid4()) == 0
    assert channel.sent == []


def test_declining_cancels_the_rest(asked: Asked, deps: Deps, clock: Clock, channel: FakeChannel) -> None:
    tick(deps, clock)
    decline(deps, asked.patient, asked.prompt.id)
    clock.set(asked.prompt.remind_at)
    tick(deps, clock)
    assert kinds(channel) == [NOTICE]


def test_a_patient_who_wants_no_reminders_gets_none(
    asked: Asked, deps: Deps, clock: Clock, channel: FakeChannel
) -> None:
    with deps.transaction() as tx:
        waking = patients.get_patient(tx, asked.patient.id, asked.patient.clinic_id).waking
        patients.change_preferences(
            tx, asked.patient.id, waking=waking, reminders=False, set_up_at=clock.now()
        )
    tick(deps, clock)
    clock.set(asked.prompt.remind_at)
    tick(deps, clock)
    assert channel.sent == []
    assert {message.reason for message in of_prompt(deps, asked.prompt)} == {Reason.NOT_AGREED}
    assert asked.state() is PromptState.OPEN


def test_the_stop_link_stops_the_reminder_and_works_twice(
    asked: Asked, deps: Deps, clock: Clock, channel: FakeChannel
) -> None:
    tick(deps, clock)
    link = channel.sent[0].unsubscribe_link
    assert link is not None
    for _ in range(2):
        set_preferences.stop_reminders(deps, link.rpartition("/")[2])
    clock.set(asked.prompt.remind_at)
    tick(deps, clock)
    assert kinds(channel) == [NOTICE]


def test_after_a_long_silence_there_is_no_burst(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel
) -> None:
    """Fault 8 in the small: what is over is marked so, what is still open is told once."""
    an_infusion(deps, world.staff, world.patient, hours_ago=4)
    clock.advance(days=5, hours=1)
    tick(deps, clock)
    tick(deps, clock)
    found = prompts_of(deps, world.patient)
    states = {prompt.step: prompt.state for prompt in found if prompt.due_at <= clock.now()}
    assert len(channel.sent) == 1
    assert list(states.values()).count(PromptState.OPEN) == 1
    assert set(states.values()) == {PromptState.OPEN, PromptState.EXPIRED}


def test_a_prompt_first_seen_after_its_reminder_was_due_gets_the_reminder_only(
    asked: Asked, deps: Deps, clock: Clock, channel: FakeChannel
) -> None:
    clock.set(asked.prompt.remind_at + timedelta(minutes=1))
    tick(deps, clock)
    tick(deps, clock)
    assert kinds(channel) == [REMINDER]


def test_a_notice_that_did_not_get_away_gives_way_to_the_reminder(
    asked: Asked, deps: Deps, clock: Clock, channel: FakeChannel
) -> None:
    remind(deps)
    clock.set(asked.prompt.remind_at)
    tick(deps, clock)
    assert kinds(channel) == [REMINDER]
    notice = of_prompt(deps, asked.prompt)[0]
    assert (notice.kind, notice.state, notice.reason) == (NOTICE, MessageState.CANCELLED, Reason.SUPERSEDED)


def test_nothing_is_sent_after_the_window(
    asked: Asked, deps: Deps, clock: Clock, channel: FakeChannel
) -> None:
    remind(deps)
    clock.set(asked.prompt.expires_at)
    deliver(deps, DISPATCHER)
    assert channel.sent == []
    assert of_prompt(deps, asked.prompt)[0].state is MessageState.EXPIRED


def test_what_is_due_together_is_spread_over_half_a_minute(
    asked: Asked, deps: Deps, clock: Clock, world: World, database: Database
) -> None:
    other = Asked(deps, database, world.other_patient, clock)
    remind(deps)
    due = [of_prompt(deps, one.prompt)[0].due_at for one in (asked, other)]
    assert len(set(due)) == 2
    assert all(clock.now() <= moment < clock.now() + timedelta(seconds=30) for moment in due)


def test_several_schedulers_at_once_open_each_prompt_once(
    asked: Asked, deps: Deps, world: World, clock: Clock, database: Database
) -> None:
    for _ in range(5):
        Asked(deps, database, world.other_patient, clock)
    changed = together(4, lambda index: remind(deps))
    assert sum(count for count in changed if isinstance(count, int)) == 6
    assert rows(deps, "messages") == 6


def test_moving_to_another_zone_moves_what_is_not_sent(deps: Deps, world: World, clock: Clock) -> None:
    an_infusion(deps, world.staff, world.patient, hours_ago=4)
    remind(deps)
    before = {prompt.step: prompt for prompt in prompts_of(deps, world.patient)}
    waking = WakingHours(since=time(8), until=time(21))
    set_preferences.set_preferences(deps, world.patient, zone="Europe/Berlin", waking=waking, reminders=True)
    after = {prompt.step: prompt for prompt in prompts_of(deps, world.patient)}
    assert after["hour-4"] == before["hour-4"]
    assert after["hour-48"].zone == "Europe/Berlin"
    assert {prompt.id for prompt in before.values()} == {prompt.id for prompt in after.values()}
