"""Estimates as they are stored: sealed, only as new as what they rest on, and due in the right order."""

import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update
from support.care import an_infusion
from support.clock import NOON
from support.databases import dump
from support.estimate import an_estimate, placed
from support.people import World

from checkin.domain.ids import PersonId
from checkin.domain.window.placed import PlacedEstimate
from checkin.domain.window.values import Level, State
from checkin.services.deps import Deps
from checkin.storage import estimates
from checkin.storage.engine import Database, Transaction
from checkin.storage.estimates import Due
from checkin.storage.estimates import estimates as table
from checkin.storage.keyring import Unreadable


@pytest.fixture
def window(deps: Deps, world: World) -> PlacedEstimate:
    """An estimate of the patient, who has an infusion and a row that waits for it."""
    infusion = an_infusion(deps, world.staff, world.patient, hours_ago=48)
    return placed(
        an_estimate(),
        begins=infusion.at,
        patient_id=world.patient.id,
        infusion_id=infusion.id,
        digest="d" * 64,
    )


def due(tx: Transaction, *, after: timedelta = timedelta(0), limit: int = 9) -> tuple[Due, ...]:
    return estimates.due_estimates(tx, NOON + after, limit)


def stored(database: Database, window: PlacedEstimate) -> None:
    with database.transaction() as tx:
        (waiting,) = due(tx)
        assert estimates.store(tx, waiting, window, next_at=NOON + timedelta(hours=1))


def test_what_comes_back_is_what_was_stored(database: Database, window: PlacedEstimate) -> None:
    found = replace(
        window,
        estimate=an_estimate(
            p_open=0.12345678, levels=(Level(hours=6.0, p10=1.234567, p50=2.0, p90=3.0),), opens=None
        ),
    )
    stored(database, found)
    with database.reading() as tx:
        back = estimates.find_estimate(tx, window.patient_id, fan=True)
        without = estimates.find_estimate(tx, window.patient_id)
    assert back is not None
    assert without is not None
    assert back.estimate == replace(
        found.estimate, p_open=0.1235, levels=(Level(hours=6.0, p10=1.23, p50=2.0, p90=3.0),)
    )
    assert replace(back, estimate=found.estimate) == found
    assert without.estimate == replace(back.estimate, levels=())


def test_nothing_of_it_stands_in_clear(database: Database, window: PlacedEstimate) -> None:
    stored(database, window)
    rows = dump(database)
    assert not re.search(r"fading|not_open|too_early|meaningful|\"chances\"|d{64}", str(rows))
    with database.reading() as tx:
        row = tx.execute(select(table.c.content, table.c.fan)).one()
    assert b"open" not in row.content.blob
    assert len(row.content.blob) + len(row.fan.blob) < 4096


def test_it_cannot_be_passed_off_as_somebody_elses(
    database: Database, deps: Deps, world: World, window: PlacedEstimate
) -> None:
    stored(database, window)
    infusion = an_infusion(deps, world.staff, world.other_patient, hours_ago=48)
    with database.transaction() as tx:
        mine = tx.execute(select(table).where(table.c.patient_id == window.patient_id)).one()
        values = {"content": mine.content, "computed_at": mine.computed_at, "infusion_id": infusion.id}
        tx.execute(update(table).where(table.c.patient_id == world.other_patient.id).values(values))
        with pytest.raises(Unreadable):
            estimates.find_estimate(tx, world.other_patient.id)
        swapped = {"fan": mine.content}
        tx.execute(update(table).where(table.c.patient_id == window.patient_id).values(swapped))
        with pytest.raises(Unreadable):
            estimates.find_estimate(tx, window.patient_id, fan=True)


def test_one_that_does_not_know_the_last_change_is_not_kept(
    database: Database, window: PlacedEstimate
) -> None:
    with database.transaction() as tx:
        (waiting,) = due(tx)
        assert estimates.mark_stale(tx, window.patient_id, NOON)
        assert not estimates.store(tx, waiting, window, next_at=None)
        assert estimates.find_estimate(tx, window.patient_id) is None
        (again,) = due(tx)
    assert (again.version, again.stale_since) == (waiting.version + 1, waiting.stale_since)


def test_a_mark_keeps_the_time_of_the_first_change(database: Database, window: PlacedEstimate) -> None:
    stored(database, window)
    with database.transaction() as tx:
        for minutes in (5, 9):
            estimates.mark_stale(tx, window.patient_id, NOON + timedelta(minutes=minutes))
        found = estimates.find_estimate(tx, window.patient_id)
    assert found is not None
    assert found.stale_since == NOON + timedelta(minutes=5)


def test_nobody_without_an_infusion_is_marked(database: Database, world: World) -> None:
    with database.transaction() as tx:
        assert not estimates.mark_stale(tx, world.other_patient.id, NOON)
        assert due(tx) == ()


def test_stale_ones_come_first_and_claimed_ones_later(
    database: Database, deps: Deps, world: World, window: PlacedEstimate
) -> None:
    stored(database, window)
    an_infusion(deps, world.staff, world.other_patient, hours_ago=48)
    soon, hour = timedelta(seconds=1), timedelta(hours=1)
    with database.transaction() as tx:
        first, second = due(tx, after=hour)
        assert (first.patient_id, second.patient_id) == (world.other_patient.id, window.patient_id)
        assert due(tx, after=hour, limit=1) == (first,)
        estimates.claim(tx, [first, second], NOON + hour + soon)
        assert not estimates.any_due(tx, NOON + hour)
        assert estimates.any_due(tx, NOON + hour + soon)


def test_what_is_being_taken_is_skipped_by_others(
    database: Database, deps: Deps, world: World, window: PlacedEstimate
) -> None:
    an_infusion(deps, world.staff, world.other_patient, hours_ago=48)
    with database.transaction() as tx:
        if not tx.is_postgresql:
            pytest.skip("SQLite has one writer at a time")
        (taken,) = due(tx, limit=1)
        with database.transaction() as other:
            (found,) = due(other)
        assert {taken.patient_id, found.patient_id} == {world.patient.id, world.other_patient.id}


def test_without_an_infusion_the_row_is_empty_again(
    database: Database, world: World, window: PlacedEstimate
) -> None:
    stored(database, window)
    with database.transaction() as tx:
        estimates.set_shared(tx, window.patient_id, world.therapist.id, NOON)
        estimates.mark_stale(tx, window.patient_id, NOON)
        (waiting,) = due(tx)
        assert estimates.store(tx, waiting, None, next_at=None)
        assert estimates.find_estimate(tx, window.patient_id) is None
        assert due(tx, after=timedelta(days=30)) == ()
        row = tx.execute(select(table)).one()
    assert (row.content, row.fan, row.computed_at, row.stale_since) == (None, None, None, None)


def test_several_are_read_in_two_statements_whoever_has_none(
    database: Database, world: World, window: PlacedEstimate
) -> None:
    stored(database, window)
    with database.reading() as tx:
        found = estimates.estimates_by_patient(
            tx, [window.patient_id, world.other_patient.id, PersonId(UUID(int=5))]
        )
    assert list(found) == [window.patient_id]
    assert found[window.patient_id].estimate.state is State.OPEN
