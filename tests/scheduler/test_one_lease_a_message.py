"""Delivery when a message, a provider or the database misbehaves: no other message pays for it."""

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from support.care import open_prompts
from support.channel import FakeChannel
from support.clock import Clock
from support.locks import give_up
from support.meetings import agreed, proposed
from support.people import World

from checkin.channels.base import ChannelError, Outgoing
from checkin.domain.delivery import POISON_PAUSE
from checkin.domain.errors import Unavailable
from checkin.domain.ids import PersonId
from checkin.domain.message import (
    LEASE,
    LOOK_AGAIN,
    OF_AN_APPOINTMENT,
    ChannelName,
    Message,
    MessageKind,
    MessageState,
)
from checkin.domain.person import Person
from checkin.services import look_again
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.plan_appointment import cancel
from checkin.services.remind import remind
from checkin.storage import messages, people
from checkin.storage.engine import Database, Transaction

DISPATCHER = UUID(int=7)


def put(
    deps: Deps,
    person: Person,
    kind: MessageKind,
    *,
    due_at: datetime | None = None,
    about: UUID | None = None,
) -> None:
    with deps.transaction() as tx:
        messages.add_message(
            tx,
            clinic=person.clinic_id,
            person=person.id,
            kind=kind,
            channel=ChannelName.EMAIL,
            now=deps.now(),
            due_at=due_at,
            object_id=about,
        )


def sent_to(deps: Deps, person: PersonId) -> list[Message]:
    with deps.reading() as tx:
        return list(messages.messages_of(tx, person))


def states(deps: Deps, *people: Person) -> list[MessageState]:
    return [message.state for person in people for message in sent_to(deps, person.id)]


def die(_outgoing: Outgoing) -> None:
    """The process ends in the middle of the call."""
    raise SystemExit


def test_a_slow_provider_costs_no_other_message_its_lease(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel
) -> None:
    """Twenty calls of ten seconds outlast one lease; each message has its own."""
    for _ in range(20):
        put(deps, world.staff, MessageKind.RESET)

    def slowly(_outgoing: Outgoing) -> None:
        clock.advance(seconds=10)
        deliver(deps, uuid4(), limit=0)  # another dispatcher looks for leases that have ended

    channel.meanwhile = slowly
    assert deliver(deps, DISPATCHER) == 20
    assert states(deps, world.staff) == [MessageState.ACCEPTED] * 20
    assert len({outgoing.message_id for outgoing in channel.sent}) == 20


def test_an_alert_that_comes_up_meanwhile_is_next(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel
) -> None:
    for _ in range(3):
        put(deps, world.patient, MessageKind.RESET)

    def alarm(_outgoing: Outgoing) -> None:
        channel.meanwhile = lambda outgoing: None
        put(deps, world.staff, MessageKind.ALERT, about=UUID(int=3))

    channel.meanwhile = alarm
    deliver(deps, DISPATCHER)
    assert [outgoing.kind for outgoing in channel.sent][:2] == [MessageKind.RESET, MessageKind.ALERT]


def test_a_fault_of_ours_pushes_the_message_ahead_and_is_raised(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel
) -> None:
    put(deps, world.staff, MessageKind.INVITATION, about=None)
    put(deps, world.colleague, MessageKind.RESET)
    clock.advance(seconds=1)  # of two that are as urgent, the one due first is sent first
    put(deps, world.patient, MessageKind.RESET)
    channel.fails(KeyError("a template names what is not there"))
    with pytest.raises(KeyError):
        deliver(deps, DISPATCHER)
    faulty = sent_to(deps, world.colleague.id)[0]
    assert (faulty.state, faulty.due_at) == (MessageState.RETRY, clock.now() + POISON_PAUSE)
    deliver(deps, DISPATCHER)
    assert [outgoing.to_address for outgoing in channel.sent] == [world.patient.email]
    clock.advance(hours=1)
    deliver(deps, DISPATCHER)
    assert states(deps, world.colleague) == [MessageState.ACCEPTED]


def test_a_message_that_cannot_even_be_prepared_stops_no_other(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(deps, world.staff, MessageKind.RESET)
    clock.advance(seconds=1)  # of two that are as urgent, the one due first is sent first
    put(deps, world.patient, MessageKind.RESET)
    compose = look_again.people.people_by_id

    def broken(tx: Transaction, ids: Collection[PersonId]) -> Mapping[PersonId, Person]:
        if world.staff.id in ids:
            raise ValueError("this row cannot be read")
        return compose(tx, ids)

    monkeypatch.setattr(look_again.people, "people_by_id", broken)
    with pytest.raises(ValueError, match="cannot be read"):
        deliver(deps, DISPATCHER)
    assert [m.due_at for m in sent_to(deps, world.staff.id)] == [clock.now() + POISON_PAUSE]
    assert deliver(deps, DISPATCHER) == 1
    assert states(deps, world.staff, world.patient) == [MessageState.RETRY, MessageState.ACCEPTED]


def test_a_message_is_given_up_when_it_stays_faulty(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel
) -> None:
    put(deps, world.staff, MessageKind.RESET)
    for _ in range(8):
        channel.fails(RuntimeError())
        with pytest.raises(RuntimeError):
            deliver(deps, DISPATCHER)
        clock.advance(hours=1)
    assert states(deps, world.staff) == [MessageState.FAILED]
    assert deliver(deps, DISPATCHER) == 0


def test_a_locked_database_leaves_what_was_not_begun_to_the_next_turn(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(deps, world.staff, MessageKind.RESET)

    with monkeypatch.context() as broken:
        broken.setattr(look_again.people, "people_by_id", lambda tx, ids: give_up(tx))
        with pytest.raises(Unavailable):
            deliver(deps, DISPATCHER)
    assert states(deps, world.staff) == [MessageState.PENDING]
    assert deliver(deps, DISPATCHER) == 1
    assert states(deps, world.staff) == [MessageState.ACCEPTED]


def test_a_database_that_goes_during_the_call_leaves_the_message_to_its_lease(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel
) -> None:
    """Nobody could write down that it was taken: for a link that somebody waits for, it is sent again."""
    put(deps, world.staff, MessageKind.RESET)
    gone = replace(deps, transaction=lambda: broken() if channel.sent else deps.transaction())

    @contextmanager
    def broken() -> Iterator[Transaction]:
        raise Unavailable
        yield

    with pytest.raises(Unavailable):
        deliver(gone, DISPATCHER)
    assert states(deps, world.staff) == [MessageState.ATTEMPTING]
    clock.advance(seconds=LEASE.total_seconds())
    deliver(deps, DISPATCHER)
    clock.advance(minutes=1)
    deliver(deps, DISPATCHER)
    assert [outgoing.possible_repeat for outgoing in channel.sent] == [False, True]


def test_calls_run_side_by_side(deps: Deps, world: World, clock: Clock, channel: FakeChannel) -> None:
    for _ in range(6):
        put(deps, world.staff, MessageKind.RESET)
    together = Barrier(3)  # nobody gets past it alone
    channel.meanwhile = lambda _outgoing: together.wait(timeout=30) and None
    with ThreadPoolExecutor(3) as pool:
        assert deliver(deps, DISPATCHER, at_once=3, pool=pool) == 6
    assert states(deps, world.staff) == [MessageState.ACCEPTED] * 6


def test_of_those_side_by_side_a_faulty_one_costs_no_other(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One cannot be prepared, one fails in its channel, one is refused: each has its own end."""
    for person in (world.staff, world.colleague, world.patient, world.other_patient):
        put(deps, person, MessageKind.RESET)
    compose = look_again.people.people_by_id

    def broken(tx: Transaction, ids: Collection[PersonId]) -> Mapping[PersonId, Person]:
        if world.staff.id in ids:
            raise ValueError("this row cannot be read")
        return compose(tx, ids)

    def fail(outgoing: Outgoing) -> None:
        if outgoing.to_address == world.colleague.email:
            raise KeyError("a template names what is not there")
        if outgoing.to_address == world.patient.email:
            raise ChannelError(permanent=True, reason="no_such_address")

    monkeypatch.setattr(look_again.people, "people_by_id", broken)
    channel.meanwhile = fail
    with ThreadPoolExecutor(4) as pool, pytest.raises(ValueError, match="cannot be read"):
        deliver(deps, DISPATCHER, at_once=4, pool=pool)
    assert states(deps, world.staff, world.colleague, world.patient, world.other_patient) == [
        MessageState.RETRY,
        MessageState.RETRY,
        MessageState.FAILED,
        MessageState.ACCEPTED,
    ]
    with deps.reading() as tx:
        (unread,) = messages.messages_of(tx, world.staff.id)
    assert unread.due_at == clock.now() + POISON_PAUSE


# These go to therapists alone: tests/services/test_planning_appointments.py.
_TO_THERAPISTS = LOOK_AGAIN | {MessageKind.DECLINED}


@pytest.mark.parametrize("kind", sorted(set(MessageKind) - _TO_THERAPISTS))
def test_every_kind_of_message_is_composed_whole(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, database: Database, kind: MessageKind
) -> None:
    """Every kind reaches the channel with a link that opens its page."""
    if kind in {MessageKind.NOTICE, MessageKind.REMINDER}:
        prompt = open_prompts(database, world.patient, clock.now())[0]
        if kind is MessageKind.REMINDER:
            clock.set(prompt.remind_at)
        remind(deps)
        clock.advance(minutes=1)
    elif kind is MessageKind.INVITATION:
        with deps.transaction() as tx:
            people.set_password(tx, world.patient.id, None)  # type: ignore[arg-type]
        put(deps, world.patient, kind)
    elif kind in OF_AN_APPOINTMENT:
        about = proposed(deps, world) if kind is MessageKind.PROPOSAL else agreed(deps, world)
        if kind is MessageKind.CANCELLATION:
            cancel(deps, world.patient, about.id)
    else:
        put(deps, world.staff, kind, about=UUID(int=0x123456789) if kind is MessageKind.ALERT else None)
    deliver(deps, DISPATCHER)
    outgoing = next(one for one in channel.of_kind(kind) if one.to_address != world.therapist.email)
    place = {"notice": "c", "reminder": "c", "invitation": "welcome", "reset": "reset", "alert": "clinic"}
    place |= {"number": "reminders", "test": "reminders"}
    place |= {kind: "appointments" for kind in ("proposal", "appointment", "cancellation")}
    assert outgoing.link is not None
    assert outgoing.link.removeprefix(f"{deps.settings.base_url}/").split("/")[0] == place[kind]


def test_nothing_is_claimed_beyond_the_limit(deps: Deps, world: World, channel: FakeChannel) -> None:
    for _ in range(3):
        put(deps, world.staff, MessageKind.RESET)
    assert deliver(deps, DISPATCHER, limit=2) == 2
    assert states(deps, world.staff).count(MessageState.PENDING) == 1
    assert deliver(deps, DISPATCHER, limit=2) == 1


def test_a_lease_ends_in_the_time_that_no_clock_change_moves(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel
) -> None:
    put(deps, world.staff, MessageKind.RESET)
    channel.meanwhile = die
    with pytest.raises(SystemExit):
        deliver(deps, DISPATCHER)
    clock.at += timedelta(hours=5)  # the wall clock jumps, no time passes
    deliver(deps, DISPATCHER)
    assert states(deps, world.staff) == [MessageState.ATTEMPTING]
