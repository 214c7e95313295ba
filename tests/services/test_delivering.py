"""Delivering: each outcome is written down for what it is, and nothing is sent twice that must not be."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from support.asked import Asked
from support.care import A_FORM, open_prompts
from support.channel import FakeChannel
from support.clock import Clock
from support.people import World

from checkin.channels.base import ChannelError, Outgoing, Uncertain
from checkin.domain.ids import PersonId
from checkin.domain.message import LEASE, ChannelName, Message, MessageKind, MessageState, Reason
from checkin.domain.person import Person
from checkin.services import open_check_in
from checkin.services.deliver import deliver, recover
from checkin.services.deps import Deps
from checkin.services.manage_people import disable
from checkin.services.remind import remind
from checkin.storage import messages
from checkin.storage.engine import Database

DISPATCHER = UUID(int=7)
S = MessageState


def put(deps: Deps, person: Person, kind: MessageKind = MessageKind.RESET, **more: object) -> None:
    with deps.transaction() as tx:
        messages.add_message(
            tx,
            clinic=person.clinic_id,
            person=person.id,
            kind=kind,
            channel=ChannelName.EMAIL,
            now=deps.now(),
            **more,  # type: ignore[arg-type]
        )


def sent_to(deps: Deps, person: PersonId) -> list[Message]:
    with deps.reading() as tx:
        return list(messages.messages_of(tx, person))


def only(deps: Deps, person: Person) -> Message:
    (message,) = sent_to(deps, person.id)
    return message


def temporary() -> ChannelError:
    return ChannelError(permanent=False, reason="busy")


@pytest.mark.parametrize(
    ("instruments", "minutes"),
    [(("phq-style-early",), 1), (A_FORM, 2), (("phq-style-24h", "side-effects", "dissociation"), 3)],
)
def test_a_message_says_how_long_its_own_form_takes_as_its_page_does(
    deps: Deps,
    world: World,
    clock: Clock,
    channel: FakeChannel,
    database: Database,
    instruments: tuple[str, ...],
    minutes: int,
) -> None:
    open_prompts(database, world.patient, clock.now(), instruments=instruments)
    remind(deps)
    clock.advance(minutes=1)
    deliver(deps, DISPATCHER)
    (notice,) = channel.sent
    page = open_check_in.open_by_link(deps, str(notice.link).rpartition("/")[2])
    assert (notice.minutes, page.minutes) == (minutes, minutes)


def test_what_the_provider_takes_is_accepted(deps: Deps, world: World, channel: FakeChannel) -> None:
    put(deps, world.staff)
    assert deliver(deps, DISPATCHER) == 1
    assert deliver(deps, DISPATCHER) == 0
    assert only(deps, world.staff).state is S.ACCEPTED
    assert [outgoing.to_address for outgoing in channel.sent] == [world.staff.email]


def test_a_permanent_refusal_is_final(deps: Deps, world: World, clock: Clock, channel: FakeChannel) -> None:
    put(deps, world.staff)
    channel.fails(ChannelError(permanent=True, reason="no_such_address"))
    deliver(deps, DISPATCHER)
    clock.advance(days=1)
    deliver(deps, DISPATCHER)
    message = only(deps, world.staff)
    assert (message.state, message.reason, channel.sent) == (S.FAILED, "no_such_address", [])


def test_a_temporary_refusal_is_tried_again_later(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel
) -> None:
    put(deps, world.staff)
    channel.fails(temporary())
    deliver(deps, DISPATCHER)
    waiting = only(deps, world.staff)
    assert waiting.state is S.RETRY
    assert waiting.due_at > clock.now()
    assert deliver(deps, DISPATCHER) == 0
    clock.set(waiting.due_at)
    deliver(deps, DISPATCHER)
    assert (only(deps, world.staff).state, only(deps, world.staff).attempts) == (S.ACCEPTED, 2)


def test_a_temporary_refusal_to_the_end_is_a_failure(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel
) -> None:
    put(deps, world.staff)
    channel.fails(*[temporary() for _ in range(100)])
    for _ in range(100):
        clock.advance(minutes=5)
        deliver(deps, DISPATCHER)
    message = only(deps, world.staff)
    assert message.state is S.FAILED
    assert message.attempts < 20


def test_a_prompts_message_is_not_tried_beyond_its_window(
    asked: Asked, deps: Deps, clock: Clock, channel: FakeChannel
) -> None:
    remind(deps)
    clock.set(asked.prompt.remind_at - timedelta(seconds=5))
    channel.fails(temporary())
    deliver(deps, DISPATCHER)
    assert only(deps, asked.patient).state is S.FAILED


def test_fault_03_a_lost_reply_is_uncertain_and_a_prompt_is_not_sent_again(
    asked: Asked, deps: Deps, clock: Clock, channel: FakeChannel
) -> None:
    remind(deps)
    clock.advance(minutes=1)
    channel.fails(Uncertain(reason="timeout"))
    deliver(deps, DISPATCHER)
    message = only(deps, asked.patient)
    assert (message.state, message.maybe_sent, message.reason) == (S.UNCERTAIN, True, "timeout")
    clock.advance(hours=1)
    deliver(deps, DISPATCHER)
    assert channel.sent == []


def test_fault_03_an_alert_whose_reply_was_lost_is_sent_again_and_says_so(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel
) -> None:
    put(deps, world.staff, MessageKind.ALERT, object_id=UUID(int=0xABCDEF))
    channel.fails(Uncertain(reason="timeout"))
    deliver(deps, DISPATCHER)
    clock.advance(minutes=5)
    deliver(deps, DISPATCHER)
    (again,) = channel.sent
    assert again.possible_repeat
    assert again.values == {"reference": "00abcdef"}
    assert only(deps, world.staff).state is S.ACCEPTED


class Killed(BaseException):
    """The process ends: nothing after this runs."""


def die(_outgoing: Outgoing) -> None:
    raise Killed


def test_fault_02_a_dispatcher_that_dies_while_sending_leaves_an_uncertain_message(
    asked: Asked, deps: Deps, clock: Clock, channel: FakeChannel
) -> None:
    """Nobody can tell whether the provider took it."""
    remind(deps)
    clock.advance(minutes=1)
    channel.meanwhile = die
    with pytest.raises(Killed):
        deliver(deps, DISPATCHER)
    assert only(deps, asked.patient).state is S.ATTEMPTING
    channel.fails()
    clock.advance(seconds=LEASE.total_seconds() - 1)
    deliver(deps, uuid4())
    assert only(deps, asked.patient).state is S.ATTEMPTING
    clock.advance(seconds=1)
    deliver(deps, uuid4())
    message = only(deps, asked.patient)
    assert (message.state, message.reason, channel.sent) == (S.UNCERTAIN, Reason.LEASE_ENDED, [])


def test_fault_01_a_dispatcher_that_dies_before_sending_loses_nothing(
    asked: Asked, deps: Deps, clock: Clock, channel: FakeChannel
) -> None:
    """The lease ends, another one sends it, once."""
    remind(deps)
    clock.advance(minutes=1)
    with deps.transaction() as tx:
        messages.claim(
            tx, dispatcher=DISPATCHER, now=clock.now(), lease_now=deps.lease_now(tx), lease=LEASE, limit=9
        )
    assert deliver(deps, uuid4()) == 0
    clock.advance(seconds=LEASE.total_seconds())
    assert deliver(deps, uuid4()) == 1
    assert only(deps, asked.patient).state is S.ACCEPTED
    assert len(channel.sent) == 1


def test_fault_05_a_dispatcher_that_wakes_after_its_lease_cannot_change_what_became_of_it(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel
) -> None:
    """It slept during the call; meanwhile another one recovered the message and sent it."""
    put(deps, world.staff, MessageKind.ALERT, object_id=UUID(int=1))

    def sleep(_outgoing: Outgoing) -> None:
        channel.fails()
        clock.advance(seconds=LEASE.total_seconds())
        recover(deps)
        clock.advance(minutes=10)
        deliver(deps, uuid4())
        raise ChannelError(permanent=True, reason="the sleeper's own view")

    channel.meanwhile = sleep
    deliver(deps, DISPATCHER)
    message = only(deps, world.staff)
    assert (message.state, message.reason) == (S.ACCEPTED, None)


def test_a_machine_that_was_started_anew_has_no_leases(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel
) -> None:
    put(deps, world.staff, MessageKind.ALERT, object_id=UUID(int=1))
    channel.meanwhile = die
    with pytest.raises(Killed):
        deliver(deps, DISPATCHER)
    channel.fails()
    clock.elapsed, clock.epoch = 1.0, "another start of the machine"
    recover(deps)
    clock.advance(minutes=5)
    deliver(deps, uuid4())
    assert only(deps, world.staff).state is S.ACCEPTED


def test_one_bad_address_does_not_hold_up_the_others(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel
) -> None:
    people = [world.staff, world.colleague, world.therapist]
    for person in people:
        put(deps, person)
    channel.fails(ChannelError(permanent=True, reason="no_such_address"), None, None)
    deliver(deps, DISPATCHER)
    assert sorted(only(deps, person).state for person in people) == sorted([S.FAILED, S.ACCEPTED, S.ACCEPTED])


def test_a_message_to_somebody_who_was_disabled_is_not_sent(
    deps: Deps, world: World, channel: FakeChannel
) -> None:
    put(deps, world.therapist)
    disable(deps, world.staff, world.therapist.id)
    deliver(deps, DISPATCHER)
    assert channel.sent == []
    assert only(deps, world.therapist).state is S.CANCELLED


def test_no_transaction_is_open_during_the_call(deps: Deps, world: World, channel: FakeChannel) -> None:
    """Another writer gets through while the provider is slow; on SQLite it would wait for the lock."""
    put(deps, world.staff)
    channel.meanwhile = lambda outgoing: put(deps, world.colleague)
    deliver(deps, DISPATCHER, limit=1)
    assert only(deps, world.colleague).state is S.PENDING


def test_a_message_says_nothing_but_what_it_must(
    asked: Asked, deps: Deps, clock: Clock, channel: FakeChannel, world: World
) -> None:
    asked.send(asked.answers(safety=3), note="the ceiling hummed")
    remind(deps)
    clock.advance(minutes=1)
    deliver(deps, DISPATCHER)
    shown = repr(channel.sent)
    words = [world.patient.name, world.patient.email, "ceiling", "ketamine", "infusion", "Harbour House"]
    assert len(channel.sent) == 2
    assert [word for word in words if word in shown] == []
