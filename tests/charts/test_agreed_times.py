"""Appointments on both charts: a dotted line with its name, the same in the table, and nothing far away."""

import pytest
from courses import English, at, traced
from drawings import drawings, named, of_class, words

from checkin.charts.chart import Chart
from checkin.charts.patient_chart import patient_chart
from checkin.charts.therapist_chart import therapist_chart
from checkin.domain.trajectory import Trajectory

ONE = traced([(-2, 20), (4, 14), (24, 9), (46, 8)])
TWO = traced([(-2, 20), (4, 14), (24, 9), (52, 8), (72, 7)], infusions=(0, 48))
ZONE = "America/New_York"


def both(trajectory: Trajectory, *hours: float) -> list[Chart]:
    meetings = [at(hour) for hour in hours]
    return [
        draw(trajectory, to=English(), zone=ZONE, meetings=meetings)
        for draw in (therapist_chart, patient_chart)
    ]


def lines(chart: Chart) -> list[int]:
    """How many dotted lines each drawing has."""
    found = []
    for drawing in drawings(chart.svg):
        paths = [path for group in of_class(drawing, "meeting") for path in group.iter("path")]
        found.append(max((path.get("d", "").count("M") for path in paths), default=0))
    return found


def test_an_appointment_is_a_dotted_line_with_its_name_and_a_row_of_the_table() -> None:
    for chart in both(ONE, 30, 70):
        assert set(lines(chart)) == {2}
        for drawing in drawings(chart.svg):
            assert "Appointment" in words(drawing)
        rows = [row for row in chart.table.rows if "Appointment" in row]
        assert [row[:2] for row in rows] == [
            ("Wednesday 4 March, 4:30pm", "30 hours after"),
            ("Friday 6 March, 8:30am", "2 days after"),
        ]
        moments = [row[0] for row in chart.table.rows]
        assert moments.index(rows[0][0]) < moments.index("Thursday 5 March, 8:30am"), "in order of time"
    therapists, patients = both(ONE, 30)
    assert "appointment" in words(named(therapists.svg, "wide")), "in the legend"
    assert "Dotted lines are appointments." in patients.caption


def test_without_one_nothing_speaks_of_appointments() -> None:
    for chart in both(ONE):
        assert set(lines(chart)) == {0}
        assert "ppointment" not in str(chart.svg) + chart.caption


def test_its_hours_count_from_the_infusion_before_it() -> None:
    for chart in both(TWO, 70):
        (row,) = [row for row in chart.table.rows if "Appointment" in row]
        assert row[1] == "22 hours after infusion 2"


@pytest.mark.parametrize("hours", [-20, 48 + 340, 2000])
def test_one_before_the_course_or_long_after_it_is_not_in_the_picture(hours: float) -> None:
    assert [set(lines(chart)) for chart in both(TWO, hours)] == [{0}, {0}]


def test_a_name_that_would_touch_another_is_left_out_and_the_line_stays() -> None:
    for chart in both(TWO, 49, 50, 51):
        assert set(lines(chart)) == {3}
        for drawing in drawings(chart.svg):
            assert words(drawing).count("Appointment") <= 1
            assert "2" in words(drawing) or any("Infusion 2" in word for word in words(drawing))
