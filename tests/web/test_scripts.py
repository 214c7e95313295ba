"""Our scripts as they travel: one for every page, and the worker, small together."""

from pathlib import Path

from flask import Flask
from support.visitor import Visitor

from benchmarks.weights import scripts_of
from checkin.web.scripts import PARTS, small

KB = 1024
STATIC = Path(__file__).parent.parent.parent / "static"


def test_all_scripts_together_are_small_the_worker_with_them(app: Flask) -> None:
    weights = scripts_of(Visitor(app).client)
    assert set(weights) == {"checkin.js", "sw.js"}
    assert 4 * KB < sum(weights.values()) <= 6 * KB


def test_no_part_is_left_out(app: Flask) -> None:
    """A file that is in no script would not run, and not be counted either."""
    visitor = Visitor(app)
    page = visitor.get("/sign-in").text
    address = page.partition('<script defer src="')[2].partition('"')[0]
    served = visitor.get(address).text + visitor.get("/sw.js").text
    sources = [path.read_text() for path in STATIC.glob("*.js")]
    assert len(sources) == len(PARTS) + 1, "and the worker"
    for source in sources:
        assert small(source) in served


def test_what_was_looked_up_is_not_sent_twice(app: Flask) -> None:
    visitor = Visitor(app)
    for address in ("/static/checkin.js", "/sw.js"):
        first = visitor.get(address)
        assert first.mimetype == "text/javascript"
        again = visitor.get(address, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
