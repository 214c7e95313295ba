"""Local time, and the only place that knows it; everywhere else a moment is an aware datetime in UTC."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from checkin.domain.errors import Invalid, Problems, Refusal
from checkin.domain.person import Zone
from checkin.domain.words import text

_NOT_PLACES = frozenset({"Factory", "localtime"})
_TYPED_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_TYPED_TIME = re.compile(r"(\d{1,2})[:.](\d{2})(?::[0-5]\d)?")
FIRST_YEAR, LAST_YEAR = 2000, 2100
"""Typed years outside these are slips; conversions stay far from the ends of what Python can hold."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A stretch of time (aware UTC): ``since`` belongs to it, ``until`` no longer does."""

    since: datetime
    until: datetime

    def contains(self, at: datetime) -> bool:
        return self.since <= at < self.until


def as_utc(at: datetime) -> datetime:
    """Return the moment in UTC. Raises ``ValueError`` for a naive datetime: it is no moment at all."""
    if at.utcoffset() is None:
        raise ValueError(f"naive datetime {at.isoformat()}: a moment needs its offset")
    return at.astimezone(UTC)


@cache
def _places() -> frozenset[str]:
    return frozenset(available_timezones() - _NOT_PLACES)


def known_zone(name: str) -> bool:
    """Whether ``name`` is a zone of the tz database, such as "Europe/Berlin", in its exact spelling."""
    return name in _places()


@cache
def zones_to_choose() -> tuple[str, ...]:
    """The zones that people are offered: those named after a place, in the order of the alphabet."""
    return tuple(sorted(name for name in _places() if "/" in name and not name.startswith("Etc/")))


def zone_place(name: str) -> str:
    """What a zone is named after, as people write it: "New York"."""
    return name.rpartition("/")[2].replace("_", " ")


def zone_at(zones: Sequence[Zone], at: datetime) -> str:
    """Return the zone in force at a moment: the last one begun by then, else the first.

    ``zones`` is a person's history, never empty and ordered by ``since``.
    """
    begun = [zone.name for zone in zones if zone.since <= at]
    return begun[-1] if begun else zones[0].name


def to_local(at: datetime, zone: str) -> datetime:
    """Return the moment as the clocks of ``zone`` show it (aware, in that zone)."""
    return as_utc(at).astimezone(ZoneInfo(zone))


def shown_twice(at: datetime, zone: str) -> bool:
    """Whether the clocks of ``zone`` show the moment's local time twice, an hour or so apart, on that day."""
    local = to_local(at, zone)
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def clock_name(at: datetime, zone: str) -> str | None:
    """Return the short name of the time in force, such as "CEST" or "+1030", where a local time alone could
    be either of two moments; else None."""
    return to_local(at, zone).tzname() if shown_twice(at, zone) else None


def local_day(at: datetime, zone: str) -> date:
    """Return the date on which the moment falls in ``zone``."""
    return to_local(at, zone).date()


def from_local(day: date, at: time, zone: str) -> datetime:
    """Return the moment (UTC) at which the clocks of ``zone`` show ``at`` on ``day``.

    A time that the clocks skip moves forward by what they skip (02:30 becomes 03:30); of a time that they
    show twice it is the first.
    """
    # fold=0 is both rules at once: it reads the time with the offset from before the change (PEP 495).
    return datetime.combine(day, at.replace(tzinfo=None, fold=0), ZoneInfo(zone)).astimezone(UTC)


def in_force(zones: Sequence[Zone], day: date, at: time) -> tuple[datetime, str] | None:
    """Return when a person's own clock first shows ``at`` on ``day``, and the zone they are in then.

    None if it never does: a journey east can leave an hour out as the change to summer time does. A journey
    west can bring it twice.
    """
    moments = ((from_local(day, at, zone.name), zone.name) for zone in zones)
    return min(((moment, zone) for moment, zone in moments if zone_at(zones, moment) == zone), default=None)


def read_local(day: str, at: str, zone: str, *, day_field: str = "day", time_field: str = "time") -> datetime:
    """Return the moment (UTC) that somebody typed as a date ("2026-03-08") and a time ("14:30") in ``zone``.

    Raises ``Problems`` naming each field that cannot be read, and for a time that the clocks skipped that
    night: a person means another one, which must not be guessed.
    """
    wrong: list[Refusal] = []
    read_day = _read_day(day, day_field, wrong)
    read_time = _read_time(at, time_field, wrong)
    if read_day is None or read_time is None:
        raise Problems(tuple(wrong))
    moment = from_local(read_day, read_time, zone)
    if to_local(moment, zone).time() != read_time:
        skipped = text("The clocks went forward past this time that night. Enter a time before or after it.")
        raise Problems((Invalid(skipped, field=time_field),))
    return moment


def _read_day(typed: str, field: str, wrong: list[Refusal]) -> date | None:
    match = _TYPED_DAY.fullmatch(typed.strip())
    if match is None:
        words = text("Enter the date as year-month-day, for example 2026-03-27.")
        wrong.append(Invalid(words if typed.strip() else text("Enter a date."), field=field))
        return None
    year, month, day = (int(part) for part in match.groups())
    try:
        read = date(year, month, day)
    except ValueError:
        wrong.append(Invalid(text("There is no such date. Check the day and the month."), field=field))
        return None
    if not FIRST_YEAR <= year <= LAST_YEAR:
        words = text("Enter a year between %(first)s and %(last)s.", first=FIRST_YEAR, last=LAST_YEAR)
        wrong.append(Invalid(words, field=field))
        return None
    return read


def _read_time(typed: str, field: str, wrong: list[Refusal]) -> time | None:
    match = _TYPED_TIME.fullmatch(typed.strip())
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        words = text("Enter the time as hours and minutes, for example 9:30 or 14:05.")
        wrong.append(Invalid(words if typed.strip() else text("Enter a time."), field=field))
        return None
    return time(int(match[1]), int(match[2]))


def next_day(day: date) -> date:
    """Return the date after ``day``."""
    return day + timedelta(days=1)
