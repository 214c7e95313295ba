"""What a scheduler process watches in itself: a clock that nobody can believe, and work that hangs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from checkin.services.deps import Deps
from checkin.services.heartbeat import clock_is_ahead

VITAL = frozenset({"remind", "deliver"})
"""Jobs without which nothing is sent. Another one that hangs is seen by what it leaves undone."""

_LOOK_EVERY = timedelta(minutes=1)
HANGS_AFTER_S = 60.0
"""Several times the longest call to a provider: a job that is not back by then does not work any more."""


class ClockAhead(Exception):
    """The clock is far ahead of the last heartbeat; after checking it: flask trust-clock."""


class Hanging(Exception):
    """A vital job has not come back for a minute."""


class Guard:
    """``elapsed`` are the seconds of a clock that no one can set."""

    def __init__(self, deps: Deps, elapsed: Callable[[], float]) -> None:
        self._deps = deps
        self._elapsed = elapsed
        self._believed: datetime | None = None
        self._began: dict[str, float] = {}

    def believes_the_clock(self) -> bool:
        """Whether to act on what is due now: a clock that jumped by years would end every plan at once.

        Looks into the database when the clock does not go on from where it was a minute ago.
        """
        now, before = self._deps.now(), self._believed
        if before is not None and timedelta(0) <= now - before < _LOOK_EVERY:
            return True
        ahead = clock_is_ahead(self._deps)
        self._believed = None if ahead else now
        return not ahead

    @contextmanager
    def working(self, job: str) -> Iterator[None]:
        """Note that a step of a job runs."""
        self._began[job] = self._elapsed()
        try:
            yield
        finally:
            del self._began[job]

    def check(self) -> None:
        """Raises ``ClockAhead`` or ``Hanging``: then this process must not say that it works."""
        if not self.believes_the_clock():
            raise ClockAhead
        latest = self._elapsed() - HANGS_AFTER_S
        if any(began < latest for job, began in list(self._began.items()) if job in VITAL):
            raise Hanging
