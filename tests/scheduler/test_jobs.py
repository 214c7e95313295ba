"""The jobs: what one tick does, how it stops, and what it says when something goes wrong."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from support.care import an_infusion, prompts_of
from support.channel import FakeChannel
from support.clock import Clock
from support.people import World

from checkin.domain.message import MessageKind
from checkin.domain.prompt import PromptState
from checkin.scheduler.jobs import Job, make_jobs, run_job, run_once
from checkin.services.deps import Deps
from checkin.services.heartbeat import DEAD_AFTER, Pulse, beat, pulse, stop
from checkin.storage import dispatchers, sign_ins

DISPATCHER = UUID(int=7)


class Notes:
    """A log that keeps what it was told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, object]]] = []
        self.faults: list[tuple[str, BaseException, dict[str, object]]] = []

    def info(self, event: str, **values: object) -> None:
        self.lines.append((event, values))

    def fault(self, event: str, error: BaseException, **values: object) -> None:
        self.faults.append((event, error, values))


def pulse_of(deps: Deps) -> Pulse:
    with deps.reading() as tx:
        return pulse(tx, deps.now())


@pytest.fixture
def notes() -> Notes:
    return Notes()


def job(*counts: int | Exception) -> Job:
    """A job whose steps do these amounts of work, one after the other, and then nothing."""
    waiting = list(counts)

    def step() -> int:
        count = waiting.pop(0) if waiting else 0
        if isinstance(count, Exception):
            raise count
        return count

    return Job(name="a job", every=timedelta(seconds=1), step=step)


def test_a_job_works_until_nothing_is_left(notes: Notes) -> None:
    assert run_job(job(3, 2, 1), notes) == 6
    assert notes.lines == [("job done", {"job": "a job", "count": 6})]


def test_a_job_with_nothing_to_do_is_silent(notes: Notes) -> None:
    assert run_job(job(), notes) == 0
    assert notes.lines == []


def test_a_stop_is_heard_between_two_steps(notes: Notes) -> None:
    answers = iter([False, True])
    assert run_job(job(3, 2, 1), notes, stopping=lambda: next(answers)) == 3


def test_a_fault_is_written_down_and_goes_no_further(notes: Notes) -> None:
    error = RuntimeError("with a name in it")
    assert run_job(job(2, error), notes) is None
    assert notes.faults == [("job failed", error, {"job": "a job", "count": 2})]


def test_one_failing_job_leaves_the_others_their_turn(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, notes: Notes
) -> None:
    an_infusion(deps, world.staff, world.patient)
    run_once(deps, DISPATCHER, notes)
    clock.advance(minutes=1)
    channel.fails(RuntimeError("a fault of ours"))
    done = run_once(deps, DISPATCHER, notes)
    assert {name for name, count in done.items() if count is None} == {"deliver"}
    assert list(done) == [job.name for job in make_jobs(deps, DISPATCHER)]


def test_one_pass_reminds_delivers_and_beats(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, notes: Notes
) -> None:
    an_infusion(deps, world.staff, world.patient)
    assert run_once(deps, DISPATCHER, notes)["remind"] == 1
    clock.advance(minutes=1)  # what is due together is spread over half a minute
    assert run_once(deps, DISPATCHER, notes)["deliver"] == 1
    assert [outgoing.kind for outgoing in channel.sent] == [MessageKind.NOTICE]
    assert prompts_of(deps, world.patient)[0].state is PromptState.OPEN
    assert pulse_of(deps) == Pulse(last_beat=clock.now(), alive=True)


def test_a_pass_twice_sends_once(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, notes: Notes
) -> None:
    an_infusion(deps, world.staff, world.patient)
    for _ in range(3):
        run_once(deps, uuid4(), notes)
        clock.advance(minutes=1)
    assert len(channel.sent) == 1


def test_the_jobs_have_names_of_their_own_and_hurry_enough(deps: Deps) -> None:
    jobs = make_jobs(deps, DISPATCHER)
    every = {job.name: job.every for job in jobs}
    assert len(every) == len(jobs)
    assert every["heartbeat"] * 3 < DEAD_AFTER, "two lost beats are no death"
    assert every["remind"] + every["deliver"] <= timedelta(seconds=15)


def test_a_scheduler_is_dead_after_two_minutes_without_a_beat(deps: Deps, clock: Clock) -> None:
    assert pulse_of(deps) == Pulse(last_beat=None, alive=False)
    beat(deps, DISPATCHER)
    last = clock.now()
    clock.advance(seconds=119)
    assert pulse_of(deps) == Pulse(last_beat=last, alive=True)
    clock.advance(seconds=1)
    assert pulse_of(deps) == Pulse(last_beat=last, alive=False)


def test_one_living_scheduler_is_enough(deps: Deps, clock: Clock) -> None:
    beat(deps, DISPATCHER)
    clock.advance(hours=1)
    beat(deps, uuid4())
    assert pulse_of(deps).alive


def test_fault_07_one_that_died_among_others_shows_in_two_minutes_and_one_that_was_stopped_does_not(
    deps: Deps, clock: Clock
) -> None:
    died, other, stopped = DISPATCHER, uuid4(), uuid4()
    began = clock.now()
    for dispatcher in (died, other, stopped):
        beat(deps, dispatcher)
    stop(deps, stopped)
    clock.advance(seconds=119)
    beat(deps, other)
    assert pulse_of(deps).silent == ()
    clock.advance(seconds=1)
    assert pulse_of(deps) == Pulse(last_beat=clock.now() - timedelta(seconds=1), alive=True, silent=(began,))
    clock.advance(hours=1)
    beat(deps, other)
    assert pulse_of(deps).silent == (), "it has been replaced, or is missed by nobody"


def test_what_no_longer_counts_is_deleted(deps: Deps, clock: Clock, notes: Notes) -> None:
    with deps.transaction() as tx:
        sign_ins.add_failure(tx, b"1" * 32, clock.now())
    clock.advance(hours=23)
    assert run_once(deps, DISPATCHER, notes)["tidy"] == 0
    clock.advance(hours=2)
    assert run_once(deps, DISPATCHER, notes)["tidy"] == 1
    clock.advance(days=8)
    assert run_once(deps, uuid4(), notes)["tidy"] == 1
    with deps.reading() as tx:
        assert sign_ins.count_failures(tx, b"1" * 32, clock.now() - timedelta(days=30)) == 0
        assert dispatchers.last_beat(tx) == clock.now()
