"""The therapist's chart: a course, or one infusion by the hour, each point with its words."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from checkin.charts.chart import Chart, Table
from checkin.charts.notes import notes
from checkin.charts.rows import signed, therapist_columns, therapist_rows
from checkin.charts.svg import Svg, join
from checkin.charts.therapist_drawing import NARROW, WIDE, Picture, draw
from checkin.charts.view import View, view_of
from checkin.charts.window import layer_of
from checkin.domain.ids import InfusionId
from checkin.domain.instrument import Band
from checkin.domain.standing import point_words, span_words
from checkin.domain.trajectory import Series, Trajectory
from checkin.domain.window.placed import PlacedEstimate
from checkin.domain.words import Moment, Text, Translator, text

MOST_INFUSIONS = 12
"""Of a longer course the newest infusions are drawn."""


def therapist_chart(
    trajectory: Trajectory,
    *,
    to: Translator,
    zone: str,
    course: int = -1,
    infusion: InfusionId | None = None,
    titles: Mapping[str, str] | None = None,
    bands: Mapping[str, Sequence[Band]] | None = None,
    name: str = "response",
    window: PlacedEstimate | None = None,
    now: datetime | None = None,
    meetings: Sequence[datetime] = (),
) -> Chart:
    """Return the chart of a course (the current one, unless ``course`` says which), moments in ``zone``.

    ``infusion`` picks one of any course, to be read by the hour; a course of one always is. ``titles`` name
    the lines of other instruments, below on the same axis; ``bands`` are the published ranges of their
    totals. ``name`` begins all ids. The estimate ``window`` stands behind the points as far as may be said at
    ``now``; ``meetings`` are when appointments begin. The two drawings are for narrow and wide screens.
    """
    shown = _shown(trajectory, course, infusion)
    if not shown:
        return _undrawn(text("No infusion is recorded yet."), _table((), (), to), to)
    view = view_of(shown, lines=trajectory.other_lines, secondary=True, meetings=meetings)
    if (layer := layer_of(window, view, now) if now else None) is not None:
        view = replace(view, reach=layer.until)
    named = {line: (titles or {}).get(line, line) for line in view.others}
    table = _table(therapist_columns(view, to), therapist_rows(view, to, zone, named, bands or {}), to)
    sentence = _sentence(view, zone)
    if not (view.marks or view.secondary or view.others):
        return _undrawn(sentence, table, to)
    picture = Picture(
        view=view,
        noise=trajectory.noise,
        thresholds=trajectory.thresholds,
        titles=named,
        to=to,
        zone=zone,
        name=name,
        layer=layer,
    )
    return Chart(
        svg=join(draw(picture, WIDE), draw(picture, NARROW)),
        sentence=sentence.render(to),
        description=text("Scores from 0 to 27; lower means fewer symptoms.").render(to),
        caption="",
        table=table,
        notes=tuple(note.render(to) for note in notes(picture)),
    )


def _table(columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...], to: Translator) -> Table:
    return Table(caption=text("Check-ins").render(to), columns=columns, rows=rows)


def _undrawn(sentence: Text, table: Table, to: Translator) -> Chart:
    return Chart(svg=Svg(""), sentence=sentence.render(to), description="", caption="", table=table)


def _shown(trajectory: Trajectory, course: int, infusion: InfusionId | None) -> Sequence[Series]:
    if infusion is not None:
        every = (series for one in trajectory.courses for series in one.series)
        return [series for series in every if series.infusion.id == infusion]
    return trajectory.courses[course].series[-MOST_INFUSIONS:] if trajectory.courses else []


def _sentence(view: View, zone: str) -> Text:
    if not view.marks:
        start = Moment(at=view.series[-1].infusion.at, zone=zone)
        return text("No check-ins yet since the infusion on %(start)s.", start=start)
    last = view.marks[-1]
    score = point_words(last.point, last.series)
    if last.point.change is not None and last.point.change.percent is not None:
        score = text("%(score)s (%(percent)s %%)", score=score, percent=signed(last.point.change.percent))
    when = Moment(at=last.answered_at, zone=zone)
    words = text("Last score %(score)s, on %(when)s.", score=score, when=when)
    return text("%(words)s %(response)s", words=words, response=_response_words(view))


def _response_words(view: View) -> Text:
    series = next((one for one in view.series if one.first_response), None)
    first = series.first_response if series else None
    if series is not None and first is not None:
        span = span_words(first.hours)
        if len(view.series) == 1:
            return text("First response after %(span)s.", span=span)
        return text("First response %(span)s after infusion %(number)s.", span=span, number=series.number)
    if not any(one.after for one in view.series):
        return text("No score yet since the infusion.")
    if all(one.reference is None for one in view.series):
        return text("There is no score from before the infusion to compare with.")
    return text("No response so far.")
