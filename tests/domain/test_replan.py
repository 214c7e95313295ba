"""What becomes of the kept prompts when an infusion is corrected, a patient travels, a course goes on."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from planning import (
    BERLIN,
    NEW_YORK,
    OWN_FORMS,
    as_time_passes,
    at,
    kept,
    living_in,
    make_plan,
    said,
    shown,
)

from checkin.domain.clock import Interval
from checkin.domain.person import Zone
from checkin.domain.planner import Plan
from checkin.domain.prompt import Prompt, PromptState
from checkin.domain.replan import Changes, asked_steps, kept_reason, replan

WEDNESDAY = at("2026-06-10 11:00", BERLIN)
IN_BERLIN = living_in(BERLIN)
ALL_THE_TIME = (Interval(since=WEDNESDAY, until=WEDNESDAY + timedelta(days=60)),)
FINAL = [PromptState.ANSWERED, PromptState.DECLINED, PromptState.EXPIRED]


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def existing_at(now: datetime) -> list[Prompt]:
    """The prompts of the infusion on Wednesday as they stand by ``now``."""
    return as_time_passes(kept(make_plan(WEDNESDAY, IN_BERLIN).prompts), now)


def plan_again(
    existing: list[Prompt], now: datetime, end: datetime, zones: tuple[Zone, ...] = IN_BERLIN
) -> Plan:
    return make_plan(end, zones, now=now, asked=asked_steps(existing))


def moved(existing: list[Prompt], changes: Changes) -> dict[str, str]:
    steps = {prompt.id: prompt.step for prompt in existing}
    return {steps[prompt_id]: shown(wanted.due_at, wanted.zone) for prompt_id, wanted in changes.move}


def cancelled(existing: list[Prompt], changes: Changes) -> dict[str, str]:
    steps = {prompt.id: prompt.step for prompt in existing}
    return {steps[prompt_id]: said(why) for prompt_id, why in changes.cancel}


def test_a_new_infusion_adds_its_whole_plan() -> None:
    plan = make_plan(WEDNESDAY, IN_BERLIN)
    assert replan([], plan, now=WEDNESDAY) == Changes(add=plan.prompts, move=(), cancel=())


def test_a_correction_by_an_hour_moves_what_is_unsent_and_leaves_what_was_sent() -> None:
    # hour-4 was sent at 15:00; at 15:30 the end is corrected from 11:00 to 12:00.
    now = WEDNESDAY + hours(4.5)
    existing = existing_at(now)
    changes = replan(existing, plan_again(existing, now, WEDNESDAY + hours(1)), now=now)
    assert moved(existing, changes) == {
        "hour-24": "06-11 12:00",
        "hour-48": "06-12 12:00",
        "hour-72": "06-13 12:00",
        "day-4": "06-14 12:00",
        "day-5": "06-15 12:00",
        "day-7": "06-17 12:00",
        "day-9": "06-19 12:00",
        "day-11": "06-21 12:00",
        "day-14": "06-24 12:00",
        "day-21": "07-01 12:00",
        "day-28": "07-08 12:00",
    }  # not the evenings: their time of day stays, three hours after hour-4, which was asked at 15:00
    assert changes.add == ()
    assert changes.cancel == ()


def test_a_correction_to_the_day_before_cancels_what_is_over_and_keeps_the_rest() -> None:
    # At 15:30 it turns out that the infusion ended at 11:00 the day before. hour-4, sent at 15:00 and open,
    # is over since yesterday at 18:00. evening-0 was to come tonight; its evening was yesterday. hour-24 is
    # late since 11:00 and open until 19:00: at once. That makes two today, so tonight's evening-1 gives way.
    now = WEDNESDAY + hours(4.5)
    existing = existing_at(now)
    changes = replan(existing, plan_again(existing, now, WEDNESDAY - hours(24)), now=now)
    assert cancelled(existing, changes) == {
        "hour-4": "It no longer fits the time of the infusion, or another infusion came first.",
        "evening-0": "Its time is over.",
        "evening-1": "There are 2 check-ins that day already.",
    }
    assert moved(existing, changes)["hour-24"] == "06-10 15:30"
    assert moved(existing, changes)["hour-48"] == "06-11 11:00"
    assert changes.add == ()


def test_a_correction_to_later_takes_back_an_open_prompt_that_came_too_early() -> None:
    # hour-4 is open from 14:30 to 18:00; the infusion ended at 16:00 really, so it would be from 19:30 on.
    now = WEDNESDAY + hours(4.5)
    existing = existing_at(now)
    changes = replan(existing, plan_again(existing, now, WEDNESDAY + hours(5)), now=now)
    assert "hour-4" in cancelled(existing, changes)
    # By an hour and a half it would be from 16:00 on, and the two meet: it stays.
    changes = replan(existing, plan_again(existing, now, WEDNESDAY + hours(1.5)), now=now)
    assert "hour-4" not in cancelled(existing, changes)


@pytest.mark.parametrize("state", FINAL)
def test_what_is_final_is_never_touched(state: PromptState) -> None:
    existing = [
        replace(prompt, state=state, notified=state is PromptState.ANSWERED)
        for prompt in existing_at(WEDNESDAY)
    ]
    for end in (WEDNESDAY + hours(30), WEDNESDAY - hours(300)):
        plan = make_plan(end, IN_BERLIN, now=WEDNESDAY)
        assert replan(existing, plan, now=WEDNESDAY) == Changes(add=(), move=(), cancel=())


def test_what_a_patient_opened_before_the_notice_is_not_moved() -> None:
    existing = [
        replace(prompt, state=PromptState.OPEN) if prompt.step == "hour-4" else prompt
        for prompt in existing_at(WEDNESDAY)
    ]
    assert set(asked_steps(existing)) == {"hour-4"}
    now = WEDNESDAY + hours(3.6)
    changes = replan(existing, plan_again(existing, now, WEDNESDAY + hours(1)), now=now)
    assert "hour-4" not in moved(existing, changes)
    assert "hour-4" not in cancelled(existing, changes)


def test_a_next_infusion_cancels_the_rest_open_or_not() -> None:
    # On Friday at 11:00 hour-48 is due and sent; the next infusion ended at 12:30, recorded at 13:00.
    now = WEDNESDAY + hours(50)
    existing = existing_at(now)
    plan = make_plan(
        WEDNESDAY, IN_BERLIN, now=now, asked=asked_steps(existing), next_infusion_at=WEDNESDAY + hours(49.5)
    )
    changes = replan(existing, plan, now=now)
    gone = cancelled(existing, changes)
    assert set(gone.values()) == {"The next infusion comes first."}
    assert set(gone) == {prompt.step for prompt in existing if prompt.due_at >= WEDNESDAY + hours(48)}


def test_what_was_cancelled_unsent_comes_back_when_the_next_infusion_does_not_take_place() -> None:
    existing = kept(make_plan(WEDNESDAY, IN_BERLIN).prompts)
    later = [replace(prompt, state=PromptState.CANCELLED) for prompt in existing if prompt.step == "day-4"]
    sent = [
        replace(prompt, state=PromptState.CANCELLED, notified=True)
        for prompt in existing
        if prompt.step == "day-5"
    ]
    rest = [prompt for prompt in existing if prompt.step not in {"day-4", "day-5"}]
    changes = replan([*later, *sent, *rest], make_plan(WEDNESDAY, IN_BERLIN), now=WEDNESDAY)
    assert moved(existing, changes) == {"day-4": "06-14 11:00"}
    assert changes.add == ()
    assert changes.cancel == ()


def test_what_is_due_but_not_yet_sent_is_left_to_the_scheduler() -> None:
    # The scheduler is a minute late, and the plan made anew says "at once".
    existing = existing_at(WEDNESDAY)
    now = WEDNESDAY + hours(4) + timedelta(minutes=1)
    assert replan(existing, make_plan(WEDNESDAY, IN_BERLIN, now=now), now=now) == Changes(
        add=(), move=(), cancel=()
    )


def test_what_nobody_sent_in_time_expires_and_is_not_cancelled() -> None:
    existing = existing_at(WEDNESDAY)  # nothing was sent since
    now = WEDNESDAY + hours(8)
    changes = replan(existing, make_plan(WEDNESDAY, IN_BERLIN, now=now), now=now)
    assert "hour-4" not in cancelled(existing, changes)
    assert "hour-4" not in moved(existing, changes)


def test_after_a_journey_the_future_moves_and_the_past_does_not() -> None:
    # From Friday at 10:00 in Berlin, 04:00 in New York, the patient is in New York. 48 h are 05:00 there:
    # hour-48, open from 01:00, waits for 08:00.
    now = at("2026-06-12 10:00", BERLIN)
    existing = existing_at(now)
    zones = living_in(BERLIN, (now, NEW_YORK))
    changes = replan(existing, plan_again(existing, now, WEDNESDAY, zones), now=now)
    found = moved(existing, changes)
    assert found["hour-48"] == "06-12 08:00"
    assert found["day-4"] == "06-14 08:00"
    assert not {"hour-4", "evening-0", "hour-24", "evening-1"} & set(found)
    assert {wanted.zone for _, wanted in changes.move} == {NEW_YORK}
    assert changes.add == ()
    assert changes.cancel == ()


def test_an_instrument_imported_later_joins_the_prompts_still_to_come() -> None:
    existing = kept(make_plan(WEDNESDAY, IN_BERLIN).prompts)
    plan = make_plan(WEDNESDAY, IN_BERLIN, available=OWN_FORMS | {"gad-7"})
    changes = replan(existing, plan, now=WEDNESDAY)
    assert moved(existing, changes) == {"day-7": "06-17 11:00"}


def test_when_a_planned_infusion_is_given_its_baseline_prompts_end() -> None:
    before = make_plan(WEDNESDAY, IN_BERLIN, planned=True, now=WEDNESDAY - hours(48))
    now = WEDNESDAY - hours(2)
    existing = as_time_passes(kept(before.prompts), now)
    given = make_plan(WEDNESDAY - hours(2.1), IN_BERLIN, now=now, asked=asked_steps(existing))
    changes = replan(existing, given, now=now)
    # The evening before was asked and expired; the check before the dose is open and too late now.
    assert set(cancelled(existing, changes)) == {"pre-dose"}
    assert changes.add == given.prompts


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        ({"next_infusion_at": WEDNESDAY + hours(49.5)}, "next_infusion"),
        ({"pauses": ALL_THE_TIME}, "paused"),
        ({"blocked": ALL_THE_TIME}, "blocked"),
        ({"unmet": {"day-21", "day-28"}}, "superseded"),
        ({"available": frozenset()}, "superseded"),
    ],
)
def test_what_is_kept_of_why_tells_nothing_of_an_answer(cause: dict[str, object], code: str) -> None:
    """Staff without access to scores read it; what depends on answers looks like most other causes."""
    now = WEDNESDAY + hours(50)
    existing = existing_at(now)
    plan = make_plan(WEDNESDAY, IN_BERLIN, now=now, asked=asked_steps(existing), **cause)
    gone = {id: kept_reason(why) for id, why in replan(existing, plan, now=now).cancel}
    (last,) = (prompt.id for prompt in existing if prompt.step == "day-28")
    assert gone[last] == code


def test_what_was_sent_and_is_only_for_who_responded_does_not_say_so() -> None:
    sent = [
        replace(prompt, state=PromptState.OPEN, notified=True)
        for prompt in kept(make_plan(WEDNESDAY, IN_BERLIN).prompts)
        if prompt.step == "day-28"
    ]
    now = sent[0].due_at
    plan = make_plan(WEDNESDAY, IN_BERLIN, now=now, asked=asked_steps(sent), unmet={"day-28"})
    assert [kept_reason(why) for _, why in replan(sent, plan, now=now).cancel] == ["superseded"]


def test_a_step_that_left_the_protocol_is_cancelled() -> None:
    existing = [replace(kept(make_plan(WEDNESDAY, IN_BERLIN).prompts)[0], step="hour-6")]
    changes = replan(existing, make_plan(WEDNESDAY, IN_BERLIN), now=WEDNESDAY)
    assert cancelled(existing, changes) == {"hour-6": "It is no longer part of the plan."}


def test_the_steps_that_count_as_asked() -> None:
    first, second, third, fourth, *rest = kept(make_plan(WEDNESDAY, IN_BERLIN).prompts)
    states = [
        replace(first, state=PromptState.ANSWERED),
        replace(second, state=PromptState.CANCELLED, notified=True),
        replace(third, state=PromptState.EXPIRED),
        replace(fourth, state=PromptState.CANCELLED),
        *rest,
    ]
    assert asked_steps(states) == {"hour-4": first.due_at, "evening-0": second.due_at}
