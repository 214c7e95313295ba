"""The report's drawings: small SVG files that stand alone, on white, readable without colour."""

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element

import numpy as np

from benchmarks.calibration.cases import Floats
from checkin.charts.svg import Svg, add, render, root

_WIDTH, _HEIGHT = 640.0, 300.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 56.0, 16.0, 20.0, 46.0
_INK, _FAINT = "#1f2933", "#d5dbe1"
SHADES = ("#1b4f72", "#8fb7d3", "#e0a458")


def reliability(chances: Floats, truth: Floats) -> Svg:
    """Draw how often it is open (up) where a probability (across) is given; dots grow with how often."""
    tree = _sheet("How often the window is truly open, by the probability given for it")
    frame = _Frame(across=(0.0, 1.0), up=(0.0, 1.0))
    frame.axes(tree, np.linspace(0, 1, 6), np.linspace(0, 1, 6), "probability given", "truly open")
    x, y = frame.place(0, 0)
    x_end, y_end = frame.place(1, 1)
    add(tree, "line", x1=x, y1=y, x2=x_end, y2=y_end, stroke=_FAINT, stroke_width=1.5)
    bins = np.clip((chances * 10).astype(int), 0, 9)
    for number in range(10):
        own = bins == number
        if own.any():
            at, height = frame.place(float(chances[own].mean()), float(truth[own].mean()))
            size = 3 + 9 * float(np.sqrt(own.mean()))
            add(tree, "circle", cx=at, cy=height, r=size, fill=SHADES[0])
    return render(tree)


def bars(title: str, unit: str, groups: Mapping[str, Sequence[float]], names: Sequence[str]) -> Svg:
    """Draw bars side by side, a group for each key; ``names`` are those of the bars of a group."""
    tree = _sheet(title)
    highest = max(max(values) for values in groups.values())
    step = 10 ** np.floor(np.log10(highest)) / 2
    top = float(np.ceil(highest / step) * step)
    frame = _Frame(across=(0.0, float(len(groups))), up=(0.0, top))
    frame.axes(tree, [], np.arange(0, top + step / 2, step), "", unit)
    width = 0.8 / len(names)
    for place, (group, values) in enumerate(groups.items()):
        for number, value in enumerate(values):
            x, y = frame.place(place + 0.1 + number * width, value)
            x_end, base = frame.place(place + 0.1 + (number + 1) * width, 0.0)
            add(tree, "rect", x=x, y=y, width=x_end - x - 1, height=base - y, fill=SHADES[number])
        middle, base = frame.place(place + 0.5, 0.0)
        _word(tree, group, middle, base + 16, anchor="middle")
    at = _LEFT
    for number, name in enumerate(names):
        add(tree, "rect", x=at, y=_HEIGHT - 16, width=10, height=10, fill=SHADES[number])
        _word(tree, name, at + 15, _HEIGHT - 7)
        at += 40 + 7 * len(name)
    return render(tree)


class _Frame:
    """Maps values to places on the sheet."""

    def __init__(self, *, across: tuple[float, float], up: tuple[float, float]) -> None:
        self.across, self.up = across, up

    def place(self, x: float, y: float) -> tuple[float, float]:
        along = (x - self.across[0]) / (self.across[1] - self.across[0])
        above = (y - self.up[0]) / (self.up[1] - self.up[0])
        return (
            _LEFT + along * (_WIDTH - _LEFT - _RIGHT),
            _HEIGHT - _BOTTOM - above * (_HEIGHT - _TOP - _BOTTOM),
        )

    def axes(
        self, tree: Element, x_ticks: Sequence[float] | Floats, y_ticks: Floats, x_name: str, y_name: str
    ) -> None:
        for value in y_ticks:
            x, y = self.place(self.across[0], float(value))
            end, _ = self.place(self.across[1], float(value))
            add(tree, "line", x1=x, y1=y, x2=end, y2=y, stroke=_FAINT, stroke_width=1)
            _word(tree, f"{value:g}", x - 6, y + 4, anchor="end")
        for value in x_ticks:
            x, y = self.place(float(value), self.up[0])
            _word(tree, f"{value:g}", x, y + 16, anchor="middle")
        _word(tree, y_name, 4, 12)
        _word(tree, x_name, _WIDTH - _RIGHT, _HEIGHT - 10, anchor="end")


def _sheet(title: str) -> Element:
    tree = root(_WIDTH, _HEIGHT, xmlns="http://www.w3.org/2000/svg", role="img", font_size=12)
    tree.set("font-family", "sans-serif")
    add(tree, "title", title)
    add(tree, "rect", width=_WIDTH, height=_HEIGHT, fill="#ffffff")
    return tree


def _word(tree: Element, word: str, x: float, y: float, *, anchor: str = "start") -> None:
    if word:
        add(tree, "text", word, x=x, y=y, fill=_INK, text_anchor=anchor)
