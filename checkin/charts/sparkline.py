"""Sparklines: a course in the space of a word, on the same two scales in every row of a list."""

from checkin.charts.scales import Linear
from checkin.charts.svg import Svg, add, render, root
from checkin.charts.view import View, view_of
from checkin.domain.improvement import whole
from checkin.domain.trajectory import PHQ_STYLE_MAXIMUM, Trajectory
from checkin.domain.words import Text, Translator, text

_WIDTH, _HEIGHT, _FOOT = 120, 28, 24
_BEFORE = 36.0
_DAYS = 14 * 24.0
"""All rows show at least two weeks, so that their lines can be compared; a longer course is squeezed."""
_MOST_INFUSIONS = 8


def sparkline(trajectory: Trajectory, *, to: Translator) -> Svg:
    """Return the current course as a small picture with its words, or "" where nothing was answered."""
    course = trajectory.current
    view = view_of(course.series[-_MOST_INFUSIONS:]) if course else None
    if view is None or not view.marks:
        return Svg("")
    x = Linear(low=-_BEFORE, high=max(_DAYS, view.span[1]), start=2, end=_WIDTH - 3)
    y = Linear(low=0, high=PHQ_STYLE_MAXIMUM, start=_FOOT - 1, end=1)
    tree = root(_WIDTH, _HEIGHT, class_="spark", role="img", aria_label=_words(view).render(to))
    baseline = view.series[0].reference
    if baseline is not None:
        add(tree, "path", class_="b", d=f"M0 {whole(y.project(baseline.value))}h{_WIDTH}")
    ticks = "".join(f"M{whole(x.project(hours))} {_FOOT}v4" for hours, _ in view.infusions)
    add(tree, "path", d=ticks)
    lines: list[str] = []
    lone: list[str] = []
    for run in view.runs:
        places = [f"{whole(x.project(mark.hours))} {whole(y.project(mark.point.value))}" for mark in run]
        (lines if len(places) > 1 else lone).append("M" + "L".join(places))
    if lines:
        add(tree, "path", class_="l", d="".join(lines))
    if lone:
        # A line of no length, which its round ends make a dot.
        add(tree, "path", class_="l d", d="".join(f"{place}h0" for place in lone))
    last = view.marks[-1]
    add(tree, "circle", cx=whole(x.project(last.hours)), cy=whole(y.project(last.point.value)), r=2.5)
    return render(tree)


def _words(view: View) -> Text:
    scores = [mark.point.value for mark in view.marks]
    return text(
        "First %(first)s, lowest %(lowest)s, last %(last)s of %(maximum)s",
        first=whole(scores[0]),
        lowest=whole(min(scores)),
        last=whole(scores[-1]),
        maximum=whole(PHQ_STYLE_MAXIMUM),
    )
