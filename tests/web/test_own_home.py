"""The patient's first page: it says what comes, and nothing that does not hold for this patient."""

import pytest
from flask import Flask
from support.asked import Asked
from support.care import an_infusion
from support.clock import Clock
from support.people import World
from support.reading import said
from support.visitor import Visitor

from checkin.services.deps import Deps
from checkin.storage.engine import Database

STARTS = "Check-ins start when an infusion is recorded."
NO_MORE = "No more check-ins are planned. You can check in at any time."


@pytest.fixture
def patient(visitor: Visitor, world: World) -> Visitor:
    visitor.sign_in(world.patient)
    return visitor


def test_before_the_first_infusion_it_says_when_check_ins_start(patient: Visitor) -> None:
    words = said(patient.get("/home").text)
    assert STARTS in words
    assert NO_MORE not in words


def test_after_the_last_check_in_it_says_that_no_more_are_planned(
    app: Flask, deps: Deps, world: World, clock: Clock
) -> None:
    an_infusion(deps, world.staff, world.patient)
    clock.advance(days=40)
    patient = Visitor(app)
    patient.sign_in(world.patient)
    words = said(patient.get("/home").text)
    assert NO_MORE in words
    assert STARTS not in words


def test_for_a_day_after_an_infusion_nobody_is_asked_to_set_the_clock(
    app: Flask, deps: Deps, database: Database, world: World, clock: Clock
) -> None:
    Asked(deps, database, world.patient, clock)
    for hours, asks in ((0, False), (19, False), (2, True)):
        clock.advance(hours=hours)
        patient = Visitor(app)
        patient.sign_in(world.patient)
        page = patient.get("/home").text
        assert ("Are you travelling?" in page) is asks


def test_putting_off_begins_with_answering_and_keeps_the_end_apart(
    deps: Deps, database: Database, world: World, clock: Clock, patient: Visitor
) -> None:
    asked = Asked(deps, database, world.patient, clock)
    page = patient.get(f"/c/{asked.link}/later").text
    places = [page.index(words) for words in ("Answer now", "Or leave it out", "Not today")]
    assert places == sorted(places)
    assert "Answer now" not in page[places[1] :]
