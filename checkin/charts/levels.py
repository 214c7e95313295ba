"""Levels: lines across the plot that have a name, beside the plot or where it is free of the data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, dist
from xml.etree.ElementTree import Element  # noqa: S405 - it only writes, never parses

from checkin.charts import shapes
from checkin.charts.frame import Frame
from checkin.charts.svg import add, number
from checkin.charts.words import TEXT_SIZE, width_of

Line = Sequence[shapes.Place]
"""What a name must not touch; a line of one place is a point."""

_ASCENT, _DESCENT = 0.75 * TEXT_SIZE, 0.25 * TEXT_SIZE
_OVER, _UNDER = -8.0, 15.0
"""Units from a level to the base line of a name over it or under it, which just stays clear of it."""
_EDGE = 3.0
_BETWEEN = 12.0
"""Units between two places that are tried for a name."""
_FINEST = 4.0
"""Units between two places of a line: no name is so low that a line could slip through."""


@dataclass(frozen=True, kw_only=True)
class Level:
    """A value with its name; ``class_`` says how its line looks."""

    value: float
    name: str
    class_: str


def draw_named_levels(parent: Element, frame: Frame, levels: Sequence[Level]) -> None:
    """Draw each level with its name in the margin to the right."""
    for level in levels:
        y = _draw(parent, frame, level)
        shapes.label(parent, level.name, frame.x.right + 10, y + 4.5)


def draw_levels_named_inside(
    parent: Element, frame: Frame, levels: Sequence[Level], lines: Sequence[Line]
) -> None:
    """Draw each level with its name in the plot, as far right as it is free of these lines and points."""
    heights = [_draw(parent, frame, level) for level in levels]
    across = [((frame.x.left, y), (frame.x.right, y)) for y in heights]
    taken = [place for line in (*lines, *across) for place in _along(line)]
    for level, y in zip(levels, heights, strict=True):
        x, base = _freest(width_of(level.name), y, frame, taken)
        shapes.label(parent, level.name, x, base, class_="over")


def _draw(parent: Element, frame: Frame, level: Level) -> float:
    y = frame.y.project(level.value)
    add(parent, "path", d=f"M{number(frame.x.left)} {number(y)}H{number(frame.x.right)}", class_=level.class_)
    return y


def _freest(width: float, y: float, frame: Frame, taken: Sequence[shapes.Place]) -> shapes.Place:
    last = frame.x.right - _EDGE - width
    bases = [
        base
        for base in (y + _OVER, y + _UNDER)
        if frame.top <= base - _ASCENT and base + _DESCENT <= frame.bottom
    ]
    steps = range(int((last - frame.x.left) // _BETWEEN) + 1)

    def touched(place: shapes.Place) -> int:
        left, top = place[0] - shapes.DOT, place[1] - _ASCENT - shapes.DOT
        right, foot = place[0] + width + shapes.DOT, place[1] + _DESCENT + shapes.DOT
        return sum(left <= x <= right and top <= down <= foot for x, down in taken)

    return min(((last - step * _BETWEEN, base) for step in steps for base in bases), key=touched)


def _along(line: Line) -> Iterator[shapes.Place]:
    yield from line[:1]
    for (x, y), (to_x, to_y) in pairwise(line):
        steps = ceil(dist((x, y), (to_x, to_y)) / _FINEST) or 1
        for step in range(1, steps + 1):
            yield x + (to_x - x) * step / steps, y + (to_y - y) * step / steps
