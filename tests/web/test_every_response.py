"""Every response, whatever it answers to: security headers, cookies that scripts and others cannot read."""

from collections.abc import Iterator
from http.cookies import SimpleCookie

import pytest
from flask import Flask
from support.house import SECURE, make_settings
from support.people import World
from support.routes import Things, calls, entering, nothing
from support.visitor import Visitor
from werkzeug.test import TestResponse

from checkin.app import create_app
from checkin.services import help_page
from checkin.services.deps import Deps
from checkin.storage.engine import Database

YEAR = 365 * 24 * 3600
ASKED_AGAIN = {"shell.manifest", "shell.worker"}  # the same for everybody, kept until they change


@pytest.fixture
def secure_app(database: Database, deps: Deps) -> Flask:
    """The application as browsers reach it over TLS."""
    return create_app(make_settings(database, base_url=SECURE), deps)


def policy(response: TestResponse) -> dict[str, list[str]]:
    (written,) = response.headers.getlist("Content-Security-Policy")
    parts = [part.split() for part in written.split(";")]
    return {name: sources for name, *sources in parts}


def check_headers(response: TestResponse, what: object) -> None:
    """The list of the browser makers' own advice, held on one response."""
    found = policy(response)
    assert found["default-src"] == ["'none'"], what
    for name in ("object-src", "base-uri", "frame-ancestors"):
        assert found[name] == ["'none'"], (name, what)
    for name, sources in found.items():
        assert set(sources) <= {"'self'", "'none'"}, (name, what)
    single = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Robots-Tag": "noindex, nofollow",
    }
    for name, value in single.items():
        assert response.headers.getlist(name) == [value], (name, what)
    assert "Permissions-Policy" in response.headers, what
    for name in (
        "X-Powered-By",
        "Access-Control-Allow-Origin",
        "ETag" if response.status_code != 200 else "",
    ):
        assert name not in response.headers, (name, what)


def check_cookies(response: TestResponse, what: object, *, secure: bool) -> int:
    """Hold every cookie that is set; return how many there are."""
    number = 0
    for written in response.headers.getlist("Set-Cookie"):
        for name, cookie in SimpleCookie(written).items():
            number += 1
            assert cookie["httponly"], (name, what)
            assert cookie["samesite"] in {"Lax", "Strict"}, (name, what)
            assert cookie["path"] == "/", (name, what)
            assert not cookie["domain"], (name, what)
            assert bool(cookie["secure"]) == secure, (name, what)
            assert name.startswith("__Host-") == secure, (name, what)
    return number


def odd_requests(visitor: Visitor) -> Iterator[tuple[str, TestResponse, int]]:
    """Requests that end in every kind of error."""
    yield "an unknown page", visitor.get("/there-is-nothing-here"), 404
    yield "an unknown static file", visitor.get("/static/missing.css"), 404
    yield "a way out of the static folder", visitor.get("/static/../wsgi.py"), 404
    yield "a wrong method", visitor.open("PUT", "/help"), 404
    yield "a missing token", visitor.bare_post("/sign-in", {"email": "a@example.org"}), 400
    yield "a wrong password", visitor.post("/sign-in", {"email": "a@example.org", "password": "x"}), 422
    yield "too much", visitor.bare_post("/sign-in", {"email": "a" * 300_000}), 413
    yield "a closed page", visitor.get("/account"), 303
    yield "a preflight", visitor.open("OPTIONS", "/help", headers={"Origin": "https://evil.example"}), 200
    yield "a slash too many", visitor.get("//help"), 404
    yield "a strange path", visitor.get("/c/%00%ff%0d%0aSet-Cookie:x=y"), 404


@pytest.mark.parametrize("secure", [False, True], ids=["in clear", "over TLS"])
def test_every_kind_of_error_has_the_headers(
    app: Flask, secure_app: Flask, world: World, secure: bool
) -> None:
    visitor = Visitor(secure_app, SECURE) if secure else Visitor(app)
    for what, response, status in odd_requests(visitor):
        assert response.status_code == status, what
        check_headers(response, what)
        check_cookies(response, what, secure=secure)
        assert "x=y" not in str(response.headers)


@pytest.mark.parametrize("persona", ["stranger", "staff", "therapist", "patient"])
def test_every_route_has_the_headers_and_its_cookies_are_closed(
    secure_app: Flask, things: Things, world: World, persona: str
) -> None:
    visitor = entering(secure_app, world, SECURE)(persona)
    for known in (things, nothing()):
        for call in calls(secure_app, known, "GET"):
            response = call.by(visitor)
            check_headers(response, call)
            check_cookies(response, call, secure=True)
            assert response.headers["Strict-Transport-Security"] == f"max-age={YEAR}; includeSubDomains"
            if call.endpoint in ASKED_AGAIN:
                assert response.headers["Cache-Control"] == "no-cache", call
            elif call.endpoint != "static":
                assert response.headers["Cache-Control"] == "no-store", call
                assert b"<script>" not in response.data, call


def test_signing_in_and_out_sets_and_takes_closed_cookies(secure_app: Flask, world: World) -> None:
    visitor = Visitor(secure_app, SECURE)
    opened = visitor.sign_in(world.patient)
    assert check_cookies(opened, "signing in", secure=True) >= 2
    ended = visitor.post("/sign-out")
    assert check_cookies(ended, "signing out", secure=True) >= 1
    assert ended.headers["Clear-Site-Data"] == '"cache"'
    assert visitor.cookie("signin") is None


def test_in_clear_there_is_no_promise_of_tls(app: Flask) -> None:
    assert "Strict-Transport-Security" not in Visitor(app).get("/help").headers


def test_static_files_are_kept_for_ever_only_under_the_hash_of_their_content(app: Flask) -> None:
    visitor = Visitor(app)
    page = visitor.get("/sign-in").text
    address = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert "?v=" in address
    hashed, bare = visitor.get(address), visitor.get(address.partition("?")[0])
    assert hashed.headers["Cache-Control"] == f"public, max-age={YEAR}, immutable"
    assert bare.headers["Cache-Control"] == "no-cache"
    check_headers(hashed, address)


def test_an_answer_of_last_resort_has_the_headers_too(
    app: Flask, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_arguments: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(help_page, "help_lines", broken)
    monkeypatch.setattr("checkin.web.help.views.help_lines", broken, raising=False)
    response = Visitor(app).get("/help")
    assert response.status_code == 500
    check_headers(response, "a fault")
    capsys.readouterr()  # the fault is logged; what the line may say is tested with the logs
