"""A database that stays locked: the visitor waits, then is told that nothing is saved and when to try."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from support.asked import Asked, rows
from support.channel import FakeChannel
from support.clock import Clock
from support.databases import make_keyring
from support.house import PLAIN, make_deps, make_settings, url_of
from support.locks import locked, watch_writers
from support.people import World
from support.routes import Things, calls
from support.visitor import Visitor, forms_of

from checkin.app import create_app
from checkin.services.deps import Deps
from checkin.storage import audit, engine
from checkin.storage.engine import Database, open_database

PATIENCE_S = 0.05
LANDINGS = {
    "patient": {"patient.home", "patient.chart", "appointments.mine", "reminders.show", "sharing.show"},
    "therapist": {"account.show", "appointments.hours", "appointments.ask_to_cancel", "downloads.offer"},
    "staff": {"clinic.today", "clinic.list_people", "infusions.new"},
}


@pytest.fixture
def hurried(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The same database, opened by a server with little patience."""
    monkeypatch.setattr(engine, "BUSY_SECONDS", PATIENCE_S)
    opened = open_database(url_of(database), make_keyring())
    yield opened
    opened.engine.dispose()


def an_app(database: Database, clock: Clock, channel: FakeChannel) -> tuple[Flask, Deps]:
    deps = make_deps(database, clock, channel)
    return create_app(make_settings(database), deps), deps


def filled(visitor: Visitor, link: str) -> dict[str, object]:
    """The fields of the form behind a link, answered."""
    (form,) = (form for form in forms_of(visitor.get(f"/c/{link}").text) if "key" in form.values)
    return {**form.values, **{name: "1" for name in form.choices}}


def test_a_writer_has_ten_seconds() -> None:
    assert engine.BUSY_SECONDS == 10


def test_fault_22_a_lock_that_stays_is_told_with_a_hint_and_the_answer_can_be_sent_again(
    database: Database, hurried: Database, world: World, clock: Clock, channel: FakeChannel
) -> None:
    app, deps = an_app(hurried, clock, channel)
    asked, visitor = Asked(deps, database, world.patient, clock), Visitor(app)
    fields = filled(visitor, asked.link)
    with locked(database):
        response = visitor.post(f"/c/{asked.link}", fields)
        assert visitor.get(f"/c/{asked.link}").status_code == 200, "reading waits for nobody"
    assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
    assert "We could not save this just now" in response.text
    questions = [name for name in fields if name.startswith("q")]
    assert response.text.count(" checked") >= len(questions) > 0, "what was chosen is still there"
    assert rows(deps) == 0
    again = visitor.post(f"/c/{asked.link}", fields)
    assert (again.status_code, rows(deps)) == (303, 1)


def test_fault_22_a_script_is_told_to_come_later_and_nothing_that_it_takes_for_a_refusal(
    database: Database, hurried: Database, world: World, clock: Clock, channel: FakeChannel
) -> None:
    """A reply that names the key ends the waiting on the phone, so this one must not."""
    app, deps = an_app(hurried, clock, channel)
    asked, visitor = Asked(deps, database, world.patient, clock), Visitor(app)
    fields = filled(visitor, asked.link)
    by_script = {"Origin": PLAIN, "Accept": "application/json", "Idempotency-Key": str(fields["key"])}
    with locked(database):
        reply = visitor.bare_post(f"/c/{asked.link}", fields, headers=by_script)
    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "30")
    assert str(fields["key"]) not in reply.text
    again = visitor.bare_post(f"/c/{asked.link}", fields, headers=by_script)
    assert again.json is not None
    assert (again.status_code, again.json["key"], rows(deps)) == (200, fields["key"], 1)


def test_fault_22_a_lock_that_ends_in_time_is_waited_for(
    database: Database,
    world: World,
    clock: Clock,
    channel: FakeChannel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app, deps = an_app(database, clock, channel)
    asked, visitor = Asked(deps, database, world.patient, clock), Visitor(app)
    fields = filled(visitor, asked.link)
    until_one_waits = watch_writers(database, monkeypatch)
    with ThreadPoolExecutor(1) as pool:
        with locked(database):
            sent = pool.submit(visitor.post, f"/c/{asked.link}", fields)
            until_one_waits()
        response = sent.result(timeout=30)
    assert (response.status_code, rows(deps)) == (303, 1)


@pytest.mark.parametrize("path", ["/account", "/help", "/sharing", "/chart"])
def test_somebody_signed_in_still_reads_while_nothing_can_be_written(
    hurried: Database, world: World, clock: Clock, channel: FakeChannel, path: str
) -> None:
    """Above all the numbers to call, though the time of the last use is due to be written down."""
    app, _deps = an_app(hurried, clock, channel)
    visitor = Visitor(app)
    visitor.sign_in(world.patient)
    clock.advance(minutes=2)
    with locked(hurried):
        assert visitor.get(path).status_code == 200


@pytest.mark.parametrize("persona", ["patient", "therapist", "staff"])
def test_whoever_only_reads_waits_for_no_writer(
    hurried: Database, things: Things, world: World, clock: Clock, channel: FakeChannel, persona: str
) -> None:
    """Every page but those on which somebody else's look is written down: unwritten it is not allowed."""
    app, deps = an_app(hurried, clock, channel)
    visitor = Visitor(app)
    visitor.sign_in(getattr(world, persona))

    def written() -> int:
        with deps.reading() as tx:
            return len(audit.events_of(tx, world.clinic.id, limit=1000))

    only_read = []
    for call in calls(app, things, "GET"):
        before = written()
        if call.by(visitor).status_code == 200 and written() == before:
            only_read.append(call)
    assert LANDINGS[persona] <= {call.endpoint for call in only_read}
    with locked(hurried):
        assert [str(call) for call in only_read if call.by(visitor).status_code != 200] == []


def test_an_act_that_cannot_be_written_is_told_to_somebody_signed_in(
    hurried: Database, world: World, clock: Clock, channel: FakeChannel
) -> None:
    app, _deps = an_app(hurried, clock, channel)
    visitor = Visitor(app)
    visitor.sign_in(world.patient)
    clock.advance(minutes=2)
    with locked(hurried):
        response = visitor.post("/sign-out")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
    assert "We could not save this just now" in response.text
