"""What a visit and a therapist's list may ask of the database: few statements, one durable commit."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Connection, event
from support.asked import stored
from support.care import a_link, open_prompts
from support.clock import Clock
from support.people import World

from benchmarks.care import signed_in, treat
from benchmarks.house import settle
from benchmarks.measure import counted, durable_commits, visit
from checkin.services.deps import Deps
from checkin.storage.engine import Database

MOST_STATEMENTS = 12


@pytest.fixture
def links(database: Database, world: World, clock: Clock) -> list[str]:
    asked = open_prompts(database, world.patient, clock.now(), number=4)
    return [a_link(database, world.patient, prompt, clock.now()) for prompt in asked]


@contextmanager
def written(database: Database) -> Iterator[list[int]]:
    """Collect, at the end, how many transactions changed something and were made durable meanwhile."""
    found: list[int] = []
    if database.engine.dialect.name == "sqlite":
        path = Path(str(database.engine.url.database))
        settle([path])
        yield found
        found.append(durable_commits(path))
    else:
        with _written_to_postgresql(database) as each:
            yield found
        found.append(sum(each))


@contextmanager
def _written_to_postgresql(database: Database) -> Iterator[list[bool]]:
    """For each commit, whether there was something to write: only then the transaction has a number."""
    found: list[bool] = []

    def note(connection: Connection) -> None:
        with connection.connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id_if_assigned(), current_setting('synchronous_commit')")
            number, waits_for_the_disk = cursor.fetchone() or (None, "")
        assert waits_for_the_disk == "on"
        found.append(number is not None)

    event.listen(database.engine, "commit", note)
    try:
        yield found
    finally:
        event.remove(database.engine, "commit", note)


@contextmanager
def planned_queries(database: Database) -> Iterator[list[str]]:
    """Collect the columns that queries read when they are planned; SQLite asks for each whether it may."""
    found: list[str] = []

    def note(action: int, table: str | None, column: str | None, *_: object) -> int:
        if action == sqlite3.SQLITE_READ:
            found.append(f"{table}.{column}")
        return sqlite3.SQLITE_OK

    def watch(driver: sqlite3.Connection, *_: object) -> None:
        driver.set_authorizer(note)

    event.listen(database.engine, "checkout", watch, once=True)
    yield found
    with database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.set_authorizer(None)


def test_a_visit_takes_few_statements(app: Flask, database: Database, links: list[str]) -> None:
    for link in links:  # the first one too, when nothing is known yet
        with counted(database.engine) as statements:
            visit(app.test_client(), link)
        assert 0 < len(statements) <= MOST_STATEMENTS, statements


def test_a_visit_plans_no_query_anew(app: Flask, database: Database, links: list[str]) -> None:
    """SQLite plans again, at each run, what compares a column of a partial index with a bound value."""
    if database.engine.dialect.name != "sqlite":
        pytest.skip("SQLite keeps plans; psycopg sends the text each time")
    with planned_queries(database) as queries:
        for link in links:
            queries.clear()
            visit(app.test_client(), link)
    assert not queries


def test_a_visit_is_made_durable_once(
    app: Flask, database: Database, deps: Deps, world: World, links: list[str]
) -> None:
    with written(database) as commits:
        for link in links:
            visit(app.test_client(), link)
    assert commits == [len(links)]
    assert len(stored(deps, world.patient)) == len(links)


def test_looking_at_a_link_writes_nothing(app: Flask, database: Database, links: list[str]) -> None:
    with written(database) as commits:
        for _ in range(2):
            assert app.test_client().get(f"/c/{links[0]}").status_code == 200
    assert commits == [0]


def test_the_counter_sees_every_commit(database: Database, world: World, clock: Clock) -> None:
    with written(database) as commits:
        for _ in range(3):
            open_prompts(database, world.patient, clock.now())
    assert commits == [3]


def test_a_therapists_list_takes_as_many_statements_for_fifty_patients_as_for_one(
    app: Flask, database: Database, deps: Deps, world: World, clock: Clock
) -> None:
    taken = {}
    for number in (1, 50):
        browser = signed_in(app, deps, treat(deps, world.clinic.id, number, clock.now()))
        browser.get("/patients")  # notes when this browser was last seen, once a minute
        with counted(database.engine) as statements:
            listed = browser.get("/patients")
        assert listed.text.count("<h3") == number
        taken[number] = len(statements)
    assert taken[50] == taken[1]
