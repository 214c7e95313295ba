"""What is kept of why a check-in was cancelled: the cause where it is no secret, never how somebody is."""

from datetime import timedelta

from support.care import an_infusion, fill, given, prompts_of, submission
from support.clock import Clock
from support.people import World

from checkin.domain.prompt import DISCHARGED, INFUSION_CANCELLED, SUPERSEDED
from checkin.services import record_infusion, set_reminders
from checkin.services.answer_check_in import answer_unprompted
from checkin.services.deps import Deps
from checkin.services.manage_people import discharge
from checkin.services.open_check_in import open_unprompted
from checkin.services.remind import remind
from checkin.services.settle_conditions import settle_conditions
from checkin.storage import send_log


def because(deps: Deps, world: World) -> dict[str, str | None]:
    """Why the patient's prompts were closed, by step."""
    with deps.reading() as tx:
        closed = send_log.closed_prompts(tx, world.patient.id)
    return {p.step: closed[p.id].reason for p in prompts_of(deps, world.patient) if p.id in closed}


def test_the_next_infusion(deps: Deps, world: World) -> None:
    an_infusion(deps, world.staff, world.patient, hours_ago=50)
    an_infusion(deps, world.staff, world.patient, hours_ago=1)
    assert set(because(deps, world).values()) == {"next_infusion"}


def test_a_pause_until_it_ends(deps: Deps, world: World) -> None:
    an_infusion(deps, world.staff, world.patient, hours_ago=1)
    set_reminders.pause(deps, world.patient, timedelta(days=3))
    assert set(because(deps, world).values()) == {"paused"}
    set_reminders.resume(deps, world.patient)
    assert because(deps, world) == {}


def test_an_infusion_that_was_cancelled(deps: Deps, world: World) -> None:
    infusion = an_infusion(deps, world.staff, world.patient)
    record_infusion.cancel(deps, world.staff, world.patient.id, infusion.id)
    assert set(because(deps, world).values()) == {INFUSION_CANCELLED}


def test_a_treatment_that_ended(deps: Deps, world: World) -> None:
    an_infusion(deps, world.staff, world.patient)
    discharge(deps, world.staff, world.patient.id)
    assert set(because(deps, world).values()) == {DISCHARGED}


def test_no_response_is_kept_as_any_other_change(deps: Deps, world: World, clock: Clock) -> None:
    start = clock.now()
    form = open_unprompted(deps, world.patient).form
    answer_unprompted(deps, world.patient, submission(fill(form, weight=2, safety=0)))
    clock.advance(hours=6)
    an_infusion(deps, world.staff, world.patient, hours_ago=4)
    clock.set(start + timedelta(days=17))
    while remind(deps) or settle_conditions(deps):
        pass
    found = because(deps, world)
    assert (found["day-21"], found["day-28"]) == (SUPERSEDED, SUPERSEDED)


def test_an_infusion_corrected_to_earlier(deps: Deps, world: World, clock: Clock) -> None:
    infusion = an_infusion(deps, world.staff, world.patient, hours_ago=1)
    earlier = given(infusion.at - timedelta(days=1))
    record_infusion.correct(
        deps, world.staff, world.patient.id, infusion.id, earlier, revision=infusion.revision
    )
    assert because(deps, world)["hour-4"] == SUPERSEDED
