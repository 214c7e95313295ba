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
    # When it was told to stop and did: it is not missed.
    Column("stopped_at", Instant, nullable=True),
)


def beat(tx: Transaction, dispatcher: UUID, now: datetime) -> None:
    """Note that a dispatcher is alive."""
    seen = tx.execute(update(dispatchers).where(dispatchers.c.id == dispatcher).values(seen_at=now))
    if seen.rowcount == 0:
        tx.execute(insert(dispatchers).values(id=dispatcher, started_at=now, seen_at=now))


def stop(tx: Transaction, dispatcher: UUID, now: datetime) -> None:
    """Note that a dispatcher has stopped as it was told to."""
    tx.execute(update(dispatchers).where(dispatchers.c.id == dispatcher).values(stopped_at=now))


def fall_silent(tx: Transaction, dispatcher: UUID, before: datetime) -> None:
    """Let a dispatcher be last heard of before a moment."""
    later = (dispatchers.c.id == dispatcher, dispatchers.c.seen_at > before)
    tx.execute(update(dispatchers).where(*later).values(seen_at=before))


def silent(tx: Transaction, *, since: datetime, until: datetime) -> tuple[datetime, ...]:
    """When those were last heard of, between these moments, who did not stop as they were told to."""
    found = select(dispatchers.c.seen_at).where(
        dispatchers.c.stopped_at.is_(None), dispatchers.c.seen_at > since, dispatchers.c.seen_at <= until
    )
    return tuple(tx.execute(found.order_by(dispatchers.c.seen_at)).scalars())


def last_beat(tx: Transaction, *, until: datetime | None = None) -> datetime | None:
    """When any dispatcher was last heard of (``until`` a moment); None if there never was one."""
    found = select(func.max(dispatchers.c.seen_at))
    return tx.execute(found if until is None else found.where(dispatchers.c.seen_at <= until)).scalar_one()


def forget_dispatchers(tx: Transaction, before: datetime) -> int:
    """Delete those not heard of since a moment. Returns how many."""
    return tx.execute(delete(dispatchers).where(dispatchers.c.seen_at < before)).rowcount
