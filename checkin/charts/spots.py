"""Spots: points that can be tapped, or reached by the keyboard, to read their score, time and change.

Each is a link to itself. Being the target (or having the focus) shows its words, so no script is needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.etree.ElementTree import Element  # noqa: S405 - it only writes, never parses

from checkin.charts import shapes
from checkin.charts.frame import LINE_HEIGHT
from checkin.charts.svg import add

WIDEST = 60.0
"""Units: the area that takes a tap is at most this wide to either side."""


@dataclass(frozen=True, kw_only=True)
class Spot:
    """One point: its place, its marker ("dot", "diamond" or "cross"), and its words, line by line."""

    place: shapes.Place
    form: str
    hollow: bool
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Readout:
    """Where the words of the chosen spot appear: a strip over the whole width, from the top."""

    width: float
    lines: int

    @property
    def height(self) -> float:
        return self.lines * LINE_HEIGHT + 6


def draw_spots(
    parent: Element, spots: Sequence[Spot], readout: Readout, *, top: float, bottom: float, name: str
) -> None:
    """Draw the spots (in order of time) as links named ``name``-1 and so on.

    A tap anywhere between ``top`` and ``bottom`` chooses the spot that is nearest from side to side, so the
    area is as large as the neighbours allow.
    """
    group = add(parent, "g", class_="spots")
    for index, (spot, (left, right)) in enumerate(zip(spots, _columns(spots), strict=True), start=1):
        own = f"{name}-{index}"
        link = add(group, "a", id=own, href=f"#{own}", aria_label=". ".join(spot.words))
        add(link, "rect", x=left, y=top, width=right - left, height=bottom - top, class_="hit")
        add(link, "circle", cx=spot.place[0], cy=spot.place[1], r=10, class_="ring")
        _marker(link, spot)
        _words(link, spot, readout)


def _marker(link: Element, spot: Spot) -> None:
    if spot.form == "cross":
        shapes.cross(link, spot.place)
    elif spot.form == "diamond":
        shapes.diamond(link, spot.place, hollow=spot.hollow)
    else:
        shapes.dot(link, spot.place, hollow=spot.hollow)


def _words(link: Element, spot: Spot, readout: Readout) -> None:
    group = add(link, "g", class_="readout", aria_hidden="true")
    add(group, "rect", x=0, y=0, width=readout.width, height=readout.height)
    for line, words in enumerate(spot.words):
        shapes.label(group, words, 0, 14 + line * LINE_HEIGHT, class_=None if line else "value")


def _columns(spots: Sequence[Spot]) -> list[tuple[float, float]]:
    xs = [spot.place[0] for spot in spots]
    middles = [(one + other) / 2 for one, other in pairwise(xs)]
    lefts = [xs[0] - WIDEST, *middles] if xs else []
    rights = [*middles, xs[-1] + WIDEST] if xs else []
    return [
        (max(left, x - WIDEST), min(right, x + WIDEST))
        for left, x, right in zip(lefts, xs, rights, strict=True)
    ]
