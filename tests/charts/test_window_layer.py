"""The estimate behind the points: what is drawn of it, what is not, and the same in a table."""

from dataclasses import replace
from datetime import datetime, timedelta
from xml.etree.ElementTree import Element

import pytest
from courses import START, English, at, infusion, traced
from drawings import named, of_class, runs, words
from support.estimate import an_estimate, placed

from checkin.charts.chart import Chart
from checkin.charts.therapist_chart import therapist_chart
from checkin.charts.window_table import window_table
from checkin.domain.trajectory import Trajectory
from checkin.domain.window.placed import PlacedEstimate
from checkin.domain.window.values import Interval, Level, State

RESPONDER = [(-14, 19), (-2, 17), (4, 12), (10, 10), (24, 7), (48, 8), (72, 9), (96, 9)]
ZONE = "America/New_York"
DRAWN = ("fan", "fan-middle", "fan-ahead", "window-shade", "window-likely", "window-open", "window-stop")
GRID = (
    (0.0, 0.0),
    (6.0, 0.4),
    (12.0, 0.8),
    (96.0, 0.86),
    (120.0, 0.7),
    (144.0, 0.5),
    (168.0, 0.2),
    (336.0, 0.1),
)


def window(**changes: object) -> PlacedEstimate:
    """The estimate of the infusion at START, as of hour 96."""
    changes = {"as_of": 96.0, "grid": GRID, "closes": Interval(p10=110.0, p50=140.0, p90=160.0)} | changes
    return placed(an_estimate(**changes), begins=START, infusion_id=infusion().id)


def chart(
    found: PlacedEstimate | None, *, now: float = 96, trajectory: Trajectory | None = None, **more: object
) -> Chart:
    return therapist_chart(
        trajectory or traced(RESPONDER),
        to=English(),
        zone=ZONE,
        window=found,
        now=at(now),
        **more,  # type: ignore[arg-type]
    )


def wide(found: Chart) -> Element:
    return named(found.svg, "wide")


def drawn(found: Chart) -> set[str]:
    return {class_ for class_ in DRAWN if of_class(wide(found), class_)}


def extent(path: Element) -> tuple[float, float]:
    xs = [x for run in runs(path) for x, _ in run]
    return min(xs), max(xs)


def spot_xs(found: Chart) -> list[float]:
    return [float(circle.get("cx", 0)) for circle in of_class(wide(found), "ring")]


def test_fan_shading_and_line_stand_behind_the_points() -> None:
    found = chart(window())
    assert drawn(found) == set(DRAWN)
    for size in ("wide", "narrow"):
        tree = named(found.svg, size)
        order = [element for element in tree.iter()]
        first = order.index(of_class(tree, "spot")[0])
        assert all(order.index(element) < first for element in of_class(tree, "fan"))
        ids = [element.get("id") for element in tree.iter("linearGradient")]
        assert [rect.get("fill") for rect in of_class(tree, "window-shade")] == [f"url(#{ids[0]})"]


def test_without_an_estimate_the_picture_is_as_it_was() -> None:
    assert drawn(chart(None)) == set()
    assert chart(None).svg == therapist_chart(traced(RESPONDER), to=English(), zone=ZONE).svg
    assert chart(None).notes == therapist_chart(traced(RESPONDER), to=English(), zone=ZONE).notes


@pytest.mark.parametrize("state", [State.NO_BASELINE, State.TOO_EARLY])
def test_nothing_is_drawn_of_what_would_be_anybodys(state: State) -> None:
    assert drawn(chart(window(state=state))) == set()


def test_nothing_is_drawn_without_points_since_the_infusion() -> None:
    assert drawn(chart(window(), trajectory=traced([(-2, 18)]))) == set()
    assert chart(window(), trajectory=traced([])).svg == ""


def test_nothing_is_drawn_over_another_infusion() -> None:
    two = traced([*RESPONDER, (124, 6)], infusions=(0, 120))
    assert drawn(chart(window(), trajectory=two)) == set(), "the estimate does not know the second one"
    assert drawn(chart(window(), trajectory=two, infusion=infusion().id)) != set()


def test_the_line_is_solid_where_it_is_open_and_dashed_where_it_may_be() -> None:
    tree = wide(chart(window()))
    solid = min(of_class(tree, "window-open"), key=lambda path: runs(path)[0][0][1])
    (dashed,) = of_class(tree, "window-likely")
    (outer_left, outer_right), (left, right) = extent(dashed), extent(solid)
    assert outer_left < left < right < outer_right
    assert right < extent(of_class(tree, "fan-ahead")[0])[1]


def test_the_ends_are_soft() -> None:
    stops = [float(stop.get("stop-opacity", -1)) for stop in of_class(wide(chart(window())), "window-stop")]
    assert stops[0] == 0
    assert max(stops) <= 0.4, "the points and their words stay readable"
    steps = [abs(one - other) for one, other in zip(stops, stops[1:], strict=False)]
    assert max(steps) <= 0.2
    assert stops[-1] < max(stops)


def test_before_72_hours_nothing_lies_ahead() -> None:
    early = chart(window(as_of=48.0), now=48, trajectory=traced(RESPONDER[:6]))
    (middle,) = of_class(wide(early), "fan-middle")[:1]
    assert "fan-ahead" not in drawn(early)
    assert extent(middle)[1] == pytest.approx(max(spot_xs(early)), abs=0.2)
    later = chart(window(as_of=72.0), now=72, trajectory=traced(RESPONDER[:7]))
    assert "fan-ahead" in drawn(later)


def test_the_axis_reaches_as_far_as_the_window_has_probably_closed() -> None:
    without, with_window = chart(None), chart(window())
    assert max(spot_xs(with_window)) < max(spot_xs(without))
    shut = chart(window(state=State.NOT_OPEN, closes=None))
    assert max(spot_xs(shut)) == max(spot_xs(without))


def test_levels_out_of_the_scale_stay_on_it() -> None:
    levels = tuple(Level(hours=hour, p10=0.0, p50=13.0, p90=27.0) for hour in (0.0, 24.0, 96.0, 200.0))
    tree = wide(chart(window(levels=levels)))
    (fan,) = [path for path in of_class(tree, "fan") if path.tag == "path"]
    ys = [y for run in runs(fan) for _, y in run]
    (axis,) = of_class(tree, "axis")
    bottom = min(y for run in runs(next(axis.iter("path"))) for _, y in run)
    assert max(ys) == pytest.approx(bottom, abs=0.2)


def test_the_legend_and_the_notes_name_it() -> None:
    found = chart(window())
    assert {"estimated level", "window open by the estimate"} <= set(words(wide(found)))
    assert found.notes[-6:] == (
        "Band with a thin line: by the estimate the level lies in it 8 times of 10.",
        "Dashed part of the thin line: what is ahead.",
        "Shaded: the window, darker where it is more likely open.",
        "Solid line at the top: open by the estimate, 70 % or more.",
        "Dashed line at the top: more likely open than not, 50 % or more.",
        "Estimate from self-reports; decision support.",
    )


@pytest.mark.parametrize(
    ("chances", "told"),
    [
        (0.1, set()),
        (0.4, {"Shaded"}),
        (0.6, {"Shaded", "Dashed line at the top"}),
        (0.8, {"Shaded", "Solid line at the top"}),
    ],
)
def test_the_notes_tell_nothing_that_is_not_drawn(chances: float, told: set[str]) -> None:
    marks = {
        "Shaded": "window-shade",
        "Dashed line at the top": "window-likely",
        "Solid line at the top": "window-open",
    }
    found = chart(window(grid=tuple((hours, chances) for hours, _ in GRID)))
    assert {mark for mark in marks if any(note.startswith(mark) for note in found.notes)} == told
    seen = drawn(found) - (
        {"window-likely"} if chances >= 0.7 else set()
    )  # there it lies under the solid one
    assert seen & set(marks.values()) == {marks[mark] for mark in told}


def table(found: PlacedEstimate, now: float = 96) -> list[tuple[str, ...]]:
    return list(window_table(found, to=English(), zone=ZONE, now=at(now)).rows)


def test_the_table_holds_a_row_for_every_day() -> None:
    rows = table(window())
    assert len(rows) == 14
    assert rows[3] == (
        "Saturday 7 March, 10:30am",
        "4 days after",
        "86 %",
        "7 and 13 of 27",
    )
    assert [row[2] for row in rows[4:7]] == ["70 %", "50 %", "20 %"]


def test_the_table_says_no_more_than_the_picture() -> None:
    assert len(table(window(as_of=50.0), now=50)) == 3
    assert table(window(state=State.TOO_EARLY)) == []


def test_a_day_is_named_from_the_latest_infusion_before_it() -> None:
    moment: datetime = at(48)
    later = replace(window(), latest=moment)
    assert [row[1] for row in table(later, now=48 + 72)][:3] == [
        "24 hours after",
        "less than an hour after",
        "24 hours after",
    ]
    assert later.ends == moment + timedelta(days=14)
