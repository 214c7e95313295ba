"""Side effects that somebody should look into are marked in words, at the check-in that told of them."""

import re
from collections.abc import Sequence

import pytest
from support.care import an_infusion
from support.clock import Clock
from support.course import answer
from support.people import World, give
from support.reading import said
from support.visitor import Visitor

from checkin.domain.consent import Scope
from checkin.services.deps import Deps
from checkin.storage.engine import Database

UNREAL, BLADDER = "Unreal a day later", "Bladder or urine"


def marks_of(page: str) -> list[list[str]]:
    """What is marked, one list for each check-in, the newest first."""
    entries = re.findall(r"<li><h3>.*?</li>", page, flags=re.DOTALL)
    found = [re.findall(r'<span class="badge">(.*?)</span>', entry) for entry in entries]
    return [[mark for mark in marks if mark in {UNREAL, BLADDER}] for marks in found]


@pytest.mark.parametrize("scopes", [list(Scope), [Scope.SCORES]], ids=["answers", "scores"])
def test_feeling_unreal_is_marked_a_day_later_and_not_hours_after_the_infusion(
    visitor: Visitor, world: World, deps: Deps, clock: Clock, database: Database, scopes: Sequence[Scope]
) -> None:
    with database.transaction() as tx:
        give(tx, world.patient, world.unasked.id, scopes, clock.now())
    an_infusion(deps, world.staff, world.patient, hours_ago=4)
    answer(deps, world.patient, weight=1)
    clock.advance(hours=20)
    answer(deps, world.patient, weight=1)
    visitor.sign_in(world.unasked)
    page = visitor.get(f"/patients/{world.patient.id}").text
    assert marks_of(page) == [[UNREAL], []]
    assert "20 hours or more after an infusion" in said(page)


@pytest.mark.parametrize(("weight", "marked"), [(0, []), (1, [BLADDER])])
def test_signs_from_the_bladder_are_marked_and_only_then_explained(
    visitor: Visitor, world: World, deps: Deps, weight: int, marked: list[str]
) -> None:
    an_infusion(deps, world.staff, world.patient, hours_ago=337)
    answer(deps, world.patient, weight=weight)
    visitor.sign_in(world.therapist)
    page = visitor.get(f"/patients/{world.patient.id}").text
    assert marks_of(page) == [marked]
    assert ("A clinician should look into it." in said(page)) == bool(marked)
