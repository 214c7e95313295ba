"""The patient's own chart: few marks, plain words, no prediction and no judging colours."""

from collections.abc import Sequence
from datetime import datetime
from xml.etree.ElementTree import Element  # noqa: S405 - it only writes, never parses

from checkin.charts import shapes
from checkin.charts.chart import Chart, Table
from checkin.charts.frame import (
    Frame,
    draw_days,
    draw_directions,
    draw_hours,
    draw_infusions,
    draw_levels,
    fitting,
    fitting_beside,
)
from checkin.charts.rows import Row, patient_columns, patient_rows
from checkin.charts.scales import Linear
from checkin.charts.svg import Svg, add, render, root
from checkin.charts.view import View, view_of
from checkin.domain.improvement import whole
from checkin.domain.standing import last_point, level_words, point_words
from checkin.domain.trajectory import PHQ_STYLE_MAXIMUM, Course, Trajectory
from checkin.domain.words import Moment, Text, Translator, text

MOST_INFUSIONS = 6
"""The usual series of six fits a phone; of a longer course the newest are drawn."""

_WIDTH, _HEIGHT = 360, 262
_LEFT, _BEFORE, _RIGHT, _TOP, _BOTTOM = 28, 46, 331, 46, 216
_LEVELS = (0, 9, 18, 27)


def patient_chart(
    trajectory: Trajectory,
    *,
    to: Translator,
    zone: str,
    name: str = "chart",
    meetings: Sequence[datetime] = (),
) -> Chart:
    """Return the chart of the current course, moments in ``zone``; ``name`` begins the ids of its elements;
    ``meetings`` are when appointments begin.

    Without an infusion or an answer there is nothing to draw, and the sentence says so; the table still holds
    what was not answered.
    """
    course = trajectory.current
    if course is None:
        return _undrawn(text("No infusion is recorded yet."), (), to)
    view = view_of(course.series[-MOST_INFUSIONS:], meetings=meetings)
    if not view.marks:
        start = Moment(at=course.series[-1].infusion.at, zone=zone)
        waiting = text("No check-ins yet since the infusion on %(start)s.", start=start)
        return _undrawn(waiting, patient_rows(view, to, zone), to)
    sentence = _sentence(course, zone).render(to)
    description = _description(view).render(to)
    return Chart(
        svg=_drawing(view, to, name, text("Your scores").render(to), description),
        sentence=sentence,
        description=description,
        caption=_caption(view, to),
        table=Table(
            caption=text(
                "Your check-ins, compared with %(level)s", level=level_words(view.series[-1])
            ).render(to),
            columns=patient_columns(to),
            rows=patient_rows(view, to, zone),
        ),
    )


def _undrawn(sentence: Text, rows: tuple[Row, ...], to: Translator) -> Chart:
    """What was asked and not answered has no place in a picture, but it has one in the table."""
    table = Table(caption=text("Your check-ins").render(to), columns=patient_columns(to), rows=rows)
    return Chart(svg=Svg(""), sentence=sentence.render(to), description="", caption="", table=table)


def _sentence(course: Course, zone: str) -> Text:
    newest = last_point(course)
    if newest is None:
        return text("No check-ins yet.")
    point, series = newest
    return text(
        "Your last score was %(score)s. You answered on %(when)s.",
        score=point_words(point, series),
        when=Moment(at=point.answered_at, zone=zone),
    )


def _description(view: View) -> Text:
    words = text("Scores go from 0 to 27. A lower score means fewer symptoms.")
    if not view.gaps:
        return words
    return text("%(words)s Where a check-in was not answered, the line has a gap.", words=words)


def _caption(view: View, to: Translator) -> str:
    parts = [text("A lower score means fewer symptoms.")]
    if len(view.series) > 1:
        parts.append(text("Dashed lines are infusions."))
    if view.meetings:
        parts.append(text("Dotted lines are appointments."))
    if view.gaps:
        parts.append(text("Empty ticks at the foot are check-ins not answered."))
    if any(mark.point.late for mark in view.marks):
        parts.append(text("Empty circles are late answers."))
    return " ".join(part.render(to) for part in parts)


def _drawing(view: View, to: Translator, name: str, title: str, description: str) -> Svg:
    tree = root(
        _WIDTH, _HEIGHT, class_="chart", role="img", aria_labelledby=f"{name}-title {name}-description"
    )
    add(tree, "title", title, id=f"{name}-title")
    add(tree, "desc", description, id=f"{name}-description")
    frame = Frame(
        x=view.scale(left=_LEFT, before=_BEFORE, right=_RIGHT),
        y=Linear(low=0, high=PHQ_STYLE_MAXIMUM, start=_BOTTOM, end=_TOP),
        width=_WIDTH,
    )
    draw_levels(tree, frame, _LEVELS)
    draw_directions(tree, frame, to, above=13, below=_HEIGHT - 5)
    _draw_time(tree, frame, view, to)
    _draw_infusions(tree, frame, view, to)
    _draw_answers(tree, frame, view)
    return render(tree)


def _draw_time(tree: Element, frame: Frame, view: View, to: Translator) -> None:
    if frame.x.early_wide:
        draw_hours(tree, frame, to, plain=True)
        caption = text("time since the infusion")
    else:
        draw_days(tree, frame)
        caption = text("days since infusion %(number)s", number=view.series[0].number)
    shapes.label(tree, caption.render(to), _WIDTH, _HEIGHT - 5, anchor="end", class_="quiet")


def _draw_infusions(tree: Element, frame: Frame, view: View, to: Translator) -> None:
    numbers = [str(series.number) for series in view.series]
    named = [text("Infusion %(number)s", number=number).render(to) for number in numbers]
    if len(numbers) == 1:
        named = [text("Infusion").render(to)]
    hours = [hour for hour, _ in view.infusions]
    kinds = [[(label,) for label in kind] for kind in (named, numbers)]
    labels = fitting(frame.x, _WIDTH, hours, kinds)
    draw_infusions(tree, frame, hours, labels)
    if view.meetings:
        taken = list(zip(hours, labels, strict=True))
        words = (text("Appointment").render(to),)
        beside = fitting_beside(frame.x, _WIDTH, taken, view.meetings, words)
        draw_infusions(tree, frame, view.meetings, beside, class_="meeting")


def _draw_answers(tree: Element, frame: Frame, view: View) -> None:
    if view.gaps:
        group = add(tree, "g", class_="missed")
        for gap in view.gaps:
            shapes.missed(group, (frame.x.project(gap.hours), frame.bottom))
    runs = [[frame.place(mark.hours, mark.point.value) for mark in run] for run in view.runs]
    shapes.line(tree, runs, "line")
    dots = add(tree, "g", class_="dots")
    for mark in view.marks:
        shapes.dot(dots, frame.place(mark.hours, mark.point.value), hollow=mark.point.late)
    last = view.marks[-1]
    x, y = frame.place(last.hours, last.point.value)
    shapes.label(tree, str(whole(last.point.value)), x + 9, y + 5, class_="value")
