"""Legends: each kind of mark that a picture really holds, with its name, in as many rows as it takes."""

from collections.abc import Callable, Sequence
from xml.etree.ElementTree import Element  # noqa: S405 - it only writes, never parses

from checkin.charts import shapes
from checkin.charts.frame import LINE_HEIGHT
from checkin.charts.svg import add
from checkin.charts.words import width_of

Sample = Callable[[Element, shapes.Place], Element]

_ROOM = 18.0
_BETWEEN = 18.0


def legend_rows(entries: Sequence[tuple[Sample, str]], width: float) -> list[list[tuple[float, Sample, str]]]:
    """Lay the entries out in rows: each with the place where it begins."""
    rows: list[list[tuple[float, Sample, str]]] = []
    x = 0.0
    for sample, words in entries:
        needed = _ROOM + width_of(words)
        if not rows or x + needed > width:
            rows.append([])
            x = 0.0
        rows[-1].append((x, sample, words))
        x += needed + _BETWEEN
    return rows


def draw_legend(parent: Element, rows: Sequence[Sequence[tuple[float, Sample, str]]], top: float) -> None:
    """Draw laid out rows from ``top`` down."""
    group = add(parent, "g", class_="legend")
    for index, row in enumerate(rows):
        y = top + index * LINE_HEIGHT
        for x, sample, words in row:
            sample(group, (x + 6, y + 8))
            shapes.label(group, words, x + _ROOM, y + 12.5)
