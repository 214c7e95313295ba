"""The estimate behind the points: a fan for the level, shading for the window, darker where likelier.

It is never drawn without points. What lies ahead is drawn only once the end of the window is spoken of.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element  # noqa: S405 - it only writes, never parses

from checkin.charts import shapes
from checkin.charts.frame import Frame
from checkin.charts.svg import add, number
from checkin.charts.view import View
from checkin.domain.trajectory import hours_between
from checkin.domain.window.placed import PlacedEstimate, between
from checkin.domain.window.sentence import SILENT, closing, end_is_known, over
from checkin.domain.window.states import LIKELY, OPEN
from checkin.domain.window.values import Level

_DARKEST = 0.34
_FINEST = 3.0
"""Units between two places of the fan: finer than this nobody sees."""
_STRIP = 7.0
"""Units from the top of the plot down to the line that says where the window is likely to be open."""


@dataclass(frozen=True, kw_only=True)
class Layer:
    """What is drawn of an estimate; hours are those of the view.

    ``levels`` make the fan, ``chances`` the shading; ``now`` is the hour the estimate speaks of, ``until``
    the last hour that is drawn.
    """

    levels: tuple[Level, ...]
    chances: tuple[tuple[float, float], ...]
    now: float
    until: float

    @property
    def open_spans(self) -> tuple[tuple[float, float], ...]:
        """Where the window is open by the estimate."""
        return _spans(self.chances, OPEN)

    @property
    def likely_spans(self) -> tuple[tuple[float, float], ...]:
        """Where it is at least as likely open as not; what is open belongs to it."""
        return _spans(self.chances, LIKELY)

    @property
    def shaded(self) -> bool:
        """Whether anything of the shading can be seen."""
        return any(_darkness(chance) > 0 for _, chance in self.chances)

    @property
    def ahead(self) -> bool:
        """Whether any of the fan lies ahead."""
        return any(level.hours > self.now for level in self.levels)


def layer_of(window: PlacedEstimate | None, view: View, now: datetime) -> Layer | None:
    """Return what is drawn of an estimate in a view; None where nothing may be.

    That is: without points since the infusion, before anything can be said, where other infusions are shown
    than the estimate's latest one, and where there was another infusion since.
    """
    latest = view.series[-1].infusion
    if window is None or window.estimate.state in SILENT or window.infusion_id != latest.id:
        return None
    if not view.series[-1].after or not window.estimate.levels:
        return None
    shift = hours_between(view.start, window.begins)
    as_of = window.estimate.as_of + shift
    ends = hours_between(view.start, window.ends)
    until = ends if end_is_known(window, now) or over(window, now) else as_of
    until = min(until, _axis_end(view, window, now))
    levels = _between([_shifted(level, shift) for level in window.estimate.levels], until)
    chances = [(hours + shift, chance) for hours, chance in window.estimate.grid]
    return Layer(levels=levels, chances=_upto(chances, until), now=min(as_of, until), until=until)


def draw_shading(parent: Element, layer: Layer, frame: Frame, name: str) -> None:
    """Shade the window from top to bottom, as dark as it is likely to be open, with a line above it.

    The line is solid where it is open by the estimate and dashed where that is only more likely than not.
    """
    if layer.until <= 0 or not layer.shaded:
        return
    left, right = frame.x.project(max(0.0, layer.chances[0][0])), frame.x.project(layer.until)
    gradient = add(
        parent, "linearGradient", id=f"{name}-window", gradientUnits="userSpaceOnUse", x1=left, x2=right
    )
    for hours, chance in _visible(layer.chances, frame):
        part = (frame.x.project(hours) - left) / (right - left)
        add(
            gradient,
            "stop",
            class_="window-stop",
            offset=f"{part:.3f}",
            stop_opacity=f"{_DARKEST * _darkness(chance):.3f}",
        )
    height = frame.bottom - frame.top
    add(
        parent,
        "rect",
        x=left,
        y=frame.top,
        width=right - left,
        height=height,
        fill=f"url(#{name}-window)",
        class_="window-shade",
    )
    y = frame.top + _STRIP
    _strip(parent, layer.likely_spans, frame, y, "window-likely")
    _strip(parent, layer.open_spans, frame, y, "window-open")


def draw_fan(parent: Element, layer: Layer, frame: Frame) -> None:
    """Draw the range that holds the true level 8 times of 10, and its middle, dashed where it lies ahead."""
    levels = _thinned(layer.levels, frame)
    if len(levels) < 2:
        return
    upper = [frame.place(level.hours, level.p90) for level in levels]
    lower = [frame.place(level.hours, level.p10) for level in levels]
    outline = "L".join(f"{number(x)} {number(y)}" for x, y in [*upper, *reversed(lower)])
    add(parent, "path", d=f"M{outline}Z", class_="fan")
    past = [frame.place(level.hours, level.p50) for level in levels if level.hours <= layer.now]
    ahead = [frame.place(level.hours, level.p50) for level in levels if level.hours > layer.now]
    shapes.line(parent, [past], "fan-middle")
    shapes.line(parent, [past[-1:] + ahead], "fan-ahead")


def fan_sample(parent: Element, place: shapes.Place) -> Element:
    """Draw a piece of the fan, for the legend."""
    x, y = place
    group = add(parent, "g")
    add(group, "rect", x=x - 6, y=y - 5, width=12, height=10, class_="fan")
    add(group, "path", d=f"M{number(x - 6)} {number(y)}h12", class_="fan-middle")
    return group


def window_sample(parent: Element, place: shapes.Place) -> Element:
    """Draw a piece of the window's line, for the legend."""
    return add(parent, "path", d=f"M{number(place[0] - 6)} {number(place[1])}h12", class_="window-open")


def _axis_end(view: View, window: PlacedEstimate, now: datetime) -> float:
    """As far as the points go and, once it is spoken of, until the window has probably closed."""
    shift = hours_between(view.start, window.begins)
    reach = max(view.span[1], window.estimate.as_of + shift)
    closes = window.closes_from(now) if closing(window, now) is not None else None
    if closes is not None and end_is_known(window, now):
        reach = max(reach, hours_between(view.start, closes[-1]))
    return reach


def _shifted(level: Level, shift: float) -> Level:
    return Level(hours=level.hours + shift, p10=level.p10, p50=level.p50, p90=level.p90)


def _between(levels: Sequence[Level], until: float) -> tuple[Level, ...]:
    """The levels from hour 0 to ``until``, the last one read off between its neighbours."""
    kept = [level for level in levels if 0 <= level.hours <= until]
    lines = [[(level.hours, getattr(level, name)) for level in levels] for name in ("p10", "p50", "p90")]
    last = [between(line, until) for line in lines]
    low, middle, high = last
    if kept and kept[-1].hours < until and low is not None and middle is not None and high is not None:
        kept.append(Level(hours=until, p10=low, p50=middle, p90=high))
    return tuple(kept)


def _upto(chances: Sequence[tuple[float, float]], until: float) -> tuple[tuple[float, float], ...]:
    kept = [pair for pair in chances if 0 <= pair[0] <= until]
    last = between(chances, until)
    if last is not None and (not kept or kept[-1][0] < until):
        kept.append((until, last))
    return tuple(kept)


def _spans(chances: Sequence[tuple[float, float]], least: float) -> tuple[tuple[float, float], ...]:
    """Where a chance is at least so high, its ends read off between the hours that are known."""
    found: list[tuple[float, float]] = []
    for (before, low), (after, high) in zip(chances, chances[1:], strict=False):
        if max(low, high) < least:
            continue
        crossing = before if low == high else before + (after - before) * (least - low) / (high - low)
        start = before if low >= least else crossing
        end = after if high >= least else crossing
        if found and found[-1][1] >= start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return tuple(found)


def _darkness(chance: float) -> float:
    """From nothing at 20 % or less, which the eye should not take for open, to 1 at 90 % or more."""
    return min(max((chance - 0.2) / 0.7, 0.0), 1.0)


def _visible(chances: Sequence[tuple[float, float]], frame: Frame) -> list[tuple[float, float]]:
    kept: list[tuple[float, float]] = []
    for pair in chances:
        if not kept or frame.x.project(pair[0]) - frame.x.project(kept[-1][0]) >= _FINEST:
            kept.append(pair)
    return kept


def _thinned(levels: Sequence[Level], frame: Frame) -> list[Level]:
    kept: list[Level] = []
    for level in levels:
        if not kept or frame.x.project(level.hours) - frame.x.project(kept[-1].hours) >= _FINEST:
            kept.append(level)
    if levels and kept[-1] is not levels[-1]:
        kept.append(levels[-1])
    return kept


def _strip(
    parent: Element, spans: Sequence[tuple[float, float]], frame: Frame, y: float, class_: str
) -> None:
    runs = [[(frame.x.project(since), y), (frame.x.project(until), y)] for since, until in spans]
    shapes.line(parent, runs, class_)
