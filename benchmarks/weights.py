"""How heavy pages are when they travel compressed, and how many requests a first view takes."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient

from benchmarks.care import signed_in, treat
from benchmarks.courses import add_course
from benchmarks.house import House, add_links, opened
from benchmarks.measure import assets, compressed, first_view, visit
from benchmarks.report import Row
from checkin.app import create_app
from checkin.web.rules import RULES, Access

ROWS = 50
_KB = 1024
_OF_A_PATIENT = {Access.PATIENT, Access.SIGNED_IN, Access.PUBLIC}


def measure(folder: Path, _quick: bool) -> Iterator[Row]:
    """Weigh the list of a therapist with fifty patients, and every page of a patient with whole courses."""
    with opened(folder / "weights.sqlite3") as house:
        app = create_app(house.settings, house.deps)
        therapist = treat(house.deps, house.clinic.id, ROWS, datetime.now(UTC))
        listed = signed_in(app, house.deps, therapist).get("/patients")
        yield Row(
            what=f"a therapist's list of {ROWS}, compressed",
            bar=40,
            reached=compressed(listed.data) / _KB,
            unit=" kB",
        )
        yield from _patient_rows(app, house)


def _patient_rows(app: Flask, house: House) -> Iterator[Row]:
    (patient, *_), (secret, *_) = add_links(house, 12)
    with house.database.transaction() as tx:
        for seed in range(3):
            add_course(tx, patient, seed=seed, now=datetime.now(UTC))
    browser = signed_in(app, house.deps, patient)
    link = f"/c/{secret}"
    views = [first_view(path, browser) for path in (link, "/home", "/chart")]
    pages = html_of(browser, [link])
    visit(browser, secret)
    pages |= html_of(browser, [f"{link}/saved", *patient_pages(app)])
    heaviest = max(pages, key=lambda path: compressed(pages[path]))
    name = "check-in link" if secret in heaviest else heaviest
    yield Row(
        what=f"the heaviest page of a patient ({name}), compressed",
        bar=8,
        reached=compressed(pages[heaviest]) / _KB,
        unit=" kB",
    )
    yield Row(what="requests of a patient's first view", bar=4, reached=max(count for count, _ in views))
    yield Row(
        what="a patient's first view, compressed",
        bar=15,
        reached=max(size for _, size in views) / _KB,
        unit=" kB",
    )
    yield Row(
        what="all scripts, the worker's too, compressed",
        bar=6,
        reached=sum(scripts_of(browser).values()) / _KB,
        unit=" kB",
    )


def scripts_of(browser: FlaskClient) -> dict[str, int]:
    """The compressed bytes of every script that a browser can get, by its name."""
    pages = (browser.get(path).text for path in ("/sign-in", "/home", "/check-in", "/phone"))
    found = {asset for page in pages for asset in assets(page) if ".js" in asset} | {"/sw.js"}
    bodies = {urlsplit(path).path: browser.get(path, buffered=True).data for path in found}
    return {Path(path).name: compressed(body) for path, body in bodies.items()}


def html_of(browser: FlaskClient, paths: Iterable[str]) -> dict[str, bytes]:
    """What this browser is shown under each path; what is no page is left out."""
    found = {path: browser.get(path) for path in paths}
    return {path: answer.data for path, answer in found.items() if answer.mimetype == "text/html"}


def patient_pages(app: Flask) -> list[str]:
    """Every page that a signed-in patient can open without naming something."""
    return sorted(
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and RULES.get(rule.endpoint) in _OF_A_PATIENT
    )
