"""Our scripts as they travel: one file for every page and the worker, without comments and blanks."""

from functools import lru_cache
from pathlib import Path

from flask import Response, request
from rjsmin import jsmin

NAME = "checkin.js"
WORKER = "sw.js"
# What answers wait in comes first.
PARTS = ("queue.js", "form.js", "keep.js", "phone.js", "travel.js", "back.js")


@lru_cache
def script(folder: Path) -> str:
    """The script of every page, from its parts in this folder."""
    return small("\n".join((folder / part).read_text() for part in PARTS))


def small(source: str) -> str:
    """The same script without what only its readers need."""
    return str(jsmin(source))


def answer(folder: Path) -> Response:
    """What a browser gets that asks for the script."""
    response = Response(script(folder), mimetype="text/javascript")
    response.add_etag()
    response.make_conditional(request)
    return response
