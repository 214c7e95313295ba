"""Spots: points that can be touched to read their score, time and change.

Being under the pointer, or having the focus that a touch gives, shows the words of one, so no script is
needed. They are no stops of the tab key, which would be dozens: the table has the same for a keyboard.
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
    parent: Element, spots: Sequence[Spot], readout: Readout, *, top: float, bottom: float
) -> None:
    """Draw the spots (in order of time), each an image of its own to a screen reader.

    A tap anywhere between ``top`` and ``bottom`` chooses the spot that is nearest from side to side, so the
    area is as large as the neighbours allow.
    """
    group = add(parent, "g")
    for spot, (left, right) in zip(spots, _columns(spots), strict=True):
        own = add(group, "g", class_="spot", role="img", tabindex=-1, aria_label=". ".join(spot.words))
        add(own, "rect", x=left, y=top, width=right - left, height=bottom - top, class_="hit")
        add(own, "circle", cx=spot.place[0], cy=spot.place[1], r=10, class_="ring")
        _marker(own, spot)
        _words(own, spot, readout)


def _marker(parent: Element, spot: Spot) -> None:
    if spot.form == "cross":
        shapes.cross(parent, spot.place)
    elif spot.form == "diamond":
        shapes.diamond(parent, spot.place, hollow=spot.hollow)
    else:
        shapes.dot(parent, spot.place, hollow=spot.hollow)


def _words(parent: Element, spot: Spot, readout: Readout) -> None:
    group = add(parent, "g", class_="readout", aria_hidden="true")
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
