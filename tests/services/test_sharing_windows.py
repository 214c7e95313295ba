"""The sentence of an estimate: the patient reads it while a therapist who may see the scores wants it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from support.clock import Clock
from support.course import a_course
from support.people import World, give

from checkin.domain.consent import Scope
from checkin.domain.errors import NotFound
from checkin.domain.person import Person, Role
from checkin.services import share
from checkin.services.deps import Deps
from checkin.services.estimate_windows import estimate_windows
from checkin.services.review_trajectory import review
from checkin.services.share_estimate import NothingToShare, my_window, share_window, withdraw_window
from checkin.storage import audit, estimates, people

WELL = ((-30, 18), (-2, 18), (4, 14), (10, 8), (24, 5), (34, 5))


@pytest.fixture
def treated(deps: Deps, world: World) -> Person:
    """The patient has an estimate."""
    with deps.transaction() as tx:
        a_course(tx, world.patient, WELL, days_ago=1.5)
        estimates.expect(tx, world.patient.id, world.patient.clinic_id, deps.now())
    assert estimate_windows(deps) == 1
    return world.patient


def actions(deps: Deps, world: World) -> list[str]:
    with deps.reading() as tx:
        kinds = ("window_shared", "window_withdrawn")
        found = audit.events_about(tx, world.patient.id, actions=kinds, limit=10)
    assert all(event.actor == world.therapist.id for event in found)
    return [event.action for event in found]


def test_by_default_the_patient_sees_no_prediction(deps: Deps, treated: Person) -> None:
    assert my_window(deps, treated) is None
    assert review(deps, treated, treated.id).window is None


def test_what_is_not_up_to_date_is_not_said_to_the_patient(
    deps: Deps, clock: Clock, world: World, treated: Person
) -> None:
    share_window(deps, world.therapist, treated.id)
    with deps.transaction() as tx:
        estimates.mark_stale(tx, treated.id, deps.now())
    assert my_window(deps, treated) is None
    assert estimate_windows(deps) == 1
    assert my_window(deps, treated) is not None
    clock.advance(hours=2, minutes=1)
    assert my_window(deps, treated) is None, "no scheduler worked it out for two hours"
    clock.advance(days=14)
    assert my_window(deps, treated) is not None, "that it is over is so however old the estimate is"


def test_a_therapist_shares_it_and_takes_it_back(
    deps: Deps, clock: Clock, world: World, treated: Person
) -> None:
    share_window(deps, world.therapist, treated.id)
    shared = my_window(deps, treated)
    assert shared is not None
    assert (shared.by, shared.window.estimate.state) == (world.therapist.name, "open")
    assert review(deps, world.therapist, treated.id).window_shared
    clock.advance(hours=2)
    assert estimate_windows(deps) == 1
    later = my_window(deps, treated)
    assert later is not None
    assert later.window.computed_at == clock.now(), "it is always the sentence of the moment"
    withdraw_window(deps, world.therapist, treated.id)
    assert my_window(deps, treated) is None
    assert not review(deps, world.therapist, treated.id).window_shared


def test_each_act_is_written_down_once(deps: Deps, world: World, treated: Person) -> None:
    for act in (share_window, share_window, withdraw_window, withdraw_window):
        act(deps, world.therapist, treated.id)
    assert actions(deps, world) == ["window_withdrawn", "window_shared"]


def test_nobody_else_can_share_it(deps: Deps, world: World, treated: Person) -> None:
    strangers: list[Callable[[], Person]] = [
        lambda: world.unasked,
        lambda: world.staff,
        lambda: world.elsewhere_therapist,
        lambda: treated,
        lambda: replace(treated, roles=frozenset({Role.PATIENT, Role.THERAPIST})),
    ]
    for stranger in strangers:
        for act in (share_window, withdraw_window):
            with pytest.raises(NotFound):
                act(deps, stranger(), treated.id)
    assert actions(deps, world) == []


def test_without_an_estimate_there_is_nothing_to_share(deps: Deps, world: World) -> None:
    with pytest.raises(NothingToShare):
        share_window(deps, world.therapist, world.patient.id)


def test_it_ends_with_the_access_of_the_therapist(deps: Deps, world: World, treated: Person) -> None:
    share_window(deps, world.therapist, treated.id)
    share.withdraw_access(deps, treated, world.therapist.id)
    assert my_window(deps, treated) is None
    with deps.transaction() as tx:
        give(tx, treated, world.unasked.id, [Scope.SCORES], deps.now() - timedelta(hours=1))
    assert not review(deps, world.unasked, treated.id).window_shared
    share_window(deps, world.unasked, treated.id)
    shared = my_window(deps, treated)
    assert shared is not None
    assert shared.by == world.unasked.name


def test_it_ends_when_the_therapist_is_closed_out(deps: Deps, world: World, treated: Person) -> None:
    share_window(deps, world.therapist, treated.id)
    with deps.transaction() as tx:
        people.set_disabled(tx, world.therapist.id, deps.now())
    assert my_window(deps, treated) is None


def test_the_fortnight_is_not_over_once_another_infusion_was_given(
    deps: Deps, clock: Clock, world: World, treated: Person
) -> None:
    share_window(deps, world.therapist, treated.id)
    clock.advance(days=14)
    assert my_window(deps, treated) is not None
    with deps.transaction() as tx:
        a_course(tx, treated, (), days_ago=0.2, now=clock.now())
        estimates.mark_stale(tx, treated.id, clock.now())
    assert my_window(deps, treated) is None
    withdraw_window(deps, world.therapist, treated.id)


def test_it_ends_with_the_course(deps: Deps, clock: Clock, world: World, treated: Person) -> None:
    share_window(deps, world.therapist, treated.id)
    clock.advance(days=30)
    with deps.transaction() as tx:
        a_course(tx, treated, WELL, days_ago=1.5, now=clock.now())
        estimates.expect(tx, treated.id, treated.clinic_id, clock.now())
    assert estimate_windows(deps) == 1
    assert my_window(deps, treated) is None
    assert not review(deps, world.therapist, treated.id).window_shared
