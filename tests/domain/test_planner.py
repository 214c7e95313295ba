"""Plans at unusual hours, in a course, recorded late, and with something in the way; worked out by hand.

Nobody is contacted from 21:30 to 08:00, and nothing is planned for the last quarter of an hour before that,
so the last reminder of a day goes at 21:15.
"""

from dataclasses import replace
from datetime import time, timedelta

import pytest
from planning import BERLIN, OWN_FORMS, agenda, at, due_in, living_in, make_plan, reasons, shown, without_off

from checkin.domain.clock import Interval
from checkin.domain.person import WakingHours
from checkin.domain.protocol import Protocol, default_protocol
from checkin.domain.step import Elapsed

NIGHT = "None of its time, or too little, is in the waking hours and outside quiet hours."
TOO_SOON = "It would come too soon after the infusion, or after the check-in before it."
PASSED = "Its time of day had passed when the infusion ended."
OVER = "Its time is over."
NEXT = "The next infusion comes first."
COURSE = "It is only asked before the first infusion, or after a longer break."
IN_BERLIN = living_in(BERLIN)
WEDNESDAY = at("2026-06-10 11:00", BERLIN)


def with_two_hours() -> Protocol:
    """The default protocol with its optional step at 2 h switched on."""
    protocol = default_protocol()
    steps = tuple(replace(step, enabled=True) for step in protocol.steps)
    return replace(protocol, steps=steps)


def test_an_infusion_that_ends_at_half_past_eleven_at_night() -> None:
    plan = make_plan(at("2026-06-10 23:30", BERLIN), IN_BERLIN)
    assert agenda(plan) == [
        # 24 h is 23:30. It may be due from 20 h, 19:30, to 30 h, 05:30, and is over at 32 h, 07:30: its
        # reminder can only go the same evening, at 21:15 at the latest, and the notice a quarter of an hour
        # before.
        ("hour-24", "06-11 21:00", "06-11 21:15", "06-12 07:30"),
        # 48 h is 23:30; from 44 h, 19:30, to 60 h, 11:30. 21:15 is nearer than 08:00, and leaves 08:00 for
        # the reminder: 40 % of 14 h 15 min end at 02:57.
        ("hour-48", "06-12 21:15", "06-13 08:00", "06-13 11:30"),
        ("hour-72", "06-13 21:15", "06-14 08:00", "06-14 11:30"),
        # From here on a step opens when it is due, at 23:30, so it waits for the morning.
        ("day-4", "06-15 08:00", "06-15 09:24", "06-15 11:30"),  # 3 h 30 min left: 84 min
        ("day-5", "06-16 08:00", "06-16 10:12", "06-16 13:30"),  # 5 h 30 min left: 2 h 12 min
        ("day-7", "06-18 08:00", "06-18 14:12", "06-18 23:30"),  # 15 h 30 min left: 6 h 12 min
        ("day-9", "06-20 08:00", "06-20 14:12", "06-20 23:30"),
        ("day-11", "06-22 08:00", "06-22 14:12", "06-22 23:30"),
        ("day-14", "06-25 08:00", "06-25 21:15", "06-26 23:30"),  # 39 h 30 min left: 23:48
        ("day-21", "07-02 08:00", "07-02 21:15", "07-03 23:30"),
        ("day-28", "07-09 08:00", "07-09 21:15", "07-10 23:30"),
    ]
    assert without_off(plan) == {
        "hour-4": NIGHT,  # 03:00 to 06:30
        "evening-0": PASSED,
        "evening-1": TOO_SOON,  # 3 h after 21:00
    }


def test_an_infusion_after_midnight_belongs_to_the_new_day() -> None:
    plan = make_plan(at("2026-06-10 00:30", BERLIN), IN_BERLIN)
    due = due_in(plan)
    assert due["evening-0"] == "06-10 20:00"
    # 24 h is 00:30. From 20 h, 20:30; the last moment of that evening is 21:15, with a reminder at 08:00
    # before 08:30.
    assert due["hour-24"] == "06-10 21:15"
    assert reasons(plan)["hour-4"] == NIGHT  # 04:00 to 07:30


@pytest.mark.parametrize(
    ("end", "hour_4", "evening"),
    [
        ("09:00", "13:00", "20:00"),
        ("13:00", "17:00", "20:00"),  # 17:00 + 3 h
        ("13:40", "17:40", "20:40"),
        ("14:00", "18:00", "21:00"),  # the last that leaves room for its reminder, at 21:15
        ("14:01", "18:01", "21:01"),  # without one
        ("14:15", "18:15", "21:15"),  # the last moment of the evening
        ("14:16", "18:16", NIGHT),
        ("14:31", "18:31", TOO_SOON),  # 21:31 is after the evening
        ("16:50", "20:50", TOO_SOON),
        ("17:30", "21:00", TOO_SOON),  # 21:30, moved: open from 21:00 to 00:30, so the reminder goes at 21:15
        ("17:31", "21:15", TOO_SOON),  # 21:31, moved; open from 21:01, so no reminder fits before the night
        ("17:45", "21:15", TOO_SOON),
        ("17:46", NIGHT, TOO_SOON),  # open from 21:16
        ("18:00", NIGHT, TOO_SOON),
    ],
)
def test_the_first_day_by_the_hour_of_the_infusion(end: str, hour_4: str, evening: str) -> None:
    plan = make_plan(at(f"2026-06-10 {end}", BERLIN), IN_BERLIN)
    found = {step: due.removeprefix("06-10 ") for step, due in due_in(plan).items()} | reasons(plan)
    assert (found["hour-4"], found["evening-0"]) == (hour_4, evening)


def test_a_step_that_opens_when_it_is_due_opens_later_where_it_keeps_its_distance() -> None:
    plan = make_plan(at("2026-06-10 14:00", BERLIN), IN_BERLIN)
    assert (plan.prompts[1].step, shown(plan.prompts[1].opens_at, BERLIN)) == ("evening-0", "06-10 21:00")


def test_where_only_the_notice_fits_no_reminder_follows() -> None:
    plan = make_plan(at("2026-06-10 14:01", BERLIN), IN_BERLIN)
    assert agenda(plan)[1] == ("evening-0", "06-10 21:01", "none", "06-10 23:00")
    late = make_plan(at("2026-06-10 17:45", BERLIN), IN_BERLIN)
    assert agenda(late)[0] == ("hour-4", "06-10 21:15", "none", "06-11 00:45")


def test_a_step_is_moved_beyond_its_bounds_only_where_they_hold_no_free_moment() -> None:
    # 24 h is 01:30 at night, 20 h 21:30, 30 h 07:30; it is open until 09:30, 32 h, and 08:00 is the nearest
    # moment: 40 % of 90 min are 36.
    late = make_plan(at("2026-06-10 01:30", BERLIN), IN_BERLIN)
    assert agenda(late)[2] == ("hour-24", "06-11 08:00", "06-11 08:36", "06-11 09:30")
    # 20 h is 20:45, 30 h 06:45, and it is over at 08:45; there is a free moment at 21:15 the same evening.
    near = make_plan(at("2026-06-10 00:45", BERLIN), IN_BERLIN)
    assert due_in(near)["hour-24"] == "06-10 21:15"
    # Open from 19:30 to 07:30 the next day, best not before 22 h, 21:30, which is night until after 30 h.
    protocol = default_protocol()
    bounds = Elapsed(after=timedelta(hours=24), between=(timedelta(hours=22), timedelta(hours=30)))
    steps = tuple(replace(step, due=bounds) if step.name == "hour-24" else step for step in protocol.steps)
    early = make_plan(at("2026-06-10 23:30", BERLIN), IN_BERLIN, protocol=replace(protocol, steps=steps))
    assert agenda(early)[0] == ("hour-24", "06-11 21:00", "06-11 21:15", "06-12 07:30")


def test_what_another_infusion_asks_is_gone_round_and_counts_in_the_day() -> None:
    # 15:00 is taken: a quarter of an hour after it is as near as one a quarter of an hour before.
    plan = make_plan(WEDNESDAY, IN_BERLIN, elsewhere=[at("2026-06-10 15:00", BERLIN)])
    assert due_in(plan)["hour-4"] == "06-10 14:45"
    # So the day has two, and the evening gives way; one before the END would not count.
    assert "evening-0" in reasons(plan)
    before = make_plan(WEDNESDAY, IN_BERLIN, elsewhere=[at("2026-06-10 09:00", BERLIN)])
    assert due_in(before)["evening-0"] == "06-10 20:00"
    # Before an infusion nothing counts, but nothing comes at the same moment either.
    due = at("2026-06-10 08:30", BERLIN)
    baseline = make_plan(
        WEDNESDAY, IN_BERLIN, planned=True, now=at("2026-06-09 09:00", BERLIN), elsewhere=[due] * 5
    )
    assert due_in(baseline) == {"evening-before": "06-09 20:00", "pre-dose": "06-10 08:15"}
    every = [at(f"2026-06-10 14:{minute}", BERLIN) for minute in ("20", "35", "50")]
    every += [moment + timedelta(hours=hours) for moment in every for hours in (1, 2, 3)]
    every += [at(f"2026-06-10 {hour}:05", BERLIN) for hour in (15, 16, 17)]
    plan = make_plan(WEDNESDAY, IN_BERLIN, elsewhere=every)
    assert reasons(plan)["hour-4"] == "A check-in about another infusion comes at that time."


def test_recorded_when_step_one_is_due_it_is_due_at_once() -> None:
    plan = make_plan(WEDNESDAY, IN_BERLIN, now=WEDNESDAY + timedelta(hours=4))
    assert agenda(plan)[0] == ("hour-4", "06-10 15:00", "06-10 16:12", "06-10 18:00")
    assert plan.prompts[0].opens_at == at("2026-06-10 14:30", BERLIN)


def test_recorded_after_step_one_was_due_it_is_due_now_and_the_evening_keeps_its_distance() -> None:
    plan = make_plan(WEDNESDAY, IN_BERLIN, now=at("2026-06-10 17:20", BERLIN))
    assert agenda(plan)[:2] == [
        ("hour-4", "06-10 17:20", "06-10 17:36", "06-10 18:00"),  # 40 min left: 16 min
        ("evening-0", "06-10 20:20", "06-10 21:15", "06-10 23:00"),  # 2 h 40 min: 21:24
    ]


def test_a_reminder_keeps_a_quarter_of_an_hour_from_its_notice() -> None:
    # 32 min left: 40 % would be 12 min 48 s.
    plan = make_plan(WEDNESDAY, IN_BERLIN, now=at("2026-06-10 17:28", BERLIN))
    assert agenda(plan)[0] == ("hour-4", "06-10 17:28", "06-10 17:43", "06-10 18:00")


def test_recorded_with_too_little_time_left() -> None:
    plan = make_plan(WEDNESDAY, IN_BERLIN, now=at("2026-06-10 17:45", BERLIN))
    assert without_off(plan) == {"hour-4": "Too little of its time is left."}


def test_recorded_on_the_next_day() -> None:
    # 31 h after: beyond the 30 h to which hour-24 may be moved, but it is open until 32 h.
    plan = make_plan(WEDNESDAY, IN_BERLIN, now=at("2026-06-11 18:00", BERLIN))
    assert agenda(plan)[:3] == [
        ("hour-24", "06-11 18:00", "06-11 18:24", "06-11 19:00"),
        ("evening-1", "06-11 21:00", "06-11 21:15", "06-11 23:00"),
        ("hour-48", "06-12 11:00", "06-12 15:48", "06-12 23:00"),
    ]
    assert without_off(plan) == {"hour-4": OVER, "evening-0": OVER}


def test_recorded_a_year_later_nothing_is_left() -> None:
    plan = make_plan(WEDNESDAY, IN_BERLIN, now=WEDNESDAY + timedelta(days=365))
    assert plan.prompts == ()
    assert set(without_off(plan).values()) == {OVER}


def test_waking_hours_move_and_drop() -> None:
    # Awake from 10:00 to 18:00: the last contact at 17:45.
    waking = WakingHours(since=time(10), until=time(18))
    plan = make_plan(at("2026-06-10 08:30", BERLIN), IN_BERLIN, waking=waking)
    assert agenda(plan)[:2] == [
        ("hour-4", "06-10 12:30", "06-10 13:42", "06-10 15:30"),
        ("hour-24", "06-11 10:00", "06-11 12:36", "06-11 16:30"),  # 08:30, moved; 6 h 30 min left: 2 h 36 min
    ]
    assert without_off(plan) == {"evening-0": NIGHT, "evening-1": NIGHT}


def test_a_step_moved_ahead_of_its_time_of_day_opens_then() -> None:
    # Asleep from 20:00 on: the reminder at 19:45 at the latest, so the notice at 19:30.
    plan = make_plan(WEDNESDAY, IN_BERLIN, waking=WakingHours(since=time(8), until=time(20)))
    assert agenda(plan)[1] == ("evening-0", "06-10 19:30", "06-10 19:45", "06-10 23:00")
    assert plan.prompts[1].opens_at == plan.prompts[1].due_at


def test_waking_hours_never_open_the_quiet_hours() -> None:
    waking = WakingHours(since=time(5), until=time(23, 59))
    assert make_plan(WEDNESDAY, IN_BERLIN, waking=waking) == make_plan(WEDNESDAY, IN_BERLIN)


def test_a_pause_moves_what_can_wait_and_drops_the_rest() -> None:
    pause = Interval(since=at("2026-06-12 09:00", BERLIN), until=at("2026-06-14 12:00", BERLIN))
    plan = make_plan(WEDNESDAY, IN_BERLIN, pauses=[pause])
    # hour-48 may come from 07:00 on the 12th: the last quarter of an hour before the pause begins at 08:45;
    # its reminder would have to go in the pause, so 08:30 with a reminder at 08:45.
    assert agenda(plan)[4:6] == [
        ("hour-48", "06-12 08:30", "06-12 08:45", "06-12 23:00"),
        ("day-4", "06-14 12:00", "06-14 16:24", "06-14 23:00"),  # 11:00, moved; 11 h left: 4 h 24 min
    ]
    assert without_off(plan) == {"hour-72": "Reminders are paused then."}


def test_a_blocked_time_is_gone_round() -> None:
    blocked = Interval(since=at("2026-06-10 14:00", BERLIN), until=at("2026-06-10 15:30", BERLIN))
    plan = make_plan(WEDNESDAY, IN_BERLIN, blocked=[blocked])
    assert agenda(plan)[0] == ("hour-4", "06-10 15:30", "06-10 16:30", "06-10 18:00")
    whole_day = Interval(since=at("2026-06-10 14:00", BERLIN), until=at("2026-06-10 19:00", BERLIN))
    plan = make_plan(WEDNESDAY, IN_BERLIN, blocked=[whole_day])
    assert without_off(plan) == {"hour-4": "The time for it is blocked."}


def test_where_a_day_has_too_many_the_later_extra_step_gives_way() -> None:
    plan = make_plan(WEDNESDAY, IN_BERLIN, protocol=with_two_hours())
    assert dict(list(due_in(plan).items())[:2]) == {"hour-2": "06-10 13:00", "hour-4": "06-10 15:00"}
    (refused,) = plan.not_planned
    assert (refused.step, refused.reason.plural) == (
        "evening-0",
        "There are %(n)s check-ins that day already.",
    )
    assert refused.reason.n == 2


def test_where_a_day_has_too_many_an_extra_step_gives_way_to_those_after_it() -> None:
    protocol = default_protocol()
    (pattern,) = (step for step in protocol.steps if step.name == "hour-4")
    hourly = tuple(
        replace(pattern, name=name, due=Elapsed(after=timedelta(hours=due)), opens=None, extra=extra)
        for name, due, extra in (("one", 2, True), ("two", 3, False), ("three", 4, False))
    )
    plan = make_plan(WEDNESDAY, IN_BERLIN, protocol=replace(protocol, steps=hourly))
    assert due_in(plan) == {"two": "06-10 14:00", "three": "06-10 15:00"}


def test_what_was_asked_already_counts_and_is_not_asked_again() -> None:
    asked = {"hour-4": at("2026-06-10 15:40", BERLIN)}
    plan = make_plan(WEDNESDAY, IN_BERLIN, asked=asked, now=at("2026-06-10 16:00", BERLIN))
    assert without_off(plan) == {"hour-4": "It has been asked already."}
    # Three hours after it was asked, not after it might be asked now.
    assert due_in(plan)["evening-0"] == "06-10 20:00"
    assert plan.windows["hour-4"] == Interval(
        since=WEDNESDAY + timedelta(hours=3.5), until=WEDNESDAY + timedelta(hours=7)
    )
    crowded = make_plan(WEDNESDAY, IN_BERLIN, protocol=with_two_hours(), asked=asked | {"hour-2": WEDNESDAY})
    assert "evening-0" in reasons(crowded)


def test_the_steps_for_responders_are_planned_at_once_and_leave_when_there_was_no_response() -> None:
    plan = make_plan(WEDNESDAY, IN_BERLIN, unmet=["day-21", "day-28"])
    assert without_off(plan) == dict.fromkeys(("day-21", "day-28"), "It depends on the answers before it.")


def test_instruments_that_are_not_there_are_left_out_and_named() -> None:
    plan = make_plan(WEDNESDAY, IN_BERLIN, available=OWN_FORMS | {"phq-9"})
    found = {prompt.step: (prompt.instruments, prompt.left_out) for prompt in plan.prompts}
    assert found["day-7"] == (("phq-style-24h", "hypomania"), ("GAD-7",))
    assert found["day-14"] == (("phq-9", "phq-style-24h", "urinary", "hypomania"), ())


def test_what_is_off_is_listed() -> None:
    assert reasons(make_plan(WEDNESDAY, IN_BERLIN)) == {"hour-2": "It is switched off in this protocol."}
