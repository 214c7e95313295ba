"""What of a record goes into an estimate: the scores that stand, the last courses, on one axis of hours."""

import random
from collections.abc import Sequence

import pytest
from courses import START, at, check_in, infusion

from checkin.domain.check_in import CheckIn
from checkin.domain.infusion import Infusion, InfusionState
from checkin.domain.window.history import MOST_COURSES, MOST_INFUSIONS, Inputs, inputs_of

COURSE = 24.0 * 60
"""Hours from one course to the next."""


def inputs(check_ins: Sequence[CheckIn], infusions: Sequence[Infusion], *, now: float = 10_000) -> Inputs:
    found = inputs_of(check_ins, infusions, now=at(now))
    assert found is not None
    return found


def answers(found: Inputs) -> list[tuple[float, float]]:
    return [(round(one.hours, 6), one.score) for one in found.history.answers]


@pytest.mark.parametrize("state", [InfusionState.PLANNED, InfusionState.CANCELLED])
def test_only_what_was_given_counts(state: InfusionState) -> None:
    assert inputs_of([check_in(-2, 18)], [infusion(state=state)], now=at(10)) is None


def test_what_has_not_ended_yet_is_not_there_yet() -> None:
    found = inputs([], [infusion(), infusion(48, number=2)], now=47)
    assert found.history.infusions == (0.0,)
    assert inputs_of([], [infusion()], now=at(-0.05)) is None


def test_hours_count_from_the_first_infusion_and_true_answer_times_count() -> None:
    found = inputs([check_in(26.5, 6), check_in(-30, 18), check_in(4, 12, prorated=True)], [infusion()])
    assert found.origin == START
    assert answers(found) == [(-30, 18), (4, 12), (26.5, 6)]
    assert [one.early for one in found.history.answers] == [False, True, False]


def test_what_was_corrected_second_answers_and_other_lines_stay_out() -> None:
    first = check_in(24, 20, number=1)
    check_ins = [
        first,
        check_in(24, 6, number=2, corrects=first.id),
        check_in(25, 27, secondary=True),
        check_in(26, 21, instrument="gad-7|1", line="gad-7|1"),
    ]
    assert answers(inputs(check_ins, [infusion()])) == [(24, 6)]


def test_the_last_courses_only() -> None:
    number = MOST_COURSES + 2
    given = [infusion(index * COURSE, number=index) for index in range(number)]
    scores = [check_in(index * COURSE + 24, 5 + index) for index in range(number)]
    found = inputs(scores, given, now=number * COURSE)
    assert found.origin == given[-MOST_COURSES].at
    assert found.history.infusions == tuple(index * COURSE for index in range(MOST_COURSES))
    assert answers(found) == [(index * COURSE + 24, 7 + index) for index in range(MOST_COURSES)]
    assert found.course == (given[-1],)


def test_a_baseline_is_from_the_week_before_and_not_from_the_course_before() -> None:
    given = [infusion(), infusion(COURSE, number=2)]
    scores = [check_in(-200, 20), check_in(-30, 18), check_in(300, 9), check_in(COURSE - 2, 15)]
    assert answers(inputs(scores, given)) == [(-30, 18), (300, 9), (COURSE - 2, 15)]


def test_of_a_long_course_the_last_infusions_with_the_level_from_before_the_first() -> None:
    days = 7 * 24
    given = [infusion(index * days, number=index) for index in range(MOST_INFUSIONS + 3)]
    scores = [check_in(-2, 18)] + [check_in(index * days + 24, 4 + index) for index in range(len(given))]
    found = inputs(scores, given)
    assert len(found.history.infusions) == MOST_INFUSIONS
    assert found.origin == given[3].at
    assert answers(found)[:2] == [(-2, 18), (24, 7)]
    assert len(answers(found)) == 1 + MOST_INFUSIONS


def test_the_order_of_the_rows_does_not_matter() -> None:
    given = [infusion(), infusion(72, number=2), infusion(COURSE, number=3)]
    scores = [check_in(hours, hours % 20) for hours in (-2.0, 24, 48, 70, 96, COURSE + 24)]
    expected = inputs(scores, given)
    for seed in range(10):
        mixed = random.Random(seed)
        assert (
            inputs(mixed.sample(scores, len(scores)), mixed.sample(given, len(given))).digest
            == expected.digest
        )


@pytest.mark.parametrize(
    "changed",
    [
        ([check_in(24, 7)], [infusion()]),
        ([check_in(25, 6)], [infusion()]),
        ([check_in(24, 6, prorated=True)], [infusion()]),
        ([check_in(24, 6), check_in(48, 6)], [infusion()]),
        ([check_in(24, 6)], [infusion(0.5)]),
        ([check_in(24, 6)], [infusion(), infusion(72, number=2)]),
    ],
)
def test_whatever_changes_what_is_known_changes_the_digest(
    changed: tuple[Sequence[CheckIn], Sequence[Infusion]],
) -> None:
    assert inputs(*changed).digest != inputs([check_in(24, 6)], [infusion()]).digest
