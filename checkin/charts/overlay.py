"""The overlay: the infusions of a course over one another, all beginning at the END of their infusion."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from xml.etree.ElementTree import Element  # noqa: S405 - it only writes, never parses

from checkin.charts import shapes
from checkin.charts.chart import Chart, Table
from checkin.charts.frame import (
    Frame,
    draw_directions,
    draw_hours,
    draw_infusions,
    draw_levels,
)
from checkin.charts.scales import Hours, Linear
from checkin.charts.svg import Svg, add, join, number, render, root
from checkin.charts.view import SHORTEST
from checkin.charts.words import dose_words, in_a_row, width_of
from checkin.domain.improvement import whole
from checkin.domain.standing import score_words, span_words
from checkin.domain.trajectory import PHQ_STYLE_MAXIMUM, Point, Series, Trajectory, joined
from checkin.domain.words import Text, Translator, text

MOST_SERIES = 4
"""More lines than this cannot be told apart; earlier infusions are in the table."""
_LEVELS = (0, 5, 10, 15, 20, 25)
_TOP = 46.0
_NAME_GAP, _NAME_HEIGHT = 9.0, 17.0


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The measures of one drawing; ``margin`` to the right holds the names of the lines."""

    name: str
    width: float
    before: float
    margin: float
    panel: float


WIDE = Layout(name="wide", width=720, before=84, margin=96, panel=250)
NARROW = Layout(name="narrow", width=360, before=44, margin=34, panel=210)


def overlay(trajectory: Trajectory, *, to: Translator, course: int = -1, name: str = "overlay") -> Chart:
    """Return the infusions of a course over one another: the last one solid, at most three before it dashed.

    With fewer than two infusions that have answers there is nothing to compare, and the sentence says so.
    """
    chosen = trajectory.courses[course].series if trajectory.courses else ()
    table = _table(chosen, to)
    answered = [series for series in chosen if series.after]
    if len(answered) < 2:
        sentence = text("There is only one infusion with check-ins so far: nothing to compare yet.")
        if not answered:
            sentence = text("There are no check-ins after an infusion yet.")
        return Chart(svg=Svg(""), sentence=sentence.render(to), description="", caption="", table=table)
    shown = answered[-MOST_SERIES:]
    description = text("Scores from 0 to 27 since each infusion. Lower means fewer symptoms.").render(to)
    return Chart(
        svg=join(*(_drawing(shown, layout, to, name, description) for layout in (WIDE, NARROW))),
        sentence=_sentence(answered).render(to),
        description=description,
        caption=_caption(len(chosen) - len(shown)).render(to),
        table=table,
    )


def _sentence(answered: Sequence[Series]) -> Text:
    last, before = answered[-1], answered[-2]
    return text(
        "After infusion %(last)s the lowest score so far is %(score)s, reached after %(span)s."
        " After infusion %(before)s it was %(other)s, reached after %(other_span)s.",
        last=last.number,
        score=score_words(_lowest(last).value, PHQ_STYLE_MAXIMUM),
        span=span_words(_lowest(last).hours),
        before=before.number,
        other=score_words(_lowest(before).value, PHQ_STYLE_MAXIMUM),
        other_span=span_words(_lowest(before).hours),
    )


def _caption(left_out: int) -> Text:
    parts = [
        text(
            "Time counts from the end of each infusion. The last infusion is solid, earlier ones are dashed."
        ),
        text("The first hours are drawn wider than later days."),
    ]
    if left_out:
        parts.append(text("The other infusions are in the table."))
    return in_a_row(parts)


def _lowest(series: Series) -> Point:
    """The first point that shows the lowest score, as it is read."""
    return min(series.after, key=lambda point: (whole(point.value), point.hours))


def _table(chosen: Sequence[Series], to: Translator) -> Table:
    columns = (
        text("Infusion"),
        text("Dose"),
        text("Score before"),
        text("Lowest after"),
        text("Reached"),
        text("Last after"),
    )
    return Table(
        caption=text("Infusions").render(to),
        columns=tuple(column.render(to) for column in columns),
        rows=tuple(_row(series, to) for series in chosen),
    )


def _row(series: Series, to: Translator) -> tuple[str, ...]:
    dose = dose_words(series.infusion)
    cells: list[Text | None] = [dose]
    cells.append(score_words(series.baseline.value, PHQ_STYLE_MAXIMUM) if series.baseline else None)
    if series.after:
        lowest, last = _lowest(series), series.after[-1]
        cells.append(score_words(lowest.value, lowest.maximum))
        cells.append(text("%(span)s after", span=span_words(lowest.hours)))
        score = score_words(last.value, last.maximum)
        cells.append(text("%(score)s, %(span)s after", score=score, span=span_words(last.hours)))
    else:
        cells += [None, None, None]
    return (str(series.number), *(cell.render(to) if cell else "–" for cell in cells))


def _drawing(shown: Sequence[Series], layout: Layout, to: Translator, name: str, description: str) -> Svg:
    own = f"{name}-{layout.name}"
    frame = _frame(shown, layout)
    tree = root(
        layout.width,
        frame.bottom + 46,
        class_=f"chart chart-{layout.name}",
        role="img",
        aria_labelledby=f"{own}-title {own}-description",
    )
    title = text("Scores after %(count)s infusions, one over the other", count=len(shown))
    add(tree, "title", title.render(to), id=f"{own}-title")
    add(tree, "desc", description, id=f"{own}-description")
    draw_levels(tree, frame, _LEVELS)
    draw_directions(tree, frame, to, above=13, below=frame.bottom + 39)
    draw_hours(tree, frame, to, plain=False)
    caption = text("time since each infusion").render(to)
    shapes.label(tree, caption, frame.x.right, frame.bottom + 39, anchor="end", class_="quiet")
    draw_infusions(tree, frame, [0], [(text("Infusion").render(to),)])
    names = [_name(series, layout, to) for series in shown]
    places = _apart([_end(series, frame) for series in shown], names, frame)
    for age, series in reversed(list(enumerate(reversed(shown)))):
        _draw_series(tree, series, frame, age=age)
    for series, words, place in zip(shown, names, places, strict=True):
        _draw_name(tree, words, _end(series, frame), place, latest=series is shown[-1])
    return render(tree)


def _name(series: Series, layout: Layout, to: Translator) -> str:
    if layout is NARROW:
        return str(series.number)
    return text("Infusion %(number)s", number=series.number).render(to)


def _frame(shown: Sequence[Series], layout: Layout) -> Frame:
    hours = [point.hours for series in shown for point in (*series.before, *series.after)]
    earliest = min(0.0, *hours)
    left = 30.0
    x = Hours(
        earliest=earliest,
        latest=max(SHORTEST, *hours),
        left=left,
        zero=left + (layout.before if earliest < 0 else 0),
        right=layout.width - layout.margin,
        early_wide=True,
    )
    y = Linear(low=0, high=PHQ_STYLE_MAXIMUM, start=_TOP + layout.panel, end=_TOP)
    return Frame(x=x, y=y, width=layout.width)


def _end(series: Series, frame: Frame) -> shapes.Place:
    return frame.place(series.after[-1].hours, series.after[-1].value)


def _apart(ends: Sequence[shapes.Place], names: Sequence[str], frame: Frame) -> list[shapes.Place]:
    """Place each name beside the end of its line; names that would touch are stacked in the same order."""
    rooms = [
        (x + _NAME_GAP, x + _NAME_GAP + width_of(name, bold=True))
        for (x, _), name in zip(ends, names, strict=True)
    ]
    heights = [y for _, y in ends]
    for _ in range(len(ends)):
        for one, other in combinations(sorted(range(len(ends)), key=lambda index: ends[index][1]), 2):
            beside = rooms[one][0] < rooms[other][1] and rooms[other][0] < rooms[one][1]
            short = _NAME_HEIGHT - (heights[other] - heights[one])
            if beside and short > 0:
                heights[one] -= short / 2
                heights[other] += short / 2
    return [
        (room[0], min(max(y, frame.top), frame.bottom - 6)) for room, y in zip(rooms, heights, strict=True)
    ]


def _draw_series(tree: Element, series: Series, frame: Frame, *, age: int) -> None:
    group = add(tree, "g", class_="over-time" if age else "latest")
    points = (*series.before, *series.after)
    runs = [
        [frame.place(point.hours, point.value) for point in run]
        for run in joined(points, [gap.due_at for gap in series.missed])
    ]
    shapes.line(group, runs, f"dash-{age}" if age else "line")
    for run in runs:
        # A dashed line shows its own points badly, but an answer between two gaps must not vanish.
        if not age or len(run) == 1:
            for place in run:
                shapes.dot(group, place, radius=2.5 if age else shapes.DOT)


def _draw_name(tree: Element, words: str, end: shapes.Place, place: shapes.Place, *, latest: bool) -> None:
    group = add(tree, "g", class_="latest" if latest else "over-time")
    if abs(place[1] - end[1]) > _NAME_HEIGHT * 0.75:
        path = f"M{number(end[0] + 3)} {number(end[1])}L{number(place[0] - 2)} {number(place[1])}"
        add(group, "path", d=path, class_="leader")
    shapes.label(group, words, place[0], place[1] + 4.5, class_="over")
