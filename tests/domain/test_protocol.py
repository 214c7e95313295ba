"""The default protocol is the clinical table; what its parts are called."""

from dataclasses import replace
from datetime import time, timedelta

import pytest
from planning import said

from checkin.domain.protocol import Cancels, QuietHours, default_protocol
from checkin.domain.step import (
    AfterDue,
    AtLocalTime,
    Condition,
    Elapsed,
    FromEnd,
    LocalTime,
    Spacing,
    Step,
)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


EVENING = (time(19), time(21, 30))

# The table of the default protocol: step, due, opens, expires, content.
TABLE = [
    ("week-before", Elapsed(after=hours(-168)), None, FromEnd(after=hours(-3.5)), ("phq-9",)),
    (
        "evening-before",
        LocalTime(day=-1, at=time(20), between=EVENING),
        None,
        AtLocalTime(at=time(23)),
        ("phq-style-24h",),
    ),
    ("pre-dose", Elapsed(after=hours(-2.5)), hours(-3.5), FromEnd(after=hours(-0.75)), ("phq-style-24h",)),
    ("hour-2", Elapsed(after=hours(2)), hours(1.5), FromEnd(after=hours(3.5)), ("phq-style-early",)),
    (
        "hour-4",
        Elapsed(after=hours(4)),
        hours(3.5),
        FromEnd(after=hours(7)),
        ("phq-style-early", "dissociation"),
    ),
    (
        "evening-0",
        LocalTime(day=0, at=time(20), between=EVENING),
        None,
        AtLocalTime(at=time(23)),
        ("phq-style-early",),
    ),
    (
        "hour-24",
        Elapsed(after=hours(24), between=(hours(20), hours(30))),
        hours(20),
        FromEnd(after=hours(32)),
        ("phq-style-24h", "side-effects", "dissociation"),
    ),
    (
        "evening-1",
        LocalTime(day=1, at=time(20), between=EVENING),
        None,
        AtLocalTime(at=time(23)),
        ("phq-style-short",),
    ),
    ("hour-48", Elapsed(after=hours(48)), hours(44), FromEnd(after=hours(60)), ("phq-style-24h",)),
    (
        "hour-72",
        Elapsed(after=hours(72)),
        hours(68),
        FromEnd(after=hours(84)),
        ("phq-style-24h", "hypomania"),
    ),
    ("day-4", Elapsed(after=hours(96)), None, AfterDue(after=hours(12)), ("phq-style-24h",)),
    ("day-5", Elapsed(after=hours(120)), None, AfterDue(after=hours(14)), ("phq-style-24h",)),
    (
        "day-7",
        Elapsed(after=hours(168)),
        None,
        AfterDue(after=hours(24)),
        ("phq-style-24h", "hypomania", "gad-7"),
    ),
    ("day-9", Elapsed(after=hours(216)), None, AfterDue(after=hours(24)), ("phq-style-24h",)),
    ("day-11", Elapsed(after=hours(264)), None, AfterDue(after=hours(24)), ("phq-style-24h",)),
    (
        "day-14",
        Elapsed(after=hours(336)),
        None,
        AfterDue(after=hours(48)),
        ("phq-9", "phq-style-24h", "urinary", "hypomania"),
    ),
    ("day-21", Elapsed(after=hours(504)), None, AfterDue(after=hours(48)), ("phq-style-short",)),
    ("day-28", Elapsed(after=hours(672)), None, AfterDue(after=hours(48)), ("phq-style-short",)),
]


def test_the_default_protocol_is_the_table() -> None:
    protocol = default_protocol()
    steps = (*protocol.baseline_steps, *protocol.steps)
    assert [(step.name, step.due, step.opens, step.expires, step.instruments) for step in steps] == TABLE
    assert len(protocol.baseline_steps) == 3


def test_the_default_rules() -> None:
    protocol = default_protocol()
    assert protocol.reference == "default|1"
    assert protocol.most_per_day == 2
    assert protocol.quiet == QuietHours(since=time(21, 30), until=time(8))
    assert protocol.reminder_share == 0.4
    assert protocol.next_infusion_cancels is Cancels.REST
    assert protocol.importable == {"phq-9": "PHQ-9", "gad-7": "GAD-7"}


def test_the_default_step_rules() -> None:
    protocol = default_protocol()
    steps = (*protocol.baseline_steps, *protocol.steps)
    assert {step.name for step in steps if not step.enabled} == {"hour-2"}
    assert {step.name for step in steps if step.extra} == {"hour-2", "evening-0", "evening-1"}
    assert {step.name: step.spacing for step in steps if step.spacing} == {
        "evening-0": Spacing(step="hour-4", gap=hours(3)),
        "evening-1": Spacing(step="hour-24", gap=hours(3)),
    }
    assert {step.name: step.condition for step in steps if step.condition} == {
        "day-21": Condition(response_at="day-14"),
        "day-28": Condition(response_at="day-14"),
    }
    assert {step.name: step.apart for step in steps if step.apart} == {
        "week-before": hours(336),
        "evening-before": hours(60),
    }


def test_the_check_before_the_dose_is_the_baseline_step_nearest_to_it() -> None:
    protocol = default_protocol()
    assert protocol.pre_dose is not None
    assert protocol.pre_dose.name == "pre-dose"
    assert replace(protocol, baseline_steps=()).pre_dose is None


def test_a_step_is_found_by_its_name() -> None:
    protocol = default_protocol()
    assert protocol.find_step("pre-dose") is protocol.baseline_steps[2]
    assert protocol.find_step("hour-4") is protocol.steps[1]
    assert protocol.find_step("hour-5") is None


def test_titles_are_what_people_say() -> None:
    protocol = default_protocol()
    titles = [said(step.title) for step in (*protocol.baseline_steps, *protocol.steps)]
    assert titles == [
        "In the 7 days before the infusion",
        "Evening before the infusion",
        "Just before the infusion",
        "2 hours after",
        "4 hours after",
        "Evening of the same day",
        "24 hours after",
        "Evening of day 1",
        "48 hours after",
        "72 hours after",
        "Day 4",
        "Day 5",
        "Day 7",
        "Day 9",
        "Day 11",
        "Day 14",
        "Day 21",
        "Day 28",
    ]


@pytest.mark.parametrize(
    ("due", "title"),
    [
        (Elapsed(after=hours(1.5)), "1.5 hours after"),
        (Elapsed(after=hours(1)), "1 hour after"),
        (Elapsed(after=hours(100)), "100 hours after"),
        (Elapsed(after=hours(-24)), "In the day before the infusion"),
        (LocalTime(day=3, at=time(9), between=(time(8), time(10))), "Day 3"),
        (LocalTime(day=0, at=time(14), between=(time(12), time(16))), "The same day"),
        (LocalTime(day=-1, at=time(9), between=(time(8), time(10))), "1 day before the infusion"),
        (LocalTime(day=-2, at=time(20), between=EVENING), "2 days before the infusion"),
    ],
)
def test_titles_of_other_rules(due: Elapsed | LocalTime, title: str) -> None:
    step = Step(
        name="x", due=due, opens=None, expires=AfterDue(after=hours(1)), instruments=("phq-style-24h",)
    )
    assert said(step.title) == title
