"""What holds for every plan, whatever the hour, the place and the protocol."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from planning import BERLIN, NEW_YORK, OWN_FORMS, SMALL, as_time_passes, kept, living_in

from checkin.domain.clock import Interval
from checkin.domain.person import WakingHours, Zone
from checkin.domain.planner import Plan, plan
from checkin.domain.protocol import Protocol, default_protocol, read_protocol
from checkin.domain.replan import Changes, asked_steps, replan

PLACES = [
    NEW_YORK,
    BERLIN,
    "UTC",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "America/St_Johns",
]
START = datetime(2026, 1, 1, tzinfo=UTC)
QUIET_FROM, QUIET_UNTIL = time(21, 30), time(8)
NOTHING = Changes(add=(), move=(), cancel=())


def protocols() -> tuple[Protocol, ...]:
    """The default one, the same with its optional step, and one that asks far too often."""
    default = default_protocol()
    everything = replace(default, steps=tuple(replace(step, enabled=True) for step in default.steps))
    dense = SMALL + "".join(
        f'[[steps]]\nname = "every-{hour}"\ndue = {{ hours = {hour} }}\nopens = {{ hours = {hour - 2} }}\n'
        f'expires = {{ hours_after_due = 9 }}\ninstruments = ["safety-item"]\n'
        f"extra = {str(hour % 3 == 0).lower()}\n"
        for hour in range(3, 80, 4)
    )
    return default, everything, read_protocol(dense, instruments=OWN_FORMS)


PROTOCOLS = protocols()


@dataclass(frozen=True, kw_only=True)
class Case:
    """Everything a plan is made from."""

    protocol: Protocol
    end: datetime
    now: datetime
    zones: tuple[Zone, ...]
    waking: WakingHours
    planned: bool
    pauses: tuple[Interval, ...]
    blocked: tuple[Interval, ...]
    previous: datetime | None
    following: datetime | None

    def plan(self) -> Plan:
        return self.plan_at(self.now)

    def plan_at(self, now: datetime, asked: dict[str, datetime] | None = None) -> Plan:
        return plan(
            self.protocol,
            infusion_at=self.end,
            planned=self.planned,
            now=now,
            zones=self.zones,
            waking=self.waking,
            available=OWN_FORMS,
            pauses=self.pauses,
            blocked=self.blocked,
            previous_infusion_at=self.previous,
            next_infusion_at=self.following,
            asked=asked,
        )


minutes = st.integers(0, 365 * 24 * 60).map(lambda number: START + timedelta(minutes=number))


@st.composite
def intervals(draw: st.DrawFn, around: datetime) -> Interval:
    since = around + timedelta(minutes=draw(st.integers(-8 * 24 * 60, 30 * 24 * 60)))
    return Interval(since=since, until=since + timedelta(minutes=draw(st.integers(1, 5 * 24 * 60))))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    end = draw(minutes)
    moves = sorted(draw(st.lists(st.integers(-48, 400), max_size=2)))
    zones = living_in(
        draw(st.sampled_from(PLACES)),
        *((end + timedelta(hours=hours), draw(st.sampled_from(PLACES))) for hours in moves),
    )
    since = draw(st.integers(5, 12))
    until = draw(st.integers(since + 1, 23))
    apart = st.none() | st.integers(20, 400)
    before, after = draw(apart), draw(apart)
    return Case(
        protocol=draw(st.sampled_from(PROTOCOLS)),
        end=end,
        now=end + timedelta(minutes=draw(st.integers(-14 * 24 * 60, 30 * 24 * 60))),
        zones=zones,
        waking=WakingHours(since=time(since), until=time(until)),
        planned=draw(st.booleans()),
        pauses=tuple(draw(st.lists(intervals(end), max_size=2))),
        blocked=tuple(draw(st.lists(intervals(end), max_size=2))),
        previous=None if before is None else end - timedelta(hours=before),
        following=None if after is None else end + timedelta(hours=after),
    )


def local(at: datetime, zones: Sequence[Zone]) -> datetime:
    """The moment on the patient's clock, worked out without the code under test."""
    here = [zone.name for zone in zones if zone.since <= at][-1]
    return at.astimezone(ZoneInfo(here))


@given(cases())
def test_the_four_moments_are_in_order_and_none_is_past(case: Case) -> None:
    for prompt in case.plan().prompts:
        assert prompt.opens_at <= prompt.due_at < (prompt.remind_at or prompt.expires_at) <= prompt.expires_at
        assert prompt.remind_at != prompt.expires_at
        assert prompt.due_at >= case.now


@given(cases())
def test_nobody_is_contacted_in_quiet_hours_asleep_or_in_a_pause(case: Case) -> None:
    for prompt in case.plan().prompts:
        for at in filter(None, (prompt.due_at, prompt.remind_at)):
            clock = local(at, case.zones).time()
            assert QUIET_UNTIL <= clock < QUIET_FROM
            assert case.waking.since <= clock < case.waking.until
            assert not any(interval.contains(at) for interval in (*case.pauses, *case.blocked))


@given(cases())
def test_at_most_two_a_local_day_after_the_infusion(case: Case) -> None:
    if not case.planned:
        days = Counter(local(prompt.due_at, case.zones).date() for prompt in case.plan().prompts)
        assert all(count <= 2 for count in days.values())


@given(cases())
def test_every_step_is_planned_once_or_named_once_with_a_reason(case: Case) -> None:
    found = case.plan()
    steps = case.protocol.baseline_steps if case.planned else case.protocol.steps
    named = [*(prompt.step for prompt in found.prompts), *(refused.step for refused in found.not_planned)]
    assert sorted(named) == sorted(step.name for step in steps)
    assert [prompt.due_at for prompt in found.prompts] == sorted(prompt.due_at for prompt in found.prompts)


@given(cases())
def test_the_zone_of_a_prompt_is_the_patients_when_it_is_due(case: Case) -> None:
    for prompt in case.plan().prompts:
        assert ZoneInfo(prompt.zone) == local(prompt.due_at, case.zones).tzinfo


@given(cases())
def test_prompts_stay_on_their_side_of_the_infusion_and_leave_room_for_the_next(case: Case) -> None:
    for prompt in case.plan().prompts:
        if case.planned:
            assert prompt.expires_at <= case.end
        else:
            assert case.end <= prompt.opens_at
            assert case.following is None or prompt.expires_at <= case.following


@given(cases())
def test_the_same_arguments_give_the_same_plan(case: Case) -> None:
    assert case.plan() == case.plan()


@given(cases())
def test_an_unchanged_plan_changes_nothing(case: Case) -> None:
    found = case.plan()
    assert replan(kept(found.prompts), found, now=case.now) == NOTHING


@given(cases(), st.integers(0, 30 * 24 * 60))
def test_planning_again_later_changes_nothing(case: Case, later: int) -> None:
    now = case.now + timedelta(minutes=later)
    existing = as_time_passes(kept(case.plan().prompts), now)
    again = case.plan_at(now, dict(asked_steps(existing)))
    assert replan(existing, again, now=now) == NOTHING


@given(cases(), cases(), st.integers(0, 30 * 24 * 60))
def test_whatever_changes_what_was_sent_is_not_moved_or_asked_again(
    first: Case, second: Case, later: int
) -> None:
    second = replace(second, end=first.end + (second.end - START) / 90)  # up to four days later
    now = first.now + timedelta(minutes=later)
    existing = as_time_passes(kept(first.plan().prompts), now)
    changes = replan(existing, second.plan_at(now, dict(asked_steps(existing))), now=now)
    sent = {prompt.id for prompt in existing if prompt.notified}
    assert not sent & {prompt_id for prompt_id, _ in changes.move}
    assert not {prompt.step for prompt in existing} & {prompt.step for prompt in changes.add}
    touched = [prompt_id for prompt_id, _ in (*changes.move, *changes.cancel)]
    assert len(touched) == len(set(touched))
