"""Heartbeat: every scheduler process says that it lives, so that a dead one is seen within two minutes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from checkin.domain.ids import new_id
from checkin.services.deps import Deps
from checkin.storage import dispatchers
from checkin.storage.engine import Transaction

DEAD_AFTER = timedelta(minutes=2)
# What was started in the place of a dead one has another name, so its row tells nothing more after a while.
_MISSED_FOR = timedelta(hours=1)
LONGEST_REST = timedelta(days=30)
"""A clock further ahead of the last heartbeat is not believed: a machine is seldom off for so long."""


@dataclass(frozen=True, kw_only=True)
class Pulse:
    """When a scheduler was last heard of (None: never), and whether that is recent enough to rely on.

    ``silent``: when each was last heard of that died or hangs lately while another one lives.
    """

    last_beat: datetime | None
    alive: bool
    silent: tuple[datetime, ...] = ()


def beat(deps: Deps, dispatcher: UUID) -> None:
    """Note that this dispatcher is alive."""
    with deps.transaction() as tx:
        dispatchers.beat(tx, dispatcher, deps.now())


def stop(deps: Deps, dispatcher: UUID) -> None:
    """Note that this dispatcher stops because it was told to."""
    with deps.transaction() as tx:
        dispatchers.stop(tx, dispatcher, deps.now())


def fall_silent(deps: Deps, dispatcher: UUID) -> None:
    """Let this dispatcher, in which something hangs, count as dead from now on."""
    with deps.transaction() as tx:
        dispatchers.fall_silent(tx, dispatcher, deps.now() - DEAD_AFTER)


def clock_is_ahead(deps: Deps) -> bool:
    """Whether the clock is so far ahead of all that was heard that it must be checked by somebody first."""
    with deps.reading() as tx:
        last = dispatchers.last_beat(tx)
    return last is not None and deps.now() > last + LONGEST_REST


def trust_clock(deps: Deps) -> None:
    """Note that somebody has looked at the clock and found it right."""
    beat(deps, new_id(deps.now()))


def pulse(tx: Transaction, now: datetime) -> Pulse:
    """Return whether any scheduler is alive."""
    # What was heard before the clock went back counts again only when it has come to that moment once more.
    last = dispatchers.last_beat(tx, until=now + DEAD_AFTER)
    alive = last is not None and now < last + DEAD_AFTER
    silent = dispatchers.silent(tx, since=now - _MISSED_FOR, until=now - DEAD_AFTER) if alive else ()
    return Pulse(last_beat=last, alive=alive, silent=silent)
