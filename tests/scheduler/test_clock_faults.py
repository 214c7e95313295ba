"""Clocks that jump, machines that were off, jobs that hang: what is sent then, and what is not."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from support.care import an_infusion, open_prompts, prompts_of
from support.channel import FakeChannel
from support.clock import Clock
from support.command import run
from support.people import World

from checkin.domain.message import ChannelName, MessageKind, MessageState
from checkin.domain.prompt import NOT_SENT, PromptState
from checkin.scheduler.guard import HANGS_AFTER_S, ClockAhead, Hanging
from checkin.scheduler.jobs import Job, make_jobs, run_once
from checkin.services.deps import Deps
from checkin.services.heartbeat import LONGEST_REST, Pulse, beat, pulse
from checkin.storage import attempts, messages, prompts
from checkin.storage.engine import Database

DISPATCHER = UUID(int=7)


class Faults:
    """A log that keeps the faults."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def info(self, event: str, **values: object) -> None: ...

    def fault(self, event: str, error: BaseException, **values: object) -> None:
        self.names.append(type(error).__name__)


@pytest.fixture
def faults() -> Faults:
    return Faults()


def pulse_of(deps: Deps) -> Pulse:
    with deps.reading() as tx:
        return pulse(tx, deps.now())


def job(deps: Deps, name: str, elapsed: float = 0.0) -> Job:
    return next(job for job in make_jobs(deps, DISPATCHER, elapsed=lambda: elapsed) if job.name == name)


def states(deps: Deps, world: World) -> list[str]:
    return [prompt.state.value for prompt in prompts_of(deps, world.patient)]


def outbox(deps: Deps, world: World) -> list[tuple[str, str]]:
    with deps.reading() as tx:
        found = messages.messages_of(tx, world.patient.id)
    return [(message.kind.value, message.state.value) for message in found]


def pass_by(deps: Deps, clock: Clock, faults: Faults, *, minutes: int = 5) -> None:
    """Several passes of all jobs, a minute apart, by one process."""
    jobs = make_jobs(deps, uuid4())
    for _ in range(minutes):
        clock.advance(minutes=1)
        for one in jobs:
            try:
                while one.step():
                    pass
            except (ClockAhead, Hanging) as error:
                faults.fault("job failed", error)


def test_fault_08_after_six_hours_off_what_is_valid_goes_once_and_the_rest_is_expired(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, database: Database, faults: Faults
) -> None:
    """One prompt ended meanwhile, one is open for another hour, one falls due later; an alert is waiting."""
    beat(deps, DISPATCHER)
    ended, valid = (
        open_prompts(database, world.patient, clock.now(), hours=hours)[0] for hours in (5.0, 16.0)
    )
    with deps.transaction() as tx:
        messages.add_message(
            tx,
            clinic=world.clinic.id,
            person=world.staff.id,
            kind=MessageKind.ALERT,
            channel=ChannelName.EMAIL,
            now=clock.now(),
            object_id=UUID(int=5),
        )
    clock.advance(hours=6)
    assert not pulse_of(deps).alive
    pass_by(deps, clock, faults)
    assert faults.names == []
    by_id = {prompt.id: prompt.state for prompt in prompts_of(deps, world.patient)}
    assert (by_id[ended.id], by_id[valid.id]) == (PromptState.EXPIRED, PromptState.OPEN)
    assert [outgoing.kind for outgoing in channel.sent] == [MessageKind.ALERT, MessageKind.NOTICE]
    assert outbox(deps, world) == [("notice", "accepted")], "no burst: nothing for what is over"
    with database.reading() as tx:
        found = tx.execute(select(prompts.prompts.c.id, prompts.prompts.c.reason))
        reasons = {row.id: row.reason for row in found}
    assert (reasons[ended.id], reasons[valid.id]) == (NOT_SENT, None)
    pass_by(deps, clock, faults)
    assert len(channel.sent) == 2


@pytest.mark.parametrize("jump", [timedelta(days=3653), LONGEST_REST + timedelta(seconds=1)])
def test_fault_09_a_clock_that_jumps_by_years_ends_and_sends_nothing(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, faults: Faults, jump: timedelta
) -> None:
    an_infusion(deps, world.staff, world.patient)
    pass_by(deps, clock, faults)
    before, sent = states(deps, world), len(channel.sent)
    assert sent == 1
    clock.at += jump
    run_once(deps, uuid4(), faults)
    pass_by(deps, clock, faults)
    assert (states(deps, world), len(channel.sent)) == (before, sent)
    assert set(faults.names) == {"ClockAhead"}, "it alarms"
    assert not pulse_of(deps).alive, "and says that nothing is sent"
    clock.at -= jump
    pass_by(deps, clock, faults, minutes=1)
    assert pulse_of(deps).alive
    assert states(deps, world) == before


def test_fault_09_a_running_process_notices_between_two_heartbeats(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel
) -> None:
    """The jump is seen by the first job after it, not by the next heartbeat."""
    an_infusion(deps, world.staff, world.patient)
    jobs = {job.name: job for job in make_jobs(deps, DISPATCHER)}
    jobs["heartbeat"].step()
    clock.at += timedelta(days=3653)
    assert jobs["remind"].step() == 0
    assert set(states(deps, world)) == {PromptState.PLANNED.value}


def test_fault_09_somebody_who_looked_at_the_clock_lets_it_go_on(
    deps: Deps, clock: Clock, database: Database
) -> None:
    """A machine that really was off for so long: its own clock is months ahead of these tests' one."""
    beat(deps, DISPATCHER)
    assert "heartbeat: failed" in run("tick", database=database).output
    assert run("trust-clock", database=database).exit_code == 0
    assert run("tick", database=database).exit_code == 0


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=1)])
def test_fault_10_a_clock_that_goes_back_repeats_nothing_and_ends_no_lease(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, faults: Faults, back: timedelta
) -> None:
    an_infusion(deps, world.staff, world.patient)
    pass_by(deps, clock, faults)
    with deps.transaction() as tx:
        messages.add_message(
            tx,
            clinic=world.clinic.id,
            person=world.staff.id,
            kind=MessageKind.RESET,
            channel=ChannelName.EMAIL,
            now=clock.now(),
        )
        held = messages.claim(
            tx,
            dispatcher=DISPATCHER,
            now=clock.now(),
            lease_now=deps.lease_now(tx),
            lease=timedelta(minutes=2),
            limit=1,
        )
    sent, plan = len(channel.sent), states(deps, world)
    clock.at -= back
    pass_by(deps, clock, faults, minutes=1)
    assert (len(channel.sent), states(deps, world), faults.names) == (sent, plan, [])
    assert pulse_of(deps).alive
    with deps.transaction() as tx:
        assert messages.move_message(tx, held[0].message, MessageState.ATTEMPTING, now=clock.now())


def test_fault_10_a_dispatcher_that_died_before_the_clock_went_back_does_not_seem_alive(
    deps: Deps, clock: Clock
) -> None:
    beat(deps, DISPATCHER)
    clock.at -= timedelta(days=1)
    assert not pulse_of(deps).alive
    beat(deps, uuid4())
    assert pulse_of(deps).alive


def test_fault_07_a_job_that_hangs_stops_the_heartbeat(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel
) -> None:
    """The mail server never answers and no timeout helps: the process lives, and says so no more."""
    with deps.transaction() as tx:
        messages.add_message(
            tx,
            clinic=world.clinic.id,
            person=world.staff.id,
            kind=MessageKind.RESET,
            channel=ChannelName.EMAIL,
            now=clock.now(),
        )
    passed = 0.0
    jobs = {job.name: job for job in make_jobs(deps, DISPATCHER, elapsed=lambda: passed)}
    jobs["heartbeat"].step()

    def hang(_outgoing: object) -> None:
        nonlocal passed
        passed = HANGS_AFTER_S
        jobs["heartbeat"].step()
        passed += 1
        with pytest.raises(Hanging):
            jobs["heartbeat"].step()
        assert not pulse_of(deps).alive, "at once: with the minute that it hung, that is soon enough"

    channel.meanwhile = hang
    assert jobs["deliver"].step() == 1
    jobs["heartbeat"].step()
    assert pulse_of(deps).alive, "it came back after all"


def test_fault_06_who_a_dispatcher_is_does_not_come_from_its_machine(
    deps: Deps, world: World, clock: Clock
) -> None:
    """Two processes of one host name, or with the pid of a dead one, are told apart by a random id."""
    first, second = uuid4(), uuid4()
    for dispatcher in (first, second):
        beat(deps, dispatcher)
    with deps.transaction() as tx:
        messages.add_message(
            tx,
            clinic=world.clinic.id,
            person=world.staff.id,
            kind=MessageKind.RESET,
            channel=ChannelName.EMAIL,
            now=clock.now(),
        )
    lease = timedelta(minutes=2)
    with deps.transaction() as tx:
        at = deps.lease_now(tx)
        old = messages.claim(tx, dispatcher=first, now=clock.now(), lease_now=at, lease=lease, limit=1)[0]
    clock.advance(minutes=3)
    with deps.transaction() as tx:
        attempts.take_abandoned(tx, deps.lease_now(tx), 9, now=clock.now())
        messages.move_message(tx, old.message, MessageState.PENDING, now=clock.now(), due_at=clock.now())
        at = deps.lease_now(tx)
        new = messages.claim(tx, dispatcher=second, now=clock.now(), lease_now=at, lease=lease, limit=1)[0]
    assert (old.message.claimed_by, new.message.claimed_by) == (str(first), str(second))
    with deps.transaction() as tx:
        assert not messages.move_message(tx, old.message, MessageState.ATTEMPTING, now=clock.now())
        assert messages.move_message(tx, new.message, MessageState.ATTEMPTING, now=clock.now())
