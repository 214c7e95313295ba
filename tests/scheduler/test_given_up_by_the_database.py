"""What the database gives up, as it does after a deadlock, is no fault of the message or prompt in hand."""

from collections.abc import Collection, Mapping
from uuid import UUID

import pytest
from support.asked import Asked
from support.channel import FakeChannel
from support.clock import Clock
from support.locks import give_up
from support.people import World
from support.phones import DISPATCHER, EMAIL, PUSH, Reach, subscribe_phone

from checkin.channels.base import Gone
from checkin.domain.errors import Unavailable
from checkin.domain.ids import PersonId
from checkin.domain.message import LEASE, ChannelName, MessageKind, MessageState
from checkin.domain.person import Person
from checkin.services import contact, look_again
from checkin.services import remind as reminding
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.remind import remind
from checkin.storage import messages
from checkin.storage.engine import Database, Transaction

S = MessageState


@pytest.fixture
def asked(deps: Deps, database: Database, world: World, clock: Clock) -> Asked:
    """A prompt of the patient that is open now."""
    return Asked(deps, database, world.patient, clock)


@pytest.fixture
def reach(deps: Deps, clock: Clock, channel: FakeChannel, world: World) -> Reach:
    """The patient has a phone that takes pushes."""
    made = Reach(deps, clock, channel)
    subscribe_phone(made.deps, world.patient)
    return made


def alert(deps: Deps, person: Person) -> None:
    with deps.transaction() as tx:
        messages.add_message(
            tx,
            clinic=person.clinic_id,
            person=person.id,
            kind=MessageKind.ALERT,
            channel=EMAIL,
            now=deps.now(),
            object_id=UUID(int=3),
        )


def alerts(deps: Deps, *people: Person) -> list[MessageState]:
    with deps.reading() as tx:
        return [one.state for person in people for one in messages.messages_of(tx, person.id)]


def of(deps: Deps, asked: Asked) -> list[tuple[ChannelName, MessageState]]:
    with deps.reading() as tx:
        return [(one.channel, one.state) for one in messages.messages_of_prompt(tx, asked.prompt.id)]


def test_an_alert_that_was_not_prepared_is_next_and_what_was_sent_before_it_is_written_down(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert(deps, world.staff)
    clock.advance(seconds=1)  # of two that are as urgent, the one due first is sent first
    alert(deps, world.colleague)
    known = look_again.people.people_by_id

    def locked(tx: Transaction, ids: Collection[PersonId]) -> Mapping[PersonId, Person]:
        if world.colleague.id in ids:
            give_up(tx)
        return known(tx, ids)

    with monkeypatch.context() as patch:
        patch.setattr(look_again.people, "people_by_id", locked)
        with pytest.raises(Unavailable):
            deliver(deps, DISPATCHER)
    assert alerts(deps, world.staff, world.colleague) == [S.ACCEPTED, S.PENDING]
    assert deliver(deps, DISPATCHER) == 1
    assert [one.to_address for one in channel.sent] == [world.staff.email, world.colleague.email]


def test_a_failed_message_that_was_not_handed_over_is_once_its_lease_has_ended(
    asked: Asked, reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach.push.fails(Gone(reason="push 410"))
    with monkeypatch.context() as patch:
        patch.setattr(contact, "ladders_of", lambda tx, deps, people: give_up(tx))
        with pytest.raises(Unavailable):
            reach.tick()
    assert of(reach.deps, asked) == [(PUSH, S.ATTEMPTING)]
    reach.tick(seconds=LEASE.total_seconds())
    reach.tick(minutes=5)
    assert of(reach.deps, asked) == [(PUSH, S.FAILED), (EMAIL, S.ACCEPTED)]


def test_a_prompt_that_was_not_opened_is_at_the_next_tick(
    asked: Asked, reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(reminding, "ladders_of", lambda tx, deps, people: give_up(tx))
        with pytest.raises(Unavailable):
            remind(reach.deps)
    assert of(reach.deps, asked) == []
    reach.tick()
    assert of(reach.deps, asked) == [(PUSH, S.ACCEPTED)]
