"""How heavy pages are as they travel, and that a browser needs little and only of ours to show them."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from support.care import a_link, open_prompts
from support.clock import Clock
from support.people import World

from benchmarks.care import signed_in, treat
from benchmarks.courses import add_course
from benchmarks.measure import assets, compressed, first_view, visit
from benchmarks.weights import html_of, patient_pages
from checkin.services.deps import Deps
from checkin.storage.engine import Database

KB = 1024
STATIC = Path(__file__).parent.parent.parent / "static"
FIRST_VIEWS = ("/sign-in", "/home", "/chart", "/preferences", "/sharing", "/help")


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """What a page weighs does not depend on the kind of database."""
    return sqlite_database


@pytest.fixture
def browser(app: Flask, deps: Deps, world: World, clock: Clock) -> FlaskClient:
    """A patient who has several whole courses behind them, signed in."""
    with deps.transaction() as tx:
        for seed in range(3):
            add_course(tx, world.patient, seed=seed, now=clock.now())
    return signed_in(app, deps, world.patient)


@pytest.fixture
def link(database: Database, world: World, clock: Clock) -> str:
    (prompt,) = open_prompts(database, world.patient, clock.now())
    return f"/c/{a_link(database, world.patient, prompt, clock.now())}"


def test_no_page_of_a_patient_is_heavy(app: Flask, browser: FlaskClient, link: str) -> None:
    pages = html_of(browser, [link])
    visit(browser, link.removeprefix("/c/"))
    pages |= html_of(browser, [f"{link}/saved", *patient_pages(app)])
    weights = {path: compressed(page) for path, page in pages.items()}
    assert {"/home", "/chart", "/check-in", "/preferences", "/sharing"} <= weights.keys()
    assert {path: weight for path, weight in weights.items() if weight > 8 * KB} == {}


def test_a_first_view_takes_few_requests(browser: FlaskClient, link: str) -> None:
    for path in (link, *FIRST_VIEWS):
        requests, weight = first_view(path, browser)
        assert 2 <= requests <= 4, path
        assert weight <= 15 * KB, path


def test_a_list_of_fifty_patients_is_light(app: Flask, deps: Deps, world: World, clock: Clock) -> None:
    listed = signed_in(app, deps, treat(deps, world.clinic.id, 50, clock.now())).get("/patients")
    assert listed.text.count("<h3") == 50
    assert compressed(listed.data) <= 40 * KB


def test_pages_load_nothing_from_elsewhere(app: Flask, browser: FlaskClient, link: str) -> None:
    pages = html_of(browser, [link, *patient_pages(app)])
    loaded = {asset for page in pages.values() for asset in assets(page.decode())}
    assert "checkin.css" in {asset.partition("?")[0].rpartition("/")[2] for asset in loaded}
    assert all(asset.startswith("/") and not asset.startswith("//") for asset in loaded)


@pytest.mark.parametrize("sheet", sorted(STATIC.glob("*.css")), ids=lambda path: path.name)
def test_a_style_sheet_loads_nothing(sheet: Path) -> None:
    assert not re.search(r"@font-face|@import|url\(|image-set\(", sheet.read_text())
