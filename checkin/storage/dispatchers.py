"""Dispatchers: the scheduler processes and when each was last heard of. They serve every clinic."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Table, delete, func, insert, select, update

from checkin.storage.engine import Transaction
from checkin.storage.schema import Instant, metadata, row_id

dispatchers = Table(
    "dispatchers",
    metadata,
    row_id(),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
)


def beat(tx: Transaction, dispatcher: UUID, now: datetime) -> None:
    """Note that a dispatcher is alive."""
    seen = tx.execute(update(dispatchers).where(dispatchers.c.id == dispatcher).values(seen_at=now))
    if seen.rowcount == 0:
        tx.execute(insert(dispatchers).values(id=dispatcher, started_at=now, seen_at=now))


def last_beat(tx: Transaction, *, until: datetime | None = None) -> datetime | None:
    """When any dispatcher was last heard of (``until`` a moment); None if there never was one."""
    found = select(func.max(dispatchers.c.seen_at))
    return tx.execute(found if until is None else found.where(dispatchers.c.seen_at <= until)).scalar_one()


def forget_dispatchers(tx: Transaction, before: datetime) -> int:
    """Delete those not heard of since a moment. Returns how many."""
    return tx.execute(delete(dispatchers).where(dispatchers.c.seen_at < before)).rowcount
