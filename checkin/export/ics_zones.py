"""Zones in calendar files (RFC 5545 3.6.5): each change of the clocks written out, from the tz database."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

from checkin.domain.clock import to_local

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


def zone_rules(zone: str, first: date, last: date) -> Timezone:
    """Return what the clocks of a zone show from the beginning of one day (UTC) to that of another."""
    begins, ends = (datetime.combine(day, time(), UTC) for day in (first, last))
    written = Timezone()
    written.add("tzid", zone)
    written.add_component(_observance(to_local(begins, zone), to_local(begins, zone)))
    for change in _changes(zone, begins, ends):
        written.add_component(_observance(to_local(change - _SECOND, zone), to_local(change, zone)))
    return written


def _observance(before: datetime, after: datetime) -> TimezoneStandard | TimezoneDaylight:
    """What holds from ``after`` on. Its beginning is told by the clocks before the change."""
    part = TimezoneDaylight() if after.dst() else TimezoneStandard()
    offset = before.utcoffset() or timedelta()
    part.add("dtstart", (after.astimezone(UTC) + offset).replace(tzinfo=None))
    part.add("tzoffsetfrom", offset)
    part.add("tzoffsetto", after.utcoffset())
    part.add("tzname", after.tzname())
    return part


def _changes(zone: str, begins: datetime, ends: datetime) -> Iterator[datetime]:
    """The moments (UTC, to the second) from which the clocks show another offset than before."""
    days = [begins + _DAY * number for number in range((ends - begins) // _DAY + 1)]
    for low, high in pairwise(days):
        offset = to_local(low, zone).utcoffset()
        if to_local(high, zone).utcoffset() == offset:
            continue
        while high - low > _SECOND:
            middle = low + (high - low) // (2 * _SECOND) * _SECOND
            low, high = (middle, high) if to_local(middle, zone).utcoffset() == offset else (low, middle)
        yield high
