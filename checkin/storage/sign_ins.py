"""Sign-ins: who is signed in where; the table holds only the hash of what the browser carries."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Index,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
    update,
)

from checkin.domain.ids import ClinicId, PersonId, new_id
from checkin.domain.person import Person
from checkin.domain.sign_in import SignIn
from checkin.storage.data_keys import data_keys
from checkin.storage.engine import Transaction
from checkin.storage.keyring import token_hash
from checkin.storage.people import PERSON_COLUMNS, people, person_from
from checkin.storage.schema import Instant, clinic_id, metadata, person_id, row_id

sign_ins = Table(
    "sign_ins",
    metadata,
    row_id(),
    clinic_id(),
    person_id("person_id", index=True),
    Column("token_hash", LargeBinary(32), nullable=False),
    Column("device", String(80), nullable=False),
    Column("factors", String(40), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("revoked_at", Instant, nullable=True),
    UniqueConstraint("token_hash"),
)

# Failures are counted before anybody is known, so these rows belong to no clinic.
sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    row_id(),
    Column("subject", LargeBinary(32), nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_sign_in_failures_subject", "subject", "at"),
)


def add_sign_in(tx: Transaction, sign_in: SignIn, clinic: ClinicId, token: str) -> None:
    tx.execute(
        insert(sign_ins).values(
            id=sign_in.id,
            clinic_id=clinic,
            person_id=sign_in.person_id,
            token_hash=token_hash(token),
            device=sign_in.device,
            factors=sign_in.factors,
            created_at=sign_in.created_at,
            last_seen_at=sign_in.last_seen_at,
            ends_at=sign_in.ends_at,
        )
    )


def find_by_token(tx: Transaction, token: str) -> tuple[SignIn, Person] | None:
    """Return the sign-in that this token opens, unless it was ended or the person is disabled."""
    row = tx.execute(
        select(*PERSON_COLUMNS, *(column.label(f"s_{column.name}") for column in sign_ins.c))
        .join(data_keys, data_keys.c.person_id == people.c.id)
        .join(sign_ins, sign_ins.c.person_id == people.c.id)
        .where(
            sign_ins.c.token_hash == token_hash(token),
            sign_ins.c.revoked_at.is_(None),
            people.c.disabled_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    values = {name: getattr(row, f"s_{name}") for name in SignIn.__dataclass_fields__}
    return SignIn(**values), person_from(tx, row)


def sign_ins_of(tx: Transaction, person: PersonId, now: datetime) -> tuple[SignIn, ...]:
    """Return a person's sign-ins that have not ended, newest first."""
    rows = tx.execute(
        select(sign_ins)
        .where(sign_ins.c.person_id == person, sign_ins.c.revoked_at.is_(None), sign_ins.c.ends_at > now)
        .order_by(sign_ins.c.last_seen_at.desc())
    )
    return tuple(SignIn(**{name: getattr(row, name) for name in SignIn.__dataclass_fields__}) for row in rows)


def touch(tx: Transaction, sign_in: UUID, now: datetime) -> None:
    """Note when the sign-in was last used."""
    tx.execute(update(sign_ins).where(sign_ins.c.id == sign_in).values(last_seen_at=now))


def revoke(
    tx: Transaction, person: PersonId, now: datetime, *, only: UUID | None = None, but: UUID | None = None
) -> int:
    """End a person's sign-ins: all, just ``only``, or all ``but`` one. Returns how many ended."""
    conditions: list[Any] = [sign_ins.c.person_id == person, sign_ins.c.revoked_at.is_(None)]
    if only is not None:
        conditions.append(sign_ins.c.id == only)
    if but is not None:
        conditions.append(sign_ins.c.id != but)
    return tx.execute(update(sign_ins).where(*conditions).values(revoked_at=now)).rowcount


def forget_sign_ins(tx: Transaction, before: datetime) -> int:
    """Delete sign-ins that ended before a moment; the audit keeps that they were. Returns how many."""
    ended = (sign_ins.c.ends_at < before) | (sign_ins.c.revoked_at < before)
    return tx.execute(delete(sign_ins).where(ended)).rowcount


def add_failure(tx: Transaction, subject: bytes, now: datetime) -> None:
    """Count one failed attempt against a hashed e-mail or network address."""
    tx.execute(insert(sign_in_failures).values(id=new_id(now), subject=subject, at=now))


def count_failures(tx: Transaction, subject: bytes, since: datetime) -> int:
    return tx.execute(
        select(func.count())
        .select_from(sign_in_failures)
        .where(sign_in_failures.c.subject == subject, sign_in_failures.c.at > since)
    ).scalar_one()


def forget_failures(tx: Transaction, before: datetime) -> int:
    """Delete counts that no longer matter. Returns how many."""
    return tx.execute(delete(sign_in_failures).where(sign_in_failures.c.at < before)).rowcount
