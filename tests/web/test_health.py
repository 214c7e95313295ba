"""How the server says that it lives, that it can work and how it does, without a word about anybody."""

import re
from uuid import uuid4

import pytest
from flask import Flask
from support.asked import Asked
from support.channel import FakeChannel
from support.clock import Clock
from support.house import make_deps, make_settings
from support.people import World
from support.routes import Enter
from support.visitor import Visitor

from checkin.app import create_app
from checkin.domain.errors import Unavailable
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.heartbeat import DEAD_AFTER, beat
from checkin.services.remind import remind
from checkin.storage.engine import Database

TOKEN = "a-token-for-figures-that-opens-nothing-else-0123"


def test_a_process_that_answers_lives_whatever_else_is_wrong(
    visitor: Visitor,
) -> None:
    response = visitor.get("/healthz")
    assert (response.status_code, response.text, response.mimetype) == (200, "ok\n", "text/plain")


def test_fault_07_ready_until_no_scheduler_was_heard_of_for_two_minutes(
    visitor: Visitor, deps: Deps, clock: Clock
) -> None:
    never = visitor.get("/readyz")
    assert never.status_code == 503
    assert "No scheduler has run yet" in never.text
    beat(deps, uuid4())
    clock.advance(seconds=DEAD_AFTER.total_seconds() - 1)
    assert (visitor.get("/readyz").status_code, visitor.get("/readyz").text) == (200, "ready\n")
    clock.advance(seconds=1)
    silent = visitor.get("/readyz")
    assert silent.status_code == 503
    assert silent.headers["Retry-After"] == "30"
    assert "silent since 2026-03-10 16:00:00 UTC" in silent.text


def test_fault_07_one_dead_scheduler_of_two_is_named_while_the_other_one_sends(
    visitor: Visitor, enter: Enter, deps: Deps, clock: Clock
) -> None:
    died, other = uuid4(), uuid4()
    staff = enter("staff")
    beat(deps, died)
    clock.advance(seconds=60)
    beat(deps, other)
    clock.advance(seconds=60)
    told = visitor.get("/readyz")
    assert told.status_code == 200
    assert told.text.splitlines() == [
        "ready",
        "One scheduler has been silent since 2026-03-10 16:00:00 UTC; another one sends.",
    ]
    assert "One of the schedulers has been silent since Tuesday 10 March, 12pm." in staff.get("/clinic").text
    assert figures(visitor)["checkin_schedulers_silent"] == 1


def test_not_ready_with_a_schema_of_another_version(visitor: Visitor, database: Database, deps: Deps) -> None:
    beat(deps, uuid4())
    with database.transaction() as tx:
        before = tx.connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
        tx.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    try:
        response = visitor.get("/readyz")
    finally:
        with database.transaction() as tx:
            tx.connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{before}'")  # noqa: S608
    assert (response.status_code, "flask db-upgrade" in response.text) == (503, True)


def test_not_ready_without_a_database(app: Flask, deps: Deps, database: Database) -> None:
    def gone() -> None:
        raise Unavailable

    object.__setattr__(app.extensions["checkin"], "reading", gone)
    response = Visitor(app).get("/readyz")
    assert (response.status_code, "database cannot be used" in response.text) == (503, True)
    assert Visitor(app).get("/healthz").status_code == 200


def test_fault_07_staff_see_since_when_nothing_is_sent(enter: Enter, deps: Deps, clock: Clock) -> None:
    staff = enter("staff")
    assert "the scheduler has never run" in staff.get("/clinic").text
    beat(deps, uuid4())
    clock.advance(seconds=119)
    assert "not being sent" not in staff.get("/clinic").text
    clock.advance(seconds=1)
    assert "not being sent since Tuesday 10 March, 12pm." in staff.get("/clinic").text


def figures(visitor: Visitor) -> dict[str, float]:
    text = visitor.get("/metrics").text
    return {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
        for line in text.splitlines()
        if not line.startswith("#")
    }


def test_the_figures_follow_what_happens(
    visitor: Visitor, deps: Deps, clock: Clock, channel: FakeChannel, database: Database, world: World
) -> None:
    empty = figures(visitor)
    assert (empty["checkin_scheduler_up"], empty["checkin_oldest_due_seconds"]) == (0, 0)
    Asked(deps, database, world.patient, clock)
    beat(deps, uuid4())
    clock.advance(minutes=3)
    assert figures(visitor)["checkin_prompts_overdue"] == 1
    remind(deps)
    clock.advance(minutes=1)
    waiting = figures(visitor)
    assert waiting["checkin_prompts_overdue"] == 0
    assert waiting['checkin_messages_unsent{channel="email",state="pending"}'] == 1
    assert 30 <= waiting["checkin_oldest_due_seconds"] <= 60
    deliver(deps, uuid4())
    sent = figures(visitor)
    assert sent['checkin_messages_last_hour{channel="email",state="accepted"}'] == 1
    assert 'checkin_messages_unsent{channel="email",state="pending"}' not in sent
    clock.advance(hours=1)
    assert not any("last_hour" in name for name in figures(visitor))


def test_the_figures_are_in_the_format_of_prometheus_and_name_nobody(
    visitor: Visitor, deps: Deps, clock: Clock, channel: FakeChannel, database: Database, world: World
) -> None:
    asked = Asked(deps, database, world.patient, clock)
    asked.send(asked.answers(safety=3), note="the ceiling hummed")
    remind(deps)
    response = visitor.get("/metrics")
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    line = re.compile(
        r"# (HELP checkin_[a-z_]+ [^\n]+|TYPE checkin_[a-z_]+ gauge)"
        r"|checkin_[a-z_]+(\{channel=\"[a-z_]+\",state=\"[a-z]+\"\})? [0-9.e+]+"
    )
    assert all(line.fullmatch(one) for one in response.text.splitlines()), response.text
    assert response.text.endswith("\n")
    told = response.text.casefold()
    words = [world.patient.name, world.patient.email, world.clinic.name, str(world.clinic.id), "alert"]
    assert [word for word in [*words, "suicid", "score", "infusion"] if word.casefold() in told] == []


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.7", {}, 404),
        ("", {}, 404),
        # A proxy on this machine whose number was not told to us: everybody seems to be local.
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}, 404),
        ("127.0.0.1", {"Forwarded": "for=192.0.2.7"}, 404),
        ("192.0.2.7", {"Authorization": f"Bearer {TOKEN}"}, 200),
        ("192.0.2.7", {"Authorization": f"bearer {TOKEN}"}, 200),
        ("192.0.2.7", {"Authorization": f"Bearer {TOKEN}x"}, 404),
        ("192.0.2.7", {"Authorization": "Bearer "}, 404),
        ("192.0.2.7", {"Authorization": "Basic abc"}, 404),
    ],
)
def test_the_figures_are_for_this_machine_or_a_token(
    sqlite_database: Database, channel: FakeChannel, address: str, headers: dict[str, str], status: int
) -> None:
    settings = make_settings(sqlite_database, CHECKIN_METRICS_TOKEN=TOKEN)
    deps = make_deps(sqlite_database, Clock(), channel, settings=settings)
    client = create_app(settings, deps).test_client()
    response = client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
    assert response.status_code == status


def test_without_a_token_no_header_opens_the_figures(app: Flask) -> None:
    for given in ("Bearer ", "Bearer", f"Bearer {TOKEN}"):
        response = app.test_client().get(
            "/metrics", headers={"Authorization": given}, environ_base={"REMOTE_ADDR": "192.0.2.7"}
        )
        assert response.status_code == 404


def test_asking_changes_nothing_and_is_not_kept(visitor: Visitor) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        response = visitor.get(path)
        assert response.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in response.headers
