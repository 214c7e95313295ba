"""The order of free times: never before rest, the core first, later only while it holds, in plain words."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from courses import English
from hypothesis import given
from hypothesis import strategies as st

from checkin.domain.clock import Interval, local_day, to_local
from checkin.domain.person import WakingHours, Zone
from checkin.domain.slot import (
    CORE,
    EXTENDED_UNTIL,
    REST,
    SECOND,
    Course,
    OpenProbability,
    Outlook,
    Place,
    Slot,
    best,
    chance_words,
    doubt_words,
    earlier,
    follows,
    not_before,
    place_words,
    rank,
)

NEW_YORK = "America/New_York"
HOUR = timedelta(hours=1)
END = datetime(2026, 3, 10, 18, tzinfo=UTC)  # a Tuesday, 14:00 in New York
ZONES = (Zone(since=END - 99 * HOUR, name=NEW_YORK),)
WAKING = WakingHours(since=time(8), until=time(21, 30))
COURSE = Course(ends=(END,), zones=ZONES, waking=WAKING)


def after(hours: float) -> Interval:
    return Interval(since=END + hours * HOUR, until=END + hours * HOUR + timedelta(minutes=50))


def estimated(*points: tuple[float, float]) -> Course:
    grid = tuple((END + hours * HOUR, chance) for hours, chance in points)
    return Course(ends=(END,), zones=ZONES, waking=WAKING, estimate=OpenProbability(grid=grid))


def ranked(hours: list[float], course: Course = COURSE) -> list[tuple[float, Place]]:
    return [((s.time.since - END) / HOUR, s.place) for s in rank([after(h) for h in hours], course)]


def test_without_an_estimate_the_core_comes_first_then_later_then_earlier() -> None:
    assert ranked([100, 90, 30, 20, 72, 24, 96, 10]) == [
        (24, Place.CORE),
        (30, Place.CORE),
        (72, Place.CORE),
        (90, Place.LATER),
        (96, Place.LATER),
        (20, Place.EARLY),
    ]


def test_an_infusion_at_midnight_waits_for_the_night_after_it() -> None:
    late = datetime(2026, 3, 11, 3, 30, tzinfo=UTC)  # 23:30 on Tuesday
    early = late + HOUR  # 0:30 on Wednesday
    assert to_local(not_before(late, ZONES, WAKING), NEW_YORK).isoformat()[:16] == "2026-03-11T17:30"
    assert to_local(not_before(early, ZONES, WAKING), NEW_YORK).isoformat()[:16] == "2026-03-12T08:00"


def test_the_night_is_that_of_the_place_where_the_patient_is() -> None:
    flown = (*ZONES, Zone(since=END + 6 * HOUR, name="Europe/Berlin"))
    assert to_local(not_before(END, flown, WakingHours(since=time(14), until=time(22))), "Europe/Berlin") == (
        datetime(2026, 3, 11, 14, tzinfo=UTC).astimezone(to_local(END, "Europe/Berlin").tzinfo) - HOUR
    )


def test_with_an_estimate_the_likelier_goes_first_and_ties_by_place() -> None:
    course = estimated((0, 0.1), (24, 0.6), (48, 0.9), (96, 0.9), (97, 0.2), (168, 0.2))
    assert [hours for hours, _ in ranked([24, 48, 60, 80, 36, 20, 120], course)] == [48, 60, 80, 36, 24, 20]


def test_the_extension_needs_the_window_to_hold_without_a_break() -> None:
    holding = estimated((0, 0.8), (96, 0.8), (168, 0.5), (200, 0.5))
    broken = estimated((0, 0.8), (96, 0.8), (110, 0.4), (120, 0.8), (200, 0.8))
    assert ranked([120, 168, 169], holding) == [(120, Place.EXTENDED), (168, Place.EXTENDED)]
    assert ranked([100, 120, 140], broken) == [(100, Place.EXTENDED)]
    assert ranked([120]) == []


def test_beyond_the_grid_there_is_no_estimate_and_the_rule_decides() -> None:
    course = estimated((30, 0.3), (40, 0.3))
    found = rank([after(35), after(50), after(100)], course)
    assert [(slot.chance, slot.by_fixed_rule) for slot in found] == [(0.3, False), (None, True)]


def test_a_second_one_lies_two_to_four_days_after_the_first() -> None:
    course = Course(ends=(END,), zones=ZONES, waking=WAKING, held=(after(40),))
    assert ranked([40, 60, 87, 88, 136, 137, 100], course) == [
        (88, Place.SECOND),
        (100, Place.SECOND),
        (136, Place.SECOND),
    ]


def test_more_than_four_days_after_the_first_it_has_its_place_after_the_infusion() -> None:
    holding = replace(estimated((0, 0.8), (200, 0.8)), held=(after(30),))
    assert ranked([20, 77, 78, 126, 127, 168, 169], holding) == [
        (78, Place.SECOND),
        (126, Place.SECOND),
        (127, Place.EXTENDED),
        (168, Place.EXTENDED),
    ]
    fading = replace(estimated((0, 0.9), (200, 0.3)), held=(after(30),))
    assert ranked([127, 140], fading) == [(127, Place.EXTENDED)]
    assert ranked([127], replace(COURSE, held=(after(30),))) == [], "without an estimate not after day 4"
    assert ranked([127, 160], replace(holding, held=(after(30), after(90)))) == [(160, Place.SECOND)]


def test_an_appointment_before_this_infusion_is_not_the_first() -> None:
    earlier = Interval(since=END - 50 * HOUR, until=END - 49 * HOUR)
    course = Course(ends=(END,), zones=ZONES, waking=WAKING, held=(earlier,))
    assert ranked([30], course) == [(30, Place.CORE)]


def test_the_next_infusion_has_its_own_rest_and_its_own_hours() -> None:
    following = END + 72 * HOUR
    course = Course(ends=(END, following), zones=ZONES, waking=WAKING)
    slots = rank([after(hours) for hours in (68, 70.5, 72, 80, 89, 91, 100)], course)
    assert [((slot.time.since - END) / HOUR, (slot.after - END) / HOUR) for slot in slots] == [
        (68, 0),
        (100, 72),
        (91, 72),
    ]


def test_without_an_infusion_there_is_nothing_to_rank() -> None:
    assert rank([after(30)], Course(ends=(), zones=ZONES, waking=WAKING)) == ()
    assert rank([after(-30)], COURSE) == ()


def test_three_are_proposed_and_on_different_days_where_possible() -> None:
    found = best(rank([after(hours) for hours in (24, 25, 26, 48, 90)], COURSE), NEW_YORK)
    assert [(slot.time.since - END) / HOUR for slot in found] == [24, 48, 90]
    same_day = best(rank([after(hours) for hours in (24, 25, 26, 27)], COURSE), NEW_YORK)
    assert [(slot.time.since - END) / HOUR for slot in same_day] == [24, 25, 26]


def test_times_that_are_more_likely_closed_are_proposed_only_for_want_of_others() -> None:
    course = estimated((0, 0.9), (100, 0.1))  # even at 50 hours
    found = best(rank([after(hours) for hours in (25, 26, 27, 60, 90)], course), NEW_YORK)
    assert [(slot.time.since - END) / HOUR for slot in found] == [25, 26, 27]
    found = best(rank([after(hours) for hours in (26, 60, 90)], course), NEW_YORK)
    assert [(slot.time.since - END) / HOUR for slot in found] == [26, 60, 90]


@pytest.mark.parametrize(
    ("chance", "said"),
    [
        (0.95, "very likely open then (95 %)"),
        (0.7, "is likely open then (70 %)"),
        (0.5, "may be open then (50 %)"),
        (0.12, "more likely closed then (12 %)"),
        (0.0, "more likely closed then (1 %)"),
        (1.0, "very likely open then (99 %)"),
        (0.896, "is likely open then (90 %)"),
        (0.499, "more likely closed then (50 %)"),
    ],
)
def test_the_chance_in_words(chance: float, said: str) -> None:
    slot = Slot(time=after(30), after=END, place=Place.CORE, chance=chance)
    assert said in chance_words(slot).render(English())


def test_the_fixed_rule_says_that_it_is_one() -> None:
    slot = Slot(time=after(30), after=END, place=Place.CORE, chance=None)
    assert "fixed rule" in chance_words(slot).message
    assert (
        len({place_words(Slot(time=after(1), after=END, place=p, chance=None)).message for p in Place}) == 5
    )


@pytest.mark.parametrize(
    ("outlook", "said"),
    [
        (Outlook(chance=0.2), "more likely closed then (20 %)"),
        (Outlook(chance=0.9, rested=False), "too near an infusion"),
        (Outlook(rested=False), "too near an infusion"),
        (Outlook(chance=0.2, follows=False), "No infusion is recorded or planned in the days before it"),
    ],
)
def test_what_speaks_against_an_agreed_time(outlook: Outlook, said: str) -> None:
    words = doubt_words(outlook)
    assert outlook.doubtful
    assert words is not None
    assert said in words.render(English())


@pytest.mark.parametrize("outlook", [Outlook(), Outlook(chance=0.5)])
def test_nothing_speaks_against_the_others(outlook: Outlook) -> None:
    assert not outlook.doubtful
    assert doubt_words(outlook) is None


def test_earlier_times_are_known_to_be_likelier_few_and_in_order_of_time() -> None:
    course = estimated((0, 0.9), (100, 0.1))  # even at 50 hours
    ranked = rank([after(hours) for hours in (25, 26, 30, 44, 48, 60, 90)], course)
    found = earlier(ranked, after(47), NEW_YORK)
    assert [(slot.time.since - END) / HOUR for slot in found] == [25, 26, 44]
    assert earlier(ranked, after(25), NEW_YORK) == ()
    assert earlier(rank([after(25)], COURSE), after(90), NEW_YORK) == (), "nothing is known of it"


# Laws

ends = st.integers(-8 * 24 * 4, 8 * 24 * 4).map(lambda quarter: END + quarter * HOUR / 4)
grids = st.lists(st.floats(0, 1), min_size=30, max_size=60).map(
    lambda chances: OpenProbability(
        grid=tuple((END - 100 * HOUR + index * 12 * HOUR, chance) for index, chance in enumerate(chances))
    )
)
courses = st.builds(
    Course,
    ends=st.lists(ends, max_size=4).map(tuple),
    zones=st.sampled_from(
        [
            ZONES,
            (*ZONES, Zone(since=END + 9 * HOUR, name="Asia/Tokyo")),
            (Zone(since=END, name="Europe/Berlin"),),
        ]
    ),
    waking=st.integers(4, 14).map(lambda hour: WakingHours(since=time(hour), until=time(23))),
    held=st.lists(st.integers(-200, 300).map(after), max_size=2).map(tuple),
    estimate=st.none() | grids,
)
starts = st.lists(st.integers(-100, 400).map(after), max_size=30)


@given(starts, courses)
def test_no_slot_comes_before_a_nights_sleep_and_eighteen_hours(
    times: list[Interval], course: Course
) -> None:
    for slot in rank(times, course):
        assert slot.after in course.ends
        assert slot.after == max(end for end in course.ends if end <= slot.time.since)
        assert slot.time.since - slot.after >= REST
        zone = course.zones[-1].name if slot.after >= course.zones[-1].since else None
        if zone:
            woke = to_local(slot.time.since, zone)
            assert woke.date() > local_day(slot.after, zone)
        assert slot.place is Place.SECOND or slot.time.since - slot.after <= EXTENDED_UNTIL
        assert follows(slot.time, course.ends), "nobody is told so of what was proposed"


@given(starts, courses)
def test_nothing_comes_less_than_two_days_after_the_first(times: list[Interval], course: Course) -> None:
    for slot in rank(times, course):
        firsts = [held.since for held in course.held if held.since >= slot.after]
        assert all(slot.time.since - first >= SECOND[0] for first in firsts)


@given(starts, courses)
def test_the_order_is_the_same_for_any_order_of_the_times(times: list[Interval], course: Course) -> None:
    assert rank(list(reversed(times)), course) == rank(times, course)
    assert {slot.time for slot in rank(times, course)} <= set(times)


@given(starts, courses)
def test_the_likelier_is_never_behind(times: list[Interval], course: Course) -> None:
    known = [slot.chance for slot in rank(times, course)]
    numbers = [chance for chance in known if chance is not None]
    assert numbers == sorted(numbers, reverse=True)
    assert known[: len(numbers)] == numbers


@given(starts, courses)
def test_after_day_four_only_while_it_is_at_least_even(times: list[Interval], course: Course) -> None:
    for slot in rank(times, course):
        if slot.place is Place.EXTENDED:
            assert slot.chance is not None
            assert slot.chance >= 0.5
        if slot.place is Place.CORE:
            assert CORE[0] <= slot.time.since - slot.after <= CORE[1]


@given(grids, st.integers(-2000, 6000))
def test_between_two_points_the_chance_lies_between_theirs(estimate: OpenProbability, minutes: int) -> None:
    moment = END + timedelta(minutes=minutes)
    chance = estimate.at(moment)
    if chance is None:
        assert not estimate.grid[0][0] <= moment <= estimate.grid[-1][0]
        return
    before = max((point for point in estimate.grid if point[0] <= moment), key=lambda point: point[0])
    following = min((point for point in estimate.grid if point[0] >= moment), key=lambda point: point[0])
    assert min(before[1], following[1]) - 1e-9 <= chance <= max(before[1], following[1]) + 1e-9
