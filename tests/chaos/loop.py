"""The kill loop: rounds of work in which processes are killed or frozen and replies get lost."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import time as time_of_day
from pathlib import Path
from typing import Self

from chaos.load import Load
from chaos.post import Post
from chaos.processes import LEASE_S, Nursery
from chaos.tally import Tally, compare
from chaos.times import FastClock
from support.house import environment, url_of
from support.people import World

from checkin.domain.message import ChannelName
from checkin.domain.person import WakingHours
from checkin.storage import patients
from checkin.storage.engine import Database

DISPATCHERS = ("dispatcher 1", "dispatcher 2")
FASTER = 60.0  # a minute of backing off passes in a second
_ROUND_S = 0.25
_REST_S = 60.0

# What strikes in a round, and in how many of a hundred.
STRIKES = {
    "dispatcher killed": 35,
    "both dispatchers killed": 8,
    "dispatcher frozen": 20,
    "web worker killed": 12,
    "all of the web killed": 8,
    "web worker frozen": 7,
    "nothing": 10,
}


class Broken(AssertionError):
    """A round in which something was lost, duplicated or unexpected."""


@dataclass
class KillLoop:
    """Use it as a context manager. ``struck`` counts what happened to processes and to mail."""

    database: Database
    world: World
    clock: FastClock
    folder: Path
    seed: str
    struck: Counter[str] = field(default_factory=Counter)
    rounds: int = 0

    def __enter__(self) -> Self:
        self._random = random.Random(self.seed)
        _keep_awake(self.database, self.world, self.clock)
        self._wakers: list[threading.Timer] = []
        self._stack = ExitStack()
        self._post = self._stack.enter_context(Post(self.seed))
        mail = {
            "CHECKIN_MAIL": f"smtp://127.0.0.1:{self._post.port}",
            "CHECKIN_MAIL_FROM": "checkin@example.org",
        }
        settings = environment(url_of(self.database), **mail)
        self._nursery = self._stack.enter_context(Nursery(self.folder, settings, self.clock))
        self._load = Load(self.database, self.world, self.clock.now, self.seed)
        for name in (*DISPATCHERS, "web"):
            self._nursery.grow(name)
        self._nursery.wait_for_the_web()
        return self

    def __exit__(self, *_: object) -> None:
        self._wait_for_the_frozen()
        self._stack.close()

    def round(self) -> Tally:
        """One round: work comes in, something strikes, what died is started again, the sets are compared.

        Raises ``Broken``.
        """
        self._post.troubled = True
        self._load.fall_due()
        self._load.answer(self._nursery.port)
        time.sleep(self._random.uniform(0, _ROUND_S))
        strike = self._random.choices(list(STRIKES), list(STRIKES.values()))[0]
        self.struck[strike] += 1
        self._strike(strike)
        time.sleep(self._random.uniform(0, 0.05))
        self._start_again()
        time.sleep(self._random.uniform(0, _ROUND_S))
        self._load.collect()
        self.rounds += 1
        return self._judge(self._tally(at_rest=False))

    def rest(self) -> Tally:
        """Let all that is under way come to its end, then compare once more. Raises ``Broken``."""
        self._post.troubled = False
        self._wait_for_the_frozen()
        self._start_again()
        self._nursery.wait_for_the_web()
        self._load.finish(self._nursery.port)
        until = time.monotonic() + _REST_S
        # Reminders go on falling due: at rest is the first moment at which nothing is under way.
        while (tally := self._tally(at_rest=True)).wrong and time.monotonic() < until:
            time.sleep(0.1)
        self._judge(tally)
        self._stop()
        self.struck.update(self._post.met)
        return tally

    @property
    def acknowledged(self) -> int:
        """How many answers were acknowledged until now."""
        return len(self._load.acknowledged)

    def _strike(self, strike: str) -> None:
        people = self._nursery.people
        one = people[self._random.choice(DISPATCHERS)]
        web = people["web"]
        workers = web.children()
        acts: dict[str, Callable[[], None]] = {
            "dispatcher killed": one.kill,
            "both dispatchers killed": lambda: [people[name].kill() for name in DISPATCHERS] and None,
            "dispatcher frozen": lambda: self._freeze(one.pid),
            "web worker killed": lambda: (
                os.kill(self._random.choice(workers), signal.SIGKILL) if workers else None
            ),
            "all of the web killed": web.kill,
            "web worker frozen": lambda: self._freeze(self._random.choice(workers)) if workers else None,
            "nothing": lambda: None,
        }
        try:
            acts[strike]()
        except ProcessLookupError:  # killed in the round before and not there again yet
            self.struck[strike] -= 1

    def _freeze(self, pid: int) -> None:
        """Stop a process for a time that may outlast its lease; a thread wakes it, as it may hold a lock."""
        os.kill(pid, signal.SIGSTOP)
        waker = threading.Timer(self._random.uniform(0.05, 2 * LEASE_S), _wake, (pid,))
        waker.start()
        self._wakers.append(waker)

    def _wait_for_the_frozen(self) -> None:
        for waker in self._wakers:
            waker.join()
        self._wakers.clear()

    def _start_again(self) -> None:
        fallen = self._nursery.fallen()
        if fallen:
            raise Broken("\n".join(fallen))
        for name, one in list(self._nursery.people.items()):
            if one.struck:
                self._nursery.grow(name)

    def _stop(self) -> None:
        """Stop the dispatchers in an orderly way."""
        for name in DISPATCHERS:
            self._nursery.people[name].stop()

    def _tally(self, *, at_rest: bool) -> Tally:
        acknowledged = dict(self._load.acknowledged)
        before = self._post.delivered()
        return compare(self.database, acknowledged, before, self._post.delivered, at_rest=at_rest)

    def _judge(self, tally: Tally) -> Tally:
        if tally.wrong:
            words = "\n".join(tally.wrong[:20])
            logs = "\n".join(self._nursery.log_of(name) for name in self._nursery.people)
            raise Broken(f"seed {self.seed}, round {self.rounds}:\n{words}\n{logs}")
        return tally


def _wake(pid: int) -> None:
    with suppress(ProcessLookupError):  # killed in its sleep
        os.kill(pid, signal.SIGCONT)


def _keep_awake(database: Database, world: World, clock: FastClock) -> None:
    """Let messages go at any hour: the loop does not wait for the morning of those who live in it."""
    always = WakingHours(since=time_of_day(0), until=time_of_day(23, 59))
    with database.transaction() as tx:
        for patient in (world.patient, world.other_patient):
            patients.change_preferences(tx, patient.id, waking=always, reminders=True, set_up_at=clock.now())
            patients.change_ladder(tx, patient.id, channels=[ChannelName.EMAIL], quiet_agreed_at=clock.now())
