"""One patient's page: infusions and courses side by side, and one of them chosen."""

import re

import pytest
from support.care import nobody
from support.course import a_course
from support.people import World
from support.reading import missing, said
from support.visitor import Visitor
from web.test_patient_page import page_of

from checkin.storage.engine import Database


@pytest.fixture
def therapist(visitor: Visitor, world: World) -> Visitor:
    visitor.sign_in(world.therapist)
    return visitor


def test_points_can_be_tapped_and_infusions_compared(
    therapist: Visitor, world: World, database: Database
) -> None:
    with database.transaction() as tx:
        a_course(tx, world.patient, [(-2, 20), (24, 8)], days_ago=6)
        a_course(tx, world.patient, [(24, 7)], days_ago=3)
    page = therapist.get(page_of(world.patient)).text
    assert page.count('class="spot"') == 2 * 3
    assert missing(said(page), ["Check-ins", "24 hours after infusion 2", "7 of 27"]) == []
    assert "One infusion over another" in page
    assert (
        missing(said(page), ["All infusions", "Infusion 1", "Infusion 2", "After infusion 2 the lowest"])
        == []
    )


def test_what_was_answered_between_two_infusions_counts_as_after_the_first(
    therapist: Visitor, world: World, database: Database
) -> None:
    with database.transaction() as tx:
        a_course(tx, world.patient, [(-2, 20), (24, 8)], days_ago=4)
        a_course(tx, world.patient, [(24, 7)], days_ago=2)
    words = said(therapist.get(page_of(world.patient)).text)
    told = ["24 hours after infusion 1", "8 of 27, 12 lower than before the infusion", "2 hours before"]
    assert missing(words[words.index("Check-ins") :], told) == []


def test_one_infusion_and_earlier_courses_can_be_chosen(
    therapist: Visitor, world: World, database: Database
) -> None:
    with database.transaction() as tx:
        a_course(tx, world.patient, [(-2, 21), (24, 8)], days_ago=29)
        a_course(tx, world.patient, [(-2, 20), (24, 9)], days_ago=6)
        a_course(tx, world.patient, [(24, 7)], days_ago=3)
    page = therapist.get(page_of(world.patient)).text
    links = re.findall(r'<a href="([^"]*)"( aria-current="true")?>(Course from [^<]*|Infusion \d)</a>', page)
    assert [(label, bool(current)) for _, current, label in links] == [
        ("Course from Monday 9 February, 11am", False),
        ("Course from Wednesday 4 March, 11am", True),
        ("Infusion 1", False),
        ("Infusion 2", False),
    ]
    for url, _, label in links:
        shown = therapist.get(url.replace("&amp;", "&")).text
        assert re.findall(r' aria-current="true">([^<]*)</a>', shown) == [label]
    earlier = said(therapist.get(links[0][0]).text)
    assert "Last score 20 of 27, 1 lower than before the infusion (−5 %)" in earlier


@pytest.mark.parametrize("nonsense", ["course=9", "course=-1", "course=x", "infusion=x", "infusion={}"])
def test_what_does_not_exist_is_the_current_course(
    therapist: Visitor, world: World, database: Database, nonsense: str
) -> None:
    with database.transaction() as tx:
        a_course(tx, world.patient, [(-2, 20), (24, 8)], days_ago=29)
        a_course(tx, world.patient, [(-2, 20), (24, 8)], days_ago=2)
    path = page_of(world.patient)
    shown = therapist.get(f"{path}?{nonsense.format(nobody())}")
    assert shown.status_code == 200
    assert said(shown.text) == said(therapist.get(path).text)
    current = re.findall(r' aria-current="true">([^<]*)</a>', shown.text)
    assert current == ["Course from Sunday 8 March, 12pm"]
