"""What a visit costs beside the bare app, at 8 and at 32 phones, with few and with many check-ins stored."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.copies import copy_check_ins
from benchmarks.house import House, add_links, opened, settle
from benchmarks.report import At, Row, middle
from benchmarks.servers import Server, serving
from benchmarks.visitors import Load, Phone, drive
from checkin.domain.form import compose
from checkin.domain.instruments import builtin_instruments
from checkin.services.answer_check_in import Submission, answer_by_link

FEW, MANY = 1_000, 100_000
EACH = 100  # check-ins of one patient, about two years of use
ROUNDS = 3
"""How often each is measured, taking turns, so that a busy moment of the machine hits them alike."""


@dataclass
class _Entrant:
    """A server with the links that are left for it, and what its rounds took by number of phones."""

    server: Server
    links: list[str]
    path: Path
    loads: dict[int, list[Load]] = field(default_factory=dict)

    def run(self, visits: int, clients: int) -> None:
        settle([self.path])
        load = drive(self.server, [self.links.pop() for _ in range(visits)], clients=clients)
        self.loads.setdefault(clients, []).append(load)


def measure(folder: Path, quick: bool) -> Iterator[Row]:
    """Let the bare app and ours take turns at the same visits."""
    visits = 60 if quick else 300
    number = visits * 2 * ROUNDS + 50
    with ExitStack() as stack:
        few = stack.enter_context(_ours(folder, "few", FEW, number))
        many = stack.enter_context(_ours(folder, "many", MANY, number))
        bare = stack.enter_context(_bare(folder, few, number))
        for entrant in (few, many, bare):
            entrant.run(30, 8)
            entrant.loads.clear()
        for _ in range(ROUNDS):
            for entrant in (bare, few, many):
                entrant.run(visits, 8)
            for entrant in (bare, few):
                entrant.run(visits, 32)
    yield from _rows(bare, few, many)


def _rows(bare: _Entrant, few: _Entrant, many: _Entrant) -> Iterator[Row]:
    pairs = list(zip(few.loads[8], bare.loads[8], strict=True))
    yield middle(
        "visits a second, 8 phones, of the bare app's",
        [100 * ours.a_second / theirs.a_second for ours, theirs in pairs],
        bar=40,
        at=At.LEAST,
        unit=" %",
    )
    yield middle(
        "server CPU a visit, times the bare app's",
        [ours.cpu_a_visit / theirs.cpu_a_visit for ours, theirs in pairs],
        bar=3,
    )
    crowd = zip(few.loads[32], bare.loads[32], strict=True)
    yield middle(
        "99th percentile of waits, 32 phones, times the bare app's",
        [ours.p99 / theirs.p99 for ours, theirs in crowd],
        bar=4,
    )
    yield middle(
        f"CPU a visit with {MANY:,} check-ins, times that with {FEW:,}",
        [big.cpu_a_visit / small.cpu_a_visit for big, small in zip(many.loads[8], few.loads[8], strict=True)],
        bar=1.15,
    )
    errors = [
        error
        for each in (bare, few, many)
        for loads in each.loads.values()
        for one in loads
        for error in one.errors
    ]
    yield Row(what="visits that failed" + (f" ({errors[0]})" if errors else ""), bar=0, reached=len(errors))


@contextmanager
def _ours(folder: Path, name: str, check_ins: int, links: int) -> Iterator[_Entrant]:
    path = folder / f"{name}.sqlite3"
    with opened(path) as house:
        waiting = filled(house, check_ins, links)
    with serving("wsgi:web()", house.environment, folder / f"{name}.log") as server:
        yield _Entrant(server, waiting, path)


def filled(house: House, check_ins: int, links: int) -> list[str]:
    """Store patients with so many check-ins behind them; return links to what they are asked now."""
    patients, waiting = add_links(house, max(links, 12 * check_ins // EACH))
    form = compose([builtin_instruments()["phq-style-24h"]])
    answers = {question.name: str(question.minimum) for question in form.questions}
    answer_by_link(house.deps, waiting.pop(), Submission(key="the-first-of-them-all", submitted=answers))
    copy_check_ins(house, patients, check_ins - 1)
    return waiting


@contextmanager
def _bare(folder: Path, ours: _Entrant, links: int) -> Iterator[_Entrant]:
    """The bare app, with the pages that our server sends."""
    home = folder / "bare"
    home.mkdir()
    phone, secret = Phone(ours.server.port), ours.links.pop()
    (home / "form.html").write_bytes(phone.ask("GET", f"/c/{secret}", 200)[1])
    phone.visit(secret)
    (home / "saved.html").write_bytes(phone.ask("GET", f"/c/{secret}/saved", 200)[1])
    phone.close()
    path, secrets = home / "bare.sqlite3", [f"link-{number:032}" for number in range(links)]
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE links (secret TEXT PRIMARY KEY) WITHOUT ROWID")
        connection.execute("CREATE TABLE check_ins (secret TEXT PRIMARY KEY, answers TEXT)")
        connection.executemany("INSERT INTO links VALUES (?)", [(secret,) for secret in secrets])
    connection.close()
    with serving("benchmarks.bare:app", {"BARE_HOME": str(home)}, folder / "bare.log") as server:
        yield _Entrant(server, secrets, path)
