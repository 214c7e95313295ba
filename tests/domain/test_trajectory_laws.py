"""Laws of trajectories: what must hold for whatever is answered, missed or corrected, in whatever order."""

import random
from dataclasses import replace
from datetime import timedelta

from courses import check_in, infusion, missed
from hypothesis import given
from hypothesis import strategies as st

from checkin.domain.trajectory import Trajectory, joined, trace

HOURS = st.integers(-300, 900)
SCORES = st.lists(st.tuples(HOURS, st.integers(0, 27)), unique_by=lambda pair: pair[0], max_size=25)
INFUSIONS = st.lists(st.integers(-100, 700), unique=True, max_size=6)
MISSED = st.lists(HOURS, unique=True, max_size=8)


def inputs(scores: list[tuple[int, int]], infusions: list[int], gaps: list[int]):
    return (
        [check_in(hours, value) for hours, value in scores],
        [infusion(hours, number=number) for number, hours in enumerate(infusions)],
        [missed(hours) for hours in gaps],
    )


@given(SCORES, INFUSIONS, MISSED, st.integers())
def test_the_order_of_what_comes_in_does_not_matter(scores, infusions, gaps, seed: int) -> None:
    given_ = inputs(scores, infusions, gaps)
    shuffled = tuple(random.Random(seed).sample(items, len(items)) for items in given_)
    assert trace(*shuffled) == trace(*given_)


@given(SCORES, INFUSIONS, MISSED)
def test_every_answer_is_found_exactly_once(scores, infusions, gaps) -> None:
    trajectory = trace(*inputs(scores, infusions, gaps))
    after = [point.check_in_id for course in trajectory.courses for point in course.after]
    first = {p.check_in_id for course in trajectory.courses[:1] for p in course.series[0].before}
    aside = [reading.check_in_id for reading in trajectory.unplaced]
    assert len(after) == len(set(after))
    assert {*after, *first, *aside} == {check_in(hours, 0).id for hours, _ in scores}
    assert not set(aside) & {*after, *first}


@given(SCORES, INFUSIONS)
def test_points_lie_between_their_infusion_and_the_next(scores, infusions) -> None:
    for course in trace(*inputs(scores, infusions, [])).courses:
        for series in course.series:
            hours = [point.hours for point in series.after]
            assert hours == sorted(hours)
            assert all(hour >= 0 and (series.until is None or hour < series.until) for hour in hours)
            assert all(point.hours < 0 for point in series.before)


@given(SCORES, INFUSIONS, MISSED, HOURS, st.integers(0, 27))
def test_a_late_duplicate_never_changes_the_line(scores, infusions, gaps, hours: int, value: int) -> None:
    check_ins, given_, prompts = inputs(scores, infusions, gaps)
    second = check_in(hours, value, number=5, secondary=True, late=True)
    plain, more = trace(check_ins, given_, prompts), trace([*check_ins, second], given_, prompts)
    assert [without_secondary(course) for course in more.courses] == [
        without_secondary(course) for course in plain.courses
    ]


def without_secondary(course):
    return [replace(series, secondary=()) for series in course.series]


@given(SCORES, INFUSIONS, st.integers(0, 24), st.integers(0, 27))
def test_a_correction_replaces_exactly_one_check_in(scores, infusions, index: int, value: int) -> None:
    check_ins, given_, _ = inputs(scores, infusions, [])
    if not check_ins:
        return
    old = check_ins[index % len(check_ins)]
    moment = old.answered_at + timedelta(minutes=5)
    new = check_in(0, value, number=5, corrects=old.id, answered_at=moment, received_at=moment)
    others = [c for c in check_ins if c is not old]
    without = trace([*others, new], given_, [])
    assert trace([*check_ins, new], given_, []) == without
    assert trace([replace(old, corrected=True), *others, new], given_, []) == without


@given(SCORES, INFUSIONS, MISSED, st.integers(-10_000, 10_000))
def test_moving_everything_in_time_moves_nothing_on_the_axis(scores, infusions, gaps, days: int) -> None:
    by = timedelta(days=days)
    check_ins, given_, prompts = inputs(scores, infusions, gaps)
    moved = trace(
        [replace(c, answered_at=c.answered_at + by, received_at=c.received_at + by) for c in check_ins],
        [replace(i, at=i.at + by) for i in given_],
        [replace(p, due_at=p.due_at + by) for p in prompts],
    )
    assert picture(moved) == picture(trace(check_ins, given_, prompts))


def picture(trajectory: Trajectory):
    return [
        [
            ([(p.hours, p.value, p.change) for p in (*s.before, *s.after)], [gap.hours for gap in s.missed])
            for s in course.series
        ]
        for course in trajectory.courses
    ]


@given(SCORES, INFUSIONS, MISSED)
def test_no_run_crosses_a_missed_prompt_and_no_point_is_lost(scores, infusions, gaps) -> None:
    for course in trace(*inputs(scores, infusions, gaps)).courses:
        for series in course.series:
            due = [gap.due_at for gap in series.missed]
            runs = joined(series.after, due)
            assert tuple(point for run in runs for point in run) == series.after
            for run in runs:
                assert not any(run[0].answered_at < moment <= run[-1].answered_at for moment in due)
