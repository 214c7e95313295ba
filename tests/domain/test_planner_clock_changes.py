"""Plans across clock changes and journeys, every expected moment worked out by hand.

Hours are hours that pass. Nobody is contacted from 21:30 to 08:00, and nothing is planned for the last
quarter of an hour before that, so the last reminder of a day goes at 21:15. It is due after 40 % of the time
from notice to expiry.
"""

from planning import BERLIN, NEW_YORK, agenda, at, living_in, make_plan, shown, without_off


def test_new_york_clocks_go_forward() -> None:
    # Sunday 8 March 2026, 02:00 becomes 03:00. The infusion ends on Saturday at 11:00, so every whole
    # number of days after it ends at 12:00 on the clock.
    plan = make_plan(at("2026-03-07 11:00", NEW_YORK), living_in(NEW_YORK))
    assert agenda(plan) == [
        ("hour-4", "03-07 15:00", "03-07 16:12", "03-07 18:00"),  # 3 h open: 72 min
        ("evening-0", "03-07 20:00", "03-07 21:12", "03-07 23:00"),
        ("hour-24", "03-08 12:00", "03-08 15:12", "03-08 20:00"),  # to 32 h: 8 h open, 3 h 12 min
        ("evening-1", "03-08 20:00", "03-08 21:12", "03-08 23:00"),  # a time of day: not shifted
        ("hour-48", "03-09 12:00", "03-09 16:48", "03-10 00:00"),  # to 60 h: 12 h open, 4 h 48 min
        ("hour-72", "03-10 12:00", "03-10 16:48", "03-11 00:00"),
        ("day-4", "03-11 12:00", "03-11 16:48", "03-12 00:00"),
        ("day-5", "03-12 12:00", "03-12 17:36", "03-13 02:00"),  # 14 h open: 5 h 36 min
        ("day-7", "03-14 12:00", "03-14 21:15", "03-15 12:00"),  # 24 h open: 21:36, too late by 21 min
        ("day-9", "03-16 12:00", "03-16 21:15", "03-17 12:00"),
        ("day-11", "03-18 12:00", "03-18 21:15", "03-19 12:00"),
        ("day-14", "03-21 12:00", "03-22 08:00", "03-23 12:00"),  # 48 h open: 07:12, too early by 48 min
        ("day-21", "03-28 12:00", "03-29 08:00", "03-30 12:00"),
        ("day-28", "04-04 12:00", "04-05 08:00", "04-06 12:00"),
    ]
    assert without_off(plan) == {}
    opens = {prompt.step: shown(prompt.opens_at, prompt.zone) for prompt in plan.prompts}
    assert opens["hour-4"] == "03-07 14:30"
    assert opens["hour-24"] == "03-08 08:00"  # 20 h after 11:00, one of them skipped by the clock
    assert opens["hour-48"] == "03-09 08:00"
    assert opens["day-4"] == "03-11 12:00"  # opens when due


def test_new_york_clocks_go_back() -> None:
    # Sunday 1 November 2026, 02:00 becomes 01:00: whole days end at 10:00 on the clock.
    plan = make_plan(at("2026-10-31 11:00", NEW_YORK), living_in(NEW_YORK))
    assert agenda(plan) == [
        ("hour-4", "10-31 15:00", "10-31 16:12", "10-31 18:00"),
        ("evening-0", "10-31 20:00", "10-31 21:12", "10-31 23:00"),
        ("hour-24", "11-01 10:00", "11-01 13:12", "11-01 18:00"),
        ("evening-1", "11-01 20:00", "11-01 21:12", "11-01 23:00"),
        ("hour-48", "11-02 10:00", "11-02 14:48", "11-02 22:00"),
        ("hour-72", "11-03 10:00", "11-03 14:48", "11-03 22:00"),
        ("day-4", "11-04 10:00", "11-04 14:48", "11-04 22:00"),
        ("day-5", "11-05 10:00", "11-05 15:36", "11-06 00:00"),
        ("day-7", "11-07 10:00", "11-07 19:36", "11-08 10:00"),  # 9 h 36 min
        ("day-9", "11-09 10:00", "11-09 19:36", "11-10 10:00"),
        ("day-11", "11-11 10:00", "11-11 19:36", "11-12 10:00"),
        ("day-14", "11-14 10:00", "11-15 08:00", "11-16 10:00"),  # 05:12 is night; 08:00 is nearer than 21:15
        ("day-21", "11-21 10:00", "11-22 08:00", "11-23 10:00"),
        ("day-28", "11-28 10:00", "11-29 08:00", "11-30 10:00"),
    ]
    assert without_off(plan) == {}


def test_berlin_clocks_go_forward() -> None:
    # Sunday 29 March 2026, 02:00 becomes 03:00. The infusion ends on Saturday at 09:00: whole days end at
    # 10:00.
    plan = make_plan(at("2026-03-28 09:00", BERLIN), living_in(BERLIN))
    assert agenda(plan) == [
        ("hour-4", "03-28 13:00", "03-28 14:12", "03-28 16:00"),
        ("evening-0", "03-28 20:00", "03-28 21:12", "03-28 23:00"),
        ("hour-24", "03-29 10:00", "03-29 13:12", "03-29 18:00"),
        ("evening-1", "03-29 20:00", "03-29 21:12", "03-29 23:00"),
        ("hour-48", "03-30 10:00", "03-30 14:48", "03-30 22:00"),
        ("hour-72", "03-31 10:00", "03-31 14:48", "03-31 22:00"),
        ("day-4", "04-01 10:00", "04-01 14:48", "04-01 22:00"),
        ("day-5", "04-02 10:00", "04-02 15:36", "04-03 00:00"),
        ("day-7", "04-04 10:00", "04-04 19:36", "04-05 10:00"),
        ("day-9", "04-06 10:00", "04-06 19:36", "04-07 10:00"),
        ("day-11", "04-08 10:00", "04-08 19:36", "04-09 10:00"),
        ("day-14", "04-11 10:00", "04-12 08:00", "04-13 10:00"),
        ("day-21", "04-18 10:00", "04-19 08:00", "04-20 10:00"),
        ("day-28", "04-25 10:00", "04-26 08:00", "04-27 10:00"),
    ]
    assert without_off(plan) == {}


def test_berlin_clocks_go_back() -> None:
    # Sunday 25 October 2026, 03:00 becomes 02:00. The infusion ends on Saturday at 12:30: whole days end at
    # 11:30.
    plan = make_plan(at("2026-10-24 12:30", BERLIN), living_in(BERLIN))
    assert agenda(plan) == [
        ("hour-4", "10-24 16:30", "10-24 17:42", "10-24 19:30"),
        ("evening-0", "10-24 20:00", "10-24 21:12", "10-24 23:00"),  # 3 h 30 min after hour-4
        ("hour-24", "10-25 11:30", "10-25 14:42", "10-25 19:30"),
        ("evening-1", "10-25 20:00", "10-25 21:12", "10-25 23:00"),
        ("hour-48", "10-26 11:30", "10-26 16:18", "10-26 23:30"),
        ("hour-72", "10-27 11:30", "10-27 16:18", "10-27 23:30"),
        ("day-4", "10-28 11:30", "10-28 16:18", "10-28 23:30"),
        ("day-5", "10-29 11:30", "10-29 17:06", "10-30 01:30"),
        ("day-7", "10-31 11:30", "10-31 21:06", "11-01 11:30"),
        ("day-9", "11-02 11:30", "11-02 21:06", "11-03 11:30"),
        ("day-11", "11-04 11:30", "11-04 21:06", "11-05 11:30"),
        ("day-14", "11-07 11:30", "11-08 08:00", "11-09 11:30"),  # 06:42
        ("day-21", "11-14 11:30", "11-15 08:00", "11-16 11:30"),
        ("day-28", "11-21 11:30", "11-22 08:00", "11-23 11:30"),
    ]
    assert without_off(plan) == {}


def test_an_infusion_in_the_hour_that_comes_twice() -> None:
    # 02:30 in Berlin on 25 October, the second time, winter time: 01:30 UTC.
    plan = make_plan(at("2026-10-25 01:30", "UTC"), living_in(BERLIN))
    assert agenda(plan)[:3] == [
        ("hour-4", "10-25 08:00", "10-25 08:36", "10-25 09:30"),  # 06:30, moved; 90 min left: 36 min
        ("evening-0", "10-25 20:00", "10-25 21:12", "10-25 23:00"),  # the same local day as the infusion
        # 02:30; night from before 20 h, 22:30, on; 08:00 is before 30 h, 08:30. To 32 h, 10:30: 60 min.
        ("hour-24", "10-26 08:00", "10-26 09:00", "10-26 10:30"),
    ]
    assert without_off(plan) == {}


def test_from_new_york_to_berlin_in_mid_course() -> None:
    # The infusion ends on Tuesday 2 June at 11:00 in New York, 17:00 in Berlin. From Thursday 06:00 in
    # Berlin, which is midnight in New York, the patient is there.
    zones = living_in(NEW_YORK, (at("2026-06-04 06:00", BERLIN), BERLIN))
    plan = make_plan(at("2026-06-02 11:00", NEW_YORK), zones)
    assert [prompt.zone for prompt in plan.prompts] == [NEW_YORK] * 4 + [BERLIN] * 10
    assert agenda(plan) == [
        ("hour-4", "06-02 15:00", "06-02 16:12", "06-02 18:00"),
        ("evening-0", "06-02 20:00", "06-02 21:12", "06-02 23:00"),
        ("hour-24", "06-03 11:00", "06-03 14:12", "06-03 19:00"),
        ("evening-1", "06-03 20:00", "06-03 21:12", "06-03 23:00"),
        # From here on in Berlin, where whole days end at 17:00.
        ("hour-48", "06-04 17:00", "06-04 21:15", "06-05 05:00"),  # 4 h 48 min: 21:48
        ("hour-72", "06-05 17:00", "06-05 21:15", "06-06 05:00"),
        ("day-4", "06-06 17:00", "06-06 21:15", "06-07 05:00"),
        ("day-5", "06-07 17:00", "06-07 21:15", "06-08 07:00"),  # 5 h 36 min: 22:36
        (
            "day-7",
            "06-09 17:00",
            "06-09 21:15",
            "06-10 17:00",
        ),  # 02:36: 5 h 21 min to 21:15, 5 h 24 min to 08:00
        ("day-9", "06-11 17:00", "06-11 21:15", "06-12 17:00"),
        ("day-11", "06-13 17:00", "06-13 21:15", "06-14 17:00"),
        ("day-14", "06-16 17:00", "06-17 12:12", "06-18 17:00"),  # 19 h 12 min
        ("day-21", "06-23 17:00", "06-24 12:12", "06-25 17:00"),
        ("day-28", "06-30 17:00", "07-01 12:12", "07-02 17:00"),
    ]
    assert without_off(plan) == {}


def test_an_evening_lost_on_the_way_east_is_not_planned() -> None:
    # Landing when it is 18:00 in New York and midnight in Berlin: there was no 20:00 on 3 June.
    zones = living_in(NEW_YORK, (at("2026-06-04 00:00", BERLIN), BERLIN))
    plan = make_plan(at("2026-06-02 11:00", NEW_YORK), zones)
    assert without_off(plan) == {"evening-1": "On the day of the journey there is no such time."}


def test_an_evening_that_comes_twice_on_the_way_west_is_asked_once() -> None:
    # Leaving Berlin at 21:30, arriving at 15:30 in New York: 20:00 comes in both, and the first counts.
    zones = living_in(BERLIN, (at("2026-06-03 21:30", BERLIN), NEW_YORK))
    plan = make_plan(at("2026-06-02 11:00", BERLIN), zones)
    evenings = [prompt for prompt in plan.prompts if prompt.step == "evening-1"]
    assert [(prompt.due_at, prompt.zone) for prompt in evenings] == [(at("2026-06-03 20:00", BERLIN), BERLIN)]
    # Its reminder goes before the journey, at 21:12 in Berlin.
    assert evenings[0].remind_at == at("2026-06-03 21:12", BERLIN)
    # 72 h end at 11:00 in Berlin, 05:00 in New York: night there. It opens at 68 h, 01:00, and waits for
    # 08:00.
    (third_day,) = [prompt for prompt in plan.prompts if prompt.step == "hour-72"]
    assert (shown(third_day.due_at, NEW_YORK), third_day.zone) == ("06-05 08:00", NEW_YORK)
