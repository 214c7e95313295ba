"""Rows kept as a file, so that a later schema can be tried on what an earlier one stored.

Before adding a revision run, in tests/: ``PYTHONPATH=..:. python -m support.rows 0007`` with the newest one
there is. It keeps rows as that revision stores them.
"""

import json
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import MetaData, select
from support.care import NOTE, an_infusion, fill, prompts_of, submission
from support.channel import FakeChannel
from support.clock import NOON, Clock
from support.databases import copied_sqlite, make_sqlite_template
from support.house import make_deps
from support.people import World, make_world

from checkin.services import answer_check_in, open_check_in
from checkin.services.remind import remind
from checkin.storage.all_tables import metadata
from checkin.storage.engine import Database
from checkin.storage.keyring import Keyring, Sealed

# What is kept was sealed with these; they never change, whatever keys other tests use.
KEYS = Keyring({"test": bytes(range(32))}, "test", bytes(range(32, 64)))
FOLDER = Path(__file__).parent.parent / "fixtures" / "rows"


def live(database: Database) -> World:
    """Let the house live a little, so that most tables have rows."""
    clock = Clock(NOON)
    world = make_world(database, clock.now())
    deps = make_deps(database, clock, FakeChannel())
    an_infusion(deps, world.staff, world.patient)
    remind(deps)
    prompt = prompts_of(deps, world.patient)[0]
    form = open_check_in.open_prompt(deps, world.patient, prompt.id).form
    sent = submission(fill(form, weight=2, safety=1), note=NOTE)
    answer_check_in.answer_prompt(deps, world.patient, prompt.id, sent)
    return world


def as_json(database: Database) -> str:
    """Every row of the newest schema, in an order in which they can be stored again."""
    with database.reading() as tx:
        rows = {
            table.name: [dict(row._mapping) for row in tx.execute(select(table))]
            for table in metadata.sorted_tables
        }
    return json.dumps({name: found for name, found in rows.items() if found}, default=_marked, indent=0)


def put_json(database: Database, document: str) -> None:
    """Store rows that were kept, into whatever tables there are."""
    found = MetaData()
    found.reflect(database.engine)
    sqlite = database.engine.dialect.name == "sqlite"
    with database.transaction() as tx:
        for name, rows in json.loads(document).items():
            values = [{key: _value(value, sqlite) for key, value in row.items()} for row in rows]
            tx.execute(found.tables[name].insert(), values)


def _marked(value: object) -> dict[str, str]:
    if isinstance(value, UUID):
        return {"uuid": value.hex}
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, time):
        return {"time": value.isoformat()}
    if isinstance(value, Sealed):
        return {"bytes": value.blob.hex()}
    assert isinstance(value, bytes), f"no way to keep a {type(value).__name__}"
    return {"bytes": value.hex()}


def _value(marked: Any, sqlite: bool) -> Any:
    """What a marked value is in this kind of database; SQLite knows neither ids nor zones."""
    if not isinstance(marked, dict):
        return marked
    ((kind, text),) = marked.items()
    if kind == "uuid":
        return text if sqlite else UUID(text)
    if kind == "datetime":
        at = datetime.fromisoformat(text).astimezone(UTC)
        return at.replace(tzinfo=None) if sqlite else at
    return time.fromisoformat(text) if kind == "time" else bytes.fromhex(text)


def keep(revision: str) -> Path:
    """Write the rows that the tables have now to the file of a revision."""
    path = FOLDER / f"{revision}.json"
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        template = make_sqlite_template(Path(folder))
        with copied_sqlite(template, Path(folder)) as database:
            live(replace(database, keys=KEYS))
            path.write_text(as_json(database))
    return path


if __name__ == "__main__":
    print(keep(sys.argv[1]))
