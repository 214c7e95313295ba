"""The overlay: a course's infusions and those before it, one over another from the END of each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
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
from checkin.domain.clock import local_day
from checkin.domain.days import date_words
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


@dataclass(frozen=True, kw_only=True)
class _Chosen:
    """Infusions in their order; those before ``begins`` are of earlier courses."""

    series: tuple[Series, ...]
    begins: datetime | None

    def earlier(self, series: Series) -> bool:
        return self.begins is not None and series.infusion.at < self.begins

    def name(self, series: Series) -> Text:
        """What a line is called: numbers count within a course, so that an earlier course's has its date."""
        if self.earlier(series):
            return _date(series)
        return text("Infusion %(number)s", number=series.number)

    def in_a_sentence(self, series: Series) -> Text:
        if self.earlier(series):
            return text("the infusion of %(date)s", date=_date(series))
        return text("infusion %(number)s", number=series.number)


def overlay(trajectory: Trajectory, *, to: Translator, course: int = -1, name: str = "overlay") -> Chart:
    """Return the infusions of a course over one another: the last one solid, at most three before it dashed.

    Infusions of earlier courses fill up what the course leaves free. With fewer than two infusions that have
    answers, or none in the course, there is nothing to compare, and the sentence says so.
    """
    chosen = _chosen(trajectory, course)
    table = _table(chosen, to)
    answered = [series for series in chosen.series if series.after]
    if not answered or chosen.earlier(answered[-1]):
        return _nothing(text("There are no check-ins after an infusion yet."), table, to)
    if len(answered) == 1:
        only_one = text("There is only one infusion with check-ins so far: nothing to compare yet.")
        return _nothing(only_one, table, to)
    shown = replace(chosen, series=tuple(answered[-MOST_SERIES:]))
    description = text("Scores from 0 to 27 since each infusion. Lower means fewer symptoms.").render(to)
    return Chart(
        svg=join(*(_drawing(shown, layout, to, name, description) for layout in (WIDE, NARROW))),
        sentence=_sentence(shown).render(to),
        description=description,
        caption=_caption(shown, len(chosen.series) - len(shown.series)).render(to),
        table=table,
    )


def _chosen(trajectory: Trajectory, course: int) -> _Chosen:
    if not trajectory.courses:
        return _Chosen(series=(), begins=None)
    begins = trajectory.courses[course].series[0].infusion.at
    courses = [one for one in trajectory.courses if one.series[0].infusion.at <= begins]
    return _Chosen(series=tuple(series for one in courses for series in one.series), begins=begins)


def _nothing(sentence: Text, table: Table, to: Translator) -> Chart:
    return Chart(svg=Svg(""), sentence=sentence.render(to), description="", caption="", table=table)


def _sentence(shown: _Chosen) -> Text:
    before, last = shown.series[-2:]
    return text(
        "After %(last)s the lowest score so far is %(score)s, reached after %(span)s."
        " After %(before)s it was %(other)s, reached after %(other_span)s.",
        last=shown.in_a_sentence(last),
        score=score_words(_lowest(last).value, PHQ_STYLE_MAXIMUM),
        span=span_words(_lowest(last).hours),
        before=shown.in_a_sentence(before),
        other=score_words(_lowest(before).value, PHQ_STYLE_MAXIMUM),
        other_span=span_words(_lowest(before).hours),
    )


def _caption(shown: _Chosen, left_out: int) -> Text:
    parts = [
        text(
            "Time counts from the end of each infusion. The last infusion is solid, earlier ones are dashed."
        ),
        text("The first hours are drawn wider than later days."),
    ]
    if any(shown.earlier(series) for series in shown.series):
        parts.append(text("Infusions of earlier courses are named by their date."))
    if left_out:
        parts.append(text("The other infusions are in the table."))
    return in_a_row(parts)


def _date(series: Series) -> Text:
    return date_words(local_day(series.infusion.at, series.infusion.zone))


def _lowest(series: Series) -> Point:
    """The first point that shows the lowest score, as it is read."""
    return min(series.after, key=lambda point: (whole(point.value), point.hours))


def _table(chosen: _Chosen, to: Translator) -> Table:
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
        rows=tuple(_row(series, chosen, to) for series in chosen.series),
    )


def _row(series: Series, chosen: _Chosen, to: Translator) -> tuple[str, ...]:
    name = _date(series).render(to) if chosen.earlier(series) else str(series.number)
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
    return (name, *(cell.render(to) if cell else "–" for cell in cells))


def _drawing(chosen: _Chosen, layout: Layout, to: Translator, name: str, description: str) -> Svg:
    own, shown = f"{name}-{layout.name}", chosen.series
    names = [_name(series, chosen, layout, to) for series in shown]
    frame = _frame(shown, layout, max(width_of(words, bold=True) for words in names))
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
    places = _apart([_end(series, frame) for series in shown], names, frame)
    for age, series in reversed(list(enumerate(reversed(shown)))):
        _draw_series(tree, series, frame, age=age)
    for series, words, place in zip(shown, names, places, strict=True):
        _draw_name(tree, words, _end(series, frame), place, latest=series is shown[-1])
    return render(tree)


def _name(series: Series, chosen: _Chosen, layout: Layout, to: Translator) -> str:
    if layout is NARROW and not chosen.earlier(series):
        return str(series.number)
    return chosen.name(series).render(to)


def _frame(shown: Sequence[Series], layout: Layout, names: float) -> Frame:
    """``names`` is the room that the longest name of a line takes."""
    hours = [point.hours for series in shown for point in (*series.before, *series.after)]
    earliest = min(0.0, *hours)
    left = 30.0
    x = Hours(
        earliest=earliest,
        latest=max(SHORTEST, *hours),
        left=left,
        zero=left + (layout.before if earliest < 0 else 0),
        right=layout.width - max(layout.margin, names + 2 * _NAME_GAP),
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
