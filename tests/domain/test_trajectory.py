"""Where every point lies, what it is measured against, and what must not change it."""

from dataclasses import replace

import pytest
from courses import at, check_in, infusion, missed, prompt, traced

from checkin.domain.check_in import CheckIn, Score
from checkin.domain.infusion import InfusionState
from checkin.domain.prompt import PromptState
from checkin.domain.trajectory import Trajectory, joined, trace

RESPONDER = [(-14, 19), (-2, 17), (4, 12), (10, 10), (24, 7), (34, 8), (48, 8), (72, 9)]


def hours_and_scores(trajectory: Trajectory, series: int = 0, course: int = 0) -> list[tuple[float, float]]:
    return [(point.hours, point.value) for point in trajectory.courses[course].series[series].after]


def test_points_lie_at_the_hours_since_the_end_of_the_infusion() -> None:
    series = traced(RESPONDER).courses[0].series[0]
    assert [point.hours for point in series.before] == [-14, -2]
    assert [(point.hours, point.value) for point in series.after] == RESPONDER[2:]
    assert [point.early_form for point in series.after] == [True, True, False, False, False, False]


def test_changes_are_against_the_mean_from_before_the_infusion() -> None:
    series = traced(RESPONDER).courses[0].series[0]
    assert series.baseline is not None
    assert series.baseline.value == 18
    day = series.after[2]
    assert day.change is not None
    assert (day.change.points, day.change.percent) == (-11, -61)
    assert series.first_meaningful == series.after[0]  # 6 points, 33 %
    assert series.first_response == day
    assert all(point.change is None and point.outcome is None for point in series.before)


def test_without_a_baseline_nothing_is_judged() -> None:
    series = traced([(4, 12), (24, 7)]).courses[0].series[0]
    assert series.reference is None
    assert {(p.change, p.change_here, p.outcome) for p in series.after} == {(None, None, None)}
    assert series.first_meaningful is series.first_response is None


def test_a_course_is_measured_against_the_level_before_its_first_infusion() -> None:
    scores = [(-2, 20), (24, 10), (47, 12), (72, 6), (95, 8), (120, 4)]
    course = traced(scores, infusions=(0, 48, 96)).courses[0]
    assert [series.number for series in course.series] == [1, 2, 3]
    assert [series.until for series in course.series] == [48, 48, None]
    assert [series.baseline and series.baseline.value for series in course.series] == [20, 11, 7]
    assert {series.course_baseline and series.course_baseline.value for series in course.series} == {20}
    last = course.series[2].after[0]
    assert last.hours == 24
    assert last.change is not None
    assert last.change_here is not None
    assert (last.change.points, last.change_here.points) == (-16, -3)


def test_a_course_without_a_level_before_it_falls_back_to_each_infusions_own() -> None:
    course = traced([(24, 10), (47, 12), (72, 6)], infusions=(0, 48)).courses[0]
    assert course.baseline is None
    assert course.series[0].reference is None
    assert course.series[1].reference == course.series[1].baseline
    assert course.series[1].after[0].change is not None


def test_the_pre_dose_check_in_ends_one_infusion_and_starts_the_next() -> None:
    course = traced([(-2, 20), (24, 10), (47, 12), (52, 9)], infusions=(0, 48)).courses[0]
    assert [point.hours for point in course.series[0].after] == [24, 47]
    assert [point.hours for point in course.series[1].before] == [-24, -1]
    assert [point.hours for point in course.series[1].after] == [4]
    assert [point.value for point in course.after] == [10, 12, 9]


def test_a_baseline_never_reaches_over_an_earlier_infusion() -> None:
    course = traced([(-2, 20), (6, 9)], infusions=(0, 12)).courses[0]
    assert course.series[1].baseline is not None
    assert course.series[1].baseline.value == 9
    assert [point.value for point in course.series[1].before] == [9]


@pytest.mark.parametrize(("apart", "courses"), [(336, 1), (336.1, 2)])
def test_infusions_more_than_14_days_apart_are_two_courses(apart: float, courses: int) -> None:
    found = traced([(-2, 20), (apart - 2, 15)], infusions=(0, apart)).courses
    assert len(found) == courses
    assert found[-1].baseline is not None
    assert found[-1].baseline.value == (20 if courses == 1 else 15)


def test_infusions_not_given_have_no_axis() -> None:
    states = (InfusionState.PLANNED, InfusionState.CANCELLED)
    infusions = [infusion(number * 24, number=number, state=state) for number, state in enumerate(states)]
    trajectory = trace([check_in(-2, 20)], infusions, [])
    assert trajectory.courses == ()
    assert trajectory.current is None
    assert [reading.value for reading in trajectory.unplaced] == [20]


def test_readings_long_before_the_first_infusion_are_kept_aside() -> None:
    trajectory = traced([(-400, 22), (-60, 21), (-50, 20), (4, 12)])
    series = trajectory.courses[0].series[0]
    assert [point.hours for point in series.before] == [-50]  # the baseline rests on it
    assert [reading.value for reading in trajectory.unplaced] == [22, 21]


def test_a_corrected_check_in_makes_way_for_its_correction() -> None:
    wrong = check_in(24, 20, number=1)
    better = check_in(24.1, 8, number=2, corrects=wrong.id)
    right = check_in(24.2, 7, number=3, corrects=better.id)
    trajectory = trace([right, wrong, check_in(48, 9), better], [infusion()], [])
    assert hours_and_scores(trajectory) == [(24.2, 7), (48, 9)]


def test_a_check_in_known_to_be_corrected_is_left_out_even_alone() -> None:
    assert hours_and_scores(trace([check_in(24, 20, corrected=True)], [infusion()], [])) == []


def test_a_second_check_in_for_one_prompt_is_listed_but_not_on_the_line() -> None:
    second = check_in(24.5, 3, secondary=True)
    early = check_in(-1, 3, secondary=True)
    trajectory = trace([check_in(-2, 18), check_in(24, 8), second, early], [infusion()], [])
    series = trajectory.courses[0].series[0]
    assert hours_and_scores(trajectory) == [(24, 8)]
    assert [point.check_in_id for point in series.secondary] == [early.id, second.id]
    assert series.baseline is not None
    assert series.baseline.value == 18
    assert series.secondary[1].change is not None


def test_a_late_answer_lies_where_it_was_answered_and_keeps_both_times() -> None:
    late = check_in(33, 8, late=True, received_at=at(40))
    point = trace([late], [infusion()], []).courses[0].series[0].after[0]
    assert (point.hours, point.late, point.received_at) == (33, True, at(40))


def test_an_answer_belongs_to_its_time_not_to_its_prompts_infusion() -> None:
    late = check_in(50, 8, late=True, infusion_id=infusion(number=1).id)
    trajectory = trace([late], [infusion(0, number=1), infusion(48, number=2)], [])
    assert hours_and_scores(trajectory, series=0) == []
    assert hours_and_scores(trajectory, series=1) == [(2, 8)]


def test_other_instruments_have_lines_of_their_own() -> None:
    both = check_in(336, 6)
    standard = Score(instrument="phq-9|1", line="phq-9|1", value=11, maximum=27)
    effects = Score(instrument="effects|1", line="own", value=2, maximum=9)
    both = replace(both, scores=(standard, *both.scores, effects))
    trajectory = trace([both, check_in(-100, 19, line="phq-9|1", instrument="phq-9|1")], [infusion()], [])
    assert {line: [r.value for r in found] for line, found in trajectory.other_lines.items()} == {
        "phq-9|1": [19, 11],
        "effects|1": [2],
    }
    assert hours_and_scores(trajectory) == [(336, 6)]
    assert trajectory.courses[0].baseline is None


def test_of_two_forms_in_one_check_in_the_full_one_counts() -> None:
    early = Score(instrument="a", line="phq-style", value=9, maximum=27, prorated=True)
    full = Score(instrument="b", line="phq-style", value=11, maximum=27)
    trajectory = trace([replace(check_in(24, 0), scores=(early, full))], [infusion()], [])
    assert hours_and_scores(trajectory) == [(24, 11)]


def test_a_check_in_without_scores_only_says_that_somebody_was_heard() -> None:
    trajectory = trace([replace(check_in(30, 0), scores=())], [infusion()], [])
    assert trajectory.courses[0].after == ()
    assert trajectory.last_answered_at == at(30)


def test_only_unanswered_prompts_are_missed() -> None:
    answered_late = missed(24)
    prompts = [
        missed(10),
        prompt(48, PromptState.DECLINED),
        prompt(60, PromptState.CANCELLED),
        prompt(72, PromptState.ANSWERED),
        prompt(96, PromptState.OPEN),
        answered_late,
    ]
    trajectory = trace([check_in(40, 8, prompt_id=answered_late.id, late=True)], [infusion()], prompts)
    gaps = trajectory.courses[0].series[0].missed
    assert [(gap.hours, gap.declined) for gap in gaps] == [(10, False), (48, True)]


def test_what_was_never_sent_is_not_missed() -> None:
    trajectory = trace([], [infusion(0)], [replace(missed(10), notified=False)])
    assert trajectory.courses[0].series[0].missed == ()


def test_lines_break_at_what_was_missed_and_over_long_silence() -> None:
    series = traced([(4, 12), (24, 8), (48, 9), (400, 15)], missed_at=(10, 30, 34)).courses[0].series[0]
    runs = joined(series.after, [gap.due_at for gap in series.missed])
    assert [[point.hours for point in run] for run in runs] == [[4], [24], [48], [400]]
    assert [[p.hours for p in run] for run in joined(series.after, [])] == [[4, 24, 48], [400]]
    assert joined((), []) == ()


def test_the_same_check_in_twice_counts_once() -> None:
    one: CheckIn = check_in(24, 8)
    assert trace([one, one], [infusion()], []) == trace([one], [infusion()], [])
