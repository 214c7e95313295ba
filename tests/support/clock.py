"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta

from checkin.storage.engine import Transaction
from checkin.storage.lease import LeaseTime

NOON = datetime(2026, 3, 10, 16, 0, tzinfo=UTC)  # a Tuesday, 12:00 in New York


class Clock:
    """``now`` is the wall clock, which may jump; ``elapsed`` is the time that leases are measured in."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at
        self.elapsed = 0.0
        self.epoch = "one start of the machine"

    def now(self) -> datetime:
        return self.at

    def lease_now(self, _tx: Transaction) -> LeaseTime:
        return LeaseTime(epoch=self.epoch, seconds=self.elapsed)

    def advance(self, **duration: float) -> datetime:
        """Let time pass (arguments as for ``timedelta``); return the new moment."""
        passed = timedelta(**duration)
        self.at += passed
        self.elapsed += passed.total_seconds()
        return self.at

    def set(self, at: datetime) -> None:
        """Jump to a later moment."""
        self.advance(seconds=(at - self.at).total_seconds())
