"""Named levels: on a phone their names keep clear of points, lines and infusions, and of one another."""

import pytest
from courses import English, traced
from drawings import named, of_class, runs

from checkin.charts.therapist_chart import therapist_chart
from checkin.charts.words import TEXT_SIZE, width_of

Box = tuple[float, float, float, float]
# What was answered around each infusion, as (hours, score); the last two leave the right end no room.
COURSES = {
    "falls and stays": ((0,), [(-26, 18), (-2, 18), (4, 12), (24, 8), (48, 6), (96, 6)]),
    "comes back": ((0,), [(-26, 18), (-2, 18), (4, 12), (24, 6), (96, 9), (168, 18)]),
    "several": ((0, 48, 96), [(-2, 19), *((t + after, 12) for t in (0, 48, 96) for after in (4, 24, 46))]),
    "ends at both": ((0,), [(-2, 16), (4, 8), (24, 7), (300, 8), (312, 9), (324, 15), (336, 17)]),
    "twice the same": (
        (0, 240),
        [(-2, 18), (4, 12), (24, 7), (72, 6), (168, 9), (244, 12), (264, 7), (312, 6), (456, 12)],
    ),
}


def names(tree) -> dict[str, Box]:
    """Return the box around each name, as left, top, right, bottom."""
    boxes = {}
    for label in of_class(tree, "over"):
        x, y, words = float(label.get("x", "")), float(label.get("y", "")), label.text or ""
        boxes[words] = (x, y - 0.75 * TEXT_SIZE, x + width_of(words), y + 0.25 * TEXT_SIZE)
    return boxes


def crosses(box: Box, one: tuple[float, float], other: tuple[float, float]) -> bool:
    left, top, right, bottom = box
    steps = [step / 200 for step in range(201)]
    places = [(one[0] + (other[0] - one[0]) * t, one[1] + (other[1] - one[1]) * t) for t in steps]
    return any(left < x < right and top < y < bottom for x, y in places)


@pytest.mark.parametrize("course", COURSES)
def test_names_inside_the_plot_keep_clear(course: str) -> None:
    infusions, scores = COURSES[course]
    chart = therapist_chart(traced(scores, infusions=infusions), to=English(), zone="UTC")
    tree = named(chart.svg, "narrow")
    boxes = names(tree)
    assert boxes.keys() == {"before", "response"}
    places = [(float(ring.get("cx", "")), float(ring.get("cy", ""))) for ring in of_class(tree, "ring")]
    (line,) = of_class(tree, "line")
    dashes = next(of_class(tree, "infusion")[0].iter("path")).get("d", "")
    for box in boxes.values():
        left, top, right, bottom = box
        assert not [p for p in places if left - 4 < p[0] < right + 4 and top - 4 < p[1] < bottom + 4]
        for run in runs(line):
            assert not any(crosses(box, *pair) for pair in zip(run, run[1:], strict=False))
        assert not any(left < float(piece.split()[0]) < right for piece in dashes.split("M")[1:])
        levels = [runs(path)[0][0][1] for kind in ("baseline", "response") for path in of_class(tree, kind)]
        assert not any(top < y < bottom for y in levels)


def test_a_name_stands_at_the_end_of_its_line_where_that_is_free() -> None:
    chart = therapist_chart(traced(COURSES["falls and stays"][1]), to=English(), zone="UTC")
    tree = named(chart.svg, "narrow")
    ends = {round(right) for _, _, right, _ in names(tree).values()}
    assert ends == {360 - 14 - 3}


def test_where_nothing_is_free_the_name_is_there_all_the_same() -> None:
    crowded = [(-2, 18), *((hours, 18 if hours % 8 else 5) for hours in range(4, 340, 4))]
    chart = therapist_chart(traced(crowded), to=English(), zone="UTC")
    assert names(named(chart.svg, "narrow")).keys() == {"before", "response"}
