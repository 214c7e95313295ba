"""The scheduler as a process: its ticks, and a start, a delivery and a stop of the real thing."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.schedulers.background import BackgroundScheduler
from support.house import environment, url_of
from support.people import World

from checkin.domain.message import ChannelName, MessageKind, MessageState
from checkin.scheduler.jobs import Job
from checkin.scheduler.process import schedule
from checkin.storage import messages
from checkin.storage.engine import Database

ROOT = Path(__file__).parent.parent.parent


class Silence:
    def info(self, event: str, **values: object) -> None: ...
    def fault(self, event: str, error: BaseException, **values: object) -> None: ...


def test_every_tick_is_an_interval_that_is_never_skipped_or_doubled() -> None:
    scheduler = BackgroundScheduler(timezone=UTC)
    jobs = (
        Job(name="often", every=timedelta(seconds=2), step=lambda: 0),
        Job(name="seldom", every=timedelta(hours=1), step=lambda: 0),
    )
    before = datetime.now(UTC)
    schedule(scheduler, jobs, Silence(), stopping=lambda: False)
    scheduler.start(paused=True)
    try:
        ticks = {tick.id: tick for tick in scheduler.get_jobs()}
        assert {name: tick.trigger.interval for name, tick in ticks.items()} == {
            "often": timedelta(seconds=2),
            "seldom": timedelta(hours=1),
        }
        for tick in ticks.values():
            assert (tick.coalesce, tick.max_instances, tick.misfire_grace_time) == (True, 1, None)
            assert tick.trigger.timezone == UTC
            assert before <= tick.next_run_time <= datetime.now(UTC), "the first tick comes at once"
    finally:
        scheduler.shutdown()


@contextmanager
def started(database: Database) -> Iterator[subprocess.Popen[str]]:
    """`flask scheduler` on this database, as an operator starts it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "scheduler"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **environment(url_of(database))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_delivers_and_stops_cleanly(database: Database, world: World, number: int) -> None:
    now = datetime.now(UTC)
    with database.transaction() as tx:
        messages.add_message(
            tx,
            clinic=world.staff.clinic_id,
            person=world.staff.id,
            kind=MessageKind.RESET,
            channel=ChannelName.CONSOLE,
            now=now,
        )
    with started(database) as process:
        assert process.stdout is not None
        said = ""
        while "/reset/" not in said:
            line = process.stdout.readline()
            assert line, "it ended before it had sent the message"
            said += line
        process.send_signal(number)
        process.communicate(timeout=60)
    assert f"To: {world.staff.email}" in said
    assert process.returncode == 0
    with database.reading() as tx:
        assert [message.state for message in messages.messages_of(tx, world.staff.id)] == [
            MessageState.ACCEPTED
        ]


def test_each_start_is_another_dispatcher_and_says_when_it_began_and_ended(sqlite_database: Database) -> None:
    names = set()
    for _ in range(2):
        with started(sqlite_database) as process:
            assert process.stderr is not None
            first = json.loads(process.stderr.readline())
            process.terminate()
            rest = [json.loads(line) for line in process.communicate(timeout=60)[1].splitlines()]
        assert (first["event"], rest[-1]["event"]) == ("scheduler started", "scheduler stopped")
        assert first["dispatcher"] == rest[-1]["dispatcher"]
        names.add(first["dispatcher"])
    assert len(names) == 2
