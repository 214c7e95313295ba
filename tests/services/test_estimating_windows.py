"""Stored estimates: what makes one stale, how soon it is fresh again, and that nobody does one twice."""

import time
from datetime import timedelta
from uuid import UUID

import pytest
from support.care import an_infusion, fill, given, submission
from support.clock import Clock
from support.course import a_course, answer
from support.meetings import more_patients
from support.people import World
from support.threads import together

from checkin.domain.ids import PersonId
from checkin.domain.infusion import InfusionState
from checkin.domain.person import Person
from checkin.domain.window.history import inputs_of
from checkin.domain.window.placed import PlacedEstimate
from checkin.domain.window.values import State
from checkin.scheduler.jobs import make_jobs
from checkin.services import estimate_windows as service
from checkin.services.answer_check_in import answer_unprompted
from checkin.services.deps import Deps
from checkin.services.estimate_windows import estimate_windows
from checkin.services.open_check_in import open_unprompted
from checkin.services.record_infusion import cancel, correct, record
from checkin.storage import check_ins, estimates, infusions

WELL = ((-30, 18), (-2, 18), (4, 14), (10, 8), (24, 5), (34, 5))
HOUR = timedelta(hours=1)


def stored(deps: Deps, patient: Person) -> PlacedEstimate | None:
    with deps.reading() as tx:
        return estimates.find_estimate(tx, patient.id, fan=True)


def fresh(deps: Deps, patient: Person) -> PlacedEstimate:
    found = stored(deps, patient)
    assert found is not None
    assert found.stale_since is None
    return found


def say(deps: Deps, patient: Person, weight: int) -> None:
    answer_unprompted(deps, patient, submission(fill(open_unprompted(deps, patient).form, weight=weight)))


def treated(deps: Deps, *patients: Person, days_ago: float = 1.5) -> None:
    """Give each a course that went well, with an estimate to come."""
    with deps.transaction() as tx:
        for patient in patients:
            a_course(tx, patient, WELL, days_ago=days_ago)
            estimates.expect(tx, patient.id, patient.clinic_id, deps.now())


def work(deps: Deps) -> int:
    done = 0
    while count := estimate_windows(deps):
        done += count
    return done


def test_without_an_infusion_there_is_nothing_to_estimate(deps: Deps, world: World) -> None:
    say(deps, world.patient, 2)
    assert estimate_windows(deps) == 0
    assert stored(deps, world.patient) is None


def test_an_infusion_and_each_check_in_lead_to_a_new_estimate(deps: Deps, clock: Clock, world: World) -> None:
    say(deps, world.patient, 2)
    clock.advance(hours=6)
    infusion = an_infusion(deps, world.staff, world.patient, hours_ago=4)
    assert stored(deps, world.patient) is None, "no request computes one"
    assert work(deps) == 1
    first = fresh(deps, world.patient)
    assert (first.infusion_id, first.begins, first.latest) == (infusion.id, infusion.at, infusion.at)
    assert first.computed_at == clock.now()
    assert first.estimate.state is State.TOO_EARLY
    clock.advance(seconds=60)
    answer(deps, world.patient, weight=0)
    told = stored(deps, world.patient)
    assert told is not None
    assert told.stale_since == clock.now()
    assert told.estimate == first.estimate, "the earlier one stands until there is a new one"
    assert work(deps) == 1
    assert fresh(deps, world.patient).digest != first.digest


def test_stale_is_fresh_again_within_ten_seconds_whatever_else_is_due(
    deps: Deps, clock: Clock, world: World
) -> None:
    """In real time, by the scheduler's own job: the answer comes while a batch is worked on, and is in the
    next one before 60 patients whose hourly turn came earlier."""
    treated(deps, world.patient, *more_patients(deps, world, 60))
    with deps.transaction() as tx:
        for one in estimates.due_estimates(tx, deps.now(), 100):
            estimates.store(tx, one, None, next_at=deps.now())
    clock.advance(minutes=1)
    (job,) = [job for job in make_jobs(deps, UUID(int=1)) if job.name == "estimates"]
    began = time.monotonic()
    assert job.step() > 1, "under way"
    clock.advance(minutes=1)
    say(deps, world.patient, 0)
    assert job.step() > 1
    took = timedelta(seconds=time.monotonic() - began)
    assert fresh(deps, world.patient).computed_at == clock.now()
    assert job.every + took < timedelta(seconds=10)
    with deps.reading() as tx:
        assert len(estimates.due_estimates(tx, deps.now(), 100)) > 40, "the others still wait"


def test_what_changed_goes_before_what_is_only_an_hour_old(deps: Deps, clock: Clock, world: World) -> None:
    treated(deps, world.patient, world.other_patient)
    work(deps)
    clock.advance(hours=3)
    say(deps, world.patient, 0)
    assert estimate_windows(deps, limit=1) == 1
    assert fresh(deps, world.patient).computed_at == clock.now()
    assert fresh(deps, world.other_patient).computed_at == clock.now() - 3 * HOUR


def test_it_follows_time_once_an_hour_until_nothing_more_is_said(
    deps: Deps, clock: Clock, world: World
) -> None:
    treated(deps, world.patient)
    work(deps)
    first = fresh(deps, world.patient)
    assert first.estimate.state is State.OPEN
    clock.advance(minutes=59)
    assert work(deps) == 0
    clock.advance(minutes=1)
    assert work(deps) == 1
    assert fresh(deps, world.patient).estimate.as_of == pytest.approx(first.estimate.as_of + 1)
    clock.set(first.ends)
    assert work(deps) == 1
    clock.advance(days=20)
    assert work(deps) == 0


def test_a_corrected_time_moves_it_and_a_cancelled_infusion_takes_it_away(
    deps: Deps, clock: Clock, world: World
) -> None:
    say(deps, world.patient, 2)
    clock.advance(hours=30)
    infusion = an_infusion(deps, world.staff, world.patient, hours_ago=4)
    work(deps)
    earlier = infusion.at - 2 * HOUR
    correct(deps, world.staff, world.patient.id, infusion.id, given(earlier), revision=infusion.revision)
    assert work(deps) == 1
    assert fresh(deps, world.patient).begins == earlier
    cancel(deps, world.staff, world.patient.id, infusion.id)
    assert work(deps) == 1
    assert stored(deps, world.patient) is None


def test_a_planned_infusion_is_none(deps: Deps, world: World) -> None:
    plan = given(deps.now() + 4 * HOUR, state=InfusionState.PLANNED)
    record(deps, world.staff, world.patient.id, plan)
    work(deps)
    assert stored(deps, world.patient) is None


def test_the_digest_is_that_of_what_stands_now(deps: Deps, clock: Clock, world: World) -> None:
    treated(deps, world.patient)
    work(deps)
    with deps.reading() as tx:
        answered = check_ins.check_ins_of(tx, world.patient.id)
        known = infusions.infusions_of(tx, world.patient.id)
    inputs = inputs_of(answered, known, now=clock.now())
    assert inputs is not None
    assert fresh(deps, world.patient).digest == inputs.digest


def test_an_answer_that_comes_while_it_is_computed_is_not_lost(
    deps: Deps, clock: Clock, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    treated(deps, world.patient)
    really = service.estimate

    def meanwhile(*arguments: object, **more: object) -> object:
        monkeypatch.setattr(service, "estimate", really)
        say(deps, world.patient, 3)
        return really(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(service, "estimate", meanwhile)
    assert estimate_windows(deps) == 1
    assert stored(deps, world.patient) is None, "it did not know the answer"
    assert estimate_windows(deps) == 1
    with deps.reading() as tx:
        answered = check_ins.check_ins_of(tx, world.patient.id)
        inputs = inputs_of(answered, infusions.infusions_of(tx, world.patient.id), now=clock.now())
    assert inputs is not None
    assert inputs.history.answers[-1].hours == pytest.approx(36)
    assert fresh(deps, world.patient).digest == inputs.digest


def test_one_patient_whose_estimate_fails_holds_up_nobody(
    deps: Deps, clock: Clock, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    treated(deps, world.patient, world.other_patient)
    really = service._placed

    def failing(patient: PersonId, *more: object) -> object:
        if patient == world.patient.id:
            raise FloatingPointError("not a number")
        return really(patient, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(service, "_placed", failing)
    with pytest.raises(FloatingPointError):
        estimate_windows(deps)
    assert fresh(deps, world.other_patient)
    clock.advance(seconds=2)
    assert estimate_windows(deps) == 0, "it is left alone for a while"
    monkeypatch.undo()
    clock.advance(minutes=2)
    assert estimate_windows(deps) == 1
    assert fresh(deps, world.patient)


def test_several_schedulers_share_the_work(deps: Deps, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    treated(deps, world.patient, world.other_patient, world.elsewhere_patient)
    really, seen = service._placed, []

    def counted(patient: PersonId, *more: object) -> object:
        seen.append(patient)
        return really(patient, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(service, "_placed", counted)
    counts = together(3, lambda _: estimate_windows(deps, limit=2) + estimate_windows(deps, limit=2))
    assert sum(count for count in counts if isinstance(count, int)) == 3
    assert sorted(seen) == sorted(
        person.id for person in (world.patient, world.other_patient, world.elsewhere_patient)
    )


def test_what_a_dead_scheduler_took_on_is_done_by_the_next(deps: Deps, clock: Clock, world: World) -> None:
    treated(deps, world.patient)
    assert len(service._taken(deps, clock.now(), 8)) == 1
    assert estimate_windows(deps) == 0
    clock.advance(minutes=2)
    assert estimate_windows(deps) == 1
