"""Who asks is the other end of the connection, unless a proxy of ours stands between (fault 40)."""

from collections.abc import Callable

import pytest
from flask import Flask
from support.house import make_settings
from support.people import World
from support.visitor import Visitor, token_of

from checkin.app import create_app
from checkin.services.deps import Deps
from checkin.storage.engine import Database

PROXY = "10.0.0.1"


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """Addresses do not depend on the database."""
    return sqlite_database


def guess(app: Flask, world: World, number: int, forwarded: Callable[[int], str], *, peer: str) -> list[int]:
    """Guess at the patient's password so often; return the statuses."""
    visitor = Visitor(app)
    data = {
        "csrf_token": token_of(visitor.get("/sign-in").text),
        "email": world.patient.email,
        "password": "x",
    }
    return [
        visitor.open(
            "POST",
            "/sign-in",
            data=data,
            headers={"X-Forwarded-For": forwarded(index), "X-Real-IP": forwarded(index)},
            environ_overrides={"REMOTE_ADDR": peer},
        ).status_code
        for index in range(number)
    ]


def test_fault_40_a_made_up_forwarded_address_gains_nothing(app: Flask, world: World) -> None:
    assert guess(app, world, 12, lambda n: f"203.0.113.{n}", peer="198.51.100.1") == [422] * 5 + [429] * 7


def test_fault_40_behind_one_proxy_of_ours_its_own_entry_counts(
    database: Database, deps: Deps, world: World
) -> None:
    """The proxy adds the last entry; what a sender wrote before it counts for nothing."""
    app = create_app(make_settings(database, CHECKIN_TRUSTED_PROXIES="1"), deps)
    spoofed = guess(app, world, 12, lambda n: f"203.0.113.{n}, 198.51.100.1", peer=PROXY)
    assert spoofed == [422] * 5 + [429] * 7
    assert guess(app, world, 1, lambda n: "198.51.100.2", peer=PROXY) == [422]


@pytest.mark.parametrize("path", ["/", "/account", "/sign-in", "/reset", "/there-is-nothing-here"])
def test_a_made_up_host_is_repeated_nowhere(app: Flask, path: str) -> None:
    headers = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "Forwarded": "host=evil.example",
    }
    for host in (None, "evil.example"):
        response = Visitor(app).get(path, headers={**headers, **({"Host": host} if host else {})})
        assert "evil.example" not in response.text
        assert "evil.example" not in str(response.headers)
