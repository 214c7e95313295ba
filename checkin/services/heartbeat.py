"""Heartbeat: every scheduler process says that it lives, so that a dead one is seen within two minutes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from checkin.services.deps import Deps
from checkin.storage import dispatchers
from checkin.storage.engine import Transaction

DEAD_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True)
class Pulse:
    """When a scheduler was last heard of (None: never), and whether that is recent enough to rely on."""

    last_beat: datetime | None
    alive: bool


def beat(deps: Deps, dispatcher: UUID) -> None:
    """Note that this dispatcher is alive."""
    with deps.transaction() as tx:
        dispatchers.beat(tx, dispatcher, deps.now())


def pulse(tx: Transaction, now: datetime) -> Pulse:
    """Return whether any scheduler is alive."""
    last = dispatchers.last_beat(tx)
    return Pulse(last_beat=last, alive=last is not None and now < last + DEAD_AFTER)
