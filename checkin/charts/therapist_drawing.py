"""How the therapist's chart is drawn: the line of scores on top, other forms below, on one axis of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from xml.etree.ElementTree import Element  # noqa: S405 - it only writes, never parses

from checkin.charts import shapes
from checkin.charts.frame import (
    LINE_HEIGHT,
    ROW_HEIGHT,
    Frame,
    Label,
    draw_days,
    draw_directions,
    draw_hours,
    draw_infusion_lines,
    draw_infusions,
    draw_levels,
    fitting,
    fitting_beside,
)
from checkin.charts.legend import Sample, draw_legend, legend_rows
from checkin.charts.levels import Level, Line, draw_levels_named_inside, draw_named_levels
from checkin.charts.scales import Linear
from checkin.charts.spots import Readout, Spot, draw_spots
from checkin.charts.svg import Svg, add, render, root
from checkin.charts.therapist_words import infusion_labels, other_words, spot_words
from checkin.charts.view import Mark, Other, View
from checkin.charts.window import Layer, draw_fan, draw_shading, fan_sample, window_sample
from checkin.domain.baseline import Baseline, noise_band
from checkin.domain.improvement import Thresholds
from checkin.domain.trajectory import PHQ_STYLE_MAXIMUM, joined
from checkin.domain.words import Text, Translator, text

_LEVELS = (0, 5, 10, 15, 20, 25)
_OVER_PLOT = 34.0
"""Units between the readout and the plot, beside the labels of the infusions: a row says what up means."""
_UNDER_PLOT = 46.0
"""Units for the hours and the row that says what down means."""
_OVER_SMALL = 34.0
"""Units over a small panel, for its title."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The measures of one drawing. Levels are named in the right ``margin`` or, if narrow, ``inside``."""

    name: str
    width: float
    left: float
    before: float
    margin: float
    panel: float
    small_panel: float
    lines: int
    inside: bool


WIDE = Layout(
    name="wide", width=720, left=30, before=84, margin=76, panel=250, small_panel=60, lines=2, inside=False
)
NARROW = Layout(
    name="narrow", width=360, left=30, before=46, margin=14, panel=210, small_panel=60, lines=3, inside=True
)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What is drawn, for one reader."""

    view: View
    noise: float
    thresholds: Thresholds
    titles: Mapping[str, str]
    to: Translator
    zone: str
    name: str
    layer: Layer | None = None

    @property
    def baseline(self) -> Baseline | None:
        """The one level that every change in the picture is against; None where there is none."""
        first = self.view.series[0]
        return first.course_baseline or (first.baseline if len(self.view.series) == 1 else None)

    @property
    def response(self) -> float | None:
        """The score that is a response; None where shares mean nothing."""
        if self.baseline is None or self.baseline.value < self.thresholds.share_floor:
            return None
        return self.baseline.value * (1 - self.thresholds.response_share)


def draw(picture: Picture, layout: Layout) -> Svg:
    """Return one drawing. Its points can be heard one by one, so to a screen reader it is a group."""
    view = picture.view
    name = f"{picture.name}-{layout.name}"
    readout = _readout(layout)
    hours = _infusion_hours(view)
    scale = view.scale(left=layout.left, before=layout.before, right=layout.width - layout.margin)
    labels = fitting(scale, layout.width, hours, infusion_labels(view, picture.to))
    top = readout.height + _OVER_PLOT + max(len(label) for label in labels) * ROW_HEIGHT
    main = Frame(
        x=scale,
        y=Linear(low=0, high=PHQ_STYLE_MAXIMUM, start=top + layout.panel, end=top),
        width=layout.width,
    )
    small = _small_frames(view, layout, main)
    legend = legend_rows(_legend(picture), layout.width)
    foot = (list(small.values())[-1].bottom + 14) if small else main.bottom + _UNDER_PLOT
    tree = root(
        layout.width,
        foot + len(legend) * LINE_HEIGHT,
        class_=f"chart chart-{layout.name}",
        role="group",
        aria_labelledby=f"{name}-title",
    )
    add(tree, "title", text("Scores since the infusion").render(picture.to), id=f"{name}-title")
    ground = add(tree, "g", aria_hidden="true")
    if picture.layer is not None:
        draw_shading(ground, picture.layer, main, name)
    _draw_ground(ground, picture, main, layout)
    draw_infusions(ground, main, hours, labels)
    _draw_meetings(ground, picture, main, list(zip(hours, labels, strict=True)))
    for line, frame in small.items():
        _draw_small_ground(ground, picture, frame, line)
    draw_legend(ground, legend, foot)
    _draw_scores(tree, picture, main, readout)
    for line, frame in small.items():
        _draw_other(tree, picture, frame, line, readout)
    return render(tree)


def _draw_meetings(
    ground: Element, picture: Picture, frame: Frame, taken: Sequence[tuple[float, Label]]
) -> None:
    hours = picture.view.meetings
    if hours:
        words = (text("Appointment").render(picture.to),)
        labels = fitting_beside(frame.x, frame.width, taken, hours, words)
        draw_infusions(ground, frame, hours, labels, class_="meeting")


def _readout(layout: Layout) -> Readout:
    return Readout(width=layout.width, lines=layout.lines)


def _small_frames(view: View, layout: Layout, main: Frame) -> dict[str, Frame]:
    found = {}
    top = main.bottom + _UNDER_PLOT
    for line, others in view.others.items():
        top += _OVER_SMALL
        highest = max(other.reading.maximum for other in others)
        found[line] = replace(main, y=Linear(low=0, high=highest, start=top + layout.small_panel, end=top))
        top += layout.small_panel
    return found


def _draw_ground(ground: Element, picture: Picture, frame: Frame, layout: Layout) -> None:
    view, to = picture.view, picture.to
    readout = _readout(layout)
    hint = text("Choose a point to see its score, change and time.").render(to)
    shapes.label(ground, hint, 0, readout.height - 10, class_="quiet hint")
    _draw_noise(ground, picture, frame)
    draw_levels(ground, frame, _LEVELS)
    if picture.layer is not None:
        draw_fan(ground, picture.layer, frame)
    draw_directions(ground, frame, to, above=readout.height + 13, below=frame.bottom + 39)
    if frame.x.early_wide:
        draw_hours(ground, frame, to, plain=False)
        caption = text("time since the infusion")
    else:
        draw_days(ground, frame)
        caption = text("days since infusion %(number)s", number=view.series[0].number)
    shapes.label(ground, caption.render(to), frame.x.right, frame.bottom + 39, anchor="end", class_="quiet")
    if layout.inside:
        draw_levels_named_inside(ground, frame, _levels(picture), _lines(picture, frame))
    else:
        draw_named_levels(ground, frame, _levels(picture))
    if view.gaps:
        group = add(ground, "g", class_="missed")
        for gap in view.gaps:
            shapes.missed(group, (frame.x.project(gap.hours), frame.bottom))


def _draw_noise(ground: Element, picture: Picture, frame: Frame) -> None:
    if picture.baseline is not None:
        low, high = noise_band(picture.baseline, picture.noise, PHQ_STYLE_MAXIMUM)
        shapes.band(ground, frame.x.left, frame.x.right, frame.y.project(high), frame.y.project(low))


def _levels(picture: Picture) -> list[Level]:
    levels = (
        (picture.baseline.value if picture.baseline else None, text("before"), "baseline"),
        (picture.response, text("response"), "response"),
    )
    return [
        Level(value=value, name=words.render(picture.to), class_=class_)
        for value, words, class_ in levels
        if value is not None
    ]


def _lines(picture: Picture, frame: Frame) -> list[Line]:
    """What the names of levels keep clear of."""
    view, layer = picture.view, picture.layer
    lines: list[Line] = [_run(run, frame) for run in (*view.runs, *((mark,) for mark in view.secondary))]
    upright = [*_infusion_hours(view), *view.meetings]
    lines += [((x, frame.top), (x, frame.bottom)) for x in map(frame.x.project, upright)]
    if layer is not None:
        lines.append([frame.place(level.hours, level.p50) for level in layer.levels])
    return lines


def _run(marks: Sequence[Mark], frame: Frame) -> list[shapes.Place]:
    return [frame.place(mark.hours, mark.point.value) for mark in marks]


def _draw_small_ground(ground: Element, picture: Picture, frame: Frame, line: str) -> None:
    shapes.label(ground, picture.titles[line], 0, frame.top - 14, class_="title")
    draw_levels(ground, frame, (0, frame.y.high))
    draw_infusion_lines(ground, frame, _infusion_hours(picture.view), frame.top)


def _draw_scores(tree: Element, picture: Picture, frame: Frame, readout: Readout) -> None:
    view = picture.view
    shapes.line(tree, [_run(run, frame) for run in view.runs], "line")
    marks = sorted((*view.marks, *view.secondary), key=lambda mark: mark.hours)
    spots = [_score_spot(mark, picture, frame, readout) for mark in marks]
    draw_spots(tree, spots, readout, top=frame.top, bottom=frame.bottom)


def _score_spot(mark: Mark, picture: Picture, frame: Frame, readout: Readout) -> Spot:
    form = "cross" if mark.point.secondary else "diamond" if mark.point.early_form else "dot"
    return Spot(
        place=frame.place(mark.hours, mark.point.value),
        form=form,
        hollow=mark.point.late,
        words=spot_words(mark, picture.view, picture.to, picture.zone, lines=readout.lines),
    )


def _draw_other(tree: Element, picture: Picture, frame: Frame, line: str, readout: Readout) -> None:
    others = picture.view.others[line]
    due = [gap.missed.due_at for gap in picture.view.gaps]
    runs = [[_other_place(other, frame) for other in run] for run in joined(others, due)]
    shapes.line(tree, runs, "line")
    spots = [
        Spot(
            place=_other_place(other, frame),
            form="dot",
            hollow=other.reading.late,
            words=other_words(
                other, picture.titles[line], picture.view, picture.to, picture.zone, lines=readout.lines
            ),
        )
        for other in others
    ]
    draw_spots(tree, spots, readout, top=frame.top, bottom=frame.bottom)


def _other_place(other: Other, frame: Frame) -> shapes.Place:
    return frame.place(other.hours, other.reading.value)


def _legend(picture: Picture) -> list[tuple[Sample, str]]:
    view, layer = picture.view, picture.layer
    points = [mark.point for mark in view.marks]
    entries: Sequence[tuple[bool, Sample, Text]] = (
        (any(not p.early_form for p in points), shapes.dot, text("score")),
        (any(p.early_form for p in points), shapes.diamond, text("early form, two questions fewer")),
        (any(p.late for p in points), partial(shapes.dot, hollow=True), text("answered late")),
        (bool(view.secondary), shapes.cross, text("second answer")),
        (bool(view.gaps), shapes.missed_sample, text("not answered")),
        (bool(view.meetings), shapes.dotted_sample, text("appointment")),
        (layer is not None, fan_sample, text("estimated level")),
        (layer is not None and bool(layer.open_spans), window_sample, text("window open by the estimate")),
    )
    shown = [(sample, words.render(picture.to)) for present, sample, words in entries if present]
    return shown if len(shown) > 1 else []


def _infusion_hours(view: View) -> list[float]:
    following = [view.next_infusion] if view.next_infusion is not None else []
    return [hour for hour, _ in view.infusions] + following
