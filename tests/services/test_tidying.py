"""Tidying: what opens nothing any more is deleted after a month, what may still be needed stays."""

from datetime import timedelta

import pytest
from sqlalchemy import Table, func, select
from support.care import a_token
from support.clock import Clock
from support.people import PASSWORD, World

from checkin.domain.token import Purpose
from checkin.services.deps import Deps
from checkin.services.sign_in import sign_in, sign_out, who_is
from checkin.services.throttle import Browser
from checkin.services.tidy import tidy
from checkin.storage.engine import Database
from checkin.storage.sign_ins import sign_ins
from checkin.storage.tokens import tokens

PHONE = Browser(address="198.51.100.7", description="A phone")


def rows(deps: Deps, table: Table) -> int:
    with deps.reading() as tx:
        return tx.execute(select(func.count()).select_from(table)).scalar_one()


def test_sign_ins_go_a_month_after_their_end(deps: Deps, world: World, clock: Clock) -> None:
    opened = [sign_in(deps, email=world.patient.email, password=PASSWORD, browser=PHONE) for _ in range(3)]
    sign_out(deps, world.patient, opened[0].sign_in.id)
    clock.advance(days=30)
    tidy(deps)
    assert rows(deps, sign_ins) == 3
    clock.advance(seconds=1)
    tidy(deps)
    assert rows(deps, sign_ins) == 2
    clock.advance(days=90)
    tidy(deps)
    assert rows(deps, sign_ins) == 0


def test_a_running_sign_in_stays(deps: Deps, world: World, clock: Clock) -> None:
    opened = sign_in(deps, email=world.patient.email, password=PASSWORD, browser=PHONE)
    clock.advance(days=6)
    tidy(deps)
    assert who_is(deps, opened.token) is not None


@pytest.mark.parametrize("purpose", Purpose)
def test_links_for_passwords_go_a_month_after_their_end_and_others_stay(
    deps: Deps, database: Database, world: World, clock: Clock, purpose: Purpose
) -> None:
    a_token(database, world.patient, purpose, clock.now(), lasts=timedelta(hours=1))
    clock.advance(days=30)
    tidy(deps)
    assert rows(deps, tokens) == 1
    clock.advance(hours=2)
    tidy(deps)
    assert rows(deps, tokens) == (0 if purpose in {Purpose.INVITE, Purpose.RESET} else 1)
