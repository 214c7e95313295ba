"""Single-purpose tokens in links: only the hash is kept, and the purpose is part of the record."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    delete,
    func,
    insert,
    select,
    update,
)

from checkin.domain.ids import ClinicId, MessageId, PersonId, new_id
from checkin.domain.token import Purpose, Token
from checkin.storage.engine import Transaction
from checkin.storage.keyring import token_hash
from checkin.storage.schema import Instant, clinic_id, metadata, person_id, row_id

tokens = Table(
    "tokens",
    metadata,
    row_id(),
    clinic_id(),
    person_id("person_id", index=True),
    Column("purpose", String(20), nullable=False),
    Column("object_id", Uuid, nullable=True),
    Column("token_hash", LargeBinary(32), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant, nullable=True),
    # The message whose link it is, to know which one was opened.
    Column("message_id", Uuid, ForeignKey("messages.id"), nullable=True),
    UniqueConstraint("token_hash"),
    CheckConstraint(f"purpose IN ({', '.join(repr(p.value) for p in Purpose)})", name="purpose"),
)


@dataclass(frozen=True, kw_only=True)
class NewToken:
    """A token to be stored. ``message``: the one that carries its link, where there is one."""

    secret: str = field(repr=False)
    clinic: ClinicId
    person: PersonId
    purpose: Purpose
    object_id: UUID | None
    expires_at: datetime
    message: MessageId | None = None


# Every message has links, so it is built once: putting a statement together takes longer than running it.
_ADD = insert(tokens)


def add_token(
    tx: Transaction,
    secret: str,
    *,
    clinic: ClinicId,
    person: PersonId,
    purpose: Purpose,
    object_id: UUID | None,
    now: datetime,
    expires_at: datetime,
    message: MessageId | None = None,
) -> None:
    """Store a new token's hash; the secret itself goes into the link and nowhere else."""
    token = NewToken(
        secret=secret,
        clinic=clinic,
        person=person,
        purpose=purpose,
        object_id=object_id,
        expires_at=expires_at,
        message=message,
    )
    add_tokens(tx, [token], now)


def add_tokens(tx: Transaction, new: Iterable[NewToken], now: datetime) -> None:
    """Store several new tokens' hashes in one statement."""
    rows = [
        {
            "id": new_id(now),
            "clinic_id": token.clinic,
            "person_id": token.person,
            "purpose": token.purpose.value,
            "object_id": token.object_id,
            "token_hash": token_hash(token.secret),
            "created_at": now,
            "expires_at": token.expires_at,
            "message_id": token.message,
        }
        for token in new
    ]
    if rows:
        tx.execute(_ADD, rows)


def find_token(tx: Transaction, secret: str, purpose: Purpose) -> Token | None:
    """Return the token with this secret and purpose; another purpose is the same as none."""
    row = tx.execute(
        select(tokens).where(tokens.c.token_hash == token_hash(secret), tokens.c.purpose == purpose.value)
    ).one_or_none()
    if row is None:
        return None
    return Token(
        id=row.id,
        clinic_id=ClinicId(row.clinic_id),
        person_id=PersonId(row.person_id),
        purpose=Purpose(row.purpose),
        object_id=row.object_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )


def live_token(tx: Transaction, person: PersonId, purpose: Purpose, now: datetime) -> datetime | None:
    """Return when a person's newest token of one purpose that still works was made, None if there is none."""
    return tx.execute(
        select(func.max(tokens.c.created_at)).where(
            tokens.c.person_id == person,
            tokens.c.purpose == purpose.value,
            tokens.c.used_at.is_(None),
            tokens.c.expires_at > now,
        )
    ).scalar_one()


def message_of_link(tx: Transaction, secret: str, purpose: Purpose) -> MessageId | None:
    """Return the message that carried the link; None for an unknown one, or one that came by no message."""
    wanted = select(tokens.c.message_id).where(
        tokens.c.token_hash == token_hash(secret), tokens.c.purpose == purpose.value
    )
    found = tx.execute(wanted).scalar_one_or_none()
    return None if found is None else MessageId(found)


def use_token(tx: Transaction, token: UUID, now: datetime) -> bool:
    """Mark a token as used; False when somebody else was faster."""
    claimed = update(tokens).where(tokens.c.id == token, tokens.c.used_at.is_(None)).values(used_at=now)
    return tx.execute(claimed).rowcount == 1


def forget_tokens(tx: Transaction, before: datetime) -> int:
    """Delete tokens for passwords that were used up or expired before a moment. Returns how many.

    Others stay: a used link to a check-in still opens what was saved.
    """
    over = (tokens.c.used_at < before) | (tokens.c.expires_at < before)
    passwords = tokens.c.purpose.in_([Purpose.INVITE.value, Purpose.RESET.value])
    return tx.execute(delete(tokens).where(passwords, over)).rowcount


def end_tokens(tx: Transaction, person: PersonId, purpose: Purpose, now: datetime) -> None:
    """Make a person's unused tokens of one purpose worthless."""
    tx.execute(
        update(tokens)
        .where(tokens.c.person_id == person, tokens.c.purpose == purpose.value, tokens.c.used_at.is_(None))
        .values(used_at=now)
    )
