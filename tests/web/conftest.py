"""Fixtures of the web tests."""

import pytest
from flask import Flask
from support.clock import Clock
from support.people import World
from support.routes import Enter, Things, entering, make_things

from checkin.services.deps import Deps
from checkin.storage.engine import Database


@pytest.fixture
def things(database: Database, deps: Deps, clock: Clock, world: World) -> Things:
    """What the arguments of routes stand for in the first clinic."""
    return make_things(database, deps, clock, world)


@pytest.fixture
def enter(app: Flask, world: World) -> Enter:
    """Opens a browser for a persona by name, signed in."""
    return entering(app, world)
