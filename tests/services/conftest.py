"""Fixtures of the service tests."""

import pytest
from support.asked import Asked
from support.channel import FakeChannel
from support.clock import Clock
from support.people import World
from support.story import Story

from checkin.services.deps import Deps
from checkin.storage.engine import Database


@pytest.fixture
def asked(deps: Deps, database: Database, world: World, clock: Clock) -> Asked:
    """A prompt of the patient that is open now."""
    return Asked(deps, database, world.patient, clock)


@pytest.fixture
def story(deps: Deps, clock: Clock, channel: FakeChannel, world: World) -> Story:
    return Story(deps, clock, channel, world)
