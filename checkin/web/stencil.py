"""Stencils: pages that are the same for everybody but for a few values, rendered once and then filled in.

For pages that very many people open at the same moment. A value only ever reaches the page it was given
for: what is kept has holes in the place of values.
"""

import re
import secrets
from collections.abc import Hashable, Mapping
from functools import lru_cache

from flask import render_template
from markupsafe import escape

from checkin.web.pages import frame
from checkin.web.speech import Reader, reader

# Nobody can know it, so no text that somebody wrote passes for a hole.
_MARK = secrets.token_hex(16)
_HOLE = re.compile(f"{_MARK}([a-z_]+){_MARK}")
# What belongs to one request only. A template that asks for it fails while it is made into a stencil.
_OF_ONE_REQUEST = {"request": None, "session": None, "g": None, "csrf_token": None}


def fill(template: str, holes: Mapping[str, str], **fixed: Hashable) -> str:
    """Return the page with the values in its holes, escaped.

    ``fixed`` decides what the page looks like; each combination is rendered once. So does the frame: what
    it holds for one reader never reaches another. A value that a page may do without is left out, not empty.
    """
    parts = _cut(template, reader(), tuple(holes), tuple(sorted(fixed.items())), repr(frame()))
    return "".join(escape(holes[part]) if place % 2 else part for place, part in enumerate(parts))


@lru_cache(maxsize=256)
def _cut(
    template: str,
    _to: Reader,
    holes: tuple[str, ...],
    fixed: tuple[tuple[str, Hashable], ...],
    _frame: str,
) -> tuple[str, ...]:
    """The page as text, name of a hole, text, name of a hole, … text."""
    marked = {name: f"{_MARK}{name}{_MARK}" for name in holes}
    parts = _HOLE.split(render_template(template, **_OF_ONE_REQUEST, **dict(fixed), **marked))
    unused = set(holes) - set(parts[1::2])
    if unused:
        raise ValueError(f"{template} has no place for {', '.join(sorted(unused))}")
    return tuple(parts)
