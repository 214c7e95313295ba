"""Fifty rounds of the kill loop on each database; `make chaos` runs as many as it is told."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from chaos.loop import FASTER, KillLoop
from chaos.times import FastClock
from support.people import make_world

from checkin.storage.engine import Database

pytestmark = pytest.mark.slow

ROUNDS = 50


def test_fault_01_02_03_05_16_nothing_acknowledged_is_lost_and_nothing_arrives_twice(
    database: Database, tmp_path: Path
) -> None:
    world = make_world(database, datetime.now(UTC))
    clock = FastClock.start(times=FASTER)
    with KillLoop(database, world, clock, tmp_path, seed="fifty rounds") as loop:
        for _ in range(ROUNDS):
            loop.round()
        tally = loop.rest()
        assert loop.acknowledged >= ROUNDS
    assert tally.wrong == []
    assert tally.answers >= loop.acknowledged
    assert tally.delivered >= ROUNDS
    assert tally.states["expired"] <= tally.messages / 10, "messages really go out, whatever the hour"
    assert loop.struck["dispatcher killed"] + loop.struck["reply lost"] >= ROUNDS / 5, "too little happened"
