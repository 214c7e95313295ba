"""The command behind `make chaos`: the kill loop, so many rounds on each database; goes on where it stopped.

ROUNDS (1000): how many on each database. SEED: another one begins anew. DATABASES: "sqlite postgresql".
The rounds done are kept in var/chaos/; with the argument ``table`` it only prints what was found.
"""

import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chaos.loop import FASTER, KillLoop
from chaos.times import FastClock
from support import databases
from support.people import make_world

from checkin.storage.engine import Database, open_database
from checkin.storage.migration import upgrade

BLOCK = 100  # rounds on one database before everything comes to rest and a new one is made
_KEPT = Path("var") / "chaos"
_SUMS = ("rounds", "seconds", "acknowledged", "answers", "messages", "delivered", "repeated", "uncertain")


def main() -> int:
    """Return 0 when every round held."""
    rounds, seed = int(os.environ.get("ROUNDS", "1000")), os.environ.get("SEED", "checkin")
    kinds = os.environ.get("DATABASES", "sqlite postgresql").split()
    _KEPT.mkdir(parents=True, exist_ok=True)
    if sys.argv[1:] != ["table"]:
        for kind in kinds:
            _run(kind, rounds, seed)
    print(table({kind: _done(kind, seed) for kind in kinds}))
    return 0


def _run(kind: str, rounds: int, seed: str) -> None:
    """Do what is missing of so many rounds."""
    done = _done(kind, seed)
    so_far = sum(block["rounds"] for block in done)
    print(f"{kind}: {so_far} of {rounds} rounds are done", flush=True)
    if so_far >= rounds:
        return
    with tempfile.TemporaryDirectory(prefix="checkin-chaos-") as name, _server(kind) as server:
        number = len(done)
        while so_far < rounds:
            folder = Path(name) / str(number)
            folder.mkdir()
            block = _block(kind, server, folder, f"{seed}-{number}", min(BLOCK, rounds - so_far))
            with _file(kind, seed).open("a") as kept:
                print(json.dumps(block), file=kept)
            so_far, number = so_far + block["rounds"], number + 1
            print(f"{kind}: {so_far} of {rounds} rounds, {block['seconds']:.0f} s the last", flush=True)


def _block(kind: str, server: str, folder: Path, seed: str, rounds: int) -> dict[str, Any]:
    """So many rounds on a new database. Raises ``Broken``."""
    began = time.monotonic()
    with _database(kind, server, folder) as database:
        world = make_world(database, datetime.now(UTC))
        with KillLoop(database, world, FastClock.start(times=FASTER), folder, seed) as loop:
            for _ in range(rounds):
                loop.round()
            tally = loop.rest()
    return {
        "seed": seed,
        "rounds": rounds,
        "seconds": time.monotonic() - began,
        "acknowledged": loop.acknowledged,
        "struck": dict(loop.struck),
        **{
            name: getattr(tally, name)
            for name in ("answers", "messages", "delivered", "repeated", "uncertain")
        },
        "states": {str(state): count for state, count in tally.states.items()},
        **{name: len(getattr(tally, name)) for name in ("lost", "duplicated", "unexpected")},
    }


def table(found: dict[str, list[dict[str, Any]]]) -> str:
    """The sums of all blocks, a column for each database, as a table in Markdown."""
    lines = [["", *found], ["---", *("---" for _ in found)]]
    rows = [*_SUMS, "lost", "duplicated", "unexpected"]
    sums = {kind: _sums(blocks) for kind, blocks in found.items()}
    strikes = sorted({strike for one in sums.values() for strike in one if strike.startswith("struck: ")})
    states = sorted({state for one in sums.values() for state in one if state.startswith("state: ")})
    for row in (*rows, *strikes, *states):
        lines.append([row, *(f"{one[row]:,.0f}" for one in sums.values())])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _sums(blocks: list[dict[str, Any]]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for block in blocks:
        sums.update({name: block[name] for name in (*_SUMS, "lost", "duplicated", "unexpected")})
        sums.update({f"struck: {name}": count for name, count in block["struck"].items()})
        sums.update({f"state: {name}": count for name, count in block["states"].items()})
    return sums


def _done(kind: str, seed: str) -> list[dict[str, Any]]:
    path = _file(kind, seed)
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _file(kind: str, seed: str) -> Path:
    return _KEPT / f"{kind}-{seed}.jsonl"


@contextmanager
def _server(kind: str) -> Iterator[str]:
    if kind == "sqlite":
        yield ""
        return
    with databases.postgresql_server() as url:
        yield url


@contextmanager
def _database(kind: str, server: str, folder: Path) -> Iterator[Database]:
    if kind == "sqlite":
        database = open_database(databases.sqlite_url(folder / "checkin.sqlite3"), databases.make_keyring())
        upgrade(database)
        yield database
        database.engine.dispose()
        return
    with databases.new_postgresql_database(server) as url:
        database = open_database(url, databases.make_keyring())
        upgrade(database)
        try:
            yield database
        finally:
            database.engine.dispose()


if __name__ == "__main__":
    sys.exit(main())
