"""Several dispatchers with ten thousand messages due: together they send what was there, each once."""

import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from support.channel import FakeChannel
from support.clock import NOON, Clock
from support.house import url_of
from support.people import World

from checkin.channels.base import Outgoing
from checkin.domain.ids import new_id
from checkin.domain.message import ChannelName, MessageKind, MessageState, rank
from checkin.services.deliver import deliver, recover
from checkin.services.deps import Deps
from checkin.storage import attempts, messages
from checkin.storage.engine import Database
from checkin.storage.lease import LeaseTime

DUE, DISPATCHERS = 10_000, 3
# Each writes what it sent to a file of its own, claims many at once, and records the outcome of each.
DISPATCHER = """
import sys
from datetime import datetime, timedelta
from uuid import uuid4
from checkin.domain.message import MessageState as S
from checkin.storage import messages
from checkin.storage.engine import open_database
from checkin.storage.keyring import Keyring
from checkin.storage.lease import LeaseTime
from dataclasses import replace

database = open_database(sys.argv[1], Keyring({"any": bytes(32)}, "any", bytes(32)))
lease, now, me = LeaseTime(epoch="one", seconds=0), datetime.fromisoformat(sys.argv[2]), uuid4()
sys.stdin.readline()
with open(sys.argv[3], "w", buffering=1) as provider:
    while True:
        with database.transaction() as tx:
            batch = messages.claim(
                tx, dispatcher=me, now=now, lease_now=lease, lease=timedelta(minutes=2), limit=200
            )
            for queued in batch:
                messages.move_message(tx, queued.message, S.ATTEMPTING, now=now)
        if not batch:
            break
        provider.writelines(f"{queued.message.id}\\n" for queued in batch)
        with database.transaction() as tx:
            for queued in batch:
                messages.move_message(tx, replace(queued.message, state=S.ATTEMPTING), S.ACCEPTED, now=now)
"""


def fill(database: Database, world: World, number: int) -> set[UUID]:
    rows = [
        {
            "id": new_id(NOON),
            "clinic_id": world.clinic.id,
            "person_id": world.staff.id,
            "kind": MessageKind.RESET.value,
            "channel": ChannelName.EMAIL.value,
            "rank": rank(MessageKind.RESET),
            "state": MessageState.PENDING.value,
            "due_at": NOON,
            "attempts": 0,
            "token": 0,
            "maybe_sent": False,
            "created_at": NOON,
        }
        for _ in range(number)
    ]
    with database.transaction() as tx:
        tx.execute(messages.messages.insert(), rows)
    return {row["id"] for row in rows}  # type: ignore[misc]


@pytest.mark.slow
def test_fault_04_what_several_processes_sent_is_what_was_due_each_once(
    database: Database, world: World, tmp_path: Path
) -> None:
    due = fill(database, world, DUE)
    files = [tmp_path / f"sent-{number}" for number in range(DISPATCHERS)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", DISPATCHER, url_of(database), NOON.isoformat(), str(file)],
            env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
            stdin=subprocess.PIPE,
            text=True,
        )
        for file in files
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=300)
    assert [process.returncode for process in processes] == [0] * DISPATCHERS
    shares = [file.read_text().split() for file in files]
    assert Counter(sent for share in shares for sent in share) == Counter(map(str, due))
    assert sum(bool(share) for share in shares) > 1, "they really were at it together"
    with database.reading() as tx:
        states = Counter(message.state for message in messages.messages_of(tx, world.staff.id))
    assert states == {MessageState.ACCEPTED: DUE}


@pytest.mark.slow
def test_fault_04_a_dispatcher_killed_among_others_costs_nothing_that_it_had_not_begun(
    database: Database, world: World, deps: Deps, clock: Clock, channel: FakeChannel
) -> None:
    due = fill(database, world, 300)
    clock.set(NOON)
    with deps.transaction() as tx:  # this one is killed right after its claim
        messages.claim(
            tx,
            dispatcher=uuid4(),
            now=clock.now(),
            lease_now=deps.lease_now(tx),
            lease=timedelta(minutes=2),
            limit=50,
        )
    me = uuid4()
    while deliver(deps, me):
        pass
    assert len(channel.sent) == 250
    clock.advance(minutes=2)
    while recover(deps):
        pass
    while deliver(deps, me):
        pass
    assert Counter(outgoing.message_id for outgoing in channel.sent) == Counter(due)


def test_fault_05_a_sleeper_looks_again_before_it_sends(
    database: Database, world: World, deps: Deps, clock: Clock, channel: FakeChannel
) -> None:
    """It is frozen between its claim and the call; when it wakes, another one has sent the message."""
    fill(database, world, 2)
    me, other = uuid4(), uuid4()

    def sleep(_outgoing: Outgoing) -> None:
        channel.fails()
        clock.advance(minutes=3)
        while recover(deps):
            pass
        while deliver(deps, other):
            pass

    channel.meanwhile = sleep
    deliver(deps, me, limit=2)
    counts = Counter(outgoing.message_id for outgoing in channel.sent)
    with deps.reading() as tx:
        found = {message.id: message for message in messages.messages_of(tx, world.staff.id)}
    twice = [found[message] for message, count in counts.items() if count > 1]
    assert all(message.maybe_sent for message in twice), "only what was under way in its sleep may repeat"
    assert len(counts) == 2
    assert {message.state for message in found.values()} <= {MessageState.ACCEPTED, MessageState.RETRY}


@pytest.mark.slow
def test_fault_05_a_frozen_process_wakes_to_a_claim_that_is_no_longer_its_own(
    database: Database, world: World
) -> None:
    """A real process is stopped by SIGSTOP while it holds a message, and goes on when that was taken away."""
    code = """
import sys
from datetime import datetime, timedelta
from uuid import uuid4
from checkin.domain.message import MessageState as S
from checkin.storage import messages
from checkin.storage.engine import open_database
from checkin.storage.keyring import Keyring
from checkin.storage.lease import LeaseTime
database = open_database(sys.argv[1], Keyring({"any": bytes(32)}, "any", bytes(32)))
now, lease = datetime.fromisoformat(sys.argv[2]), LeaseTime(epoch="one", seconds=0)
with database.transaction() as tx:
    (held,) = messages.claim(
        tx, dispatcher=uuid4(), now=now, lease_now=lease, lease=timedelta(minutes=2), limit=1
    )
print("claimed", flush=True)
sys.stdin.readline()
with database.transaction() as tx:
    print("sends" if messages.move_message(tx, held.message, S.ATTEMPTING, now=now) else "refused")
"""
    fill(database, world, 1)
    process = subprocess.Popen(
        [sys.executable, "-c", code, url_of(database), NOON.isoformat()],
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "claimed\n"
    process.send_signal(signal.SIGSTOP)
    with database.transaction() as tx:
        over = LeaseTime(epoch="one", seconds=120)
        (abandoned,) = attempts.take_abandoned(tx, over, 9, now=NOON)
        messages.move_message(tx, abandoned, MessageState.PENDING, now=NOON, due_at=NOON)
        messages.claim(tx, dispatcher=uuid4(), now=NOON, lease_now=over, lease=timedelta(minutes=2), limit=1)
    process.send_signal(signal.SIGCONT)
    told, _ = process.communicate("go on\n", timeout=60)
    assert told == "refused\n"
