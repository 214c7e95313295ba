"""Statements and durable commits: of a visit, and of a therapist's list however many patients are on it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.care import signed_in, treat
from benchmarks.house import House, add_links, opened, settle
from benchmarks.measure import counted, durable_commits, visit
from benchmarks.report import At, Row
from benchmarks.servers import serving
from benchmarks.visitors import drive
from checkin.app import create_app

VISITS = 20
FEW, MANY = 5, 50


def measure(folder: Path, _quick: bool) -> Iterator[Row]:
    """Count; nothing here depends on the machine."""
    path = folder / "counts.sqlite3"
    with opened(path) as house:
        yield Row(what="statements a visit", bar=12, reached=_statements(house))
        yield Row(what="durable commits a visit", bar=1, reached=_commits(house, path, folder), at=At.EXACTLY)
        few, many = _list(house, FEW), _list(house, MANY)
        yield Row(
            what=f"statements of a therapist's list: {MANY} patients", bar=few, reached=many, at=At.EXACTLY
        )


def _statements(house: House) -> int:
    _, (first, second) = add_links(house, 2)
    app = create_app(house.settings, house.deps)
    visit(app.test_client(), first)
    with counted(house.database.engine) as found:
        visit(app.test_client(), second)
    return len(found)


def _commits(house: House, path: Path, folder: Path) -> float:
    """As the database of a running server shows it."""
    _, links = add_links(house, VISITS)
    with serving("wsgi:web()", house.environment, folder / "counts.log") as server:
        settle([path])
        load = drive(server, links, clients=4)
        if load.errors:
            raise RuntimeError(load.errors[0])
        return durable_commits(path) / VISITS


def _list(house: House, patients: int) -> int:
    therapist = treat(house.deps, house.clinic.id, patients, datetime.now(UTC))
    browser = signed_in(create_app(house.settings, house.deps), house.deps, therapist)
    browser.get("/patients")
    with counted(house.database.engine) as found:
        browser.get("/patients")
    return len(found)
