"""Grants and withdrawals are rows that are only ever added; what they say together is read back whole."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from support.clock import NOON
from support.people import World, give

from checkin.domain.consent import Scope
from checkin.storage import grants
from checkin.storage.engine import Database, IntegrityError

HOUR = timedelta(hours=1)


def test_a_withdrawal_is_a_later_row_and_the_grant_stays(database: Database, world: World) -> None:
    with database.transaction() as tx:
        (given,) = give(tx, world.patient, world.unasked.id, [Scope.NOTES], NOON)
        before = tx.execute(select(grants.grants).where(grants.grants.c.id == given.id)).one()
        grants.withdraw_grants(tx, [given], by=world.patient.id, now=NOON + HOUR)
        after = tx.execute(select(grants.grants).where(grants.grants.c.id == given.id)).one()
        (read,) = grants.grants_to(tx, [world.unasked.id])
    assert after == before
    assert read.withdrawn_at == NOON + HOUR
    assert read.in_force(NOON)
    assert read.in_force(NOON + HOUR - timedelta(microseconds=1))
    assert not read.in_force(NOON + HOUR)


def test_a_grant_is_withdrawn_once(database: Database, world: World) -> None:
    with database.transaction() as tx:
        (given,) = give(tx, world.patient, world.unasked.id, [Scope.NOTES], NOON)
        grants.withdraw_grants(tx, [given], by=world.patient.id, now=NOON)
    with pytest.raises(IntegrityError), database.transaction() as tx:
        grants.withdraw_grants(tx, [given], by=world.patient.id, now=NOON)


def test_a_grant_ends_by_itself(database: Database, world: World) -> None:
    with database.transaction() as tx:
        give(tx, world.patient, world.unasked.id, [Scope.SCORES], NOON, until=NOON + HOUR)
        (read,) = grants.grants_to(tx, [world.unasked.id])
    assert not read.in_force(NOON - timedelta(microseconds=1))
    assert read.in_force(NOON)
    assert not read.in_force(NOON + HOUR)


def test_grants_are_found_by_patient_and_by_recipient(database: Database, world: World) -> None:
    with database.transaction() as tx:
        give(tx, world.other_patient, world.unasked.id, [Scope.SCORES], NOON)
        give(tx, world.other_patient, world.clinic.id, [Scope.ANSWERS], NOON + HOUR)
        given = grants.grants_of(tx, world.other_patient.id)
        to_clinic = grants.grants_to(tx, [world.clinic.id, world.elsewhere.id])
        to_therapist = grants.grants_to(tx, [world.therapist.id])
    assert [(grant.scope, grant.recipient) for grant in given] == [
        (Scope.SCORES, world.unasked.id),
        (Scope.ANSWERS, world.clinic.id),
    ]
    assert [grant.patient_id for grant in to_clinic] == [world.other_patient.id]
    assert {grant.patient_id for grant in to_therapist} == {world.patient.id}


def test_withdrawing_nothing_is_nothing(database: Database, world: World) -> None:
    with database.transaction() as tx:
        grants.withdraw_grants(tx, [], by=world.patient.id, now=NOON)
        assert grants.grants_of(tx, world.elsewhere_patient.id) == ()
