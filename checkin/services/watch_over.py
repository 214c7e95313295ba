"""Watching over the server: whether it can do its work, and figures for a monitoring system."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from checkin.domain.errors import Unavailable
from checkin.domain.ladder import rung_words
from checkin.domain.message import ChannelName
from checkin.domain.trouble import Failing, why
from checkin.domain.words import Text, ntext, text
from checkin.services.deps import Deps
from checkin.services.heartbeat import Pulse, pulse
from checkin.storage import migration, outbox_figures
from checkin.storage.outbox_figures import Counts

_LATE = timedelta(minutes=2)  # a prompt that is not opened so long after its moment is overdue
_LATELY = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What a monitoring system is told: counts and ages, of no clinic and nobody in particular.

    ``oldest_due``: since when the longest waiting message is due. ``oldest_tried``: when the oldest message
    was made that waits for another try. ``lately``: the messages of the last hour. ``failing``: the channels
    over which nothing goes out.
    """

    now: datetime
    scheduler: Pulse
    unsent: Counts
    lately: Counts
    oldest_due: datetime | None
    oldest_tried: datetime | None
    failing: tuple[Failing, ...]
    overdue_prompts: int


def problems(deps: Deps) -> tuple[Text, ...]:
    """Say what keeps this server from its work, one sentence each; nothing if it is ready."""
    try:
        with deps.reading() as tx:
            if migration.revision_of(tx) != _newest_revision():
                return (text("The database is not up to date. Run: flask db-upgrade"),)
            scheduler, failing = pulse(tx, deps.now()), outbox_figures.failing(tx, deps.now())
    except Unavailable:
        return (text("The database cannot be used: it is locked, full or not there."),)
    if scheduler.alive:
        return tuple(_failing(one) for one in failing)
    if scheduler.last_beat is None:
        return (text("No scheduler has run yet, so nothing is sent. Start it: flask scheduler"),)
    at = f"{scheduler.last_beat:%Y-%m-%d %H:%M:%S} UTC"
    return (text("The scheduler has been silent since %(at)s, so nothing is sent.", at=at),)


def remarks(deps: Deps) -> tuple[Text, ...]:
    """Say what does not keep this server from its work but should be looked at. Raises ``Unavailable``."""
    with deps.reading() as tx:
        silent = pulse(tx, deps.now()).silent
    return tuple(_silent(f"{at:%Y-%m-%d %H:%M:%S} UTC") for at in silent)


def _silent(at: str) -> Text:
    return text("One scheduler has been silent since %(at)s; another one sends.", at=at)


def _failing(one: Failing) -> Text:
    return text(
        "%(channel)s: nothing goes out since %(at)s. %(why)s %(number)s",
        channel=rung_words(one.channel),
        at=f"{one.since:%Y-%m-%d %H:%M:%S} UTC",
        why=why(one.code),
        number=ntext(
            "%(n)s message has failed or waits to be tried again.",
            "%(n)s messages have failed or wait to be tried again.",
            one.number,
        ),
    )


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
            oldest_tried=outbox_figures.oldest_tried(tx),
            failing=outbox_figures.failing(tx, now),
            overdue_prompts=outbox_figures.prompts_due_before(tx, now - _LATE),
        )


class ChannelWatch:
    """Raises the alarm when a channel begins to fail: once, and again only after it has worked meanwhile."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._known: frozenset[ChannelName] = frozenset()

    def look(self) -> int:
        """Look once; nothing is left to do then: it returns 0."""
        with self._deps.reading() as tx:
            failing = outbox_figures.failing(tx, self._deps.now())
        new = [one for one in failing if one.channel not in self._known]
        self._known = frozenset(one.channel for one in failing)
        for one in new:
            self._deps.alarm(f"{one.channel.value} {one.code}")
        return 0


@cache
def _newest_revision() -> str | None:
    """The migrations of a running program do not change."""
    return migration.newest_revision()
