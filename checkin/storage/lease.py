"""The time that leases are measured in."""

from dataclasses import dataclass

from sqlalchemy import func, select

from checkin.storage.engine import Transaction


@dataclass(frozen=True, kw_only=True)
class LeaseTime:
    """A moment that no clock change moves: seconds in one database or since one start of the machine.

    A lease of another epoch is over: the machine was restarted since.
    """

    epoch: str
    seconds: float


def database_time(tx: Transaction) -> LeaseTime:
    """The database server's own clock, the same for every machine (PostgreSQL)."""
    seconds = tx.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one()
    return LeaseTime(epoch="database", seconds=float(seconds))
