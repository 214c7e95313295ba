"""Migrations: they end where the tables say, keep every row, survive a kill, and run once (fault 31)."""

import os
import random
import secrets
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, inspect
from sqlalchemy.exc import OperationalError
from support import rows
from support.care import NOTE
from support.databases import dump, make_keyring, new_postgresql_database, sqlite_url

from checkin.domain.errors import Unavailable
from checkin.domain.person import Role
from checkin.storage import (
    audit,
    check_ins,
    clinics,
    estimates,
    infusions,
    messages,
    patients,
    people,
    prompts,
)
from checkin.storage.all_tables import metadata
from checkin.storage.engine import Database, open_database
from checkin.storage.migration import configuration, current_revision, newest_revision, upgrade

SCRIPTS = ScriptDirectory.from_config(configuration())
REVISIONS = [script.revision for script in SCRIPTS.walk_revisions()][::-1]
NEWEST = REVISIONS[-1]


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Makes URLs of new, empty databases."""
    with ExitStack() as stack:

        def make() -> str:
            if request.param == "sqlite":
                return sqlite_url(tmp_path / f"{secrets.token_hex(4)}.sqlite3")
            server = request.getfixturevalue("postgresql")
            return stack.enter_context(new_postgresql_database(server))

        yield make


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    return new_url()


@pytest.fixture
def empty(url: str) -> Iterator[Database]:
    """A database without any table."""
    database = open_database(url, make_keyring())
    yield database
    database.engine.dispose()


def structure(engine: Engine) -> dict[str, Any]:
    """Everything about the tables that the database itself knows."""
    seen = inspect(engine)

    def plain(found: list[Any]) -> list[str]:
        return sorted(repr(sorted((key, shown(value)) for key, value in one.items())) for one in found)

    def shown(value: Any) -> str:
        """With what stands in a condition, not with where its object lies."""
        if isinstance(value, dict):
            return repr(sorted((key, str(inner)) for key, inner in value.items()))
        return str(value)

    return {
        name: {
            "columns": plain(seen.get_columns(name)),
            "key": seen.get_pk_constraint(name),
            "references": plain(seen.get_foreign_keys(name)),
            "indexes": plain(seen.get_indexes(name)),
            "unique": plain(seen.get_unique_constraints(name)),
            "checks": plain(seen.get_check_constraints(name)),
        }
        for name in seen.get_table_names()
        if name != "alembic_version"
    }


def test_the_revisions_form_one_line() -> None:
    assert SCRIPTS.get_heads() == [NEWEST]
    assert [SCRIPTS.get_revision(one).down_revision for one in REVISIONS] == [None, *REVISIONS[:-1]]
    assert newest_revision() == NEWEST


def test_all_revisions_together_are_what_the_tables_say(empty: Database) -> None:
    assert upgrade(empty) == (None, NEWEST)
    with empty.reading() as tx:
        context = MigrationContext.configure(
            tx.connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_a_migrated_database_is_built_like_a_new_one(empty: Database, new_url: Callable[[], str]) -> None:
    """Also in what the comparison above does not look at, such as check constraints and lengths."""
    upgrade(empty)
    engine = create_engine(new_url())
    metadata.create_all(engine)
    try:
        assert structure(empty.engine) == structure(engine)
    finally:
        engine.dispose()


def test_upgrading_again_does_nothing(empty: Database) -> None:
    upgrade(empty)
    world = rows.live(empty)
    before = dump(empty)
    assert upgrade(empty) == (NEWEST, NEWEST)
    assert dump(empty) == before
    assert world.clinic.name == "Harbour House"


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_the_rows_of_every_earlier_revision_were_kept(revision: str) -> None:
    kept = rows.FOLDER / f"{revision}.json"
    assert kept.exists(), f"go back to it and run: python -m support.rows {revision}"


@pytest.fixture
def document(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> str:
    """The rows of the newest revision, as they would be kept."""
    database = open_database(sqlite_url(tmp_path_factory.mktemp("rows") / "db.sqlite3"), make_keyring())
    upgrade(database)
    rows.live(database)
    kept = rows.as_json(database)
    database.engine.dispose()
    return kept


@pytest.mark.parametrize("revision", REVISIONS)
def test_an_upgrade_keeps_every_row_readable(empty: Database, revision: str, document: str) -> None:
    upgrade(empty, revision)
    if revision != NEWEST:
        document = (rows.FOLDER / f"{revision}.json").read_text()
        empty = replace(empty, keys=rows.KEYS)
    rows.put_json(empty, document)
    assert upgrade(empty) == (revision, NEWEST)
    with empty.reading() as tx:
        clinic = clinics.all_clinics(tx)[0].id
        names = {person.name for person in people.people_of(tx, clinic)}
        (patient,) = [p for p in patients.patients_of(tx, clinic) if p.person.name == "Perpetua Zagorski"]
        (answered,) = check_ins.check_ins_of(tx, patient.id)
        assert {"Wilhelmina Quist", "Isolde Marchbanks"} <= names
        assert answered.note == NOTE
        assert infusions.infusions_of(tx, patient.id)[0].dose is not None
        assert len(prompts.prompts_of(tx, patient.id)) > 10
        assert len(people.people_of(tx, clinic, Role.STAFF)) == 3
        assert messages.messages_of(tx, patient.id)
        given_at = infusions.infusions_of(tx, patient.id)[0].at
        due = estimates.due_estimates(tx, given_at + timedelta(days=1), 10)
        assert [one.patient_id for one in due] == [patient.id], "who had an infusion gets an estimate"
        assert audit.verify_chain(tx, clinic) == 2


def in_child(act: Callable[[], int]) -> int:
    """Run ``act`` in a child process; return its pid. The child ends with what ``act`` returned."""
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(act())
        except BaseException:
            os._exit(99)
    return pid


def ending_of(pid: int) -> int:
    """Wait for a child: its exit code, or minus the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def die(*_arguments: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def upgrade_until(url: str, statements: int) -> int:
    """Upgrade, and be killed after so many statements, or just before the commit if there are fewer."""
    database = open_database(url, make_keyring())
    seen = 0

    def count(*_arguments: object) -> None:
        nonlocal seen
        seen += 1
        if seen == statements:
            die()

    event.listen(database.engine, "after_cursor_execute", count)
    event.listen(database.engine, "commit", die)
    upgrade(database)
    return 0


def test_fault_31_a_killed_upgrade_leaves_the_old_schema_and_runs_again(
    url: str, empty: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = random.randrange(10**9)
    draw = random.Random(seed)
    with capsys.disabled():
        for statements in (1, 2, *(draw.randrange(3, 90) for _ in range(6)), 10**9):
            ended = ending_of(in_child(partial(upgrade_until, url, statements)))
            assert ended == -signal.SIGKILL, f"seed {seed}, statement {statements}"
            assert current_revision(empty) is None, f"seed {seed}, statement {statements}"
    assert upgrade(empty) == (None, NEWEST)
    rows.live(empty)


def test_fault_31_of_several_migrators_at_once_one_does_it(url: str, empty: Database) -> None:
    did, found_nothing = 10, 11

    def migrate() -> int:
        before, after = upgrade(open_database(url, make_keyring()))
        assert after == NEWEST
        return did if before is None else found_nothing

    endings = sorted(ending_of(pid) for pid in [in_child(migrate) for _ in range(4)])
    assert endings == [did, found_nothing, found_nothing, found_nothing]
    assert current_revision(empty) == NEWEST


def test_a_failed_revision_leaves_nothing_behind(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Exception):
        pass

    def fail(*_arguments: object) -> None:
        raise Broken

    event.listen(empty.engine, "commit", fail)
    with pytest.raises(Broken):
        upgrade(empty)
    event.remove(empty.engine, "commit", fail)
    assert inspect(empty.engine).get_table_names() == []
    assert upgrade(empty) == (None, NEWEST)


def test_a_database_that_is_not_there_is_a_plain_refusal(tmp_path: Path) -> None:
    gone = open_database("postgresql://nobody@/nothing?host=/nonexistent", make_keyring())
    with pytest.raises((Unavailable, OperationalError)):
        upgrade(gone)
