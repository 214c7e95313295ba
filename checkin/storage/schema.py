"""What all tables share: the metadata, the column types and the columns that every row has."""

from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Dialect,
    ForeignKey,
    LargeBinary,
    MetaData,
    String,
    TypeDecorator,
    Uuid,
    literal,
    literal_column,
)

from checkin.storage.keyring import Sealed

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """A point in time: aware in Python, UTC in the table; a naive value is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime must not reach the database")
        at = value.astimezone(UTC)
        return at.replace(tzinfo=None) if dialect.name == "sqlite" else at

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class SealedBytes(TypeDecorator[Sealed]):
    """An encrypted column: it takes and gives ``Sealed`` only, so plain text cannot slip in."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Sealed | None, dialect: Dialect) -> bytes | None:
        if value is not None and not isinstance(value, Sealed):
            raise TypeError("an encrypted column takes sealed values only")
        return None if value is None else value.blob

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Sealed | None:
        return None if value is None else Sealed(bytes(value))


def row_id() -> Column[UUID]:
    """The primary key: a time-ordered UUID made by the caller."""
    return Column("id", Uuid, primary_key=True)


def clinic_id() -> Column[UUID]:
    """The tenant every row belongs to."""
    return Column("clinic_id", Uuid, ForeignKey("clinics.id"), nullable=False)


def person_id(name: str, *, nullable: bool = False, index: bool = False) -> Column[UUID]:
    """A reference to somebody."""
    return Column(name, Uuid, ForeignKey("people.id"), nullable=nullable, index=index)


def fixed(*values: str) -> list[ColumnElement[str]]:
    """Values for ``in_`` that are always the same: the statement need not be written anew for each run."""
    return [literal(value) for value in values]


def constant(value: StrEnum) -> ColumnElement[str]:
    """A value that stands in the statement itself, to compare a column that partial indexes are made of.

    SQLite plans a statement anew at every run in which such a column is compared with a bound value, because
    the value decides whether the index may be used. Planning a join takes longer than running it.
    """
    return literal_column(f"'{value.value}'", String)
