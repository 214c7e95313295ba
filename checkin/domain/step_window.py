"""The window of a step: what its rule says for one infusion, before anybody's day is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from checkin.domain.clock import from_local, in_force, local_day, zone_at
from checkin.domain.person import Zone
from checkin.domain.step import AfterDue, AtLocalTime, Elapsed, FromEnd, LocalTime, Step


@dataclass(frozen=True, kw_only=True)
class Window:
    """``target`` is when the step should be due; it may move between ``earliest`` and ``latest``, included.

    All are moments in UTC. ``earliest`` may lie after ``latest``: then there is no room for the step.
    """

    opens_at: datetime
    target: datetime
    earliest: datetime
    latest: datetime
    expires_at: datetime


def window_of(step: Step, end: datetime, zones: Sequence[Zone]) -> Window | None:
    """Return the step's window for an infusion that ends at ``end``.

    None if the patient's clock never shows the step's time of day, because of a journey.
    """
    if isinstance(step.due, LocalTime):
        return _local_window(step, step.due, end, zones)
    return _elapsed_window(step, step.due, end)


def _elapsed_window(step: Step, due: Elapsed, end: datetime) -> Window:
    target = end + due.after
    opens_at = target if step.opens is None else end + step.opens
    expires_at = target + step.expires.after if isinstance(step.expires, AfterDue) else end
    if isinstance(step.expires, FromEnd):
        expires_at = end + step.expires.after
    least, most = due.between or (opens_at - end, expires_at - end)
    return Window(
        opens_at=opens_at,
        target=target,
        earliest=max(opens_at, end + least),
        latest=min(expires_at, end + most),
        expires_at=expires_at,
    )


def _local_window(step: Step, due: LocalTime, end: datetime, zones: Sequence[Zone]) -> Window | None:
    day = local_day(end, zone_at(zones, end)) + timedelta(days=due.day)
    found = in_force(zones, day, due.at)
    if found is None:
        return None
    target, zone = found
    latest = from_local(day, due.between[1], zone)
    expires_at = target + step.expires.after if isinstance(step.expires, AfterDue) else latest
    if isinstance(step.expires, AtLocalTime):
        expires_at = from_local(day, step.expires.at, zone)
    return Window(
        opens_at=target,
        target=target,
        earliest=from_local(day, due.between[0], zone),
        latest=min(latest, expires_at),
        expires_at=expires_at,
    )
