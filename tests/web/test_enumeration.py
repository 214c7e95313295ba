"""Nobody learns from outside who is a patient here: the same words, headers, work and time (fault 38)."""

import re
import time
from itertools import count
from statistics import median

import pytest
from flask import Flask
from sqlalchemy import event
from support.clock import Clock
from support.people import World
from support.visitor import Visitor, token_of
from werkzeug.test import TestResponse

from checkin.storage.engine import Database

UNKNOWN = "nobody.of.this.name@example.org"
ROUNDS = 40
_addresses = (f"203.0.{number // 250}.{number % 250}" for number in count())
_TOKEN = re.compile(r'name="csrf_token"[^>]*>')


def send(visitor: Visitor, page: str, token: str, email: str) -> tuple[TestResponse, float]:
    """Ask once, from an address of its own; return the answer and the seconds of work it took.

    Work and not the clock on the wall: what else runs on this machine is no sign of anybody.
    """
    data = {"csrf_token": token, "email": email, "password": "not the password at all"}
    environ = {"REMOTE_ADDR": next(_addresses)}
    began = time.thread_time()
    response = visitor.open("POST", page, data=data, environ_overrides=environ)
    return response, time.thread_time() - began


def seen(response: TestResponse, email: str) -> tuple[object, ...]:
    """All that the other end can see of an answer, but for the form token and what was typed in."""
    changing = {"Set-Cookie", "Date", "Content-Length"}
    headers = [(name, value) for name, value in response.headers if name not in changing]
    cookies = [cookie.partition("=")[0] for cookie in response.headers.getlist("Set-Cookie")]
    page = _TOKEN.sub("", response.text).replace(email, "")
    return response.status_code, page, headers, cookies


def emails(world: World) -> list[str]:
    """A patient, staff, somebody disabled, somebody of another clinic, and two who are nobody."""
    people = (world.patient, world.staff, world.disabled, world.elsewhere_patient)
    return [*(person.email for person in people), UNKNOWN, "x@example.net"]


@pytest.mark.parametrize("page", ["/sign-in", "/reset"])
def test_fault_38_the_answer_is_the_same_for_whoever_is_asked_about(
    app: Flask, world: World, page: str
) -> None:
    answers = set()
    for email in emails(world):
        visitor = Visitor(app)
        response, _ = send(visitor, page, token_of(visitor.get(page).text), email)
        answers.add(repr(seen(response, email)))
    assert len(answers) == 1


@pytest.mark.parametrize("page", ["/sign-in", "/reset"])
def test_fault_38_after_many_tries_it_is_still_the_same(app: Flask, world: World, page: str) -> None:
    """Also the limits, and when they begin."""
    found = set()
    for email in emails(world):
        visitor = Visitor(app)
        data = {"csrf_token": token_of(visitor.get(page).text), "email": email, "password": "not this one"}
        environ = {"REMOTE_ADDR": next(_addresses)}
        tries = [visitor.open("POST", page, data=data, environ_overrides=environ) for _ in range(8)]
        found.add(tuple(response.status_code for response in tries))
    assert len(found) == 1


def times(app: Flask, clock: Clock, page: str, known: list[str], unknown: list[str]) -> list[list[float]]:
    """Ask about known and unknown addresses in turn, each time when no limit holds any more."""
    visitor = Visitor(app)
    token = token_of(visitor.get(page).text)
    found: list[list[float]] = [[], []]
    for index in range(-3, ROUNDS):
        clock.advance(hours=2)
        sides = [(0, known[index % len(known)]), (1, unknown[index % len(unknown)])]
        for side, email in sides if index % 2 else sides[::-1]:
            _, took = send(visitor, page, token, email)
            if index >= 0:  # the first ones warm up
                found[side].append(took)
    return found


@pytest.mark.parametrize("page", ["/sign-in", "/reset"])
def test_fault_38_the_database_is_asked_the_same_number_of_things(
    app: Flask, world: World, database: Database, page: str
) -> None:
    """Most of the time goes there; and to the commit, whose waiting no count of work would show."""
    seen: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *sent: seen.append(sent[2].split()[0]))
    event.listen(database.engine, "commit", lambda _connection: seen.append("COMMIT"))
    visitor = Visitor(app)
    token = token_of(visitor.get(page).text)
    found = set()
    for email in emails(world):
        seen.clear()
        send(visitor, page, token, email)
        found.add(tuple(sorted(seen)))
    assert len(found) == 1, found
    assert "COMMIT" in seen


@pytest.mark.parametrize("page", ["/sign-in", "/reset"])
def test_fault_38_the_times_tell_nothing(app: Flask, world: World, clock: Clock, page: str) -> None:
    """With a password hash that costs nothing, so that it hides nothing. A busy machine gets three tries.

    A fifth of the work is some tenths of a millisecond. Three resets an hour for one address, and five
    sign-ins, are too few to find so little in what a network adds; a hash or a mail would be many times that.
    """
    people = [world.patient, world.staff, world.therapist, world.unasked]
    known = [person.email for person in people]
    unknown = [f"somebody.else.{number}@example.org" for number in range(4)]
    measured = []
    for _ in range(3):
        first, second = (median(found) for found in times(app, clock, page, known, unknown))
        if max(first, second) < 1.2 * min(first, second):
            return
        measured.append((first, second))
    pytest.fail(f"known and unknown addresses can be told apart: {measured}")
