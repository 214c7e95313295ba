"""Requests that are too large, too many or not what they say: refused quickly, and nothing is half done."""

import io
from time import thread_time

import pytest
from flask import Flask
from support.asked import Asked, rows
from support.clock import Clock
from support.people import World
from support.routes import STRANGER, Enter, Things, calls
from support.visitor import Visitor

from checkin.services.deps import Deps
from checkin.storage.engine import Database

QUICK_S = 3.0  # of this thread's own work, whoever else is busy; the requests take milliseconds
BODY = 100 * 1024 * 1024


class Endless(io.RawIOBase):
    """A body of so many bytes that counts how many were asked for."""

    def __init__(self, size: int) -> None:
        self.left, self.read_bytes = size, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        number = min(len(buffer), self.left)
        buffer[:number] = b"a" * number
        self.left -= number
        self.read_bytes += number
        return number


FORM, PARTS, JSON = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "application/json"
REFUSED = {303, 400, 401, 404, 413, 415, 422}
# It takes what a mail program sends without reading it.
UNREAD = "links.stop"


@pytest.mark.parametrize("kind", [FORM, PARTS, JSON, "text/plain"])
def test_fault_43_a_hundred_megabytes_are_refused_unread(
    app: Flask, things: Things, enter: Enter, kind: str
) -> None:
    for persona in (STRANGER, "patient"):
        visitor = enter(persona)
        began = thread_time()
        for call in calls(app, things, "POST"):
            body = Endless(BODY)
            environ = {"wsgi.input": body, "CONTENT_LENGTH": str(BODY), "CONTENT_TYPE": kind}
            response = visitor.open("POST", call.path, environ_overrides=environ)
            assert response.status_code in REFUSED or call.endpoint == UNREAD, call
            assert body.read_bytes <= 512 * 1024, call
        assert thread_time() - began < QUICK_S


def test_fault_43_a_million_fields_are_refused_quickly(app: Flask) -> None:
    visitor = Visitor(app)
    began = thread_time()
    refused = visitor.open("POST", "/sign-in", data=b"a=&" * 10**6, content_type=FORM)
    assert refused.status_code == 413
    assert thread_time() - began < QUICK_S


def test_as_many_fields_as_fit_are_read_quickly(app: Flask) -> None:
    visitor = Visitor(app)
    began = thread_time()
    refused = visitor.open("POST", "/sign-in", data=b"a&" * 130_000, content_type=FORM)
    assert refused.status_code in {400, 413}
    assert thread_time() - began < QUICK_S


def test_too_many_parts_are_refused(app: Flask) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    refused = Visitor(app).open("POST", "/sign-in", data=part * 401 + b"--b--\r\n", content_type=PARTS)
    assert refused.status_code == 413


BROKEN = [
    (PARTS, b"--b\r\nContent-Disposition: form-data; name=\r\n\r\n"),
    (PARTS, b"--c--"),
    ("multipart/form-data", b"--b--"),
    (FORM, b"%ff%fe=%00&q1=%zz&csrf_token=%f0%28%8c%28"),
    (JSON, b"[" * 100_000),
    (JSON, b'{"q1": 1e999}'),
    ("x" * 5000, b"\x00" * 1000),
]


@pytest.mark.parametrize(("kind", "body"), BROKEN)
def test_a_body_that_is_not_what_it_says_is_a_refusal(
    app: Flask, things: Things, enter: Enter, kind: str, body: bytes
) -> None:
    visitor = enter("patient")
    for call in calls(app, things, "POST"):
        response = visitor.open("POST", call.path, data=body, content_type=kind)
        assert response.status_code in REFUSED or call.endpoint == UNREAD, call


ODD = ["%00", "%ff", "%0d%0aX: y", "a" * 4000, "..%2f..%2fetc"]


@pytest.mark.parametrize("odd", ODD)
def test_odd_values_in_an_address_are_never_a_fault(
    app: Flask, things: Things, enter: Enter, odd: str
) -> None:
    visitor = enter("staff")
    for call in calls(app, things, "GET"):
        for secret in (value for value in things.values.values() if value in call.path):
            assert visitor.get(call.path.replace(secret, odd)).status_code in {200, 303, 404}, call
        names = ("next", "before", "infusion", "course", "changed", "page", "q")
        query = "&".join(f"{name}={odd}" for name in names)
        assert visitor.get(f"{call.path}?{query}").status_code in {200, 303, 404}, call


def test_a_long_check_in_with_a_long_note_fits(
    app: Flask, deps: Deps, database: Database, world: World, clock: Clock
) -> None:
    asked = Asked(deps, database, world.patient, clock)
    visitor = Visitor(app)
    values = {**asked.answers(), "note": "🦉" * 1000, "key": "a-key-of-this-long-one"}
    response = visitor.post(f"/c/{asked.link}", values, page=f"/c/{asked.link}")
    assert response.status_code == 303
    assert rows(deps) == 1
