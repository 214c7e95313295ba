"""Plans before an infusion and between infusions of a course; worked out by hand."""

from dataclasses import replace
from datetime import timedelta

from planning import (
    BERLIN,
    NEW_YORK,
    OWN_FORMS,
    agenda,
    at,
    due_in,
    living_in,
    make_plan,
    reasons,
    without_off,
)

from checkin.domain.clock import Interval
from checkin.domain.protocol import Cancels, default_protocol
from checkin.domain.step import AfterDue

NIGHT = "None of its time, or too little, is in the waking hours and outside quiet hours."
TOO_SOON = "It would come too soon after the infusion, or after the check-in before it."
PASSED = "Its time of day had passed when the infusion ended."
OVER = "Its time is over."
NEXT = "The next infusion comes first."
COURSE = "It is only asked before the first infusion, or after a longer break."
IN_BERLIN = living_in(BERLIN)
WEDNESDAY = at("2026-06-10 11:00", BERLIN)


def test_before_a_planned_infusion() -> None:
    # Monday 1 June, 11:00, planned well ahead. week-before is open from 25 May 11:00 to 07:30 on the day:
    # 164 h 30 min, of which 40 % are 65 h 48 min, 04:48 on the 28th; 08:00 is nearest.
    plan = make_plan(
        at("2026-06-01 11:00", NEW_YORK),
        living_in(NEW_YORK),
        planned=True,
        now=at("2026-05-20 09:00", NEW_YORK),
        available=OWN_FORMS | {"phq-9"},
    )
    assert agenda(plan) == [
        ("week-before", "05-25 11:00", "05-28 08:00", "06-01 07:30"),
        ("evening-before", "05-31 20:00", "05-31 21:12", "05-31 23:00"),
        ("pre-dose", "06-01 08:30", "06-01 09:12", "06-01 10:15"),  # 1 h 45 min: 42 min
    ]
    assert plan.not_planned == ()


def test_an_early_infusion_has_its_check_before_the_dose_at_eight() -> None:
    # Planned end 09:30: due 07:00, open until 08:45.
    plan = make_plan(
        at("2026-06-01 09:30", BERLIN), IN_BERLIN, planned=True, now=at("2026-05-31 09:00", BERLIN)
    )
    assert agenda(plan)[-1] == ("pre-dose", "06-01 08:00", "06-01 08:18", "06-01 08:45")
    assert reasons(plan) == {"week-before": "Its questions have not been added here yet."}


def test_a_course_on_monday_wednesday_and_friday() -> None:
    ends = [at(f"2026-06-0{day} 11:00", NEW_YORK) for day in (1, 3, 5)]
    zones, forms = living_in(NEW_YORK), OWN_FORMS | {"phq-9"}
    asked = []
    for number, end in enumerate(ends):
        neighbours = {
            "previous_infusion_at": ends[number - 1] if number else None,
            "next_infusion_at": ends[number + 1] if number < 2 else None,
            "available": forms,
        }
        early = at("2026-05-31 18:00", NEW_YORK)
        asked.append(due_in(make_plan(end, zones, planned=True, now=early, **neighbours)))
        asked.append(due_in(make_plan(end, zones, **neighbours)))
    assert asked[:5] == [
        # Planned on Sunday at 18:00: the standard form is late and due at once.
        {"week-before": "05-31 18:00", "evening-before": "05-31 20:00", "pre-dose": "06-01 08:30"},
        {
            "hour-4": "06-01 15:00",
            "evening-0": "06-01 20:00",
            "hour-24": "06-02 11:00",
            "evening-1": "06-02 20:00",
        },
        # Tuesday evening is asked already; 48 h would be at the next dose, whose own check comes just before.
        {"pre-dose": "06-03 08:30"},
        {
            "hour-4": "06-03 15:00",
            "evening-0": "06-03 20:00",
            "hour-24": "06-04 11:00",
            "evening-1": "06-04 20:00",
        },
        {"pre-dose": "06-05 08:30"},
    ]
    # After the last one the whole series follows: all but the optional step.
    assert list(asked[5]) == [step.name for step in default_protocol().steps if step.enabled]


def test_why_a_course_asks_less() -> None:
    zones = living_in(NEW_YORK)
    monday, wednesday = at("2026-06-01 11:00", NEW_YORK), at("2026-06-03 11:00", NEW_YORK)
    after = make_plan(monday, zones, next_infusion_at=wednesday)
    later = ("hour-48", "hour-72", "day-4", "day-5", "day-7", "day-9", "day-11", "day-14", "day-21", "day-28")
    assert without_off(after) == dict.fromkeys(later, NEXT)
    before = make_plan(
        wednesday, zones, planned=True, previous_infusion_at=monday, available=OWN_FORMS | {"phq-9"}
    )
    assert {step: why for step, why in reasons(before).items() if step != "pre-dose"} == {
        "week-before": COURSE,
        "evening-before": COURSE,
    }


def test_the_weekly_infusion_asks_the_evening_before_but_not_the_standard_form() -> None:
    before = make_plan(
        WEDNESDAY,
        IN_BERLIN,
        planned=True,
        now=at("2026-06-08 12:00", BERLIN),
        previous_infusion_at=WEDNESDAY - timedelta(days=7),
        available=OWN_FORMS | {"phq-9"},
    )
    assert due_in(before) == {"evening-before": "06-09 20:00", "pre-dose": "06-10 08:30"}
    assert reasons(before) == {"week-before": COURSE}


def test_the_check_before_the_next_dose_shortens_what_is_still_open() -> None:
    # The next planned end is 62 h later, Saturday 01:00, and its own check opens 3.5 h before, Friday
    # 21:30. So hour-48, due on Friday at 11:00 and open until 23:00, is over at 21:30: 10 h 30 min, the
    # reminder after 4 h 12 min.
    plan = make_plan(WEDNESDAY, IN_BERLIN, next_infusion_at=WEDNESDAY + timedelta(hours=62))
    (second_day,) = [prompt for prompt in plan.prompts if prompt.step == "hour-48"]
    assert agenda(plan)[-1] == ("hour-48", "06-12 11:00", "06-12 15:12", "06-12 21:30")
    assert plan.windows["hour-48"] == Interval(since=second_day.opens_at, until=second_day.expires_at)


def test_a_protocol_may_go_on_through_the_next_infusion() -> None:
    protocol = replace(default_protocol(), next_infusion_cancels=Cancels.NOTHING)
    plan = make_plan(WEDNESDAY, IN_BERLIN, protocol=protocol, next_infusion_at=WEDNESDAY + timedelta(days=2))
    assert plan == make_plan(WEDNESDAY, IN_BERLIN)


def test_the_most_per_day_is_for_the_days_after() -> None:
    # Planned the day before at 15:00: the standard form comes at once, the check-in the same evening.
    plan = make_plan(
        WEDNESDAY,
        IN_BERLIN,
        planned=True,
        now=at("2026-06-09 15:00", BERLIN),
        protocol=replace(default_protocol(), most_per_day=1),
        available=OWN_FORMS | {"phq-9"},
    )
    assert due_in(plan) == {
        "week-before": "06-09 15:00",
        "evening-before": "06-09 20:00",
        "pre-dose": "06-10 08:30",
    }


def test_what_is_open_before_an_infusion_is_over_when_it_ends() -> None:
    protocol = default_protocol()
    steps = tuple(
        replace(step, expires=AfterDue(after=timedelta(hours=12))) if step.name == "evening-before" else step
        for step in protocol.baseline_steps
    )
    plan = make_plan(
        at("2026-06-10 02:00", BERLIN),
        IN_BERLIN,
        planned=True,
        now=at("2026-06-09 12:00", BERLIN),
        protocol=replace(protocol, baseline_steps=steps),
    )
    # Six hours open instead of twelve: 40 % are 22:24, which is night.
    assert agenda(plan) == [("evening-before", "06-09 20:00", "06-09 21:15", "06-10 02:00")]
