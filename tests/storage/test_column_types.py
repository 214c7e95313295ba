"""Columns that refuse what must not be stored: plain text where it is private, times without a zone."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, Uuid, insert, select
from sqlalchemy.exc import StatementError

from checkin.storage.engine import Database
from checkin.storage.keyring import Sealed
from checkin.storage.schema import Instant, SealedBytes

own = MetaData()
things = Table(
    "things_of_this_test",
    own,
    Column("id", Uuid, primary_key=True),
    Column("words", SealedBytes, nullable=True),
    Column("at", Instant, nullable=True),
)


@pytest.fixture
def tables(database: Database) -> Database:
    own.drop_all(database.engine)
    own.create_all(database.engine)
    return database


def stored(database: Database, **values: object) -> UUID:
    row = uuid4()
    with database.transaction() as tx:
        tx.execute(insert(things).values(id=row, **values))
    return row


@pytest.mark.parametrize("plain", ["slept badly", b"slept badly", bytearray(b"x"), 3, ""])
def test_an_encrypted_column_takes_sealed_values_only(tables: Database, plain: object) -> None:
    with pytest.raises(StatementError):
        stored(tables, words=plain)


def test_an_encrypted_column_gives_back_the_sealed_bytes(tables: Database) -> None:
    row = stored(tables, words=Sealed(bytes(range(256))))
    with tables.reading() as tx:
        assert tx.execute(select(things.c.words).where(things.c.id == row)).scalar_one() == Sealed(
            bytes(range(256))
        )


def test_an_encrypted_column_may_be_empty(tables: Database) -> None:
    row = stored(tables, words=None)
    with tables.reading() as tx:
        assert tx.execute(select(things.c.words).where(things.c.id == row)).scalar_one() is None


def test_a_naive_time_is_refused(tables: Database) -> None:
    with pytest.raises(StatementError):
        stored(tables, at=datetime(2026, 3, 1))  # noqa: DTZ001 - this is what is refused


def test_a_naive_time_is_refused_in_a_comparison(tables: Database) -> None:
    with tables.reading() as tx, pytest.raises(StatementError):
        tx.execute(select(things).where(things.c.at < datetime(2026, 3, 1)))  # noqa: DTZ001


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    st.datetimes(
        min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
        max_value=datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m))),
    )
)
def test_a_moment_comes_back_as_the_same_moment_in_utc(tables: Database, at: datetime) -> None:
    row = stored(tables, at=at)
    with tables.reading() as tx:
        back = tx.execute(select(things.c.at).where(things.c.id == row)).scalar_one()
        found = tx.execute(select(things.c.id).where(things.c.id == row, things.c.at == at)).scalar_one()
    assert back == at
    assert back.tzinfo is UTC
    assert found == row


def test_moments_are_ordered_as_they_happened(tables: Database) -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=timezone(timedelta(hours=2)))
    second = datetime(2026, 10, 25, 2, 10, tzinfo=timezone(timedelta(hours=1)))
    rows = [stored(tables, at=second), stored(tables, at=first)]
    with tables.reading() as tx:
        ordered = tx.execute(select(things.c.id).order_by(things.c.at)).scalars().all()
    assert ordered == rows[::-1]
