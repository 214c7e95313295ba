"""A clock that runs faster than others: minutes of backing off pass while a test waits for a second."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, kw_only=True)
class FastClock:
    """The same moment in every process of this machine: ``times`` as fast since ``started`` (monotonic)."""

    started: float
    begin: float
    times: float

    @classmethod
    def start(cls, *, times: float) -> "FastClock":
        return cls(started=time.monotonic(), begin=datetime.now(UTC).timestamp(), times=times)

    def now(self) -> datetime:
        passed = (time.monotonic() - self.started) * self.times
        return datetime.fromtimestamp(self.begin, UTC) + timedelta(seconds=passed)
