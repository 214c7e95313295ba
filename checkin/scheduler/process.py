"""The scheduler process: a few interval ticks in UTC until somebody stops it."""

import logging
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event
from uuid import uuid4

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import BaseScheduler

from checkin.scheduler.jobs import Job, Log, make_jobs, run_job
from checkin.services.deps import Deps
from checkin.services.heartbeat import stop

_STOPS = (signal.SIGTERM, signal.SIGINT)


def run(deps: Deps, log: Log, *, pace: float = 1.0) -> None:
    """Run every job at its interval until SIGTERM or SIGINT; what is in hand then is finished first.

    ``pace`` divides the intervals, for those who test how it bears being killed.
    """
    dispatcher = uuid4()  # random for each start: a host name or process number can come back
    stopping = Event()
    scheduler = BackgroundScheduler(timezone=UTC)
    schedule(scheduler, make_jobs(deps, dispatcher), log, stopping=stopping.is_set, pace=pace)
    # Held back in every thread and waited for here: no handler ever runs in the middle of something else.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    log.info("scheduler started", dispatcher=str(dispatcher))
    scheduler.start()
    signal.sigwait(_STOPS)
    stopping.set()
    scheduler.shutdown(wait=True)
    stop(deps, dispatcher)
    log.info("scheduler stopped", dispatcher=str(dispatcher))


def schedule(
    scheduler: BaseScheduler,
    jobs: tuple[Job, ...],
    log: Log,
    *,
    stopping: Callable[[], bool],
    pace: float = 1.0,
) -> None:
    """Give each job its interval tick, the first one at once."""
    # It would report a tick that outlasts its interval as a fault; what goes wrong in one is in our own log.
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    for job in jobs:
        scheduler.add_job(
            run_job,
            "interval",
            id=job.name,
            args=(job, log),
            kwargs={"stopping": stopping},
            seconds=job.every.total_seconds() / pace,
            next_run_time=datetime.now(UTC),
            # A late tick is run once, however late: by default it would be left out after one second.
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
