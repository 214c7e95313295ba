"""The overlay: at most four infusions from a common zero, told apart by dash and by name."""

from itertools import combinations

import pytest
from courses import English, infusion, traced
from drawings import drawings, named, of_class, runs, words

from checkin.charts.chart import Chart
from checkin.charts.overlay import overlay
from checkin.domain.trajectory import Trajectory, trace

STARTS = (0, 48, 96, 168, 216, 264)


def series(count: int, **more) -> Trajectory:
    """Infusions two days apart, each with a point lower than the one before it."""
    scores = [(-14, 21), (-2, 20)]
    for number, start in enumerate(STARTS[:count]):
        scores += [(start + 4, 16 - number), (start + 24, 12 - number), (start + 46, 15 - number)]
    return traced(scores, infusions=STARTS[:count], **more)


def chart(trajectory: Trajectory) -> Chart:
    return overlay(trajectory, to=English())


def test_the_sentence_compares_the_last_two() -> None:
    assert chart(series(3)).sentence == (
        "After infusion 3 the lowest score so far is 10 of 27, reached after 24 hours."
        " After infusion 2 it was 11 of 27, reached after 24 hours."
    )


def test_the_lowest_is_reached_when_its_number_is_shown_first() -> None:
    scores = [(-2, 20), (24, 9), (58, 6.4), (72, 6.0), (124, 8)]
    found = chart(traced(scores, infusions=(0, 100)))
    assert "After infusion 1 it was 6 of 27, reached after 2 days." in found.sentence
    assert found.table.rows[0][3:5] == ("6 of 27", "2 days after")


def two_courses() -> Trajectory:
    """Two infusions from 3 March on, and one four weeks later."""
    weeks = 4 * 168
    scores = [(-2, 20), (24, 9), (46, 11), (72, 8), (100, 12), (weeks - 2, 19), (weeks + 24, 7)]
    return traced(scores, infusions=(0, 48, weeks))


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_infusions_of_earlier_courses_are_compared_and_named_by_their_date(size: str) -> None:
    found = chart(two_courses())
    assert found.sentence == (
        "After infusion 1 the lowest score so far is 7 of 27, reached after 24 hours."
        " After the infusion of 5 March it was 8 of 27, reached after 24 hours."
    )
    tree = named(found.svg, size)
    assert {"3 March", "5 March", "Infusion 1" if size == "wide" else "1"} <= set(words(tree))
    assert len([path for path in tree.iter("path") if path.get("class") in {"line", "dash-1", "dash-2"}]) == 3
    assert [row[0] for row in found.table.rows] == ["3 March", "5 March", "1"]
    assert "named by their date" in found.caption


def test_of_an_earlier_course_what_came_later_is_left_out() -> None:
    found = overlay(two_courses(), to=English(), course=0)
    assert [row[0] for row in found.table.rows] == ["1", "2"]
    assert "named by their date" not in found.caption


def test_a_course_without_check_ins_is_not_compared_though_earlier_ones_have_some() -> None:
    found = chart(traced([(-2, 20), (24, 9), (72, 8)], infusions=(0, 48, 672)))
    assert found.svg == ""
    assert found.sentence == "There are no check-ins after an infusion yet."


def test_all_begin_at_the_same_zero() -> None:
    tree = named(chart(series(3)).svg, "wide")
    lines = [path for path in tree.iter("path") if path.get("class") in {"line", "dash-1", "dash-2"}]
    days = []
    for line in lines:
        (run,) = runs(line)
        days.append(run[-2][0])  # each series' point at 24 h
    assert len(days) == 3
    assert len(set(days)) == 1
    (dashed,) = [path for path in of_class(tree, "infusion")[0].iter("path")]
    assert len(runs(dashed)) == 1


def test_the_last_is_solid_with_dots_and_earlier_ones_have_each_their_dash() -> None:
    tree = named(chart(series(4)).svg, "wide")
    kinds = [path.get("class") for path in tree.iter("path")]
    drawn = [kind for kind in kinds if kind in {"line", "dash-1", "dash-2", "dash-3"}]
    assert drawn == ["dash-3", "dash-2", "dash-1", "line"]
    earlier, last = (
        [len(list(group.iter("circle"))) for group in of_class(tree, name)]
        for name in ("over-time", "latest")
    )
    assert sum(earlier) == 0
    assert sum(last) == 4  # one from the day before, three after


@pytest.mark.parametrize(("count", "drawn"), [(2, "12"), (4, "1234"), (6, "3456")])
def test_at_most_four_are_drawn_and_all_are_in_the_table(count: int, drawn: str) -> None:
    found = chart(series(count))
    names = [text for text in words(named(found.svg, "wide")) if text.startswith("Infusion ")]
    assert names == [f"Infusion {number}" for number in drawn]
    assert [row[0] for row in found.table.rows] == [str(number) for number in range(1, count + 1)]
    assert ("The other infusions are in the table." in found.caption) is (count > 4)


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_names_at_the_line_ends_never_touch(size: str) -> None:
    equal = [(start + hours, 10) for start in STARTS for hours in (4, 24, 46)]
    tree = named(chart(traced([(-2, 18), *equal], infusions=STARTS)).svg, size)
    names = [
        (float(text.get("x", "")), float(text.get("y", "")))
        for group in (*of_class(tree, "over-time"), *of_class(tree, "latest"))
        for text in group.iter("text")
    ]
    assert len(names) == 4
    for (x, y), (other_x, other_y) in combinations(names, 2):
        assert abs(x - other_x) > 60 or abs(y - other_y) >= 13
    height = float(tree.get("viewBox", "").split()[3])
    assert all(0 < y < height for _, y in names)


def test_gaps_stay_gaps() -> None:
    tree = named(chart(series(2, missed_at=(34, 60, 84))).svg, "wide")
    joined = {
        path.get("class"): [len(run) for run in runs(path)]
        for path in tree.iter("path")
        if path.get("class") in {"line", "dash-1"}
    }
    # First -14, -2, 4 and 24 h, then 46 h alone; second -24 h alone, -2 and 4 h, then 24 h and 46 h alone.
    assert joined == {"dash-1": [4], "line": [2]}
    (last, *_) = of_class(tree, "latest")
    assert len(list(last.iter("circle"))) == 5


def test_the_table_holds_level_dose_and_turning_points() -> None:
    table = chart(series(2)).table
    assert table.columns == ("Infusion", "Dose", "Score before", "Lowest after", "Reached", "Last after")
    assert table.rows == (
        ("1", "0.5 mg/kg", "21 of 27", "12 of 27", "24 hours after", "15 of 27, 46 hours after"),
        ("2", "0.5 mg/kg", "14 of 27", "11 of 27", "24 hours after", "14 of 27, 46 hours after"),
    )


def test_with_less_than_two_there_are_words_and_the_table() -> None:
    one = chart(series(1))
    assert one.svg == ""
    assert one.sentence == "There is only one infusion with check-ins so far: nothing to compare yet."
    assert len(one.table.rows) == 1
    none = chart(trace([], [infusion(0, number=1), infusion(48, number=2)], []))
    assert none.sentence == "There are no check-ins after an infusion yet."
    assert [row[2:] for row in none.table.rows] == [("–",) * 4] * 2
    assert chart(trace([], [], [])).table.rows == ()


def test_each_drawing_is_one_image_with_a_name() -> None:
    found = drawings(chart(series(3)).svg)
    assert [drawing.get("role") for drawing in found] == ["img", "img"]
    ids = [element.get("id") for drawing in found for element in drawing.iter() if element.get("id")]
    assert len(ids) == len(set(ids)) == 4
    for drawing in found:
        assert (drawing.get("aria-labelledby") or "").split() == [drawing[0].get("id"), drawing[1].get("id")]
