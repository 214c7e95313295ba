"""Shapes: lines that end at a gap, markers that differ in form as well as in fill, bands, and ticks."""

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element  # noqa: S405 - it only writes, never parses

from checkin.charts.svg import add, number

Place = tuple[float, float]

DOT = 4.2
DIAMOND = 5.6
MISSED_WIDTH = 5
MISSED_HEIGHT = 10


def line(parent: Element, runs: Iterable[Sequence[Place]], class_: str) -> Element | None:
    """Draw one path that starts anew with every run; a run of one place is left to its marker."""
    pieces = ["M" + "L".join(f"{number(x)} {number(y)}" for x, y in run) for run in runs if len(run) > 1]
    return add(parent, "path", class_=class_, d="".join(pieces)) if pieces else None


def dot(parent: Element, place: Place, *, hollow: bool = False, radius: float = DOT) -> Element:
    """Draw an answer; ``hollow`` for a late one."""
    return add(parent, "circle", cx=place[0], cy=place[1], r=radius, class_="hollow" if hollow else None)


def diamond(parent: Element, place: Place, *, hollow: bool = False) -> Element:
    """Draw an answer to the early form, which leaves out two questions; ``hollow`` for a late one."""
    x, y = place
    path = (
        f"M{number(x)} {number(y - DIAMOND)}l{DIAMOND} {DIAMOND} -{DIAMOND} {DIAMOND} -{DIAMOND} -{DIAMOND}z"
    )
    return add(parent, "path", d=path, class_="hollow" if hollow else None)


def cross(parent: Element, place: Place) -> Element:
    """Draw a second answer to one prompt, which no line passes through."""
    x, y = place
    return add(parent, "path", d=f"M{number(x - 4)} {number(y - 4)}l8 8m0 -8l-8 8", class_="cross")


def missed(parent: Element, place: Place) -> Element:
    """Draw a prompt that nobody answered: an empty tick that stands on the place."""
    x, y = place
    top = y - MISSED_HEIGHT
    return add(parent, "rect", x=x - MISSED_WIDTH / 2, y=top, width=MISSED_WIDTH, height=MISSED_HEIGHT)


def missed_sample(parent: Element, place: Place) -> Element:
    """Draw an empty tick around a place, for the legend."""
    tick = missed(parent, (place[0], place[1] + MISSED_HEIGHT / 2))
    tick.set("class", "missed")
    return tick


def dotted_sample(parent: Element, place: Place) -> Element:
    """Draw the line of an appointment through a place, for the legend."""
    group = add(parent, "g", class_="meeting")
    add(group, "path", d=f"M{number(place[0])} {number(place[1] - 7)}v14")
    return group


def band(parent: Element, left: float, right: float, top: float, bottom: float) -> Element:
    """Draw a band with an outline, so that it is seen without its colour."""
    return add(parent, "rect", x=left, y=top, width=right - left, height=bottom - top, class_="band")


def label(
    parent: Element, words: str, x: float, y: float, *, anchor: str | None = None, class_: str | None = None
) -> Element:
    """Write words at a place; ``anchor`` is "middle" or "end" where they do not start there."""
    return add(parent, "text", words, x=x, y=y, text_anchor=anchor, class_=class_)
