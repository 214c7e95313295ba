"""Reading somebody's own calendar file: only when it is busy, never what it says."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from icalendar import Calendar

from checkin.domain.clock import Interval
from checkin.domain.errors import Invalid
from checkin.domain.words import text

MOST_BYTES = 2_000_000
MOST_EVENTS = 10_000
MOST_REPEATS = 200_000  # steps of all repeating events together, about a second's work
MOST_BUSY = 5_000
_FIELD = "file"
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
    try:
        calendars = [part for part in Calendar.from_ical(content, multiple=True) if part.name == "VCALENDAR"]
        found = [busy for calendar in calendars for busy in _busy(calendar, span, ZoneInfo(zone))]
    except Invalid:
        raise
    except Exception as error:  # whatever a stranger's bytes make the parser stumble over
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
        replaced = {_instant(event["RECURRENCE-ID"].dt, zone) for event in series.changed}
        for event in series.masters:
            if _counts(event):
                times = _times(event, span, zone, work)
                yield from (busy for busy in times if busy.since not in replaced)
        for event in filter(_counts, series.changed):
            read = _read(event, zone)
            yield read.at(read.start)
    for free_busy in calendar.walk("VFREEBUSY"):
        yield from _periods(free_busy)


def _by_uid(events: Iterable[_Part]) -> list[_Series]:
    found: dict[str, _Series] = {}
    for index, event in enumerate(events):
        series = found.setdefault(str(event.get("UID", index)), _Series())
        (series.changed if "RECURRENCE-ID" in event else series.masters).append(event)
    return list(found.values())


def _counts(event: _Part) -> bool:
    transparent = str(event.get("TRANSP", "OPAQUE")).upper() == "TRANSPARENT"
    return not transparent and str(event.get("STATUS", "")).upper() != "CANCELLED"


def _read(event: _Part, zone: ZoneInfo) -> _Event:
    start = event["DTSTART"].dt
    if not isinstance(start, datetime):
        end = event["DTEND"].dt if "DTEND" in event else start + _length(event, _DAY)
        return _Event(start=datetime.combine(start, time()), zone=zone, length=end - start, whole_days=True)
    length = _length(event, timedelta(0))
    if "DTEND" in event:
        length = _instant(event["DTEND"].dt, zone) - _instant(start, zone)
    own = start.tzinfo or zone
    return _Event(start=start.replace(tzinfo=None), zone=own, length=length, whole_days=False)


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
    if isinstance(rule, list) or not _foreseeable(rule):
        words = text(
            "The event that begins on %(day)s repeats in a way that cannot be read. Take it out of the file.",
            day=read.start.date().isoformat(),
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


_EVERY = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
_PARTS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS"}


def _foreseeable(rule: Mapping[str, list[Any]]) -> bool:
    """Whether the rule is of a kind that surely comes round again: one that never does is searched for ever.

    It holds all that the usual calendar programs write.
    """
    every = [str(value) for value in rule.get("FREQ", [])]
    if len(every) != 1 or every[0] not in _EVERY or not set(rule) <= _PARTS:
        return False
    filters = {name for name in rule if name.startswith("BY")}
    interval = int(rule.get("INTERVAL", [1])[0])
    if interval < 1:
        return False
    if every[0] == "MONTHLY" and (
        (interval > 1 and "BYMONTH" in filters) or (interval % 12 == 0 and filters)
    ):
        return False
    if every[0] == "DAILY":
        return not filters or (interval == 1 and filters == {"BYDAY"} and _plain_days(rule))
    if every[0] == "WEEKLY":
        return filters <= {"BYDAY"} and _plain_days(rule)
    return _foreseeable_days(rule, filters)


def _plain_days(rule: Mapping[str, list[Any]]) -> bool:
    return all(len(str(day)) == 2 for day in rule.get("BYDAY", []))


def _foreseeable_days(rule: Mapping[str, list[Any]], filters: set[str]) -> bool:
    """The same for the days of a month: by date, by weekday, or the n-th of some weekdays."""
    if not all(1 <= int(month) <= 12 for month in rule.get("BYMONTH", [])):
        return False
    days = [abs(int(day)) for day in rule.get("BYMONTHDAY", [])]
    if filters <= {"BYMONTH", "BYMONTHDAY"}:
        return all(1 <= day <= (28 if "BYMONTH" in filters else 31) for day in days) or _real_date(rule, days)
    if filters <= {"BYMONTH", "BYDAY"}:
        return all(
            str(day)[:-2] in {"", "1", "2", "3", "4", "-1", "+1", "+2", "+3", "+4"} for day in rule["BYDAY"]
        )
    if filters <= {"BYMONTH", "BYDAY", "BYSETPOS"} and "BYDAY" in filters:
        return _plain_days(rule) and all(1 <= abs(int(position)) <= 4 for position in rule["BYSETPOS"])
    return False


def _real_date(rule: Mapping[str, list[Any]], days: list[int]) -> bool:
    longest = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
    months = [int(month) for month in rule.get("BYMONTH", [])]
    return all(1 <= day <= longest.get(month, 31) for day in days for month in months)


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
