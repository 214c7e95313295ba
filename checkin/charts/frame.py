"""Frames: the grid, the axes with their words, and the infusions, around whatever a chart draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element  # noqa: S405 - it only writes, never parses

from checkin.charts import shapes
from checkin.charts.scales import Hours, Linear
from checkin.charts.svg import add, number
from checkin.charts.ticks import day_ticks, hour_ticks, spaced
from checkin.charts.words import tick_words, width_of
from checkin.domain.words import Translator, text

LINE_HEIGHT = 18.0
LABEL_GAP = 6.0
ROW_HEIGHT = 16.0


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The plot area as two scales. ``width`` is that of the whole drawing."""

    x: Hours
    y: Linear
    width: float

    @property
    def top(self) -> float:
        return self.y.end

    @property
    def bottom(self) -> float:
        return self.y.start

    def place(self, hours: float, value: float) -> shapes.Place:
        return self.x.project(hours), self.y.project(value)


def draw_levels(parent: Element, frame: Frame, values: Sequence[float]) -> None:
    """Draw a thin line with its number for each of the values."""
    grid = add(parent, "g", class_="grid")
    numbers = add(parent, "g", text_anchor="end", class_="quiet")
    for value in values:
        y = frame.y.project(value)
        add(grid, "path", d=f"M{number(frame.x.left)} {number(y)}H{number(frame.x.right)}")
        shapes.label(numbers, number(value), frame.x.left - 7, y + 4.5)


def draw_directions(parent: Element, frame: Frame, to: Translator, *, above: float, below: float) -> None:
    """Say at the top and at the foot what up and down mean: here less is better."""
    shapes.label(parent, "↑ " + text("more symptoms").render(to), 0, above, class_="quiet")
    shapes.label(parent, "↓ " + text("fewer symptoms").render(to), 0, below, class_="quiet")


def draw_hours(parent: Element, frame: Frame, to: Translator, *, plain: bool) -> None:
    """Name hours and days under the axis; ``plain`` writes them out."""

    def named(hours: float) -> str:
        return tick_words(hours, plain=plain).render(to)

    axis = add(parent, "g", text_anchor="middle", class_="axis")
    chosen = spaced(
        hour_ticks(frame.x.latest),
        lambda hours: _inside(frame.x, frame.width, hours, width_of(named(hours))),
        lambda hours: width_of(named(hours)),
        gap=LABEL_GAP,
        start=frame.x.zero,
    )
    _ticks(axis, frame, chosen)
    for hours in chosen:
        shapes.label(
            axis,
            named(hours),
            _inside(frame.x, frame.width, hours, width_of(named(hours))),
            frame.bottom + LINE_HEIGHT,
        )
    before = text("before").render(to)
    if frame.x.zero - frame.x.left >= width_of(before) - 8:
        shapes.label(axis, before, (frame.x.left + frame.x.zero) / 2, frame.bottom + LINE_HEIGHT)


def draw_days(parent: Element, frame: Frame) -> None:
    """Number the days under the axis, from 0 at the first infusion."""
    axis = add(parent, "g", text_anchor="middle", class_="axis")
    most = int((frame.x.right - frame.x.zero) // 30)
    chosen = day_ticks(frame.x.latest, max(1, most))
    _ticks(axis, frame, chosen)
    for hours in chosen:
        shapes.label(axis, number(hours / 24), frame.x.project(hours), frame.bottom + LINE_HEIGHT)


Label = tuple[str, ...]
"""The lines of one label, top down."""


def fitting(
    x: Hours, width: float, hours: Sequence[float], kinds: Sequence[Sequence[Label]]
) -> Sequence[Label]:
    """Return the first kind of labels that stand apart when each is centred on its hour.

    Each kind has one label for each of the ``hours``, the longest kind comes first. If none fits, the labels
    of the last kind that would touch their neighbour to the left are left empty.
    """
    for kind in kinds:
        kept = _apart(x, width, hours, kind)
        if all(kept):
            return kind
    return kept


def fitting_beside(
    x: Hours, width: float, taken: Sequence[tuple[float, Label]], hours: Sequence[float], label: Label
) -> Sequence[Label]:
    """Return the label for each of the ``hours`` where it touches none ``taken`` and none before it."""
    rooms = [_room(x, width, hour, words) for hour, words in taken if words]
    found: list[Label] = []
    for hour in hours:
        left, right = _room(x, width, hour, label)
        fits = all(right + LABEL_GAP <= one or other + LABEL_GAP <= left for one, other in rooms)
        found.append(label if fits else ())
        rooms += [(left, right)] if fits else []
    return found


def draw_infusions(
    parent: Element,
    frame: Frame,
    hours: Sequence[float],
    labels: Sequence[Label],
    *,
    class_: str = "infusion",
) -> None:
    """Draw a dashed line for each infusion, or appointment, with its label above the plot."""
    top = frame.top - 6
    group = draw_infusion_lines(parent, frame, hours, top, class_=class_)
    for hour, label in zip(hours, labels, strict=True):
        for row, words in enumerate(reversed(label)):
            middle = _inside(frame.x, frame.width, hour, width_of(words, bold=True))
            shapes.label(group, words, middle, top - 5 - row * ROW_HEIGHT)


def draw_infusion_lines(
    parent: Element, frame: Frame, hours: Sequence[float], top: float, *, class_: str = "infusion"
) -> Element:
    """Draw the dashed lines alone, from ``top`` down to the axis."""
    group = add(parent, "g", class_=class_, text_anchor="middle")
    places = (f"M{number(frame.x.project(hour))} {number(top)}V{number(frame.bottom)}" for hour in hours)
    add(group, "path", d="".join(places))
    return group


def _ticks(axis: Element, frame: Frame, hours: Sequence[float]) -> None:
    if hours:
        y = number(frame.bottom)
        add(axis, "path", d="".join(f"M{number(frame.x.project(hour))} {y}v5" for hour in hours))


def _inside(x: Hours, width: float, hours: float, room: float) -> float:
    """Return where the middle of a label goes: at its hour, or as near as the drawing allows."""
    return min(max(x.project(hours), room / 2), width - room / 2)


def _room(x: Hours, width: float, hours: float, label: Label) -> tuple[float, float]:
    """Where a label begins and ends."""
    room = max((width_of(words, bold=True) for words in label), default=0.0)
    middle = _inside(x, width, hours, room)
    return middle - room / 2, middle + room / 2


def _apart(x: Hours, width: float, hours: Sequence[float], labels: Sequence[Label]) -> list[Label]:
    kept: list[Label] = []
    free = -LABEL_GAP
    for hour, label in zip(hours, labels, strict=True):
        left, right = _room(x, width, hour, label)
        fits = left >= free + LABEL_GAP
        kept.append(label if fits else ())
        free = right if fits else free
    return kept
