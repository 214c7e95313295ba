"""The marks of the therapist's chart: each kind of answer its own, other instruments in own panels."""

from collections.abc import Mapping

import pytest
from courses import English, at, check_in, infusion, missed, traced
from drawings import named, of_class, runs

from checkin.charts.chart import Chart
from checkin.charts.therapist_chart import therapist_chart
from checkin.domain.trajectory import Trajectory, trace

PHQ = {"line": "phq-9|1", "instrument": "phq-9|1"}
GAD = {"line": "gad-7|1", "instrument": "gad-7|1", "maximum": 21}


def chart(trajectory: Trajectory, titles: Mapping[str, str] | None = None) -> Chart:
    return therapist_chart(trajectory, to=English(), zone="America/New_York", titles=titles)


def spots(chart_: Chart):
    return of_class(named(chart_.svg, "wide"), "spot")


def test_marks_show_the_early_form_late_and_second_answers() -> None:
    trajectory = trace(
        [
            check_in(4, 12, prorated=True),
            check_in(10, 11, prorated=True, late=True, received_at=at(20)),
            check_in(24, 8),
            check_in(25, 4, secondary=True),
            check_in(36, 9, late=True, prompt_id=None),
        ],
        [infusion()],
        [missed(48)],
    )
    found = chart(trajectory)
    marks = [list(spot)[2] for spot in spots(found)]
    assert [(mark.tag, mark.get("class")) for mark in marks] == [
        ("path", None),
        ("path", "hollow"),
        ("circle", None),
        ("path", "cross"),
        ("circle", "hollow"),
    ]
    legend = [text.text for text in of_class(named(found.svg, "wide"), "legend")[0].iter("text")]
    assert legend == [
        "score",
        "early form, two questions fewer",
        "answered late",
        "second answer",
        "not answered",
    ]
    (line,) = of_class(named(found.svg, "wide"), "line")
    assert [len(run) for run in runs(line)] == [4]  # the second answer is not on the line
    notes = [row[-1] for row in found.table.rows]
    assert notes == [
        "early form",
        "answered late, received Wednesday 4 March, 6:30am, early form",
        "",
        "second answer",
        "answered late, received Wednesday 4 March, 10:30pm, not asked for",
        "Not answered",
    ]


def test_a_plain_chart_needs_no_legend() -> None:
    assert of_class(named(chart(traced([(24, 8), (48, 9)])).svg, "wide"), "legend")[0].findall("text") == []


def test_gaps_are_gaps_and_missed_prompts_stand_on_the_axis() -> None:
    tree = named(chart(traced([(24, 8), (48, 9), (72, 9), (96, 9)], missed_at=(60, 120))).svg, "wide")
    (line,) = of_class(tree, "line")
    assert [len(run) for run in runs(line)] == [2, 2]
    (group,) = of_class(tree, "missed")[:1]
    assert len(group) == 2


def test_other_instruments_have_panels_of_their_own() -> None:
    check_ins = [
        *[check_in(-2, 18), check_in(24, 8), check_in(336, 12)],
        *[check_in(-100, 20, number=1, **PHQ), check_in(336.1, 11, number=2, **PHQ)],
        *[check_in(168.1, 9, number=3, **GAD), check_in(336.2, 8, number=4, **GAD)],
    ]
    found = chart(trace(check_ins, [infusion()], []), titles={"phq-9|1": "PHQ-9, two weeks"})
    tree = named(found.svg, "wide")
    assert [title.text for title in of_class(tree, "title")] == ["gad-7|1", "PHQ-9, two weeks"]
    joined = [[place for run in runs(line) for place in run] for line in of_class(tree, "line")]
    assert [len(places) for places in joined] == [2, 2]  # 14 and 18 days apart are not joined
    panels = [max(y for _, y in places) - min(y for _, y in places) for places in joined]
    assert all(panels)
    heights = [float(of_class(spot, "ring")[0].get("cy", "")) for spot in spots(found)]
    assert max(heights[:3]) < min(heights[3:5]) < min(heights[5:])
    assert "PHQ-9, two weeks: 11 of 27" in (spots(found)[-1].get("aria-label") or "")
    assert found.table.columns[2] == "Form"
    assert found.notes[-1] == "The small charts have axes of their own."
    forms = [row[2] for row in found.table.rows]
    assert forms == [
        *["PHQ-9, two weeks", "Check-in", "Check-in", "gad-7|1"],
        *["Check-in", "PHQ-9, two weeks", "gad-7|1"],
    ]


@pytest.mark.parametrize(
    "hostile", ["</script><script>alert(1)</script>", "\u2028", "{{7*7}}", '"><img src=x>']
)
def test_hostile_titles_stay_words(hostile: str) -> None:
    trajectory = trace([check_in(24, 8), check_in(25, 9, **PHQ)], [infusion()], [])
    found = chart(trajectory, titles={"phq-9|1": hostile})
    tree = named(found.svg, "wide")
    assert of_class(tree, "title")[0].text == hostile
    assert spots(found)[-1].get("aria-label", "").startswith(f"{hostile}: 9 of 27")
    assert not {"script", "img", "style"} & {element.tag for element in tree.iter()}
    assert all("style" not in element.attrib for element in tree.iter())
