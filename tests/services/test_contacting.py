"""Contacting: the patient's own ladder, one rung after the other, and never more than twice for a prompt."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.asked import Asked
from support.care import open_prompts
from support.channel import FakeChannel
from support.clock import Clock
from support.people import World
from support.phones import EMAIL, PUSH, SMS, Reach, give_number, subscribe_phone

from checkin.channels.base import ChannelError, Gone, Uncertain
from checkin.domain.message import MessageKind, MessageState, Reason
from checkin.domain.prompt import Prompt
from checkin.domain.push import PushAddress
from checkin.domain.trouble import ours
from checkin.services import note_opened, set_reminders
from checkin.services.deps import Deps
from checkin.services.subscribe import my_phones
from checkin.storage import messages, phone_numbers
from checkin.storage.engine import Database

NOTICE, REMINDER = MessageKind.NOTICE, MessageKind.REMINDER


@pytest.fixture
def reach(deps: Deps, clock: Clock, channel: FakeChannel) -> Reach:
    return Reach(deps, clock, channel)


@pytest.fixture
def on_all(reach: Reach, world: World) -> Reach:
    """The patient has a phone that takes pushes and a number that takes texts."""
    subscribe_phone(reach.deps, world.patient)
    give_number(reach.deps, world.patient)
    return reach


def secret_of(reach: Reach) -> str:
    """The secret of the link that was sent last."""
    link = reach.sent[-1][2].link
    assert link is not None
    return link.rpartition("/")[2]


def states(deps: Deps, prompt: Prompt) -> list[tuple[str, str]]:
    with deps.reading() as tx:
        return [(one.channel, one.state) for one in messages.messages_of_prompt(tx, prompt.id)]


def test_the_first_choice_gets_notice_and_reminder(asked: Asked, on_all: Reach) -> None:
    on_all.tick()
    on_all.clock.set(asked.prompt.remind_at)
    on_all.tick()
    on_all.tick(hours=1)
    assert on_all.way == [(PUSH, NOTICE), (PUSH, REMINDER)]


def test_without_a_phone_or_a_number_it_is_mail(asked: Asked, reach: Reach) -> None:
    reach.tick()
    assert reach.way == [(EMAIL, NOTICE)]


def test_a_number_that_is_not_confirmed_gets_nothing(asked: Asked, reach: Reach, world: World) -> None:
    with reach.deps.transaction() as tx:
        phone_numbers.set_number(
            tx, world.patient.id, world.patient.clinic_id, "+15550109999", reach.deps.now()
        )
    reach.tick()
    assert reach.way == [(EMAIL, NOTICE)]


def test_a_channel_that_is_not_set_up_here_is_no_rung(
    asked: Asked, on_all: Reach, deps: Deps, clock: Clock, channel: FakeChannel
) -> None:
    del on_all.channels[PUSH], on_all.channels[SMS]
    on_all.tick()
    assert on_all.way == [(EMAIL, NOTICE)]


@pytest.mark.parametrize(
    ("order", "expected"),
    [(["email", "web_push"], EMAIL), (["sms", "email"], SMS), (["web_push"], PUSH)],
)
def test_the_patients_order_is_followed(
    asked: Asked, on_all: Reach, world: World, order: list[str], expected: str
) -> None:
    set_reminders.choose_channels(on_all.deps, world.patient, order)
    on_all.tick()
    assert on_all.way == [(expected, NOTICE)]


def test_two_unopened_pushes_in_a_row_move_the_next_prompt_to_the_next_rung(
    asked: Asked, on_all: Reach, database: Database, world: World
) -> None:
    on_all.tick()
    on_all.clock.set(asked.prompt.remind_at)
    on_all.tick()
    open_prompts(database, world.patient, on_all.clock.now())
    on_all.tick()
    assert on_all.way == [(PUSH, NOTICE), (PUSH, REMINDER), (SMS, NOTICE)]


@pytest.mark.parametrize("opens", ["link", "app", "answer", "phone"])
def test_a_push_that_was_opened_keeps_the_phone_in_use(
    asked: Asked, on_all: Reach, database: Database, world: World, opens: str
) -> None:
    on_all.tick()
    on_all.clock.set(asked.prompt.remind_at)
    on_all.tick()
    if opens == "link":
        note_opened.opened_by_link(on_all.deps, secret_of(on_all))
    elif opens == "app":
        note_opened.opened_in_app(on_all.deps, world.patient, asked.prompt.id)
    elif opens == "answer":
        asked.send()
    else:
        (phone,) = my_phones(on_all.deps, world.patient)
        on_all.clock.advance(minutes=1)
        subscribe_phone(on_all.deps, world.patient, endpoint=phone.address.endpoint)
    open_prompts(database, world.patient, on_all.clock.now())
    on_all.tick()
    assert on_all.way[-1] == (PUSH, NOTICE)


def test_fault_24_a_subscription_that_ended_is_closed_and_the_next_channel_takes_over_at_once(
    asked: Asked, on_all: Reach, world: World
) -> None:
    on_all.push.fails(Gone(reason="push 410"))
    on_all.tick()
    assert on_all.way == [(SMS, NOTICE)]
    (phone,) = my_phones(on_all.deps, world.patient)
    assert phone.gone_at is not None
    on_all.clock.set(asked.prompt.remind_at)
    on_all.tick()
    on_all.tick(hours=1)
    assert on_all.way == [(SMS, NOTICE)], "the one that took over was the second contact"
    assert states(on_all.deps, asked.prompt) == [("web_push", "failed"), ("sms", "accepted")]


def test_fault_24_with_another_phone_the_push_goes_there(asked: Asked, on_all: Reach, world: World) -> None:
    on_all.clock.advance(seconds=1)
    subscribe_phone(on_all.deps, world.patient)
    on_all.push.fails(Gone(reason="push 404"))
    on_all.tick()
    on_all.tick(minutes=2)
    assert on_all.way == [(PUSH, NOTICE)]


def test_a_phone_whose_key_is_no_longer_held_is_no_rung(asked: Asked, reach: Reach, world: World) -> None:
    subscribe_phone(reach.deps, world.patient, key="2025")
    reach.tick()
    assert reach.way == [(EMAIL, NOTICE)]


def test_a_push_goes_to_the_phone_whose_key_is_held_whichever_was_seen_last(
    asked: Asked, reach: Reach, world: World
) -> None:
    subscribe_phone(reach.deps, world.patient)
    reach.clock.advance(seconds=1)
    subscribe_phone(reach.deps, world.patient, key="2025")
    reach.tick()
    assert [PushAddress.from_json(one.to_address).key for one in reach.push.sent] == ["2026"]


def test_fault_24_with_no_other_phone_whose_key_is_held_the_next_channel_takes_over_at_once(
    asked: Asked, reach: Reach, world: World
) -> None:
    subscribe_phone(reach.deps, world.patient, key="2025")
    subscribe_phone(reach.deps, world.patient)
    reach.push.fails(Gone(reason="push 410"))
    reach.tick()
    assert states(reach.deps, asked.prompt) == [("web_push", "failed"), ("email", "accepted")]


def test_one_dead_channel_after_the_other_is_passed(asked: Asked, on_all: Reach) -> None:
    on_all.push.fails(Gone(reason="push 410"))
    on_all.sms.fails(Gone(reason="sms 400 21610"))
    on_all.tick()
    assert on_all.way == [(EMAIL, NOTICE)]


def test_what_may_have_arrived_hands_over_once_and_then_there_is_silence(
    asked: Asked, on_all: Reach, world: World
) -> None:
    set_reminders.choose_channels(on_all.deps, world.patient, ["sms", "email", "web_push"])
    on_all.sms.fails(Uncertain(reason="timeout"))
    on_all.email.fails(Uncertain(reason="timeout"))
    on_all.tick()
    on_all.clock.set(asked.prompt.remind_at)
    on_all.tick()
    on_all.tick(hours=1)
    assert on_all.way == []
    assert states(on_all.deps, asked.prompt) == [("sms", "uncertain"), ("email", "uncertain")]


def test_fault_25_a_refusing_push_service_leaves_the_subscription_and_hands_over(
    asked: Asked, on_all: Reach, world: World
) -> None:
    on_all.push.fails(ChannelError(permanent=True, reason="push 403"))
    on_all.tick()
    assert on_all.way == [(SMS, NOTICE)]
    (phone,) = my_phones(on_all.deps, world.patient)
    assert phone.gone_at is None


def test_a_reminder_that_failed_is_handed_over_too(asked: Asked, on_all: Reach) -> None:
    on_all.tick()
    on_all.clock.set(asked.prompt.remind_at)
    on_all.push.fails(Gone(reason="push 410"))
    on_all.tick()
    assert on_all.way == [(PUSH, NOTICE), (SMS, REMINDER)]


def test_nothing_is_handed_over_after_the_answer(asked: Asked, on_all: Reach) -> None:
    def answer_meanwhile(_outgoing: object) -> None:
        asked.send()
        raise Gone(reason="push 410")

    on_all.push.meanwhile = answer_meanwhile
    on_all.tick()
    assert on_all.way == []
    assert states(on_all.deps, asked.prompt) == [("web_push", "failed")]


def test_where_nothing_can_arrive_the_failure_is_on_record(asked: Asked, reach: Reach, world: World) -> None:
    set_reminders.choose_channels(reach.deps, world.patient, ["web_push"])
    reach.tick()
    assert reach.way == []
    with reach.deps.reading() as tx:
        (message,) = messages.messages_of_prompt(tx, asked.prompt.id)
    assert (message.state, message.reason) == (MessageState.FAILED, "no_phone_subscribed")


def test_a_key_that_was_taken_out_of_the_settings_is_not_the_patients_trouble(
    asked: Asked, reach: Reach, world: World
) -> None:
    alarms = list[str]()
    subscribe_phone(reach.deps, world.patient, key="2025")
    reach.deps = replace(reach.deps, alarm=alarms.append)
    set_reminders.choose_channels(reach.deps, world.patient, ["web_push"])
    reach.tick()
    with reach.deps.reading() as tx:
        (message,) = messages.messages_of_prompt(tx, asked.prompt.id)
    assert (message.state, message.reason) == (MessageState.FAILED, "push_key_missing")
    assert ours("push_key_missing")
    assert alarms == ["push_key_missing"]


def test_what_waits_on_a_channel_that_was_taken_out_is_not_sent(
    asked: Asked, on_all: Reach, world: World
) -> None:
    on_all.push.fails(ChannelError(permanent=False, reason="push 503"))
    on_all.tick()
    set_reminders.choose_channels(on_all.deps, world.patient, ["email"])
    on_all.tick(minutes=5)
    assert on_all.way == []
    with on_all.deps.reading() as tx:
        assert [one.reason for one in messages.messages_of_prompt(tx, asked.prompt.id)] == [Reason.NOT_AGREED]
    on_all.clock.set(asked.prompt.remind_at)
    on_all.tick()
    assert on_all.way == [(EMAIL, REMINDER)]


def test_a_patient_with_several_open_prompts_does_not_get_a_burst(
    reach: Reach, database: Database, world: World
) -> None:
    open_prompts(database, world.patient, reach.clock.now(), number=3)
    reach.tick()
    assert len(reach.sent) == 1
    reach.tick(minutes=20)
    reach.tick(minutes=20)
    moments = [at for at, _, _ in reach.sent]
    assert len(moments) == 3
    assert all(
        later - earlier >= timedelta(minutes=14) for earlier, later in zip(moments, moments[1:], strict=False)
    )
