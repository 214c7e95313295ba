"""The patient's own chart page: words, picture and table, also where there is nothing to draw."""

from datetime import timedelta

from support.care import an_infusion
from support.clock import Clock
from support.course import answer
from support.people import World
from support.reading import missing, said
from support.visitor import Visitor

from checkin.services.deps import Deps
from checkin.services.remind import remind


def test_before_anything_happened_it_says_so(visitor: Visitor, world: World) -> None:
    visitor.sign_in(world.patient)
    page = visitor.get("/chart").text
    assert "No infusion is recorded yet." in said(page)
    assert "<table" not in page


def test_what_was_not_answered_is_there_before_the_first_answer(
    visitor: Visitor, world: World, deps: Deps, clock: Clock
) -> None:
    infusion = an_infusion(deps, world.staff, world.patient)
    for hours in (5, 20):  # the first is asked in time, and its time is over later
        clock.set(infusion.at + timedelta(hours=hours))
        remind(deps)
    visitor.sign_in(world.patient)
    page = visitor.get("/chart").text
    words = said(page)
    assert 'class="chart"' not in page
    assert missing(words, ["No check-ins yet since the infusion", "What was asked", "Not answered"]) == []
    assert "The same as a table" not in words


def test_with_an_answer_the_table_says_the_same_as_the_picture(
    visitor: Visitor, world: World, deps: Deps
) -> None:
    an_infusion(deps, world.staff, world.patient)
    answer(deps, world.patient)
    visitor.sign_in(world.patient)
    page = visitor.get("/chart").text
    assert 'role="img"' in page
    assert missing(said(page), ["The same as a table", "4 hours after", "8 of 27"]) == []
