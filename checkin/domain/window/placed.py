"""An estimate placed in time: hours become moments, and what is read off it needs no numpy."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from checkin.domain.ids import InfusionId, PersonId
from checkin.domain.infusion import Infusion, InfusionState
from checkin.domain.window.model import STANDARD
from checkin.domain.window.values import Estimate, Interval, Level

HORIZON = timedelta(hours=STANDARD.horizon)
"""Nothing is said beyond this after the END of the latest infusion: the check-ins after it end there."""
OLD = timedelta(hours=2)
"""It is worked out anew every hour; older than this something is wrong."""
SOON = timedelta(minutes=2)
"""What came in is known within seconds; after this something is wrong."""


@dataclass(frozen=True, kw_only=True)
class PlacedEstimate:
    """The last estimate of one patient's window, with what it rests on.

    ``begins`` is the END of the first infusion of the course (hour 0 of ``estimate``), ``latest`` the END of
    its last one, ``infusion_id``. ``computed_at`` is the moment it speaks of; ``stale_since`` when something
    changed that it does not know yet, None if nothing did. ``shared_at``: since when the patient may read
    its sentence, because ``shared_by`` wanted it, None if not. ``estimate.levels`` may be left out where
    nobody draws them.
    """

    patient_id: PersonId
    infusion_id: InfusionId
    begins: datetime
    latest: datetime
    estimate: Estimate
    computed_at: datetime
    digest: str = ""
    stale_since: datetime | None = None
    shared_at: datetime | None = None
    shared_by: PersonId | None = None

    @property
    def ends(self) -> datetime:
        """The moment beyond which nothing is said."""
        return self.latest + HORIZON

    @property
    def shared(self) -> bool:
        """Whether the patient may read the sentence; a permission from before this course has ended."""
        return self.shared_at is not None and self.shared_at >= self.begins

    def of_latest(self, infusions: Iterable[Infusion], now: datetime) -> bool:
        """Whether none of the patient's infusions given by ``now`` came after the one it is of.

        Another infusion changes the course, so what was estimated before it is not told any more.
        """
        given = (one for one in infusions if one.state is InfusionState.GIVEN and one.at <= now)
        latest = max(given, key=lambda one: (one.at, one.id), default=None)
        return latest is not None and latest.id == self.infusion_id

    def up_to_date(self, now: datetime) -> bool:
        """Whether it may be told as what is so now: it knows everything, and was worked out lately."""
        return self.stale_since is None and now - self.computed_at <= OLD

    def renewed_soon(self, now: datetime) -> bool:
        """Whether something came in just now, so that a newer one follows within seconds."""
        return self.stale_since is not None and now - self.stale_since < SOON

    def reliable(self, now: datetime) -> bool:
        """Whether times may be judged by it: it is of late, and knows all but what came just now."""
        lately = now - self.computed_at <= OLD
        return lately and (self.stale_since is None or self.renewed_soon(now))

    def moment(self, hours: float) -> datetime:
        """Return the moment of an hour of the estimate."""
        return self.begins + timedelta(hours=hours)

    @property
    def moments(self) -> tuple[tuple[datetime, float], ...]:
        """The probability that the window is open at each moment of the grid, in order of time."""
        return tuple((self.moment(hours), chance) for hours, chance in self.estimate.grid)

    def probability_at(self, moment: datetime) -> float | None:
        """Return the probability that the window is open at ``moment``; None where nothing is said."""
        hours = (moment - self.begins) / timedelta(hours=1)
        return between(self.estimate.grid, hours)

    def closes_from(self, now: datetime) -> tuple[datetime, datetime, datetime] | None:
        """Return when a window that is open at ``now`` closes: moments it has closed by with 10, 50 and 90 %.

        Where part of the estimated closings are over, those still to come are read off the grid: the window
        has closed when the probability has fallen by that part. The last moment is ``ends`` at the latest;
        None where nothing is said about closing.
        """
        closes = self.estimate.closes
        if closes is None:
            return None
        hours = (now - self.begins) / timedelta(hours=1)
        if closes.p10 > hours:
            return self.moment(closes.p10), self.moment(closes.p50), self.moment(closes.p90)
        first, middle, last = (self.moment(self._fallen(hours, part)) for part in (0.1, 0.5, 0.9))
        return first, middle, last

    def highest_ahead(self, now: datetime) -> float:
        """Return the highest probability of being open at any hour from ``now`` on; 0 where none is known."""
        hours = (now - self.begins) / timedelta(hours=1)
        ahead = [chance for at, chance in self.estimate.grid if at >= hours]
        return max(ahead, default=0.0)

    def _fallen(self, hours: float, part: float) -> float:
        """The first hour at which the probability has lost this part of what it is now."""
        start = between(self.estimate.grid, hours)
        last = (self.ends - self.begins) / timedelta(hours=1)
        if start is None:
            return last
        least = start * (1 - part)
        before = (hours, start)
        for after in self.estimate.grid:
            if after[0] > hours:
                if after[1] <= least:
                    (one, high), (other, low) = before, after
                    return one if high == low else one + (other - one) * (high - least) / (high - low)
                before = after
        return last


def between(grid: Sequence[tuple[float, float]], hours: float) -> float | None:
    """Return the value at ``hours``, on a straight line between its neighbours; None outside the grid."""
    index = bisect_left(grid, (hours,))
    if index < len(grid) and grid[index][0] == hours:
        return grid[index][1]
    if not 0 < index < len(grid):
        return None
    (before, low), (after, high) = grid[index - 1], grid[index]
    return low + (high - low) * (hours - before) / (after - before)


def moved(estimate: Estimate, by: float) -> Estimate:
    """Return the same estimate on an axis whose hour 0 is ``by`` hours later, without what lies before it."""

    def interval(found: Interval | None) -> Interval | None:
        return found and Interval(p10=found.p10 - by, p50=found.p50 - by, p90=found.p90 - by)

    return replace(
        estimate,
        as_of=estimate.as_of - by,
        opens=interval(estimate.opens),
        closes=interval(estimate.closes),
        grid=tuple((hours - by, chance) for hours, chance in estimate.grid if hours >= by),
        levels=tuple(
            Level(hours=level.hours - by, p10=level.p10, p50=level.p50, p90=level.p90)
            for level in estimate.levels
            if level.hours >= by
        ),
    )
