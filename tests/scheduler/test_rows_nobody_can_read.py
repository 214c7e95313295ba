"""Rows that cannot be read, processes that were frozen: no other message pays for it, and none goes twice."""

from collections import Counter
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from support.care import open_prompts
from support.channel import FakeChannel
from support.clock import Clock
from support.people import World

from checkin.channels.base import ChannelError, Gone, Outgoing
from checkin.domain.delivery import POISON_PAUSE
from checkin.domain.ids import PromptId
from checkin.domain.message import LEASE, ChannelName, MessageKind, MessageState
from checkin.domain.person import Person
from checkin.services import reach
from checkin.services.deliver import deliver, recover
from checkin.services.deps import Deps
from checkin.services.remind import remind
from checkin.storage import messages, prompts
from checkin.storage.all_tables import metadata
from checkin.storage.engine import Database, Transaction

DISPATCHER = UUID(int=7)


def put(deps: Deps, person: Person, kind: MessageKind) -> None:
    with deps.transaction() as tx:
        messages.add_message(
            tx,
            clinic=person.clinic_id,
            person=person.id,
            kind=kind,
            channel=ChannelName.EMAIL,
            now=deps.now(),
        )


def states(deps: Deps, *people: Person) -> list[MessageState]:
    with deps.reading() as tx:
        return [message.state for person in people for message in messages.messages_of(tx, person.id)]


def refuse_notices(outgoing: Outgoing) -> None:
    if outgoing.kind is MessageKind.NOTICE:
        raise ChannelError(permanent=True, reason="content 554 5.7.1")


def test_a_row_that_cannot_be_read_stops_no_other(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel
) -> None:
    """Whether it is claimed or was left behind by a dispatcher that died."""
    put(deps, world.staff, MessageKind.RESET)
    put(deps, world.patient, MessageKind.RESET)
    spoil = update(messages.messages).where(messages.messages.c.person_id == world.staff.id)
    with deps.transaction() as tx:
        tx.execute(spoil.values(kind="poem"))
    with pytest.raises(ValueError, match="poem"):
        deliver(deps, DISPATCHER)
    assert deliver(deps, DISPATCHER) in {0, 1}
    assert states(deps, world.patient) == [MessageState.ACCEPTED]
    with deps.transaction() as tx:
        row = tx.execute(select(messages.messages).where(spoil.whereclause)).one()
        assert (row.state, row.due_at) == ("retry", clock.now() + POISON_PAUSE)
        tx.execute(spoil.values(state="claimed", lease_epoch="another start", lease_until=0.0))
    with pytest.raises(ValueError, match="poem"):
        deliver(deps, DISPATCHER)
    put(deps, world.patient, MessageKind.RESET)
    assert deliver(deps, DISPATCHER) == 1


def test_handing_over_that_trips_loses_no_outcome_and_stops_no_other(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, database: Database
) -> None:
    """A patient's choice of channels that cannot be read is met when the next channel is to take over."""
    open_prompts(database, world.patient, clock.now())
    remind(deps)
    clock.advance(minutes=1)
    put(deps, world.staff, MessageKind.RESET)
    patients = metadata.tables["patients"]

    def spoil(_outgoing: Outgoing) -> None:
        if _outgoing.kind is MessageKind.NOTICE:
            with deps.transaction() as tx:
                tx.execute(update(patients).values(channels="smoke"))
            raise ChannelError(permanent=True, reason="content 554 5.7.1")

    channel.meanwhile = spoil
    with pytest.raises(ValueError, match="smoke"):
        deliver(deps, DISPATCHER, at_once=2)
    assert [outgoing.kind for outgoing in channel.sent] == [MessageKind.RESET]
    with deps.reading() as tx:
        (notice,) = messages.messages_of(tx, world.patient.id)
    assert (notice.state, notice.reason) == (MessageState.FAILED, "content 554 5.7.1")
    assert deliver(deps, DISPATCHER) == 0


def test_an_outcome_that_cannot_be_written_down_costs_no_other_one(
    deps: Deps,
    world: World,
    clock: Clock,
    channel: FakeChannel,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two notices fail, the first trips where its prompt is locked: it is left to the end of its lease."""
    open_prompts(database, world.patient, clock.now())
    open_prompts(database, world.other_patient, clock.now())
    remind(deps)
    clock.advance(minutes=1)
    put(deps, world.staff, MessageKind.RESET)
    channel.meanwhile = refuse_notices
    lock, tripped = prompts.lock_prompt, set[PromptId]()

    def trip(tx: Transaction, prompt: PromptId) -> None:
        if not tripped or prompt in tripped:
            tripped.add(prompt)
            raise KeyError("the first one")
        lock(tx, prompt)

    with monkeypatch.context() as patch:
        patch.setattr(prompts, "lock_prompt", trip)
        with pytest.raises(KeyError, match="the first one"):
            deliver(deps, DISPATCHER, at_once=3)
    assert states(deps, world.staff) == [MessageState.ACCEPTED]
    of_both = sorted(states(deps, world.patient, world.other_patient))
    assert of_both == [MessageState.ATTEMPTING, MessageState.FAILED]
    clock.advance(seconds=LEASE.total_seconds())
    recover(deps)
    of_both = sorted(states(deps, world.patient, world.other_patient))
    assert of_both == [MessageState.FAILED, MessageState.UNCERTAIN]


def test_a_dead_address_that_cannot_be_written_down_loses_no_outcome(
    deps: Deps, world: World, channel: FakeChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(deps, world.patient, MessageKind.RESET)
    put(deps, world.staff, MessageKind.RESET)

    def refuse_the_patient(outgoing: Outgoing) -> None:
        if outgoing.to_address == world.patient.email:
            raise Gone(reason="recipient 550 5.1.1")

    def trip(*_given: object, **_more: object) -> bool:
        raise KeyError("where addresses are kept")

    channel.meanwhile = refuse_the_patient
    monkeypatch.setattr(reach, "forget_address", trip)
    with pytest.raises(KeyError, match="where addresses are kept"):
        deliver(deps, DISPATCHER, at_once=2)
    assert states(deps, world.patient, world.staff) == [MessageState.FAILED, MessageState.ACCEPTED]


def test_a_prompt_whose_patient_cannot_be_read_stops_no_other_reminder(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, database: Database
) -> None:
    (bad,) = open_prompts(database, world.other_patient, clock.now())
    open_prompts(database, world.patient, clock.now())
    patients = metadata.tables["patients"]
    with deps.transaction() as tx:
        tx.execute(
            update(patients).where(patients.c.person_id == world.other_patient.id).values(channels="smoke")
        )
    with pytest.raises(ValueError, match="smoke"):
        remind(deps)
    assert remind(deps) == 0
    clock.advance(minutes=1)
    deliver(deps, DISPATCHER)
    assert [outgoing.to_address for outgoing in channel.sent] == [world.patient.email]
    with deps.transaction() as tx:
        tx.execute(update(patients).values(channels=None))
    clock.advance(hours=1)
    remind(deps)
    clock.advance(minutes=1)
    deliver(deps, DISPATCHER)
    assert [outgoing.to_address for outgoing in channel.sent][1:] == [world.other_patient.email]
    assert bad.expires_at > clock.now()


def test_fault_05_whoever_was_frozen_since_the_claim_sends_nothing_that_others_have_sent(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel
) -> None:
    """Two are marked as attempting; the process sleeps in the first call and wakes before the second."""
    put(deps, world.staff, MessageKind.RESET)
    put(deps, world.patient, MessageKind.RESET)

    def freeze(_outgoing: Outgoing) -> None:
        channel.fails()
        clock.advance(minutes=3)
        recover(deps)
        clock.advance(minutes=3)
        while deliver(deps, uuid4()):
            pass

    channel.meanwhile = freeze
    deliver(deps, DISPATCHER, at_once=2)
    sent = Counter(outgoing.to_address for outgoing in channel.sent)
    assert sorted(sent.values()) == [1, 2], "only the call under way in its sleep is made twice"
    assert states(deps, world.staff, world.patient) == [MessageState.ACCEPTED] * 2
