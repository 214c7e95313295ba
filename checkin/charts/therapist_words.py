"""The words of the therapist's chart that belong to single points and infusions."""

from checkin.charts.frame import Label
from checkin.charts.rows import notes_words, signed, since_words
from checkin.charts.view import Mark, Other, View
from checkin.charts.words import dose_words
from checkin.domain.reading import Reading
from checkin.domain.standing import score_words
from checkin.domain.words import Text, Translator, text


def spot_words(mark: Mark, view: View, to: Translator, zone: str, *, lines: int) -> tuple[str, ...]:
    """Return a point in words, on two or three lines: score with change, moment, what else is known."""
    since = since_words(mark.point.hours, mark.series.number, view)
    return _laid_out(_score_and_change(mark), mark.point, since, to, zone, lines)


def other_words(
    other: Other, title: str, view: View, to: Translator, zone: str, *, lines: int
) -> tuple[str, ...]:
    """Return the score of another form in words; it has no change, its axis is its own."""
    score = score_words(other.reading.value, other.reading.maximum)
    words = text("%(form)s: %(score)s", form=title, score=score)
    since = since_words(other.hours, view.series[0].number, view)
    return _laid_out(words, other.reading, since, to, zone, lines)


def infusion_labels(view: View, to: Translator) -> list[list[Label]]:
    """Return kinds of labels for the infusions of a view and the one that follows it, longest kind first."""
    follows = view.next_infusion is not None
    last = view.series[-1].number
    numbers = [str(number) for number in range(view.series[0].number, last + (2 if follows else 1))]
    named = [text("Infusion %(number)s", number=number).render(to) for number in numbers]
    doses = [dose_words(series.infusion) for series in view.series] + ([None] if follows else [])
    shown = [(dose.render(to),) if dose else () for dose in doses]
    one_line = [(": ".join((name, *dose)),) for name, dose in zip(named, shown, strict=True)]
    two_lines = [(name, *dose) for name, dose in zip(named, shown, strict=True)]
    short = [(number, *dose) for number, dose in zip(numbers, shown, strict=True)]
    return [one_line, two_lines, short, [(name,) for name in named], [(number,) for number in numbers]]


def _score_and_change(mark: Mark) -> Text:
    point = mark.point
    score = score_words(point.value, point.maximum)
    if point.change is None:
        return score
    if point.change.percent is None:
        return text("%(score)s, change %(points)s", score=score, points=signed(point.change.shown))
    return text(
        "%(score)s, change %(points)s (%(percent)s %%)",
        score=score,
        points=signed(point.change.shown),
        percent=signed(point.change.percent),
    )


def _laid_out(
    words: Text, reading: Reading, since: Text, to: Translator, zone: str, lines: int
) -> tuple[str, ...]:
    rest = [since.render(to), *(note.render(to) for note in notes_words(reading))]
    when = to.moment(reading.answered_at, zone)
    if lines == 2:
        return words.render(to), " · ".join([when, *rest])
    return words.render(to), when, " · ".join(rest)
