"""Alerts and their messages: sent until somebody puts a name to it, and from then on not any more."""

from uuid import UUID

import pytest
from support.asked import Asked
from support.channel import FakeChannel
from support.clock import Clock
from support.people import World

from checkin.channels.base import ChannelError, Uncertain
from checkin.domain.ids import AlertId
from checkin.domain.message import Message, MessageKind, MessageState
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.handle_alerts import acknowledge, open_alerts
from checkin.storage import messages
from checkin.storage.engine import Database

DISPATCHER = UUID(int=7)


@pytest.fixture
def alert(deps: Deps, database: Database, world: World, clock: Clock) -> AlertId:
    asked = Asked(deps, database, world.patient, clock)
    asked.send(asked.answers(safety=2))
    (found,) = open_alerts(deps, world.staff)
    return found.alert.id


def told(deps: Deps, world: World) -> list[Message]:
    with deps.reading() as tx:
        both = (messages.messages_of(tx, person.id) for person in (world.staff, world.colleague))
        return [one for mine in both for one in mine if one.kind is MessageKind.ALERT]


def test_whoever_takes_an_alert_ends_the_messages_to_everybody(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, alert: AlertId
) -> None:
    channel.fails(*[ChannelError(permanent=False, reason="no_connection")] * 9)
    deliver(deps, DISPATCHER)
    assert told(deps, world)
    assert {one.state for one in told(deps, world)} == {MessageState.RETRY}
    acknowledge(deps, world.colleague, alert)
    assert {one.state for one in told(deps, world)} == {MessageState.CANCELLED}
    channel.fails()
    clock.advance(hours=1)
    deliver(deps, DISPATCHER)
    assert channel.of_kind(MessageKind.ALERT) == []


def test_an_alert_goes_on_through_every_refusal_until_it_is_taken(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, alert: AlertId
) -> None:
    refusals = [ChannelError(permanent=True, reason="sender 550 5.7.1"), Uncertain(reason="no_answer")]
    channel.fails(*refusals * 60)
    for _ in range(60):
        deliver(deps, DISPATCHER)
        clock.advance(minutes=5)
    assert {one.state for one in told(deps, world)} == {MessageState.RETRY}
    channel.fails()
    deliver(deps, DISPATCHER)
    assert len(channel.of_kind(MessageKind.ALERT)) == len(told(deps, world))
