"""Sent without script: what was saved, what had been saved before, and what comes after thoughts of death."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from flask import Flask
from support.asked import Asked, rows, stored
from support.care import decline
from support.clock import Clock
from support.people import World
from support.reading import said
from support.visitor import Visitor, forms_of
from werkzeug.test import TestResponse

from checkin.services import help_page
from checkin.services.deps import Deps
from checkin.services.set_clinic import change_settings, my_clinic
from checkin.storage.engine import Database

KEY = "k" * 24


@pytest.fixture
def asked(deps: Deps, database: Database, world: World, clock: Clock) -> Asked:
    return Asked(deps, database, world.patient, clock)


@pytest.fixture
def visitor(app: Flask, world: World) -> Visitor:
    found = Visitor(app)
    found.sign_in(world.patient)
    return found


DOORS: dict[str, Callable[[Asked], str]] = {
    "by link": lambda asked: f"/c/{asked.link}",
    "signed in": lambda asked: f"/check-in/{asked.prompt.id}",
    "unprompted": lambda asked: "/check-in",
}
every_door = pytest.mark.parametrize("door", DOORS)


def send(visitor: Visitor, path: str, answers: Mapping[str, str], key: str = KEY) -> TestResponse:
    """Send the form and go where it leads."""
    reply = visitor.post(path, {**answers, "key": key})
    assert reply.status_code == 303
    return visitor.get(reply.location)


def heading(page: TestResponse) -> str:
    return page.text.partition("<h1>")[2].partition("</h1>")[0]


@every_door
def test_the_same_key_with_other_answers_says_already_saved(
    visitor: Visitor, asked: Asked, deps: Deps, door: str
) -> None:
    path = DOORS[door](asked)
    answers = asked.answers()
    assert heading(send(visitor, path, answers)) == "Thank you. Saved."
    page = send(visitor, path, answers | {"q1": "3"})
    assert heading(page) == "Already saved"
    assert "Change my answers" in said(page.text)
    assert rows(deps) == 1


@every_door
def test_thoughts_of_death_under_a_used_key_interrupt_and_raise_an_alert(
    visitor: Visitor, asked: Asked, deps: Deps, door: str
) -> None:
    path = DOORS[door](asked)
    answers = asked.answers(safety=1)
    send(visitor, path, asked.answers())
    assert heading(send(visitor, path, answers)) == "We are glad you told us"
    assert (rows(deps), rows(deps, "alerts")) == (2, 1)


@every_door
def test_after_fifteen_minutes_a_change_is_saved_beside_and_still_interrupts(
    visitor: Visitor, asked: Asked, deps: Deps, world: World, clock: Clock, door: str
) -> None:
    path, answers = DOORS[door](asked), asked.answers(safety=1)
    send(visitor, path, asked.answers())
    fetched = forms_of(visitor.get(f"{path}/change").text)[0].values
    clock.advance(minutes=15)
    page = send(visitor, f"{path}/change", fetched | answers, fetched["key"])
    assert heading(page) == "We are glad you told us"
    assert [c.corrects for c in stored(deps, world.patient)] == [None, None]
    assert rows(deps, "alerts") == 1
    words = said(visitor.get(f"{path}/saved").text)
    assert ("Both are kept." in words) is (door != "unprompted")


@every_door
def test_a_change_that_was_open_too_long_keeps_its_answers(
    visitor: Visitor, asked: Asked, deps: Deps, clock: Clock, door: str
) -> None:
    path, answers = DOORS[door](asked), asked.answers(weight=2)
    send(visitor, path, asked.answers())
    clock.advance(minutes=20)
    page = visitor.bare_post(f"{path}/change", {**answers, "key": "c" * 24, "csrf_token": "over"})
    assert page.status_code == 422
    assert "Your answers are still here" in page.text
    assert 'value="2" id="q1-3" checked' in page.text
    assert rows(deps) == 1


@every_door
def test_after_thoughts_of_death_the_way_leads_to_what_was_saved_and_to_nothing_else(
    visitor: Visitor, asked: Asked, door: str
) -> None:
    path = DOORS[door](asked)
    page = send(visitor, path, asked.answers(safety=1))
    [on] = [line for line in page.text.splitlines() if ">Continue<" in line]
    assert f'href="{path}/saved"' in on
    thanks = visitor.get(f"{path}/saved").text
    assert "Your care team gets an alert about this." in said(thanks)
    assert "Messages on this phone" not in said(thanks)


def test_without_thoughts_of_death_the_phone_is_offered_once_the_first_answers_are_there(
    visitor: Visitor, asked: Asked
) -> None:
    page = said(send(visitor, f"/c/{asked.link}", asked.answers()).text)
    assert "Only the people you gave access to can see your answers." in page
    assert "alert" not in page


def test_a_check_in_nobody_asked_for_is_changed_from_what_was_answered(
    visitor: Visitor, asked: Asked, deps: Deps, world: World, clock: Clock
) -> None:
    send(visitor, f"/c/{asked.link}", asked.answers())
    send(visitor, "/check-in", asked.answers(weight=3), "u" * 24)
    page = visitor.get("/check-in/change")
    assert 'value="3" id="q1-4" checked' in page.text
    assert heading(send(visitor, "/check-in/change", asked.answers(), "c" * 24)) == "Thank you. Saved."
    assert [c.corrected for c in stored(deps, world.patient)].count(True) == 1
    clock.advance(minutes=15)
    assert "Change my answers" not in visitor.get("/check-in/saved").text
    assert visitor.get("/check-in/change").status_code == 404


@every_door
def test_the_clinics_words_for_the_day_stand_with_the_questions_and_the_thanks(
    app: Flask,
    visitor: Visitor,
    asked: Asked,
    deps: Deps,
    world: World,
    clock: Clock,
    door: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """``Asked`` comes 4 hours after an infusion."""
    words, path = "Do not drive & rest.", DOORS[door](asked)
    monkeypatch.setattr(help_page, "_kept", help_page._Kept())
    before = my_clinic(deps, world.staff).settings
    change_settings(deps, world.staff, replace(before, day_of_infusion_words=words))
    if door == "unprompted":
        decline(deps, world.patient, asked.prompt.id)
    form = visitor.get(path).text
    assert "Do not drive &amp; rest." in form[: form.index('id="q1"')]
    assert "Do not drive &amp; rest." in send(visitor, path, asked_again(form)).text
    clock.advance(hours=20)
    assert "Do not drive" not in visitor.get(f"{path}/saved").text
    assert "Do not drive" not in visitor.get("/check-in").text


def asked_again(form: str) -> dict[str, str]:
    """Every question of a form answered with its first choice."""
    return {name: values[0] for name, values in forms_of(form)[0].choices.items() if name.startswith("q")}
