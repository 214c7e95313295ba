"""What a script is told when it sends answers kept on a phone: each reply names their key."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from flask import Flask
from support.asked import Asked, rows, stored
from support.care import decline
from support.clock import Clock
from support.house import PLAIN
from support.people import World
from support.visitor import Visitor
from werkzeug.test import TestResponse

from checkin.domain.person import Person
from checkin.services.deps import Deps
from checkin.services.open_check_in import open_unprompted
from checkin.storage.engine import Database

KEY = "k" * 24
OURS = {
    "Origin": PLAIN,
    "Sec-Fetch-Site": "same-origin",
    "Accept": "application/json",
    "Idempotency-Key": KEY,
}


def handed_out(deps: Deps, person: Person) -> str:
    """The mark of a form for a check-in that nobody asked for."""
    return open_unprompted(deps, person).fetched


@pytest.fixture
def asked(deps: Deps, database: Database, world: World, clock: Clock) -> Asked:
    return Asked(deps, database, world.patient, clock)


def send(app: Flask, path: str, values: Mapping[str, str], **headers: str) -> TestResponse:
    """What queue.js sends: the form without looking at its token."""
    return Visitor(app).bare_post(path, {"key": KEY, **values}, headers={**OURS, **headers})


def test_saved_is_acknowledged_with_its_key_and_again_without_saving_twice(
    app: Flask, asked: Asked, deps: Deps
) -> None:
    answers = asked.answers()
    for _ in range(2):
        reply = send(app, f"/c/{asked.link}", answers)
        assert (reply.status_code, reply.json) == (200, {"key": KEY, "words": ""})
    assert rows(deps) == 1


def test_how_long_it_waited_is_kept_beside_when_it_came(
    app: Flask, asked: Asked, deps: Deps, world: World, clock: Clock
) -> None:
    stamp, answers = asked.open().fetched, asked.answers()
    given_at = clock.now()
    clock.advance(hours=9)
    reply = send(app, f"/c/{asked.link}", {**answers, "fetched": stamp, "waited": str(9 * 3600)})
    assert reply.status_code == 200
    (kept,) = stored(deps, world.patient)
    assert (kept.answered_at, kept.received_at, kept.late) == (given_at, clock.now(), True)


@pytest.mark.parametrize("waited", ["", "-9", "9.5", "1e9", "9" * 40, "٩", "nine"])
def test_what_is_no_number_of_seconds_is_no_wait(
    app: Flask, asked: Asked, deps: Deps, world: World, clock: Clock, waited: str
) -> None:
    assert send(app, f"/c/{asked.link}", {**asked.answers(), "waited": waited}).status_code == 200
    (kept,) = stored(deps, world.patient)
    assert kept.answered_at == clock.now()


def test_who_thinks_of_death_is_told_who_looks(app: Flask, asked: Asked) -> None:
    reply = send(app, f"/c/{asked.link}", asked.answers(safety=1))
    assert reply.json is not None
    assert "Your care team gets an alert about this." in reply.json["words"]


def test_other_answers_under_a_used_key_are_a_conflict(app: Flask, asked: Asked, deps: Deps) -> None:
    send(app, f"/c/{asked.link}", asked.answers(weight=1))
    reply = send(app, f"/c/{asked.link}", asked.answers(weight=2))
    assert (reply.status_code, reply.json and reply.json["key"]) == (409, KEY)
    assert rows(deps) == 1


def test_what_is_over_or_unknown_is_not_found(app: Flask, asked: Asked, deps: Deps, world: World) -> None:
    answers = asked.answers()
    assert send(app, "/c/unknown", answers).status_code == 404
    decline(deps, world.patient, asked.prompt.id)
    reply = send(app, f"/c/{asked.link}", answers)
    assert (reply.status_code, reply.json and reply.json["key"]) == (404, KEY)
    assert rows(deps) == 0


def test_missing_answers_are_refused(app: Flask, asked: Asked, deps: Deps) -> None:
    reply = send(app, f"/c/{asked.link}", {"q1": "1"})
    assert (reply.status_code, reply.json and reply.json["key"]) == (422, KEY)
    assert rows(deps) == 0


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": ""}, {"Sec-Fetch-Site": "cross-site"}], ids=str
)
def test_another_site_cannot_send(app: Flask, asked: Asked, deps: Deps, headers: dict[str, str]) -> None:
    assert send(app, f"/c/{asked.link}", asked.answers(), **headers).status_code == 403
    assert rows(deps) == 0


def test_whose_sign_in_has_ended_is_told_so_without_a_page(app: Flask, asked: Asked, deps: Deps) -> None:
    for path in (f"/check-in/{asked.prompt.id}", "/check-in"):
        reply = send(app, path, asked.answers())
        assert (reply.status_code, reply.json) == (401, {"error": "sign_in"})
    assert rows(deps) == 0


def test_signed_in_it_is_taken_for_a_prompt_and_for_none(
    app: Flask, asked: Asked, deps: Deps, world: World
) -> None:
    visitor = Visitor(app)
    visitor.sign_in(world.patient)
    for number, path in enumerate((f"/check-in/{asked.prompt.id}", "/check-in")):
        values = {**asked.answers(), "key": f"{KEY}{number}", "fetched": handed_out(deps, world.patient)}
        reply = visitor.bare_post(path, values, headers=OURS)
        assert (reply.status_code, reply.json) == (200, {"key": f"{KEY}{number}", "words": ""})
    assert rows(deps) == 2


def test_on_a_shared_phone_answers_wait_for_the_one_who_gave_them(
    app: Flask, asked: Asked, deps: Deps, world: World
) -> None:
    """What one person answered is neither stored as another's nor refused for ever."""
    kept = {**asked.answers(), "fetched": handed_out(deps, world.patient)}
    paths = (f"/check-in/{asked.prompt.id}", "/check-in")
    visitor = Visitor(app)
    visitor.sign_in(world.other_patient)
    for path in paths:
        reply = visitor.bare_post(path, {**kept, "key": KEY}, headers=OURS)
        assert (reply.status_code, reply.json) == (401, {"error": "sign_in"})
    unmarked = visitor.bare_post("/check-in", {**kept, "key": KEY, "fetched": ""}, headers=OURS)
    assert (unmarked.status_code, rows(deps)) == (401, 0)
    visitor.sign_in(world.patient)
    for number, path in enumerate(paths):
        reply = visitor.bare_post(path, {**kept, "key": f"{KEY}{number}"}, headers=OURS)
        assert reply.status_code == 200
    assert (len(stored(deps, world.patient)), stored(deps, world.other_patient)) == (2, ())


def test_the_longest_wait_is_a_setting(deps: Deps) -> None:
    assert deps.settings.longest_delay == timedelta(days=7)
