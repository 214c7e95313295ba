"""The therapist's chart: every point with its words, levels named, nothing joined wrongly."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from uuid import UUID

import pytest
from courses import English, check_in, infusion, missed, prompt, traced
from drawings import drawings, named, of_class, runs, words

from checkin.charts.chart import Chart
from checkin.charts.therapist_chart import therapist_chart
from checkin.domain.ids import InfusionId
from checkin.domain.improvement import Thresholds
from checkin.domain.prompt import PromptState
from checkin.domain.trajectory import Trajectory, trace

SIZES = ("wide", "narrow")
RESPONDER = [(-14, 19), (-2, 17), (4, 12), (10, 10), (24, 7), (48, 8), (72, 9), (168, 11), (672, 13)]
THREE = [(-14, 21), (-2, 19), *((t + after, 12) for t in (0, 48, 96) for after in (4, 24, 46))]


def chart(
    trajectory: Trajectory, infusion: InfusionId | None = None, titles: Mapping[str, str] | None = None
) -> Chart:
    return therapist_chart(
        trajectory, to=English(), zone="America/New_York", infusion=infusion, titles=titles, name="r"
    )


def spots(chart_: Chart, size: str = "wide"):
    return of_class(named(chart_.svg, size), "spot")


def notes(chart_: Chart) -> str:
    return " ".join(chart_.notes)


def test_the_sentence_holds_the_finding() -> None:
    assert chart(traced(RESPONDER)).sentence == (
        "Last score 13 of 27, 5 lower than before the infusion (−28 %), on Tuesday 31 March, 11:30am."
        " First response after 24 hours."
    )
    several = chart(traced(THREE[:2] + [(4, 12), (52, 9)], infusions=(0, 48))).sentence
    assert several.endswith("First response 4 hours after infusion 2.")
    assert chart(traced([(-2, 18), (24, 15)])).sentence.endswith("No response so far.")
    assert chart(traced([(24, 15)])).sentence.endswith(
        "There is no score from before the infusion to compare with."
    )
    assert chart(traced([(-2, 15)])).sentence.endswith("No score yet since the infusion.")


def test_two_drawings_of_the_same_points() -> None:
    found = chart(traced(RESPONDER))
    assert [drawing.get("class") for drawing in drawings(found.svg)] == [
        "chart chart-wide",
        "chart chart-narrow",
    ]
    labels = [[spot.get("aria-label") for spot in spots(found, size)] for size in SIZES]
    assert len(labels[0]) == len(labels[1]) == len(RESPONDER)
    ids = [e.get("id") for drawing in drawings(found.svg) for e in drawing.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    assert all(name.startswith("r-") for name in ids)


@pytest.mark.parametrize("size", SIZES)
def test_every_point_has_its_words_and_leads_nowhere(size: str) -> None:
    found = spots(chart(traced(RESPONDER)), size)
    assert len(found) == len(RESPONDER)
    # A touch gives it the focus; neither the tab key nor the history of the browser knows it.
    assert {(spot.tag, spot.get("role"), spot.get("tabindex")) for spot in found} == {("g", "img", "-1")}
    day = found[4]
    assert "7 of 27, change −11 (−61 %)" in day.get("aria-label", "")
    assert "Wednesday 4 March, 10:30am" in day.get("aria-label", "")
    assert "24 hours after" in day.get("aria-label", "")
    (readout,) = of_class(day, "readout")
    assert ". ".join(text.text or "" for text in readout.iter("text")) == day.get("aria-label")
    assert readout.get("aria-hidden") == "true"


@pytest.mark.parametrize("size", SIZES)
def test_a_tap_chooses_the_nearest_point(size: str) -> None:
    tree = named(chart(traced(RESPONDER)).svg, size)
    areas, places = [], []
    for spot in of_class(tree, "spot"):
        (hit,), (ring,) = of_class(spot, "hit"), of_class(spot, "ring")
        left = float(hit.get("x", ""))
        areas.append((left, left + float(hit.get("width", ""))))
        places.append(float(ring.get("cx", "")))
        assert float(hit.get("height", "")) >= 200
    for (left, right), place in zip(areas, places, strict=True):
        assert left <= place <= right
    for (_, right), (left, _) in pairwise(areas):
        assert right <= left + 0.1
    for (one, other), (_, right) in zip(pairwise(places), areas, strict=False):
        assert right == pytest.approx(min((one + other) / 2, one + 60), abs=0.15)


def test_it_is_a_group_not_one_image_and_only_points_are_heard() -> None:
    for drawing in drawings(chart(traced(RESPONDER)).svg):
        assert drawing.get("role") == "group"
        assert drawing[0].get("id") == drawing.get("aria-labelledby")
        ground = drawing[1]
        assert ground.get("aria-hidden") == "true"
        spoken = set(drawing.iter("text")) - set(ground.iter("text"))
        assert all(
            text in readout.iter("text") for text in spoken for readout in [_readout_of(drawing, text)]
        )


def _readout_of(drawing, text):
    return next(readout for readout in of_class(drawing, "readout") if text in list(readout.iter("text")))


def test_hours_read_well_from_four_hours_to_28_days() -> None:
    wide = set(words(named(chart(traced(RESPONDER)).svg, "wide")))
    assert {"before", "4 h", "24 h", "2 d", "3 d", "7 d", "14 d", "28 d"} <= wide
    narrow = set(words(named(chart(traced(RESPONDER)).svg, "narrow")))
    assert {"24 h", "7 d", "14 d", "28 d", "time since the infusion"} <= narrow
    assert "The first hours are drawn wider than later days." in notes(chart(traced(RESPONDER)))


def test_infusions_are_dashed_lines_with_their_dose() -> None:
    one = named(chart(traced(RESPONDER)).svg, "wide")
    assert "Infusion 1: 0.5 mg/kg" in words(one)
    three = chart(traced(THREE, infusions=(0, 48, 96)))
    shown = words(named(three.svg, "wide"))
    assert [label for label in shown if label.startswith("Infusion")] == [
        f"Infusion {number}" for number in (1, 2, 3)
    ]
    assert shown.count("0.5 mg/kg") == 3
    assert "Dose each time: 0.5 mg/kg." in notes(three)
    given = [
        infusion(0, number=1),
        infusion(48, number=2, dose="0.75"),
        replace(infusion(96, number=3), dose=None),
    ]
    mixed = trace([check_in(4, 12)], given, [])
    assert "Doses in order: 0.5 mg/kg, 0.75 mg/kg, not recorded." in notes(chart(mixed))


def test_labels_of_crowded_infusions_get_shorter_before_they_touch() -> None:
    crowded = tuple(24 * day for day in range(10))
    found = chart(traced([(-2, 18), (250, 9)], infusions=crowded))
    labels = [label.text for label in of_class(named(found.svg, "narrow"), "infusion")[0].iter("text")]
    assert labels == [str(number) for number in range(1, 11)]


def test_the_level_before_and_response_are_named_lines() -> None:
    tree = named(chart(traced(RESPONDER)).svg, "wide")
    (baseline,), (response,), (band,) = (of_class(tree, name) for name in ("baseline", "response", "band"))
    levels = [float(path.get("d", "").split()[1].split("H")[0]) for path in (baseline, response)]
    grid = [runs(path)[0][0][1] for path in of_class(tree, "grid")[0]]  # 0, 5, 10 …
    per_point = (grid[0] - grid[1]) / 5
    assert levels == pytest.approx([grid[0] - 18 * per_point, grid[0] - 9 * per_point], abs=0.1)
    top, height = float(band.get("y", "")), float(band.get("height", ""))
    assert top < levels[0] < top + height
    assert height / per_point == pytest.approx(2 * 3.9, abs=0.3)
    assert {"before", "response"} <= set(words(tree))
    assert "this person's own" in notes(chart(traced(RESPONDER)))


def test_levels_that_are_not_known_are_not_drawn() -> None:
    unknown = named(chart(traced([(4, 12), (24, 8)])).svg, "wide")
    assert not any(of_class(unknown, name) for name in ("baseline", "response", "band"))
    low = chart(traced([(-2, 7), (24, 3)]))
    assert of_class(named(low.svg, "wide"), "baseline")
    assert not of_class(named(low.svg, "wide"), "response")  # no shares of a low level
    assert "response" not in notes(low)
    moved = trace([check_in(-2, 20)], [infusion()], [], Thresholds(response_share=0.4))
    assert "Dotted line “response”: 40 % lower." in notes(chart(moved))


def test_one_infusion_of_a_course_can_be_read_by_the_hour() -> None:
    trajectory = traced(THREE, infusions=(0, 48, 96))
    second = trajectory.courses[0].series[1].infusion.id
    found = chart(trajectory, infusion=second)
    shown = words(named(found.svg, "wide"))
    assert "4 h" in shown
    assert [label for label in shown if "nfusion" in label][:2] == [
        "time since the infusion",
        "Infusion 2: 0.5 mg/kg",
    ]
    assert "Infusion 3" in shown  # where it ends
    assert len(spots(found)) == len(trajectory.courses[0].series[1].before) + 3
    assert "before the first infusion" in found.sentence
    assert chart(trajectory, infusion=InfusionId(UUID(int=5))).svg == ""


def test_earlier_courses_can_be_asked_for() -> None:
    trajectory = traced([(-2, 20), (24, 9), (998, 15), (1024, 7)], infusions=(0, 1000))
    first = therapist_chart(trajectory, to=English(), zone="UTC", course=0)
    last = therapist_chart(trajectory, to=English(), zone="UTC")
    assert [row[2] for row in first.table.rows] == ["20 of 27", "9 of 27", "15 of 27"]
    assert first.sentence.startswith("Last score 15 of 27, 5 lower than before the infusion")
    assert last.sentence.startswith("Last score 7 of 27, 8 lower than before the infusion")


def test_without_answers_there_are_words_and_a_table() -> None:
    nothing = chart(trace([], [], []))
    assert (nothing.svg, nothing.sentence) == ("", "No infusion is recorded yet.")
    waiting = chart(trace([], [infusion()], [missed(4), prompt(10, PromptState.DECLINED)]))
    assert waiting.svg == ""
    assert waiting.sentence == "No check-ins yet since the infusion on Tuesday 3 March, 10:30am."
    assert [row[-1] for row in waiting.table.rows] == ["Not answered", "Not today"]


def test_the_table_has_a_cell_for_every_column() -> None:
    for trajectory in (traced(RESPONDER, missed_at=(30,)), traced(THREE, infusions=(0, 48, 96))):
        table = chart(trajectory).table
        assert {len(row) for row in table.rows} == {len(table.columns)}
        assert len(table.rows) == len(chart(trajectory).table.rows)
