"""The outbox: one dispatcher at a time holds a message, and a late one cannot change what became of it."""

import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from support.care import open_prompts
from support.clock import NOON
from support.house import url_of
from support.people import World
from support.threads import together

from checkin.domain.ids import MessageId
from checkin.domain.message import LEASE, ChannelName, Message, MessageKind, MessageState
from checkin.storage import attempts, messages
from checkin.storage.engine import Database, IntegrityError
from checkin.storage.lease import LeaseTime
from checkin.storage.messages import Queued

S = MessageState


def at(seconds: float, epoch: str = "one") -> LeaseTime:
    return LeaseTime(epoch=epoch, seconds=seconds)


def add(database: Database, world: World, number: int = 1, **values: object) -> list[MessageId]:
    settings: dict[str, object] = {"kind": MessageKind.ALERT, "now": NOON} | values
    with database.transaction() as tx:
        return [
            messages.add_message(
                tx,
                clinic=world.clinic.id,
                person=world.staff.id,
                channel=ChannelName.EMAIL,
                **settings,  # type: ignore[arg-type]
            )
            for _ in range(number)
        ]


def claim(
    database: Database,
    *,
    limit: int = 20,
    now: datetime = NOON,
    lease: LeaseTime | None = None,
    by: UUID | None = None,
) -> tuple[Queued, ...]:
    with database.transaction() as tx:
        return messages.claim(
            tx, dispatcher=by or uuid4(), now=now, lease_now=lease or at(0), lease=LEASE, limit=limit
        )


def move(database: Database, message: Message, state: MessageState, **values: object) -> bool:
    with database.transaction() as tx:
        return messages.move_message(tx, message, state, now=NOON, **values)  # type: ignore[arg-type]


def abandoned(database: Database, lease: LeaseTime) -> list[MessageId]:
    with database.transaction() as tx:
        return [message.id for message in attempts.take_abandoned(tx, lease, 100, now=NOON)]


def state_of(database: Database, world: World) -> list[MessageState]:
    with database.reading() as tx:
        return [message.state for message in messages.messages_of(tx, world.staff.id)]


def test_a_message_is_claimed_once(database: Database, world: World) -> None:
    add(database, world, 3)
    assert len(claim(database, limit=2)) == 2
    assert len(claim(database)) == 1
    assert claim(database) == ()


def test_only_what_is_due_is_claimed(database: Database, world: World) -> None:
    add(database, world, due_at=NOON + timedelta(minutes=1))
    assert claim(database) == ()
    assert len(claim(database, now=NOON + timedelta(minutes=1))) == 1


def test_alerts_go_first_then_the_longest_due(database: Database, world: World) -> None:
    earlier = NOON - timedelta(hours=1)
    (late,) = add(database, world, kind=MessageKind.INVITATION, due_at=NOON)
    (early,) = add(database, world, kind=MessageKind.INVITATION, due_at=earlier)
    (reset,) = add(database, world, kind=MessageKind.RESET, due_at=NOON)
    (alert,) = add(database, world, kind=MessageKind.ALERT, due_at=NOON)
    assert [queued.message.id for queued in claim(database)] == [alert, reset, early, late]


def test_every_claim_has_a_higher_token_and_counts(database: Database, world: World) -> None:
    add(database, world)
    (first,) = claim(database)
    assert move(database, first.message, S.RETRY, due_at=NOON)
    (second,) = claim(database)
    assert (first.message.token, second.message.token) == (1, 2)
    assert (first.message.attempts, second.message.attempts) == (1, 2)


def test_the_outcome_of_an_older_claim_is_refused(database: Database, world: World) -> None:
    add(database, world)
    (slow,) = claim(database)
    assert move(database, slow.message, S.PENDING, due_at=NOON)
    (quick,) = claim(database)
    assert not move(database, slow.message, S.ATTEMPTING)
    attempting = replace(quick.message, state=S.ATTEMPTING)
    assert move(database, quick.message, S.ATTEMPTING)
    assert not move(database, replace(slow.message, state=S.ATTEMPTING), S.FAILED)
    assert move(database, attempting, S.ACCEPTED)
    assert state_of(database, world) == [S.ACCEPTED]


def test_a_state_that_moved_on_is_not_overwritten(database: Database, world: World) -> None:
    add(database, world)
    (held,) = claim(database)
    with database.transaction() as tx:
        assert (
            messages.cancel_for_person(
                tx, world.staff.id, kinds=MessageKind, reason="no_longer_needed", now=NOON
            )
            == 1
        )
    assert not move(database, held.message, S.ATTEMPTING)
    assert state_of(database, world) == [S.CANCELLED]


@pytest.mark.parametrize("state", [S.CLAIMED, S.ATTEMPTING])
def test_a_lease_ends_after_its_time_and_not_before(
    database: Database, world: World, state: MessageState
) -> None:
    (message,) = add(database, world)
    (held,) = claim(database, lease=at(1000))
    if state is S.ATTEMPTING:
        move(database, held.message, state)
    seconds = LEASE.total_seconds()
    assert abandoned(database, at(1000)) == []
    assert abandoned(database, at(1000 + seconds - 0.001)) == []
    assert abandoned(database, at(1000 + seconds)) == [message]


def test_a_lease_from_before_the_machine_was_started_is_over(database: Database, world: World) -> None:
    (message,) = add(database, world)
    claim(database, lease=at(1000, "before"))
    assert abandoned(database, at(3, "after")) == [message]


def test_settled_messages_have_no_lease(database: Database, world: World) -> None:
    add(database, world)
    (held,) = claim(database)
    move(database, held.message, S.FAILED, reason="no_such_address")
    assert abandoned(database, at(10**9)) == []
    assert claim(database, now=NOON + timedelta(days=1)) == ()


def test_what_is_being_sent_is_not_cancelled(database: Database, world: World) -> None:
    add(database, world, 3)
    first, second, _third = claim(database)
    move(database, first.message, S.ATTEMPTING)
    move(database, second.message, S.RETRY, due_at=NOON)
    with database.transaction() as tx:
        assert (
            messages.cancel_for_person(
                tx, world.staff.id, kinds=MessageKind, reason="no_longer_needed", now=NOON
            )
            == 2
        )
    assert sorted(state_of(database, world)) == sorted([S.ATTEMPTING, S.CANCELLED, S.CANCELLED])


def test_a_prompt_has_one_notice_and_one_reminder_a_channel(database: Database, world: World) -> None:
    (prompt,) = open_prompts(database, world.patient, NOON)
    for kind in (MessageKind.NOTICE, MessageKind.REMINDER):
        add(database, world, kind=kind, prompt=prompt.id)
        with pytest.raises(IntegrityError):
            add(database, world, kind=kind, prompt=prompt.id)


def test_four_threads_claim_each_message_once(database: Database, world: World) -> None:
    ids = add(database, world, 200)

    def take_all(_: int) -> list[MessageId]:
        mine: list[MessageId] = []
        while batch := claim(database, limit=7):
            mine += [queued.message.id for queued in batch]
        return mine

    taken = together(4, take_all)
    assert sorted(message for mine in taken for message in mine) == sorted(ids)  # type: ignore[union-attr]


PROCESS = """
import sys
from datetime import datetime, timedelta
from uuid import uuid4
from checkin.storage import attempts, messages
from checkin.storage.engine import open_database
from checkin.storage.keyring import Keyring
from checkin.storage.lease import LeaseTime

database = open_database(sys.argv[1], Keyring({"any": bytes(32)}, "any", bytes(32)))
lease, now = LeaseTime(epoch="one", seconds=0), datetime.fromisoformat(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
while True:
    with database.transaction() as tx:
        batch = messages.claim(
            tx, dispatcher=uuid4(), now=now, lease_now=lease, lease=timedelta(minutes=2), limit=5
        )
    if not batch:
        break
    print(*(queued.message.id for queued in batch), sep="\\n")
"""


def test_four_processes_claim_each_message_once(database: Database, world: World) -> None:
    ids = add(database, world, 200)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, url_of(database), NOON.isoformat()],
            env={"PYTHONPATH": ":".join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    shares = [process.communicate(timeout=120)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    assert sorted(taken for share in shares for taken in share) == sorted(map(str, ids))
