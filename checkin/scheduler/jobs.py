"""Jobs: what the clock does and how often. The schedule itself is rows; a job only looks which are due."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from checkin.scheduler.guard import Guard, Hanging
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.estimate_windows import estimate_windows
from checkin.services.heartbeat import beat, fall_silent
from checkin.services.remind import remind
from checkin.services.settle_conditions import settle_conditions
from checkin.services.tidy import tidy
from checkin.services.watch_appointments import watch_appointments
from checkin.services.watch_over import ChannelWatch

# Calls to providers side by side: what is under way when a process is killed is uncertain, so only a few. A
# stop waits for two such rounds at most.
_AT_ONCE = 8


class Log(Protocol):
    """Where a process says what it did. No value may be about a patient."""

    def info(self, event: str, **values: object) -> None: ...
    def fault(self, event: str, error: BaseException, **values: object) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Job:
    """``step`` does a bounded piece of work and returns how much that was, 0 when nothing is left."""

    name: str
    every: timedelta
    step: Callable[[], int]


def make_jobs(
    deps: Deps, dispatcher: UUID, *, elapsed: Callable[[], float] = time.monotonic
) -> tuple[Job, ...]:
    """Return every job in the order of one pass. Any number of processes may run them side by side.

    None of them does anything while the clock cannot be believed, and a process in which one hangs does not
    say that it lives.
    """
    guard = Guard(deps, elapsed)
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="send")

    def heartbeat() -> int:
        try:
            guard.check()
        except Hanging:
            fall_silent(deps, dispatcher)
            raise
        beat(deps, dispatcher)
        return 0

    def guarded(name: str, every: timedelta, step: Callable[[], int]) -> Job:
        def run() -> int:
            if not guard.believes_the_clock():
                return 0
            with guard.working(name):
                return step()

        return Job(name=name, every=every, step=run)

    return (
        Job(name="heartbeat", every=timedelta(seconds=20), step=heartbeat),
        guarded("remind", timedelta(seconds=1), lambda: remind(deps)),
        guarded(
            "deliver",
            timedelta(seconds=0.5),
            lambda: deliver(deps, dispatcher, limit=2 * _AT_ONCE, at_once=_AT_ONCE, pool=pool),
        ),
        guarded("estimates", timedelta(seconds=2), lambda: estimate_windows(deps)),
        guarded("conditions", timedelta(minutes=5), lambda: settle_conditions(deps)),
        guarded("appointments", timedelta(minutes=1), lambda: watch_appointments(deps)),
        guarded("channels", timedelta(seconds=20), ChannelWatch(deps).look),
        guarded("tidy", timedelta(hours=1), lambda: tidy(deps)),
    )


def run_job(job: Job, log: Log, *, stopping: Callable[[], bool] = lambda: False) -> int | None:
    """Work until nothing is left or the process stops; return how much was done, None after a fault.

    A fault is written down and never raised: the next tick tries again.
    """
    done = 0
    try:
        while not stopping() and (count := job.step()):
            done += count
    except Exception as error:
        log.fault("job failed", error, job=job.name, count=done)
        return None
    if done:
        log.info("job done", job=job.name, count=done)
    return done


def run_once(deps: Deps, dispatcher: UUID, log: Log) -> dict[str, int | None]:
    """One pass of every job; return for each how much was done, None where it failed."""
    return {job.name: run_job(job, log) for job in make_jobs(deps, dispatcher)}
