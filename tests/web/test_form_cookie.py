"""The signed cookie behind the form tokens: what it takes, what it leaves aside, and what it sends."""

import base64
import json
from collections.abc import Mapping

import pytest
from flask import Flask, request, session
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from checkin.web.form_cookie import FormCookie

OLD, NEW, FOREIGN = "the-key-of-last-year", "the-key-of-this-year", "a-key-of-somebody-else"
KEPT = {"csrf_token": "5eed", "sent": ["0123456789abcdef", True, False]}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def serve(*keys: str, secure: bool = False) -> Flask:
    """An application that shows, replaces and empties what its cookie holds."""
    app = Flask("cookie")
    app.config.update(
        SESSION_COOKIE_NAME="__Host-form" if secure else "form",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    app.session_interface = FormCookie(keys)

    @app.get("/")
    def show() -> dict[str, object]:
        return dict(session)

    @app.post("/")
    def replace() -> str:
        session.clear()
        session.update(request.get_json())
        return ""

    return app


def sent_by(app: Flask, values: Mapping[str, object]) -> str:
    """The Set-Cookie line after these values were stored; it must be there."""
    return str(app.test_client().post("/", json=dict(values)).headers["Set-Cookie"])


def value_of(line: str) -> str:
    return line.partition(";")[0].partition("=")[2]


def read(app: Flask, value: str) -> object:
    """What the application finds in a cookie of this value."""
    browser = app.test_client()
    browser.set_cookie("form", value)
    response = browser.get("/")
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers, "looking sends nothing"
    return response.json


@given(values=st.dictionaries(st.text(), VALUES, min_size=1, max_size=4))
def test_what_was_stored_comes_back(values: dict[str, object]) -> None:
    app = serve(NEW)
    assert read(app, value_of(sent_by(app, values))) == values


def test_a_cookie_of_another_key_is_nothing() -> None:
    assert read(serve(NEW), value_of(sent_by(serve(FOREIGN), KEPT))) == {}


def test_after_a_change_of_keys_the_old_cookies_are_still_read_and_new_ones_signed_anew() -> None:
    both = serve(OLD, NEW)
    assert read(both, value_of(sent_by(serve(OLD), KEPT))) == KEPT
    written = value_of(sent_by(both, KEPT))
    assert read(serve(NEW), written) == KEPT
    assert read(serve(OLD), written) == {}


@given(place=st.integers(0), letter=st.sampled_from("ABCxyz019-_."))
def test_a_cookie_with_any_letter_changed_is_nothing(place: int, letter: str) -> None:
    app = serve(NEW)
    good = value_of(sent_by(app, KEPT))
    place %= len(good) - 1  # the last letter carries two bits that say nothing
    changed = good[:place] + letter + good[place + 1 :]
    assert read(app, changed) == (KEPT if changed == good else {})


@given(sent=st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode() + ".e30"))
def test_garbage_is_nothing(sent: str) -> None:
    assert read(serve(NEW), sent) == {}


def test_a_cookie_signed_with_the_bare_key_is_nothing() -> None:
    """The key signs other things too: what is signed for one of them must not pass for another."""
    plain = Flask("plain")
    plain.secret_key = NEW
    with plain.test_client() as browser:
        with browser.session_transaction() as stored:
            stored.update(KEPT)
        cookie = browser.get_cookie("session")
    assert cookie is not None
    assert read(serve(NEW), cookie.value) == {}


def test_emptied_it_is_taken_away() -> None:
    app = serve(NEW)
    browser = app.test_client()
    browser.post("/", json=KEPT)
    assert browser.get("/").json == KEPT
    line = browser.post("/", json={}).headers["Set-Cookie"]
    assert value_of(line) == ""
    assert "Max-Age=0" in line
    assert browser.get_cookie("form") is None
    assert browser.get("/").json == {}


def test_it_carries_no_time_and_the_same_values_make_the_same_cookie() -> None:
    value = value_of(sent_by(serve(NEW), KEPT))
    assert value == value_of(sent_by(serve(NEW), KEPT))
    body = value.partition(".")[0]
    assert value.count(".") == 1
    assert json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))) == KEPT


@pytest.mark.parametrize("secure", [False, True])
def test_its_attributes(*, secure: bool) -> None:
    line = sent_by(serve(NEW, secure=secure), KEPT)
    attributes = {part.strip() for part in line.split(";")[1:]}
    assert attributes == {"HttpOnly", "SameSite=Lax", "Path=/"} | ({"Secure"} if secure else set())
    assert line.startswith("__Host-form=" if secure else "form=")


def test_what_nobody_changed_is_not_sent_again() -> None:
    browser: FlaskClient = serve(NEW).test_client()
    browser.post("/", json=KEPT)
    assert "Set-Cookie" not in browser.get("/").headers
