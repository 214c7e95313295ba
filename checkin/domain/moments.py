"""When within its window a prompt's notice goes, and when its reminder."""

from collections.abc import Sequence
from datetime import datetime

from checkin.domain.clock import Interval
from checkin.domain.free_time import MARGIN, nearest
from checkin.domain.step_window import Window


def fit(
    windows: Sequence[Window], days: Sequence[Interval], free: Sequence[Interval], share: float
) -> tuple[datetime, datetime | None] | None:
    """Return when notice and reminder go, by the first window that has room for them; None without room.

    The notice goes in ``days``, the reminder in ``free``, after ``share`` of the time from notice to expiry.
    Where no reminder can follow, there is none.
    """
    found = (find(window, days, free, share) for window in windows for find in (_with_reminder, _alone))
    return next((moments for moments in found if moments is not None), None)


def _with_reminder(
    window: Window, days: Sequence[Interval], free: Sequence[Interval], share: float
) -> tuple[datetime, datetime] | None:
    """Return the moment in ``days`` nearest to the target, and a moment in ``free`` for the reminder.

    The reminder goes after ``share`` of the time from notice to expiry, or at the free moment nearest to it.
    Where none would be left before expiry, the notice goes earlier.
    """
    last = window.expires_at - MARGIN
    room = nearest(free, last, earliest=window.earliest + MARGIN, latest=last)
    if room is None:
        return None
    due_at = nearest(days, window.target, earliest=window.earliest, latest=min(window.latest, room - MARGIN))
    if due_at is None:
        return None
    ideal = due_at + share * (window.expires_at - due_at)
    remind_at = nearest(free, ideal, earliest=due_at + MARGIN, latest=last)
    return None if remind_at is None else (due_at, remind_at)


def _alone(
    window: Window, days: Sequence[Interval], free: Sequence[Interval], share: float
) -> tuple[datetime, None] | None:
    """Return the moment for a notice that no reminder can follow, with as long to answer as any has."""
    latest = min(window.latest, window.expires_at - 2 * MARGIN)
    due_at = nearest(days, window.target, earliest=window.earliest, latest=latest)
    return None if due_at is None else (due_at, None)
