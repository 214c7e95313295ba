"""Watching over the server: whether it can do its work, and figures for a monitoring system."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from checkin.domain.errors import Unavailable
from checkin.domain.words import Text, text
from checkin.services.deps import Deps
from checkin.services.heartbeat import Pulse, pulse
from checkin.storage import migration, outbox_figures
from checkin.storage.outbox_figures import Counts

_LATE = timedelta(minutes=2)  # a prompt that is not opened so long after its moment is overdue
_LATELY = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What a monitoring system is told: counts and ages, of no clinic and nobody in particular.

    ``oldest_due``: since when the longest waiting message is due. ``lately``: the messages of the last hour.
    """

    now: datetime
    scheduler: Pulse
    unsent: Counts
    lately: Counts
    oldest_due: datetime | None
    overdue_prompts: int


def problems(deps: Deps) -> tuple[Text, ...]:
    """Say what keeps this server from its work, one sentence each; nothing if it is ready."""
    try:
        with deps.reading() as tx:
            if migration.revision_of(tx) != _newest_revision():
                return (text("The database is not up to date. Run: flask db-upgrade"),)
            scheduler = pulse(tx, deps.now())
    except Unavailable:
        return (text("The database cannot be used: it is locked, full or not there."),)
    if scheduler.alive:
        return ()
    if scheduler.last_beat is None:
        return (text("No scheduler has run yet, so nothing is sent. Start it: flask scheduler"),)
    at = f"{scheduler.last_beat:%Y-%m-%d %H:%M:%S} UTC"
    return (text("The scheduler has been silent since %(at)s, so nothing is sent.", at=at),)


def figures(deps: Deps) -> Figures:
    """Return the figures of this moment. Raises ``Unavailable``."""
    now = deps.now()
    with deps.reading() as tx:
        return Figures(
            now=now,
            scheduler=pulse(tx, now),
            unsent=outbox_figures.unsent(tx),
            lately=outbox_figures.made_since(tx, now - _LATELY),
            oldest_due=outbox_figures.oldest_due(tx, now),
            overdue_prompts=outbox_figures.prompts_due_before(tx, now - _LATE),
        )


@cache
def _newest_revision() -> str | None:
    """The migrations of a running program do not change."""
    return migration.newest_revision()
