"""Grants: append-only consents; a withdrawal is a later row that points back."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, String, Table, UniqueConstraint, Uuid, insert, select

from checkin.domain.consent import Grant, Scope
from checkin.domain.ids import ClinicId, GrantId, PersonId, new_id
from checkin.storage.engine import Transaction
from checkin.storage.schema import Instant, clinic_id, metadata, person_id, row_id

grants = Table(
    "grants",
    metadata,
    row_id(),
    clinic_id(),
    Column("patient_id", Uuid, ForeignKey("patients.person_id"), nullable=False, index=True),
    Column("recipient_id", Uuid, nullable=False),
    Column("scope", String(30), nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=True),
    Column("text_version", String(40), nullable=False),
    Column("text_hash", String(64), nullable=False),
    Index("ix_grants_recipient", "recipient_id", "scope"),
)

grant_withdrawals = Table(
    "grant_withdrawals",
    metadata,
    row_id(),
    clinic_id(),
    Column("grant_id", Uuid, ForeignKey("grants.id"), nullable=False),
    Column("at", Instant, nullable=False),
    person_id("by"),
    UniqueConstraint("grant_id"),
)


def add_grant(tx: Transaction, grant: Grant) -> None:
    tx.execute(
        insert(grants).values(
            id=grant.id,
            clinic_id=grant.clinic_id,
            patient_id=grant.patient_id,
            recipient_id=grant.recipient,
            scope=grant.scope.value,
            since=grant.since,
            until=grant.until,
            text_version=grant.text_version,
            text_hash=grant.text_hash,
        )
    )


def withdraw_grants(tx: Transaction, withdrawn: Iterable[Grant], *, by: PersonId, now: datetime) -> None:
    """End grants from now on, by one later row each."""
    rows = [
        {"id": new_id(now), "clinic_id": grant.clinic_id, "grant_id": grant.id, "at": now, "by": by}
        for grant in withdrawn
    ]
    if rows:
        tx.execute(insert(grant_withdrawals), rows)


def grants_of(tx: Transaction, patient: PersonId) -> tuple[Grant, ...]:
    """Return every grant a patient ever gave, oldest first."""
    return _grants(tx, grants.c.patient_id == patient)


def grants_to(tx: Transaction, recipients: Iterable[PersonId | ClinicId]) -> tuple[Grant, ...]:
    """Return every grant these recipients ever had, oldest first."""
    return _grants(tx, grants.c.recipient_id.in_(list(recipients)))


def _grants(tx: Transaction, *where: Any) -> tuple[Grant, ...]:
    rows = tx.execute(
        select(grants, grant_withdrawals.c.at.label("withdrawn_at"))
        .outerjoin(grant_withdrawals, grant_withdrawals.c.grant_id == grants.c.id)
        .where(*where)
        .order_by(grants.c.since, grants.c.id)
    )
    return tuple(
        Grant(
            id=GrantId(row.id),
            clinic_id=ClinicId(row.clinic_id),
            patient_id=PersonId(row.patient_id),
            recipient=row.recipient_id,
            scope=Scope(row.scope),
            since=row.since,
            until=row.until,
            withdrawn_at=row.withdrawn_at,
            text_version=row.text_version,
            text_hash=row.text_hash,
        )
        for row in rows
    )
