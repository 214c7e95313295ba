"""Counting what does not depend on the machine: statements, durable commits, bytes. Tests count alike."""

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import Engine, event

QUESTIONS = 9
_HIDDEN = re.compile(r'<input type="hidden" name="(csrf_token|key|fetched)" value="([^"]*)"')
_ASSET = re.compile(r'<(?:link|script|img)\b[^>]*?\s(?:href|src)="([^"]+)"')
_WAL_HEADER, _FRAME_HEADER = 32, 24  # https://www.sqlite.org/fileformat2.html#walformat


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Collect the statements run meanwhile; BEGIN and COMMIT are not among them."""
    found: list[str] = []

    def note(*arguments: object) -> None:
        found.append(str(arguments[2]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def durable_commits(database: Path) -> int:
    """How many transactions stand in the write-ahead log of a database that was settled before.

    Each ends with a frame that names the size of the database; SQLite in FULL mode syncs the log there.
    """
    log = Path(f"{database}-wal").read_bytes()
    page_size, salts = int.from_bytes(log[8:12], "big"), log[16:24]
    frames = range(_WAL_HEADER, len(log) - page_size, _FRAME_HEADER + page_size)
    heads = (log[start : start + _FRAME_HEADER] for start in frames)
    return sum(1 for head in heads if head[8:16] == salts and head[4:8] != bytes(4))


def compressed(body: bytes) -> int:
    """The size in bytes behind a proxy that compresses with gzip as usual."""
    return len(gzip.compress(body, 6))


def assets(page: str) -> list[str]:
    """The addresses of what a page loads besides itself."""
    return list(dict.fromkeys(_ASSET.findall(page)))


def first_view(path: str, browser: FlaskClient) -> tuple[int, int]:
    """The number of requests a browser with an empty cache makes for a page, and their compressed bytes."""
    page = browser.get(path).data
    bodies = [page, *(browser.get(asset, buffered=True).data for asset in assets(page.decode()))]
    return len(bodies), sum(compressed(body) for body in bodies)


def visit(browser: FlaskClient, secret: str) -> None:
    """Open a check-in link, send nine answers, the last one zero, and look at the confirmation."""
    page = browser.get(f"/c/{secret}").text
    answers = {f"q{number}": "1" for number in range(1, QUESTIONS)}
    sent = browser.post(f"/c/{secret}", data={**dict(_HIDDEN.findall(page)), **answers, f"q{QUESTIONS}": "0"})
    confirmed = browser.get(sent.headers["Location"])
    if (sent.status_code, confirmed.status_code) != (303, 200):
        raise RuntimeError(f"a visit ended with {sent.status} and {confirmed.status}")
