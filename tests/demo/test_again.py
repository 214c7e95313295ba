"""The demo started again: what there is stays, and a check-in falls due within two minutes."""

from datetime import timedelta
from uuid import UUID

import pytest
from support import databases
from support.command import run
from support.command import told as refused
from support.demo import Loud, Told
from support.people import World

from checkin.demo.again import again
from checkin.demo.people import PASSWORD, PATIENTS, email_of
from checkin.demo.seed import Expected, NotTheDemo
from checkin.domain.message import MessageKind
from checkin.domain.prompt import PromptState
from checkin.scheduler.jobs import run_once
from checkin.services.deps import Deps
from checkin.services.open_check_in import open_by_link
from checkin.storage.engine import Database

DISPATCHER = UUID(int=7)
MAYA = PATIENTS[0].name


def start_again(told: Told) -> Expected:
    expected = again(told.deps, told.clock.now())
    assert expected is not None
    assert told.clock.now() < expected.due_at <= told.clock.now() + timedelta(minutes=2)
    return expected


def reminder_comes(told: Told, expected: Expected) -> str:
    """Let time pass until it is due; return the link that was sent."""
    sent_before = len(told.channel.sent)
    told.clock.set(expected.due_at)
    for _ in range(2):
        run_once(told.deps, DISPATCHER, Loud())
        told.clock.advance(seconds=31)
    address = email_of(expected.name)
    links = [
        outgoing.link
        for outgoing in told.channel.sent[sent_before:]
        if outgoing.to_address == address and outgoing.kind is MessageKind.NOTICE
    ]
    assert links
    assert links[-1] is not None
    return links[-1]


def test_at_once_it_changes_nothing(told: Told, expected: Expected) -> None:
    before = databases.dump(told.database)
    assert again(told.deps, told.clock.now()) == expected
    assert databases.dump(told.database) == before


def test_after_the_first_reminder_the_next_one_is_brought_forward(told: Told, expected: Expected) -> None:
    reminder_comes(told, expected)
    kept = {name: len(rows) for name, rows in databases.dump(told.database).items()}
    following = start_again(told)
    assert following.name == MAYA
    assert {name: len(rows) for name, rows in databases.dump(told.database).items()} == kept
    link = reminder_comes(told, following)
    assert open_by_link(told.deps, link.rpartition("/")[2]).form.questions


def test_it_works_again_and_again(told: Told, expected: Expected) -> None:
    """More often than one patient has prompts: then others are asked."""
    names = set()
    for _ in range(20):
        following = start_again(told)
        names.add(following.name)
        reminder_comes(told, following)
        told.clock.advance(minutes=5)
    assert MAYA in names
    assert len(names) > 1


@pytest.mark.parametrize("days", [1, 5, 30, 200])
def test_it_works_days_and_months_later(told: Told, expected: Expected, days: int) -> None:
    told.clock.advance(days=days)
    infusions = len(told.infusions(MAYA))
    reminder_comes(told, start_again(told))
    assert len(told.infusions(MAYA)) == infusions + (days > 28)


def test_what_was_answered_stays(told: Told, expected: Expected) -> None:
    answered = told.check_ins(MAYA)
    reminder_comes(told, start_again(told))
    assert told.check_ins(MAYA) == answered
    assert [p.state for p in told.prompts(MAYA)].count(PromptState.ANSWERED) == len(answered)


def test_another_database_is_never_touched(database: Database, deps: Deps, world: World) -> None:
    before = databases.dump(database)
    with pytest.raises(NotTheDemo):
        again(deps, deps.now())
    assert databases.dump(database) == before


def test_the_command_refuses_what_is_no_demo(database: Database) -> None:
    assert "CHECKIN_DEMO=yes" in refused(run("seed-demo", database=database))


def test_the_command_refuses_somebody_elses_database(database: Database, world: World) -> None:
    before = databases.dump(database)
    words = refused(run("seed-demo", database=database, CHECKIN_DEMO="yes"))
    assert "not the demo's" in words
    assert databases.dump(database) == before


def test_the_command_says_whom_to_sign_in_as_and_what_comes(told: Told) -> None:
    result = run("seed-demo", database=told.database, CHECKIN_DEMO="yes")
    assert result.exit_code == 0, result.output
    for name in ("ruth", "hannah", "maya", "jonas", "marcus"):
        assert f"{name}@demo.example" in result.output
    assert PASSWORD in result.output
