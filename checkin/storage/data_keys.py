"""Data keys: one a person, wrapped by a master key; destroying the row erases what it sealed."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, LargeBinary, String, Table, UniqueConstraint, insert, select

from checkin.domain.errors import NotFound
from checkin.domain.ids import ClinicId, PersonId
from checkin.storage.engine import Transaction
from checkin.storage.keyring import DataKey, WrappedKey
from checkin.storage.schema import Instant, clinic_id, metadata, person_id, row_id

data_keys = Table(
    "data_keys",
    metadata,
    row_id(),
    clinic_id(),
    person_id("person_id"),
    Column("master", String(40), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("person_id"),
)
KEY_COLUMNS = (data_keys.c.id.label("key_id"), data_keys.c.master, data_keys.c.wrapped)


def store_key(tx: Transaction, key: WrappedKey, person: PersonId, clinic: ClinicId, now: datetime) -> None:
    """Store the data key of a new person."""
    tx.execute(
        insert(data_keys).values(
            id=key.id,
            clinic_id=clinic,
            person_id=person,
            master=key.master,
            wrapped=key.wrapped,
            created_at=now,
        )
    )


def get_key(tx: Transaction, person: PersonId) -> DataKey:
    """Return a person's data key. Raises ``NotFound``."""
    row = tx.execute(select(*KEY_COLUMNS).where(data_keys.c.person_id == person)).one_or_none()
    if row is None:
        raise NotFound
    return key_from(tx, row.key_id, row.master, row.wrapped)


def get_keys(tx: Transaction, people: Iterable[PersonId]) -> dict[PersonId, DataKey]:
    """Return the data keys of several people in one statement."""
    wanted = select(data_keys.c.person_id, *KEY_COLUMNS).where(data_keys.c.person_id.in_(list(people)))
    return {
        PersonId(row.person_id): key_from(tx, row.key_id, row.master, row.wrapped)
        for row in tx.execute(wanted)
    }


def key_from(tx: Transaction, key_id: UUID, master: str, wrapped: bytes) -> DataKey:
    """Open a data key from the columns of a joined row."""
    return tx.keys.open(WrappedKey(key_id, master, bytes(wrapped)))
