"""The comparison finds what it is there for: planted here is what a broken dispatcher would leave."""

import secrets
from collections import Counter
from uuid import UUID

import pytest
from chaos.tally import Tally, compare
from support.asked import Asked
from support.clock import Clock
from support.people import World

from checkin.domain.message import ChannelName, MessageKind, MessageState
from checkin.services.deps import Deps
from checkin.services.remind import remind
from checkin.storage import messages
from checkin.storage.alerts import alerts
from checkin.storage.engine import Database

S = MessageState


def put(
    deps: Deps,
    world: World,
    state: MessageState,
    *,
    kind: MessageKind = MessageKind.RESET,
    maybe_sent: bool = False,
) -> UUID:
    """A message that is in a state."""
    table = messages.messages
    with deps.transaction() as tx:
        made = messages.add_message(
            tx,
            clinic=world.clinic.id,
            person=world.staff.id,
            kind=kind,
            channel=ChannelName.EMAIL,
            now=deps.now(),
        )
        tx.execute(table.update().where(table.c.id == made).values(state=state.value, maybe_sent=maybe_sent))
    return made


def found(
    database: Database,
    delivered: dict[UUID, int],
    acknowledged: dict[str, bool] | None = None,
    *,
    at_rest: bool = True,
) -> Tally:
    counted = Counter(delivered)
    return compare(database, acknowledged or {}, counted, lambda: counted, at_rest=at_rest)


@pytest.mark.parametrize("state", [S.ACCEPTED, S.RECEIPTED])
def test_what_is_taken_for_sent_and_never_arrived_is_lost(
    database: Database, deps: Deps, world: World, state: MessageState
) -> None:
    made = put(deps, world, state)
    assert len(found(database, {}).lost) == 1
    assert found(database, {made: 1}).wrong == []


@pytest.mark.parametrize("state", [S.PENDING, S.RETRY, S.CLAIMED, S.ATTEMPTING])
def test_what_is_under_way_at_the_end_is_lost(
    database: Database, deps: Deps, world: World, state: MessageState
) -> None:
    put(deps, world, state)
    assert len(found(database, {}).lost) == 1
    assert found(database, {}, at_rest=False).wrong == []


def test_what_arrives_twice_is_a_duplicate_unless_the_rules_allow_it(
    database: Database, deps: Deps, world: World
) -> None:
    plain = put(deps, world, S.ACCEPTED)
    assert len(found(database, {plain: 2}).duplicated) == 1
    repeated = put(deps, world, S.ACCEPTED, maybe_sent=True)
    tally = found(database, {plain: 1, repeated: 3})
    assert (tally.wrong, tally.repeated) == ([], 2)
    notice = put(deps, world, S.ACCEPTED, kind=MessageKind.NOTICE, maybe_sent=True)
    assert len(found(database, {plain: 1, repeated: 1, notice: 2}).duplicated) == 1


@pytest.mark.parametrize("state", [S.FAILED, S.CANCELLED, S.EXPIRED, S.RETRY])
def test_what_arrives_though_it_was_not_sent_is_unexpected(
    database: Database, deps: Deps, world: World, state: MessageState
) -> None:
    made = put(deps, world, state)
    assert len(found(database, {made: 1}, at_rest=False).unexpected) == 1
    assert len(found(database, {UUID(int=1): 1}, at_rest=False).unexpected) == 1


def test_an_answer_that_was_acknowledged_and_is_gone_is_lost(
    database: Database, deps: Deps, world: World, clock: Clock
) -> None:
    asked = Asked(deps, database, world.patient, clock)
    remind(deps)
    key = secrets.token_urlsafe(24)
    assert len(found(database, {}, {key: False}, at_rest=False).lost) == 1
    asked.send(asked.answers(safety=2), key=key)
    assert found(database, {}, {key: True}, at_rest=False).wrong == []
    with deps.transaction() as tx:
        tx.execute(alerts.delete())
    assert len(found(database, {}, {key: True}, at_rest=False).lost) == 1


def test_a_prompt_that_nobody_opened_is_lost(
    database: Database, deps: Deps, world: World, clock: Clock
) -> None:
    Asked(deps, database, world.patient, clock)
    assert len(found(database, {}).lost) == 1
