"""Phone numbers: one a person, sealed with their key, found by a keyed hash when somebody texts STOP."""

from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest

from sqlalchemy import (
    Column,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    UniqueConstraint,
    delete,
    insert,
    select,
    update,
)

from checkin.domain.ids import ClinicId, PersonId, new_id
from checkin.storage.data_keys import KEY_COLUMNS, data_keys, get_key, key_from
from checkin.storage.engine import Transaction
from checkin.storage.schema import Instant, SealedBytes, clinic_id, metadata, person_id, row_id

phone_numbers = Table(
    "phone_numbers",
    metadata,
    row_id(),
    clinic_id(),
    person_id("person_id"),
    Column("number", SealedBytes, nullable=False),
    Column("number_hash", LargeBinary(32), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("stopped_at", Instant, nullable=True),
    Column("gone_at", Instant, nullable=True),
    # When its owner typed in the code that was texted to it; until then nothing else goes there.
    Column("confirmed_at", Instant, nullable=True),
    Column("code_hash", LargeBinary(32), nullable=True),
    Column("code_ends_at", Instant, nullable=True),
    Column("code_tries", SmallInteger, nullable=True),
    UniqueConstraint("person_id"),
    # Not unique: two people may share a phone, and a STOP from it counts for both.
    Index("ix_phone_numbers_number_hash", "number_hash"),
)


# Outlives the number's row: only the phone itself takes a STOP back, whoever gives its number again.
stopped_numbers = Table(
    "stopped_numbers",
    metadata,
    row_id(),
    Column("number_hash", LargeBinary(32), nullable=False, unique=True),
    Column("stopped_at", Instant, nullable=False),
)


@dataclass(frozen=True, kw_only=True)
class PhoneNumber:
    """``stopped_at``: when STOP came from it. ``gone_at``: when the provider called it dead.

    ``confirmed_at``: when its owner showed that texts to it arrive with them.
    """

    number: str
    created_at: datetime
    stopped_at: datetime | None = None
    gone_at: datetime | None = None
    confirmed_at: datetime | None = None

    @property
    def usable(self) -> bool:
        """Whether a text about a check-in may go there."""
        return self.confirmed_at is not None and self.stopped_at is None and self.gone_at is None


def set_number(tx: Transaction, person: PersonId, clinic: ClinicId, number: str, now: datetime) -> None:
    """Give a person this number in place of any other.

    A STOP that came from it before holds on: only the phone itself can take it back.
    """
    hashed = _number_hash(tx, number)
    stopped = tx.execute(
        select(stopped_numbers.c.stopped_at).where(stopped_numbers.c.number_hash == hashed)
    ).scalar_one_or_none()
    drop_number(tx, person)
    row = new_id(now)
    tx.execute(
        insert(phone_numbers).values(
            id=row,
            clinic_id=clinic,
            person_id=person,
            number=get_key(tx, person).seal(number, table="phone_numbers", row=row, column="number"),
            number_hash=hashed,
            created_at=now,
            stopped_at=stopped,
        )
    )


def find_number(tx: Transaction, person: PersonId) -> PhoneNumber | None:
    """Return a person's number, if they gave one."""
    row = tx.execute(
        select(phone_numbers, *KEY_COLUMNS)
        .join(data_keys, data_keys.c.person_id == phone_numbers.c.person_id)
        .where(phone_numbers.c.person_id == person)
    ).one_or_none()
    if row is None:
        return None
    key = key_from(tx, row.key_id, row.master, row.wrapped)
    return PhoneNumber(
        number=key.open(row.number, table="phone_numbers", row=row.id, column="number"),
        created_at=row.created_at,
        stopped_at=row.stopped_at,
        gone_at=row.gone_at,
        confirmed_at=row.confirmed_at,
    )


def set_code(tx: Transaction, person: PersonId, code: str, ends_at: datetime) -> None:
    """Expect this code from the number's owner until then; an earlier one is worth nothing any more."""
    values = {"code_hash": _code_hash(tx, person, code), "code_ends_at": ends_at, "code_tries": 0}
    tx.execute(update(phone_numbers).where(phone_numbers.c.person_id == person).values(values))


def try_code(tx: Transaction, person: PersonId, code: str, now: datetime, *, most: int) -> bool:
    """Whether this is the expected code; each try counts, and after ``most`` of them none is right."""
    counted = (
        update(phone_numbers)
        .where(
            phone_numbers.c.person_id == person,
            phone_numbers.c.code_ends_at > now,
            phone_numbers.c.code_tries < most,
        )
        .values(code_tries=phone_numbers.c.code_tries + 1)
        .returning(phone_numbers.c.code_hash)
    )
    expected = tx.execute(counted).scalar_one_or_none()
    return expected is not None and compare_digest(expected, _code_hash(tx, person, code))


def confirm_number(tx: Transaction, person: PersonId, now: datetime) -> None:
    """Note that texts to the number arrive with its owner."""
    values = {"confirmed_at": now, "code_hash": None, "code_ends_at": None, "code_tries": None}
    tx.execute(update(phone_numbers).where(phone_numbers.c.person_id == person).values(values))


def drop_number(tx: Transaction, person: PersonId) -> bool:
    """Forget a person's number; False if there is none."""
    return tx.execute(delete(phone_numbers).where(phone_numbers.c.person_id == person)).rowcount == 1


def owners_of(tx: Transaction, number: str) -> tuple[tuple[PersonId, ClinicId], ...]:
    """Return everybody who gave this number, with their clinics."""
    wanted = select(phone_numbers.c.person_id, phone_numbers.c.clinic_id).where(
        phone_numbers.c.number_hash == _number_hash(tx, number)
    )
    rows = tx.execute(wanted.order_by(phone_numbers.c.id))
    return tuple((PersonId(row.person_id), ClinicId(row.clinic_id)) for row in rows)


def stop_texts(tx: Transaction, number: str, now: datetime) -> bool:
    """Note that this phone does not want texts, whoever gives its number; False if that is known."""
    hashed = _number_hash(tx, number)
    known = select(stopped_numbers.c.id).where(stopped_numbers.c.number_hash == hashed)
    if tx.execute(known).one_or_none() is not None:
        return False
    tx.execute(insert(stopped_numbers).values(id=new_id(now), number_hash=hashed, stopped_at=now))
    tx.execute(update(phone_numbers).where(phone_numbers.c.number_hash == hashed).values(stopped_at=now))
    return True


def restart_texts(tx: Transaction, number: str) -> None:
    """Note that this phone wants texts again; it lives, whatever the provider said before."""
    hashed = _number_hash(tx, number)
    tx.execute(delete(stopped_numbers).where(stopped_numbers.c.number_hash == hashed))
    lives = {"stopped_at": None, "gone_at": None}
    tx.execute(update(phone_numbers).where(phone_numbers.c.number_hash == hashed).values(lives))


def mark_number_gone(tx: Transaction, person: PersonId, number: str, now: datetime) -> bool:
    """Note that nothing arrives there; False if that is known or the person has another number now."""
    ended = (
        update(phone_numbers)
        .where(
            phone_numbers.c.person_id == person,
            phone_numbers.c.number_hash == _number_hash(tx, number),
            phone_numbers.c.gone_at.is_(None),
        )
        .values(gone_at=now)
    )
    return tx.execute(ended).rowcount == 1


def _number_hash(tx: Transaction, number: str) -> bytes:
    return tx.keys.hash("phone_number", number)


def _code_hash(tx: Transaction, person: PersonId, code: str) -> bytes:
    return tx.keys.hash("number_code", f"{person}:{code}")
