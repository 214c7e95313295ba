"""How tests read drawings: parsed, never by looking for pieces of text in markup."""

import re
from xml.etree import ElementTree

from checkin.charts.svg import Svg


def parsed(markup: Svg) -> ElementTree.Element:
    """Return the one drawing in this markup."""
    (drawing,) = drawings(markup)
    return drawing


def drawings(markup: Svg) -> list[ElementTree.Element]:
    """Return every drawing in this markup."""
    return list(ElementTree.fromstring(f"<page>{markup}</page>"))  # noqa: S314 - our own drawing


def named(markup: Svg, name: str) -> ElementTree.Element:
    """Return the drawing that is made for "wide" or "narrow" screens."""
    (found,) = (
        drawing for drawing in drawings(markup) if f"chart-{name}" in drawing.get("class", "").split()
    )
    return found


def of_class(tree: ElementTree.Element, class_: str) -> list[ElementTree.Element]:
    return [element for element in tree.iter() if class_ in element.get("class", "").split()]


def words(tree: ElementTree.Element) -> list[str]:
    """Return the labels of a drawing, without what appears only for a chosen point."""
    hidden = {text for readout in of_class(tree, "readout") for text in readout.iter("text")}
    return [text.text or "" for text in tree.iter("text") if text not in hidden]


def runs(path: ElementTree.Element) -> list[list[tuple[float, float]]]:
    """Return the places a path joins, one list for each time the pen is put down."""
    pieces = path.get("d", "").split("M")[1:]
    return [[_place(place) for place in piece.removesuffix("h0").split("L")] for piece in pieces]


def _place(written: str) -> tuple[float, float]:
    x, y = re.findall(r"-?[\d.]+", written)[:2]
    return float(x), float(y)
