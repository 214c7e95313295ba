"""When something breaks in the house: a plain page, a log line without data, and the next request works."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO

import pytest
import structlog
from flask import Flask
from support.house import make_settings
from support.people import PASSWORD, World
from support.routes import Enter, Things, calls
from support.visitor import Visitor

from checkin import logs
from checkin.app import create_app
from checkin.domain.errors import Unavailable
from checkin.services.deps import Deps
from checkin.storage.engine import Database, Transaction

CANARY = "Perpetua answered 3 and wrote: the ceiling hummed"


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """Standard error, with the log in it as it is written in production."""
    stream = StringIO()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", stream)
        logs.configure()
        yield stream
    structlog.reset_defaults()


def failing(deps: Deps, error: Exception) -> Deps:
    """Collaborators whose database breaks with an error that repeats private data."""

    @contextmanager
    def broken() -> Iterator[Transaction]:
        raise error
        yield

    return replace(deps, reading=broken, transaction=broken)


def test_an_unexpected_fault_is_a_plain_page_and_a_line_without_data(
    database: Database, deps: Deps, world: World, logged: StringIO
) -> None:
    broken = create_app(make_settings(database), failing(deps, ZeroDivisionError(CANARY)))
    page = Visitor(broken).get("/help")
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert page.status_code == 500
    assert "Something went wrong" in page.text
    assert len(lines) == 1
    assert set(lines[0]) <= logs.ALLOWED
    assert (lines[0]["error"], lines[0]["route"]) == ("ZeroDivisionError", "help.show")
    assert lines[0]["reference"] in page.text
    for shown in (page.text, repr(lines)):
        assert "Perpetua" not in shown
        assert "ceiling" not in shown
        assert "Traceback" not in shown


def test_the_process_goes_on_after_a_fault(
    app: Flask, deps: Deps, world: World, monkeypatch: pytest.MonkeyPatch, logged: object
) -> None:
    visitor = Visitor(app)
    with monkeypatch.context() as patched:
        patched.setattr("checkin.web.guard.RULES", None)
        assert visitor.get("/help").status_code == 500
    assert visitor.get("/help").status_code == 200


def test_a_page_of_last_resort_needs_nothing_that_can_break(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, logged: StringIO
) -> None:
    def broken(*_arguments: object, **_more: object) -> str:
        raise RuntimeError(CANARY)

    monkeypatch.setattr("checkin.web.errors.render_template", broken)
    monkeypatch.setattr("checkin.web.check_in_pages.render_template", broken)
    page = Visitor(app).get("/c/a-secret-of-somebody")
    assert page.status_code == 500
    assert "Please try again" in page.text
    assert '<a href="/help">Get help now</a>' in page.text
    assert "ceiling" not in page.text
    written = logged.getvalue()
    assert "RuntimeError" in written
    assert "ceiling" not in written
    assert "a-secret-of-somebody" not in written


def test_a_database_that_is_busy_is_a_wait_and_not_a_fault(
    database: Database, deps: Deps, world: World, logged: StringIO
) -> None:
    page = Visitor(create_app(make_settings(database), failing(deps, Unavailable()))).get("/help")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
    assert "Try again" in page.text


@pytest.mark.parametrize(
    ("error", "status"), [(Unavailable(), 503), (ZeroDivisionError(CANARY), 500)], ids=["gone", "broken"]
)
@pytest.mark.parametrize("path", ["/home", "/account", "/nowhere"])
def test_a_database_that_breaks_while_looking_who_asks_is_a_page_and_our_own_line(
    database: Database,
    deps: Deps,
    world: World,
    enter: Enter,
    logged: StringIO,
    caplog: pytest.LogCaptureFixture,
    path: str,
    error: Exception,
    status: int,
) -> None:
    """The error's page must not look again: the second error would put the address into the server's log."""
    visitor = enter("patient")
    visitor.client.application = create_app(make_settings(database), failing(deps, error))
    page = visitor.get(path)
    assert page.status_code == (404 if path == "/nowhere" else status)
    assert "<h1" in page.text
    assert caplog.records == []
    assert all(set(json.loads(line)) <= logs.ALLOWED for line in logged.getvalue().splitlines())


def test_an_error_in_the_page_of_an_error_is_a_page_too(
    app: Flask, monkeypatch: pytest.MonkeyPatch, logged: StringIO, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_arguments: object, **_more: object) -> str:
        raise RuntimeError(CANARY)

    monkeypatch.setattr("checkin.web.errors.render_template", broken)
    page = Visitor(app).get("/nowhere/a-secret-of-somebody")
    assert (page.status_code, "This is our fault" in page.text) == (500, True)
    (first, second) = (json.loads(line) for line in logged.getvalue().splitlines())
    assert (first["error"], second["error"]) == ("RuntimeError", "RuntimeError")
    assert caplog.records == []
    assert "a-secret-of-somebody" not in logged.getvalue()


def test_an_access_check_that_breaks_lets_nobody_in(
    app: Flask, world: World, things: Things, enter: Enter, monkeypatch: pytest.MonkeyPatch, logged: object
) -> None:
    visitor = enter("therapist")

    def broken(*_arguments: object, **_more: object) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr("checkin.services.access.may", broken)
    page = visitor.get(f"/patients/{world.patient.id}")
    assert page.status_code == 500
    assert world.patient.name not in page.text


def test_fault_47_logs_and_output_carry_nothing_private(
    app: Flask,
    world: World,
    things: Things,
    enter: Enter,
    logged: StringIO,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Everybody looks at everything, sends every form, and fails at some of it."""
    for persona in ("stranger", "staff", "therapist", "patient"):
        visitor = enter(persona)
        for call in calls(app, things):
            call.by(visitor, {"note": CANARY, "password": PASSWORD, "email": world.patient.email, "q1": "x"})
    shown = logged.getvalue() + "".join(capsys.readouterr())
    secrets = [value["secret"] for value in (things.values, *things.of.values()) if "secret" in value]
    names = [part for person in world.everybody for part in (*person.name.split(), person.email)]
    assert [word for word in (*names, *secrets, PASSWORD, "ceiling") if word in shown] == []


def test_line_breaks_in_what_is_logged_make_no_new_lines(logged: StringIO) -> None:
    logs.Log().warning("event\n{}", route="a\r\nb", reference="\u2028")
    lines = logged.getvalue().splitlines()
    assert len(lines) == 1
    assert json.loads(lines[0])["route"] == "a\r\nb"


def test_what_is_not_listed_is_not_logged(logged: StringIO) -> None:
    logs.Log().warning("something", name="Perpetua", score=27, route="clinic.today")
    written = json.loads(logged.getvalue())
    assert "Perpetua" not in repr(written)
    assert set(written) == {"event", "level", "timestamp", "route"}
