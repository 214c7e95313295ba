"""Sending again and sending a test: what can be done when nothing arrives, and no more than that."""

from datetime import timedelta
from uuid import uuid4

import pytest
from support.asked import Asked
from support.channel import FakeChannel
from support.clock import Clock
from support.people import World
from support.phones import Reach, give_number
from support.threads import together

from checkin.channels.base import ChannelError, Uncertain
from checkin.domain.errors import NotFound, Refusal
from checkin.domain.ids import PromptId
from checkin.domain.ladder import MOST_CONTACTS, contacts
from checkin.domain.message import Message, MessageKind, MessageState
from checkin.services.contact import hand_over
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.look_up import patient_file, today
from checkin.services.remind import remind
from checkin.services.send_again import send_again
from checkin.services.send_test import last_tests, send_test
from checkin.services.take_bounce import take_bounce
from checkin.storage import messages, prompts, receipts
from checkin.storage.engine import Database

S = MessageState


@pytest.fixture
def asked(deps: Deps, database: Database, world: World, clock: Clock) -> Asked:
    return Asked(deps, database, world.patient, clock)


def sent_to(deps: Deps, world: World) -> list[Message]:
    with deps.reading() as tx:
        return list(messages.messages_of(tx, world.patient.id))


def tick(deps: Deps, clock: Clock) -> None:
    clock.advance(minutes=1)
    remind(deps)
    clock.advance(minutes=1)
    while deliver(deps, uuid4()):
        pass


def test_what_failed_goes_once_more_and_no_third_time(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, asked: Asked
) -> None:
    channel.fails(ChannelError(permanent=True, reason="content 554 5.7.1"))
    tick(deps, clock)
    assert patient_file(deps, world.staff, world.patient.id).log[0].again
    send_again(deps, world.staff, world.patient.id, asked.prompt.id)
    tick(deps, clock)
    assert [outgoing.to_address for outgoing in channel.sent] == [world.patient.email]
    assert not patient_file(deps, world.staff, world.patient.id).log[0].again
    with pytest.raises(Refusal, match="Call the patient"):
        send_again(deps, world.staff, world.patient.id, asked.prompt.id)
    clock.set(asked.prompt.remind_at + timedelta(minutes=5))
    tick(deps, clock)
    assert len(channel.sent) == 1, "the reminder has been used for it"


def test_two_who_press_it_at_once_send_one_more(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, asked: Asked
) -> None:
    channel.fails(ChannelError(permanent=True, reason="content 554 5.7.1"))
    tick(deps, clock)
    staff = (world.staff, world.colleague) * 4
    told = together(8, lambda n: send_again(deps, staff[n], world.patient.id, asked.prompt.id))
    assert told == [None] * 8, "nobody is told of a fault, whoever came first"
    assert [message.state for message in sent_to(deps, world)] == [S.FAILED, S.PENDING]


def test_whoever_hands_over_and_whoever_reminds_at_the_same_moment_make_one_more_contact(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, asked: Asked
) -> None:
    """A report, a bounce and a button pressed, while the reminder falls due: never a third contact."""
    reach = Reach(deps, clock, channel)
    give_number(deps, world.patient)
    reach.tick()
    (first,) = sent_to(deps, world)
    clock.set(asked.prompt.remind_at)
    acts = (
        lambda: take_bounce(reach.deps, world.patient.email),
        lambda: remind(reach.deps),
        lambda: fails(reach.deps, first),
        lambda: send_again(reach.deps, world.staff, world.patient.id, asked.prompt.id),
    )
    told = together(8, lambda n: acts[n % 4]())
    assert not [one for one in told if isinstance(one, Exception) and not isinstance(one, Refusal)]
    assert contacts(sent_to(deps, world)) <= MOST_CONTACTS


def fails(deps: Deps, message: Message) -> None:
    """What a report from the provider of texts does."""
    with deps.transaction() as tx:
        assert message.prompt_id is not None
        prompts.lock_prompt(tx, message.prompt_id)
        if receipts.receive(tx, message.id, S.FAILED, reason="sms failed", now=deps.now()):
            hand_over(tx, deps, receipts.as_it_is(tx, message.id))


def test_what_waits_for_another_try_goes_now(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, asked: Asked
) -> None:
    channel.fails(ChannelError(permanent=False, reason="recipient 451 4.7.1"))
    tick(deps, clock)
    (waiting,) = sent_to(deps, world)
    assert (waiting.state, deliver(deps, uuid4())) == (S.RETRY, 0)
    send_again(deps, world.staff, world.patient.id, asked.prompt.id)
    assert deliver(deps, uuid4()) == 1
    assert [message.state for message in sent_to(deps, world)] == [S.ACCEPTED]


def test_of_what_may_have_arrived_one_more_is_allowed_and_not_two(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, asked: Asked
) -> None:
    channel.fails(Uncertain(reason="no_answer"))
    tick(deps, clock)
    send_again(deps, world.staff, world.patient.id, asked.prompt.id)
    tick(deps, clock)
    assert [message.state for message in sent_to(deps, world)] == [S.UNCERTAIN, S.ACCEPTED]
    with pytest.raises(Refusal, match="no more may"):
        send_again(deps, world.staff, world.patient.id, asked.prompt.id)


def test_nothing_is_sent_again_about_what_is_over(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, asked: Asked
) -> None:
    channel.fails(ChannelError(permanent=True, reason="content 554"))
    tick(deps, clock)
    asked.send()
    with pytest.raises(Refusal, match="over"):
        send_again(deps, world.staff, world.patient.id, asked.prompt.id)


def test_a_prompt_of_somebody_else_is_not_there(deps: Deps, world: World, asked: Asked) -> None:
    with pytest.raises(NotFound):
        send_again(deps, world.staff, world.other_patient.id, asked.prompt.id)
    with pytest.raises(NotFound):
        send_again(deps, world.staff, world.patient.id, PromptId(uuid4()))
    with pytest.raises(NotFound):
        send_again(deps, world.elsewhere_staff, world.patient.id, asked.prompt.id)


@pytest.mark.parametrize("who", ["staff", "patient"])
def test_a_test_arrives_and_says_so(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, who: str
) -> None:
    actor = getattr(world, who)
    send_test(deps, actor, world.patient.id)
    deliver(deps, uuid4())
    (outgoing,) = channel.sent
    assert (outgoing.kind, outgoing.to_address) == (MessageKind.TEST, world.patient.email)
    assert outgoing.link == f"{deps.settings.base_url}/reminders"
    (step,) = last_tests(deps, actor, world.patient.id)
    assert step.words.message == "%(what)s: sent"
    clock.advance(days=1, minutes=1)
    assert last_tests(deps, actor, world.patient.id) == ()


def test_a_test_is_not_sent_twice_within_a_minute(deps: Deps, world: World, clock: Clock) -> None:
    send_test(deps, world.patient, world.patient.id)
    with pytest.raises(Refusal, match="moment ago"):
        send_test(deps, world.staff, world.patient.id)
    clock.advance(minutes=1)
    send_test(deps, world.staff, world.patient.id)


def test_nobody_else_can_have_a_test_sent(deps: Deps, world: World) -> None:
    for stranger in (world.unasked, world.other_patient, world.elsewhere_staff):
        with pytest.raises(NotFound):
            send_test(deps, stranger, world.patient.id)


def test_a_test_whose_reply_was_lost_is_not_sent_twice(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel
) -> None:
    send_test(deps, world.patient, world.patient.id)
    channel.fails(Uncertain(reason="no_answer"))
    tick(deps, clock)
    tick(deps, clock)
    assert [message.state for message in sent_to(deps, world)] == [S.UNCERTAIN]


def test_a_patient_whom_nothing_reaches_is_on_the_first_page_until_a_test_is_tried(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, asked: Asked
) -> None:
    assert today(deps, world.staff).unreachable == ()
    take_bounce(deps, world.patient.email)
    assert [patient.id for patient in today(deps, world.staff).unreachable] == [world.patient.id]
    assert patient_file(deps, world.staff, world.patient.id).unreachable
    assert today(deps, world.elsewhere_staff).unreachable == ()
    send_test(deps, world.staff, world.patient.id)
    deliver(deps, uuid4())
    assert [outgoing.kind for outgoing in channel.sent] == [MessageKind.TEST]
    assert today(deps, world.staff).unreachable == ()


def test_nobody_is_missed_who_has_no_check_in_to_come(deps: Deps, world: World) -> None:
    take_bounce(deps, world.patient.email)
    assert today(deps, world.staff).unreachable == ()
