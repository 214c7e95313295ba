"""Lines end at gaps, and every kind of mark has its own form."""

from drawings import runs

from checkin.charts import shapes
from checkin.charts.svg import root


def test_a_line_starts_anew_with_every_run() -> None:
    path = shapes.line(root(9, 9), [[(0, 1), (2, 3)], [(4, 5)], [(6, 7), (8, 9.26)]], "line")
    assert path is not None
    assert runs(path) == [[(0, 1), (2, 3)], [(6, 7), (8, 9.3)]]


def test_lone_places_need_no_line() -> None:
    tree = root(9, 9)
    assert shapes.line(tree, [[(4, 5)], []], "line") is None
    assert list(tree) == []


def test_marks_differ_in_form_and_late_ones_in_fill() -> None:
    tree = root(9, 9)
    marks = [
        shapes.dot(tree, (5, 5)),
        shapes.diamond(tree, (5, 5)),
        shapes.cross(tree, (5, 5)),
        shapes.missed(tree, (5, 5)),
    ]
    outlines = {(mark.tag, mark.get("d")) for mark in marks}
    assert len(outlines) == 4
    assert shapes.dot(tree, (5, 5), hollow=True).get("class") == "hollow"
    assert shapes.diamond(tree, (5, 5), hollow=True).get("class") == "hollow"
    assert marks[0].get("class") is marks[1].get("class") is None


def test_a_missed_tick_stands_on_its_place() -> None:
    tick = shapes.missed(root(9, 9), (20, 100))
    assert (tick.get("x"), tick.get("y"), tick.get("height")) == ("17.5", "90", "10")
