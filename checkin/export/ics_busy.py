"""Reading somebody's own calendar file: only when it is busy, never what it says."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from icalendar import Calendar

from checkin.domain.clock import Interval
from checkin.domain.errors import Invalid
from checkin.domain.words import Text, text
from checkin.export.ics_rules import foreseeable

MOST_BYTES = 2_000_000
MOST_EVENTS = 10_000
MOST_REPEATS = 200_000  # steps of all repeating events together, about a second's work
MOST_BUSY = 5_000
MOST_OF_A_TITLE = 60
_FIELD = "file"
# What a stranger's bytes make the parser stumble over: it refuses with a ValueError, and trusts much else.
_UNREADABLE = (ValueError, LookupError, AttributeError, TypeError, ArithmeticError, RecursionError)
_DAY = timedelta(days=1)
_Part = Any  # icalendar types a value as a union of every kind of property there is


@dataclass
class _Work:
    """How much has been done, so that no file can keep the server busy."""

    repeats: int = 0

    def step(self) -> None:
        self.repeats += 1
        if self.repeats > MOST_REPEATS:
            raise Invalid(text("Too many events repeat in this file. Export fewer months."), field=_FIELD)


@dataclass(frozen=True, kw_only=True)
class _Event:
    """An event on its own clock: ``start`` is naive local time, ``zone`` what turns it into a moment."""

    start: datetime
    zone: tzinfo
    length: timedelta
    whole_days: bool

    def at(self, start: datetime) -> Interval:
        since = start.replace(tzinfo=self.zone).astimezone(UTC)
        if self.whole_days:
            return Interval(
                since=since, until=(start + self.length).replace(tzinfo=self.zone).astimezone(UTC)
            )
        return Interval(since=since, until=since + self.length)


@dataclass(frozen=True, kw_only=True)
class _Series:
    """Events with one UID: the one that repeats, and the single times that were changed."""

    masters: list[_Part] = field(default_factory=list)
    changed: list[_Part] = field(default_factory=list)


def read_busy(content: bytes, *, span: Interval, zone: str) -> tuple[Interval, ...]:
    """Return the busy times inside ``span``, joined where they meet, in order.

    ``zone`` is for times that name none. Free, cancelled and transparent entries do not count. Raises
    ``Invalid`` for what is no calendar, is too big, or repeats in a way that cannot be read.
    """
    if len(content) > MOST_BYTES:
        raise Invalid(text("This file is larger than 2 MB. Export fewer months."), field=_FIELD)
    here = ZoneInfo(zone)
    try:
        calendars = [part for part in Calendar.from_ical(content, multiple=True) if part.name == "VCALENDAR"]
        found = [busy for calendar in calendars for busy in _busy(calendar, span, here)]
    except _UNREADABLE as error:
        raise Invalid(_NOT_READABLE, field=_FIELD) from error
    if not calendars:
        raise Invalid(_NOT_READABLE, field=_FIELD)
    joined = _joined(_cut(found, span))
    if len(joined) > MOST_BUSY:
        raise Invalid(text("There are too many busy times in this file. Export fewer months."), field=_FIELD)
    return joined


_NOT_READABLE = text("This file cannot be read as a calendar. Export it again as an ICS file.")


def _busy(calendar: _Part, span: Interval, zone: ZoneInfo) -> Iterator[Interval]:
    events = calendar.walk("VEVENT")
    if len(events) > MOST_EVENTS:
        raise Invalid(text("There are too many events in this file. Export fewer months."), field=_FIELD)
    work = _Work()
    for series in _by_uid(events):
        replaced: set[datetime] = set()
        for event in series.changed:
            with _named(event):
                replaced.add(_instant(_alone(event).dt, zone))
        for event in series.masters:
            with _named(event):
                times = list(_times(event, span, zone, work)) if _counts(event) else []
            yield from (busy for busy in times if busy.since not in replaced)
        for event in series.changed:
            with _named(event):
                if _counts(event):
                    read = _read(event, zone)
                    yield read.at(read.start)
    for free_busy in calendar.walk("VFREEBUSY"):
        yield from _periods(free_busy)


@contextmanager
def _named(event: _Part) -> Iterator[None]:
    """Let what goes wrong with one event be said with its name: its owner has to find it."""
    try:
        yield
    except _UNREADABLE as error:
        words = text("%(event)s cannot be read. Take it out of the file.", event=_name(event))
        raise Invalid(words, field=_FIELD) from error


def _name(event: _Part) -> Text:
    title = " ".join(str(event.get("SUMMARY", "")).split())[:MOST_OF_A_TITLE]
    try:
        start = event["DTSTART"].dt
        day = date(start.year, start.month, start.day).isoformat()
    except _UNREADABLE:  # the day may be the very thing that cannot be read
        day = ""
    if title and day:
        return text("The event “%(title)s” of %(day)s", title=title, day=day)
    if title:
        return text("The event “%(title)s”", title=title)
    return text("An event of %(day)s without a title", day=day) if day else text("An event without a title")


def _by_uid(events: Iterable[_Part]) -> list[_Series]:
    found: dict[str, _Series] = {}
    for index, event in enumerate(events):
        series = found.setdefault(str(event.get("UID", index)), _Series())
        (series.changed if "RECURRENCE-ID" in event else series.masters).append(event)
    return list(found.values())


def _alone(event: _Part) -> Any:
    """The time that a change replaces. Raises ``Invalid`` where it also changes all that follow it."""
    replaced = event["RECURRENCE-ID"]
    if "RANGE" in replaced.params:
        words = text(
            "%(event)s changes all that follow it too, which cannot be read. Make it a series of its own.",
            event=_name(event),
        )
        raise Invalid(words, field=_FIELD)
    return replaced


def _counts(event: _Part) -> bool:
    transparent = str(event.get("TRANSP", "OPAQUE")).upper() == "TRANSPARENT"
    return not transparent and str(event.get("STATUS", "")).upper() != "CANCELLED"


def _read(event: _Part, zone: ZoneInfo) -> _Event:
    start = event["DTSTART"].dt
    for name in ("DTSTART", "DTEND"):
        _check_zone(event, name)
    if not isinstance(start, datetime):
        end = event["DTEND"].dt if "DTEND" in event else start + _length(event, _DAY)
        return _Event(start=datetime.combine(start, time()), zone=zone, length=end - start, whole_days=True)
    length = _length(event, timedelta(0))
    if "DTEND" in event:
        length = _instant(event["DTEND"].dt, zone) - _instant(start, zone)
    own = start.tzinfo or zone
    return _Event(start=start.replace(tzinfo=None), zone=own, length=length, whole_days=False)


def _check_zone(event: _Part, name: str) -> None:
    """Refuse a time in a zone that nothing says the clock of: taken for another's it would be hours off."""
    if name in event and "TZID" in event[name].params and getattr(event[name].dt, "tzinfo", None) is None:
        words = text(
            "%(event)s is in a time zone that is not known here. Take it out of the file.", event=_name(event)
        )
        raise Invalid(words, field=_FIELD)


def _length(event: _Part, otherwise: timedelta) -> timedelta:
    length: timedelta = event["DURATION"].dt if "DURATION" in event else otherwise
    return length


def _instant(value: date | datetime, zone: tzinfo) -> datetime:
    """The moment that a date, a local time or an aware time of the file means."""
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)


def _times(event: _Part, span: Interval, zone: ZoneInfo, work: _Work) -> Iterator[Interval]:
    read = _read(event, zone)
    left_out = list(_dates(event, "EXDATE"))
    gone = {_instant(value, read.zone) for value in left_out}
    gone_days = {value for value in left_out if not isinstance(value, datetime)}
    starts = [read.start, *_repeats(event, read, span, work)]
    for value in _dates(event, "RDATE"):
        if isinstance(value, tuple):
            yield _period(value)
        else:
            starts.append(_instant(value, read.zone).astimezone(read.zone).replace(tzinfo=None))
    for start in dict.fromkeys(starts):
        busy = read.at(start)
        if busy.since not in gone and start.date() not in gone_days:
            yield busy


def _dates(event: _Part, name: str) -> Iterator[Any]:
    listed = event.get(name, [])
    for values in listed if isinstance(listed, list) else [listed]:
        yield from (value.dt for value in values.dts)


def _repeats(event: _Part, read: _Event, span: Interval, work: _Work) -> Iterator[datetime]:
    if "RRULE" not in event:
        return
    rule = event["RRULE"]
    if isinstance(rule, list) or not foreseeable(rule):
        words = text(
            "%(event)s repeats in a way that cannot be read. Take it out of the file.", event=_name(event)
        )
        raise Invalid(words, field=_FIELD)
    last = span.until.astimezone(read.zone).replace(tzinfo=None)
    for until in rule.get("UNTIL", []):
        last = min(last, _last(until, read.zone))
    written = ";".join(part for part in rule.to_ical().decode().split(";") if not part.startswith("UNTIL="))
    for start in rrulestr(written, dtstart=read.start):
        if start > last:
            return
        work.step()
        if read.at(start).until > span.since:
            yield start


def _last(until: date | datetime, zone: tzinfo) -> datetime:
    if not isinstance(until, datetime):
        return datetime.combine(until, time.max)
    return until.astimezone(zone).replace(tzinfo=None) if until.tzinfo else until


def _periods(free_busy: _Part) -> Iterator[Interval]:
    listed = free_busy.get("FREEBUSY", [])
    for period in listed if isinstance(listed, list) else [listed]:
        if str(period.params.get("FBTYPE", "BUSY")).upper() != "FREE":
            yield _period(period.dt)


def _period(period: tuple[datetime, datetime | timedelta]) -> Interval:
    since, until = period
    end = since + until if isinstance(until, timedelta) else until
    return Interval(since=since.astimezone(UTC), until=end.astimezone(UTC))


def _cut(times: Iterable[Interval], span: Interval) -> list[Interval]:
    cut = [Interval(since=max(t.since, span.since), until=min(t.until, span.until)) for t in times]
    return sorted((t for t in cut if t.since < t.until), key=lambda t: t.since)


def _joined(times: Iterable[Interval]) -> tuple[Interval, ...]:
    joined: list[Interval] = []
    for taken in times:
        if joined and taken.since <= joined[-1].until:
            joined[-1] = Interval(since=joined[-1].since, until=max(joined[-1].until, taken.until))
        else:
            joined.append(taken)
    return tuple(joined)
