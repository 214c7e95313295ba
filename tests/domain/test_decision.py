"""Which check-in decides about a step for responders, when nothing more can decide, and what it said."""

from dataclasses import replace
from datetime import timedelta

import pytest
from courses import START, at, traced
from planning import NEW_YORK, kept, living_in, make_plan

from checkin.domain.clock import Interval
from checkin.domain.decision import Awaited, deciders, is_over, responded
from checkin.domain.prompt import PromptState
from checkin.domain.protocol import default_protocol

IN_NEW_YORK = living_in(NEW_YORK)
DAY_14 = Awaited(step="day-14", window=Interval(since=at(336), until=at(384)))


def test_day_14_decides_for_its_48_hours_about_days_21_and_28() -> None:
    assert deciders(default_protocol(), START, IN_NEW_YORK) == {"day-21": DAY_14, "day-28": DAY_14}


@pytest.mark.parametrize(
    ("state", "within", "afterwards"),
    [
        (None, False, True),
        (PromptState.CANCELLED, False, True),  # it may come back while there is time
        (PromptState.PLANNED, False, False),
        (PromptState.OPEN, False, False),
        (PromptState.ANSWERED, True, True),
        (PromptState.DECLINED, True, True),
        (PromptState.EXPIRED, True, True),
    ],
)
def test_when_nothing_more_can_decide(state: PromptState | None, within: bool, afterwards: bool) -> None:
    prompts = [
        replace(prompt, state=state)
        for prompt in kept(make_plan(START, IN_NEW_YORK).prompts)
        if prompt.step == "day-14" and state
    ]
    assert is_over(DAY_14, prompts, DAY_14.window.until - timedelta(seconds=1)) == within
    assert is_over(DAY_14, prompts, DAY_14.window.until) == afterwards


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([(340, 8)], True),  # half of 16
        ([(340, 9)], False),
        ([(336, 8)], True),
        ([(335.9, 8)], False),  # the day before it opens
        ([(384, 8)], False),  # after it is over
        ([(340, 8), (350, 14)], False),  # the last one
        ([(340, 14), (350, 8), (390, 14)], True),
        ([], False),
    ],
)
def test_only_an_answer_of_its_own_time_decides(scores: list[tuple[float, float]], expected: bool) -> None:
    (course,) = traced([(-1, 16), *scores]).courses
    assert responded(DAY_14, (), course.series[0].after) == expected


def test_an_answer_to_its_prompt_decides_whatever_its_time() -> None:
    (course,) = traced([(-1, 16), (384.5, 8)]).courses
    (point,) = course.series[0].after
    assert responded(DAY_14, {point.check_in_id}, course.series[0].after)
