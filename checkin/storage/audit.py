"""The audit trail: append-only, chained per clinic by SHA-256, private values sealed.

The chain is over the sealed bytes, so destroying a person's key erases the private values and the chain
still holds.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    bindparam,
    insert,
    select,
    update,
)

from checkin.domain.ids import ClinicId, PersonId, new_id
from checkin.storage.data_keys import get_key
from checkin.storage.engine import Transaction
from checkin.storage.keyring import DataKey, Sealed
from checkin.storage.schema import Instant, SealedBytes, clinic_id, metadata, row_id

audit_events = Table(
    "audit_events",
    metadata,
    row_id(),
    clinic_id(),
    Column("sequence", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor_id", Uuid, nullable=True),
    Column("action", String(60), nullable=False),
    Column("subject_id", Uuid, nullable=True),
    Column("object_id", Uuid, nullable=True),
    Column("private", SealedBytes, nullable=True),
    Column("previous", LargeBinary(32), nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    UniqueConstraint("clinic_id", "sequence"),
    Index("ix_audit_events_subject", "subject_id", "sequence"),
)

audit_heads = Table(
    "audit_heads",
    metadata,
    row_id(),
    clinic_id(),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    UniqueConstraint("clinic_id"),
)

_START = bytes(32)

# Every act is written down, so these are built once: putting them together takes longer than running them.
_HEAD = (
    select(audit_heads.c.sequence, audit_heads.c.hash)
    .where(audit_heads.c.clinic_id == bindparam("clinic"))
    .with_for_update()
)
_APPEND = insert(audit_events)
_MOVE_HEAD = (
    update(audit_heads)
    .where(audit_heads.c.clinic_id == bindparam("clinic"))
    .values(sequence=bindparam("to_sequence"), hash=bindparam("to_hash"))
)


class ChainBroken(Exception):
    """An audit row was changed, removed or put in between."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Who (None: the system, or the holder of a check-in link) did or saw what, about whom.

    ``private`` values are sealed with the key of the subject, else of the actor.
    """

    action: str
    actor: PersonId | None = None
    subject: PersonId | None = None
    object_id: UUID | None = None
    private: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An event as it was written. ``private`` is still sealed."""

    id: UUID
    sequence: int
    at: datetime
    actor: PersonId | None
    action: str
    subject: PersonId | None
    object_id: UUID | None
    private: Sealed | None


def add_chain(tx: Transaction, clinic: ClinicId, now: datetime) -> None:
    """Begin a new clinic's chain."""
    tx.execute(insert(audit_heads).values(id=new_id(now), clinic_id=clinic, sequence=0, hash=_START))


def record(
    tx: Transaction, clinic: ClinicId, event: Event, now: datetime, *, key: DataKey | None = None
) -> None:
    """Append one event to the clinic's chain. ``key`` saves looking up the subject's key."""
    record_all(tx, clinic, [event], now, key=key)


def record_all(
    tx: Transaction, clinic: ClinicId, events: Sequence[Event], now: datetime, *, key: DataKey | None = None
) -> None:
    """Append events to the clinic's chain, in as many statements for fifty as for one."""
    if not events:
        return
    head = tx.execute(_HEAD, {"clinic": clinic}).one()
    sequence, digest = head.sequence, bytes(head.hash)
    rows = []
    for event in events:
        event_id, previous, sequence = new_id(now), digest, sequence + 1
        sealed = _seal(tx, event, event_id, key)
        digest = _digest(previous, clinic, sequence, now, event, sealed)
        rows.append(
            {
                "id": event_id,
                "clinic_id": clinic,
                "sequence": sequence,
                "at": now,
                "actor_id": event.actor,
                "action": event.action,
                "subject_id": event.subject,
                "object_id": event.object_id,
                "private": sealed,
                "previous": previous,
                "hash": digest,
            }
        )
    tx.execute(_APPEND, rows)
    tx.execute(_MOVE_HEAD, {"clinic": clinic, "to_sequence": sequence, "to_hash": digest})


def verify_chain(tx: Transaction, clinic: ClinicId) -> int:
    """Check every link of a clinic's chain and return how many there are. Raises ``ChainBroken``."""
    previous, expected = _START, 0
    rows = tx.execute(
        select(audit_events).where(audit_events.c.clinic_id == clinic).order_by(audit_events.c.sequence)
    )
    for row in rows:
        expected += 1
        event = Event(action=row.action, actor=row.actor_id, subject=row.subject_id, object_id=row.object_id)
        digest = _digest(previous, clinic, row.sequence, row.at, event, row.private)
        if row.sequence != expected or bytes(row.previous) != previous or bytes(row.hash) != digest:
            raise ChainBroken(f"audit event {expected} of clinic {clinic} does not fit its chain")
        previous = digest
    head = tx.execute(select(audit_heads).where(audit_heads.c.clinic_id == clinic)).one()
    if head.sequence != expected or bytes(head.hash) != previous:
        raise ChainBroken(f"the chain of clinic {clinic} ends at {expected}, its head says {head.sequence}")
    return expected


def events_about(
    tx: Transaction, subject: PersonId, *, actions: tuple[str, ...], limit: int
) -> tuple[Entry, ...]:
    """Return the newest events of these kinds about a person."""
    return tuple(
        _entries(tx, audit_events.c.subject_id == subject, audit_events.c.action.in_(actions), limit=limit)
    )


def events_of(
    tx: Transaction, clinic: ClinicId, *, limit: int, before: int | None = None
) -> tuple[Entry, ...]:
    """Return a clinic's newest events, or those before a sequence number."""
    conditions = [audit_events.c.clinic_id == clinic]
    if before is not None:
        conditions.append(audit_events.c.sequence < before)
    return tuple(_entries(tx, *conditions, limit=limit))


def _entries(tx: Transaction, *where: Any, limit: int) -> Iterator[Entry]:
    newest = select(audit_events).where(*where).order_by(audit_events.c.sequence.desc()).limit(limit)
    for row in tx.execute(newest):
        yield Entry(
            id=row.id,
            sequence=row.sequence,
            at=row.at,
            actor=row.actor_id,
            action=row.action,
            subject=row.subject_id,
            object_id=row.object_id,
            private=row.private,
        )


def _seal(tx: Transaction, event: Event, event_id: UUID, key: DataKey | None) -> Sealed | None:
    owner = event.subject or event.actor
    if not event.private or owner is None:
        return None
    content = json.dumps(event.private, sort_keys=True, default=str)
    return (key or get_key(tx, owner)).seal(content, table="audit_events", row=event_id, column="private")


def _digest(
    previous: bytes, clinic: ClinicId, sequence: int, at: datetime, event: Event, sealed: Sealed | None
) -> bytes:
    public = [
        str(clinic),
        sequence,
        at.astimezone(UTC).isoformat(),
        event.action,
        *(None if value is None else str(value) for value in (event.actor, event.subject, event.object_id)),
    ]
    body = json.dumps(public).encode() + (b"" if sealed is None else sealed.blob)
    return hashlib.sha256(previous + body).digest()
