"""Rows: the same data as a picture, in words, for the table that stands beside it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from checkin.charts.view import Gap, Mark, Other, View
from checkin.domain.improvement import Change
from checkin.domain.instrument import Band
from checkin.domain.reading import Reading
from checkin.domain.standing import score_words, span_words, total_words
from checkin.domain.words import Moment, Text, Translator, text

Row = tuple[str, ...]
NOTHING = "–"
_MEETING = text("Appointment")


def patient_columns(to: Translator) -> Row:
    return tuple(one.render(to) for one in (text("When"), text("Time"), text("Score"), text("Compared")))


def patient_rows(view: View, to: Translator, zone: str) -> tuple[Row, ...]:
    """Return one row for each answer and each unanswered check-in, in order of time."""
    found = [(mark.hours, _patient_row(mark, view, to, zone)) for mark in view.marks]
    for gap in view.gaps:
        words = unanswered_words(gap).render(to)
        found.append((gap.hours, (*_when(gap, view, to, zone), words, NOTHING)))
    found += [
        (hours, (*_meeting_when(hours, view, to, zone), _MEETING.render(to), NOTHING))
        for hours in view.meetings
    ]
    return _in_order(found)


def therapist_columns(view: View, to: Translator) -> Row:
    form = [text("Form")] if view.others else []
    columns = [
        text("When"),
        text("Time"),
        *form,
        text("Score"),
        text("Change"),
        text("Per cent"),
        text("Notes"),
    ]
    return tuple(one.render(to) for one in columns)


def therapist_rows(
    view: View, to: Translator, zone: str, titles: Mapping[str, str], bands: Mapping[str, Sequence[Band]]
) -> tuple[Row, ...]:
    """Return a row for each answer, secondary ones included, each unanswered check-in and each other form."""
    form = (text("Check-in").render(to),) if view.others else ()
    found = []
    for mark in (*view.marks, *view.secondary):
        notes = notes_words(mark.point, zone)
        cells = (
            score_words(mark.point.value, mark.point.maximum).render(to),
            *_change_cells(mark.point.change),
        )
        row = (*_mark_when(mark, view, to, zone), *form, *cells, ", ".join(note.render(to) for note in notes))
        found.append((mark.hours, row))
    for gap in view.gaps:
        blank = (NOTHING, NOTHING, NOTHING, unanswered_words(gap).render(to))
        found.append((gap.hours, (*_when(gap, view, to, zone), *form, *blank)))
    for hours in view.meetings:
        blank = (NOTHING, NOTHING, NOTHING, _MEETING.render(to))
        found.append((hours, (*_meeting_when(hours, view, to, zone), *form, *blank)))
    for line, others in view.others.items():
        for other in others:
            total = total_words(other.reading.value, other.reading.maximum, bands.get(line, ()))
            row = _other_row(other, titles.get(line, line), total, view, to, zone)
            found.append((other.hours, row))
    return _in_order(found)


def unanswered_words(gap: Gap) -> Text:
    return text("Not today") if gap.missed.declined else text("Not answered")


def notes_words(reading: Reading, zone: str | None = None) -> list[Text]:
    """Return what is special about an answer; with a ``zone``, a late one names when it was received."""
    notes = []
    if reading.late and zone is not None:
        received = Moment(at=reading.received_at, zone=zone)
        notes.append(text("answered late, received %(when)s", when=received))
    elif reading.late:
        notes.append(text("answered late"))
    if reading.early_form:
        notes.append(text("early form"))
    if reading.secondary:
        notes.append(text("second answer"))
    if reading.unprompted:
        notes.append(text("not asked for"))
    return notes


def since_words(hours: float, number: int, view: View) -> Text:
    """Return how long after (or before) which infusion something was, in whole hours or days."""
    span = span_words(abs(hours))
    if len(view.series) == 1:
        return text("%(span)s before", span=span) if hours < 0 else text("%(span)s after", span=span)
    if hours < 0:
        return text("%(span)s before infusion %(number)s", span=span, number=number)
    return text("%(span)s after infusion %(number)s", span=span, number=number)


def _patient_row(mark: Mark, view: View, to: Translator, zone: str) -> Row:
    score = score_words(mark.point.value, mark.point.maximum)
    if mark.point.late:
        score = text("%(score)s (answered late)", score=score)
    change = NOTHING
    if mark.point.change is not None:
        change = _difference(mark.point.change.shown).render(to)
    return (*_mark_when(mark, view, to, zone), score.render(to), change)


def _difference(points: int) -> Text:
    if points == 0:
        return text("the same")
    return (
        text("%(points)s lower", points=-points) if points < 0 else text("%(points)s higher", points=points)
    )


def _other_row(other: Other, title: str, total: Text, view: View, to: Translator, zone: str) -> Row:
    number = view.series[0].number
    return (
        to.moment(other.answered_at, zone),
        since_words(other.hours, number, view).render(to),
        title,
        total.render(to),
        NOTHING,
        NOTHING,
        ", ".join(note.render(to) for note in notes_words(other.reading, zone)),
    )


def _mark_when(mark: Mark, view: View, to: Translator, zone: str) -> Row:
    since = since_words(mark.point.hours, mark.series.number, view)
    return to.moment(mark.answered_at, zone), since.render(to)


def _when(gap: Gap, view: View, to: Translator, zone: str) -> Row:
    since = since_words(gap.missed.hours, gap.series.number, view)
    return to.moment(gap.missed.due_at, zone), since.render(to)


def _meeting_when(hours: float, view: View, to: Translator, zone: str) -> Row:
    begun, series = [(since, one) for since, one in view.infusions if since <= hours][-1]
    since = since_words(hours - begun, series.number, view)
    return to.moment(view.start + timedelta(hours=hours), zone), since.render(to)


def _change_cells(change: Change | None) -> Row:
    if change is None:
        return NOTHING, NOTHING
    percent = NOTHING if change.percent is None else signed(change.percent) + " %"
    return signed(change.shown), percent


def signed(value: int) -> str:
    """Return a difference with its sign, with a real minus."""
    return f"{value:+}".replace("-", "−") if value else "0"


def _in_order(found: list[tuple[float, Row]]) -> tuple[Row, ...]:
    return tuple(row for _, row in sorted(found, key=lambda pair: pair[0]))
