"""Acts need the token of a page of ours: a POST without one, or with another browser's, changes nothing."""

import pytest
from flask import Flask
from support.databases import dump
from support.people import World
from support.routes import STRANGER, Enter, Things, calls
from support.visitor import Visitor, token_of

from checkin.storage.engine import Database
from checkin.web.rules import Access

# They change nothing of anybody's record and cannot carry a token: mail programs press the button that stops
# reminders (RFC 8058), and what the provider of texts reports is signed.
WITHOUT_TOKEN = {"links.stop", "texts.callback"}
EVIL = {"Origin": "https://evil.example", "Referer": "https://evil.example/", "Sec-Fetch-Site": "cross-site"}
OWNERS = {Access.STAFF: "staff", Access.SIGNED_IN: "staff", Access.THERAPIST: "therapist"}


def owner(access: Access) -> str:
    """Somebody whom the rule lets in, so that only the token is in the way."""
    return OWNERS.get(access, "patient")


def forged_tokens(app: Flask, visitor: Visitor) -> list[str | None]:
    """None, an empty one, a made-up one, another browser's, and this browser's with a letter changed."""
    other, mine = token_of(Visitor(app).get("/sign-in").text), token_of(visitor.get("/sign-in").text)
    return [None, "", "x", other, mine[:-9] + ("A" if mine[-9] != "A" else "B") + mine[-8:]]


@pytest.mark.parametrize("persona", [STRANGER, "staff", "therapist", "patient"])
def test_an_act_without_the_token_of_this_browser_changes_nothing(
    app: Flask, things: Things, enter: Enter, database: Database, persona: str
) -> None:
    visitor = enter(persona)
    acts = [call for call in calls(app, things, "POST") if call.endpoint not in WITHOUT_TOKEN]
    mine = [call for call in acts if persona == STRANGER or owner(call.access) == persona]
    before = dump(database)
    for token in forged_tokens(app, visitor):
        for call in mine:
            data = {"password": "umbrella quartz ribbon", "q1": "1", "confirm": "1"}
            if token is not None:
                data["csrf_token"] = token
            response = visitor.bare_post(call.path, data, headers=EVIL)
            assert response.status_code in {303, 400, 401, 404, 422}, (call, token)
    assert dump(database) == before
    assert mine


def test_every_act_is_tried_by_somebody_whom_its_rule_lets_in(app: Flask, things: Things) -> None:
    assert {owner(call.access) for call in calls(app, things, "POST")} <= {"staff", "therapist", "patient"}


def test_a_token_in_the_address_does_not_count(app: Flask, enter: Enter, database: Database) -> None:
    visitor = enter("patient")
    token = token_of(visitor.get("/sign-in").text)
    before = dump(database)
    assert visitor.bare_post(f"/sign-out?csrf_token={token}").status_code == 400
    assert dump(database) == before


def test_fault_36_the_token_of_before_signing_in_is_worthless_afterwards(app: Flask, world: World) -> None:
    """Whoever planted the form cookie in this browser knows that token."""
    visitor = Visitor(app)
    planted = token_of(visitor.get("/sign-in").text)
    seed = visitor.cookie("form")
    visitor.sign_in(world.patient)
    assert visitor.bare_post("/sign-out", {"csrf_token": planted}).status_code == 400
    assert token_of(visitor.get("/sign-in").text) != planted
    assert visitor.cookie("form") != seed
    assert visitor.post("/sign-out").status_code == 303
