"""Free time: the stretches of a person's days in which they may be contacted."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from checkin.domain.clock import Interval, from_local, local_day, next_day
from checkin.domain.person import WakingHours, Zone
from checkin.domain.protocol import QuietHours

MARGIN = timedelta(minutes=15)
"""Nothing is planned for the last minutes of a stretch, so that a message sent a little late still falls into
it; and no two contacts are nearer to each other (assumed)."""


NO_QUIET = QuietHours(since=time.max, until=time.min)
"""For somebody who agreed to be contacted in the clinic's quiet hours too: only their own hours count."""


@dataclass(frozen=True, kw_only=True)
class Days:
    """What a person's days look like: where they are, when they are awake, when nobody writes to them."""

    zones: Sequence[Zone]
    waking: WakingHours
    quiet: QuietHours

    def free(self, span: Interval, *, skip: Collection[date] = ()) -> tuple[Interval, ...]:
        """Return the stretches of ``span`` awake and outside quiet hours, in order; none on days ``skip``.

        Hours and days are those of the zone in force at each moment.
        """
        since, until = max(self.waking.since, self.quiet.until), min(self.waking.until, self.quiet.since)
        return tuple(
            stretch
            for stay, zone in self._stays(span)
            for stretch in _day_stretches(stay, zone, since, until, skip)
        )

    def _stays(self, span: Interval) -> Iterator[tuple[Interval, str]]:
        ends = [*(zone.since for zone in self.zones[1:]), span.until]
        starts = [span.since, *(zone.since for zone in self.zones[1:])]
        for zone, since, until in zip(self.zones, starts, ends, strict=True):
            stay = Interval(since=max(since, span.since), until=min(until, span.until))
            if stay.since < stay.until:
                yield stay, zone.name


def _day_stretches(
    stay: Interval, zone: str, since: time, until: time, skip: Collection[date]
) -> Iterator[Interval]:
    day = local_day(stay.since, zone)
    while (start := from_local(day, since, zone)) < stay.until:
        end = min(from_local(day, until, zone), stay.until)
        if day not in skip and max(start, stay.since) < end:
            yield Interval(since=max(start, stay.since), until=end)
        day = next_day(day)


def free_from(days: Days, span: Interval, taken: Iterable[Interval] = ()) -> datetime | None:
    """Return the first moment of ``span``, outside ``taken``, at which a message may go; None if none is."""
    stretches = without(days.free(span), taken) if span.since < span.until else ()
    return stretches[0].since if stretches else None


def without(stretches: Iterable[Interval], taken: Iterable[Interval]) -> tuple[Interval, ...]:
    """Return what is left of the stretches outside the taken intervals."""
    left = tuple(stretches)
    for gap in taken:
        pieces = (
            piece
            for stretch in left
            for piece in (
                Interval(since=stretch.since, until=min(stretch.until, gap.since)),
                Interval(since=max(stretch.since, gap.until), until=stretch.until),
            )
        )
        left = (
            tuple(piece for piece in pieces if piece.since < piece.until) if gap.since < gap.until else left
        )
    return left


def nearest(
    stretches: Iterable[Interval], target: datetime, *, earliest: datetime, latest: datetime
) -> datetime | None:
    """Return the moment nearest to ``target`` at which a contact may be planned, the earlier one of two.

    Both bounds are included. None if there is no such moment.
    """
    moments = (
        min(max(target, stretch.since, earliest), stretch.until - MARGIN, latest)
        for stretch in stretches
        if max(stretch.since, earliest) <= min(stretch.until - MARGIN, latest)
    )
    return min(moments, key=lambda moment: (abs(moment - target), moment), default=None)
