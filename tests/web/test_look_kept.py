"""How pages look is kept in the browser: chosen on the account page, or by the switch on a check-in."""

import re
from collections.abc import Mapping

import pytest
from flask import Flask
from support.asked import Asked
from support.clock import Clock
from support.house import PLAIN
from support.people import World
from support.visitor import Visitor, forms_of
from werkzeug.test import TestResponse

from checkin.services.deps import Deps
from checkin.storage.engine import Database

KEY = "k" * 24
BY_SCRIPT = {"Origin": PLAIN, "Accept": "application/json", "Idempotency-Key": KEY}


@pytest.fixture
def asked(deps: Deps, database: Database, world: World, clock: Clock) -> Asked:
    return Asked(deps, database, world.patient, clock)


@pytest.fixture
def patient(visitor: Visitor, world: World) -> Visitor:
    visitor.sign_in(world.patient)
    return visitor


def look_of(page: TestResponse) -> str:
    """The classes of a page's root."""
    (root,) = re.findall(r"<html[^>]*>", page.text)
    return " ".join(re.findall(r'class="([^"]*)"', root))


def is_switched(page: TestResponse) -> bool:
    (switch,) = re.findall(r'<input[^>]*id="dim"[^>]*>', page.text)
    return " checked" in switch


@pytest.mark.parametrize(
    ("chosen", "look"),
    [({}, ""), ({"dim": "y"}, "dim"), ({"large": "y"}, "large"), ({"dim": "y", "large": "y"}, "dim large")],
)
def test_what_is_chosen_holds_on_every_page_of_this_browser_until_it_is_changed(
    app: Flask, patient: Visitor, world: World, chosen: Mapping[str, str], look: str
) -> None:
    assert look_of(patient.get("/home")) == ""
    answer = patient.post("/account/look", chosen, page="/account")
    assert (answer.status_code, answer.location) == (303, "/account#look")
    (form,) = [form for form in forms_of(patient.get("/account").text) if form.action == "/account/look"]
    assert set(form.choices) == {"dim", "large"}
    patient.post("/sign-out")
    assert {path: look_of(patient.get(path)) for path in ("/sign-in", "/help", "/nothing")} == {
        "/sign-in": look,
        "/help": look,
        "/nothing": look,
    }
    patient.sign_in(world.patient)
    page = patient.get("/account")
    assert look_of(page) == look
    assert page.text.count(" checked") == len(chosen)
    other = Visitor(app)
    other.sign_in(world.patient)
    assert look_of(other.get("/home")) == "", "the browser's, not the person's"
    patient.post("/account/look", {}, page="/account")
    assert look_of(patient.get("/home")) == ""
    assert patient.cookie("look") is None


@pytest.mark.parametrize("by_script", [False, True])
def test_the_switch_of_a_check_in_holds_for_the_thanks_and_the_next_one(
    visitor: Visitor, asked: Asked, by_script: bool
) -> None:
    """Without signing in; the form itself is dim by its switch alone, which can be turned back there."""
    path = f"/c/{asked.link}"
    assert not is_switched(visitor.get(path))
    sent = {**asked.answers(), "key": KEY, "dim": "1"}
    if by_script:
        reply = visitor.bare_post(path, {**sent, "fetched": asked.open().fetched}, headers=BY_SCRIPT)
    else:
        reply = visitor.post(path, sent, page=path)
    assert reply.status_code == (200 if by_script else 303)
    assert look_of(visitor.get(f"{path}/saved")) == "dim"
    changing = visitor.get(f"{path}/change")
    assert is_switched(changing)
    assert look_of(changing) == ""
    assert 'name="color-scheme" content="dark"' in changing.text, "before the style sheet comes, too"
    visitor.post(f"{path}/change", {**asked.answers(), "key": KEY[::-1] + "2"}, page=f"{path}/change")
    assert look_of(visitor.get(f"{path}/saved")) == ""


def test_a_form_that_comes_back_is_as_dim_as_it_was_sent_and_as_large_as_was_chosen(
    patient: Visitor, asked: Asked
) -> None:
    patient.post("/account/look", {"large": "y"}, page="/account")
    path = f"/check-in/{asked.prompt.id}"
    for sent in ({"dim": "1"}, {}):
        back = patient.post(path, sent, page="/account")
        assert back.status_code == 422
        assert is_switched(back) == bool(sent)
        assert look_of(back) == "large"


def test_only_known_looks_reach_a_page(visitor: Visitor) -> None:
    visitor.client.set_cookie("look", 'x"><script>.dim.dim', domain="127.0.0.1")
    assert look_of(visitor.get("/help")) == "dim"
    assert "<script>." not in visitor.get("/help").text


def test_how_to_add_it_to_the_home_screen_looks_as_every_page(visitor: Visitor) -> None:
    visitor.client.set_cookie("look", "large", domain="127.0.0.1")
    assert look_of(visitor.get("/home-screen")) == "large"


def test_what_a_phone_keeps_of_us_is_the_same_for_everybody(visitor: Visitor) -> None:
    paths = ("/sw.js", "/offline", "/offline/help", "/manifest.webmanifest")
    before = [visitor.get(path).text for path in paths]
    visitor.client.set_cookie("look", "dim.large", domain="127.0.0.1")
    assert [visitor.get(path).text for path in paths] == before
