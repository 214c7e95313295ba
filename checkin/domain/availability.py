"""Availability: when a therapist sees people, in the therapist's own zone, and the free times in it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from checkin.domain.appointment import CELL, floor_to_cell
from checkin.domain.clock import Interval, from_local, known_zone, local_day, next_day
from checkin.domain.errors import Invalid, Problems, Refusal
from checkin.domain.free_time import without
from checkin.domain.words import text

_MINUTE = timedelta(minutes=1)
SHORTEST, LONGEST = 15 * _MINUTE, 240 * _MINUTE
LONGEST_BUFFER = 120 * _MINUTE
MOST_ENTRIES = 200  # of each kind; more is a slip or an attack


@dataclass(frozen=True, kw_only=True)
class WeeklyHours:
    """Hours of every week, local time; Monday is 0 and ``until`` is later on the same day."""

    weekday: int
    since: time
    until: time


@dataclass(frozen=True, kw_only=True)
class ExtraHours:
    """Hours of one day, besides the weekly ones; ``until`` is later on the same day."""

    day: date
    since: time
    until: time


@dataclass(frozen=True, kw_only=True)
class Availability:
    """When somebody sees people. A day off takes the weekly hours away; extra hours count on any day.

    ``length`` is of one appointment. ``buffer`` stays free between it and what comes before or after.
    """

    zone: str
    weekly: tuple[WeeklyHours, ...] = ()
    days_off: frozenset[date] = frozenset()
    extra: tuple[ExtraHours, ...] = ()
    length: timedelta = 50 * _MINUTE
    buffer: timedelta = 10 * _MINUTE


def check_availability(availability: Availability) -> None:
    """Raises ``Problems`` naming each thing that cannot be."""
    wrong: list[Refusal] = []
    if not known_zone(availability.zone):
        wrong.append(Invalid(text("Select a time zone from the list."), field="zone"))
    if any(not 0 <= hours.weekday <= 6 for hours in availability.weekly):
        wrong.append(Invalid(text("Select a day of the week."), field="weekly"))
    for field, hours in (("weekly", availability.weekly), ("extra", availability.extra)):
        if any(entry.until <= entry.since for entry in hours):
            wrong.append(Invalid(text("The end must be later than the beginning."), field=field))
        if len(hours) > MOST_ENTRIES:
            wrong.append(Invalid(text("These are too many entries."), field=field))
    if len(availability.days_off) > MOST_ENTRIES:
        wrong.append(Invalid(text("These are too many entries."), field="days_off"))
    if not SHORTEST <= availability.length <= LONGEST or availability.length % _MINUTE:
        words = text("Enter a length from %(least)s to %(most)s minutes.", least=15, most=240)
        wrong.append(Invalid(words, field="length"))
    if not timedelta(0) <= availability.buffer <= LONGEST_BUFFER or availability.buffer % _MINUTE:
        words = text("Enter a break from %(least)s to %(most)s minutes.", least=0, most=120)
        wrong.append(Invalid(words, field="buffer"))
    if wrong:
        raise Problems(tuple(wrong))


def stretches(availability: Availability, span: Interval) -> tuple[Interval, ...]:
    """Return the hours that touch ``span``, whole, joined where they meet, in order.

    Local hours are read on each day's own clock: what the clocks skip is left out, and of what they show
    twice the first counts.
    """
    found = sorted(_hours(availability, span), key=lambda hours: hours.since)
    joined: list[Interval] = []
    for hours in found:
        if joined and hours.since <= joined[-1].until:
            joined[-1] = Interval(since=joined[-1].since, until=max(joined[-1].until, hours.until))
        else:
            joined.append(hours)
    return tuple(joined)


def _hours(availability: Availability, span: Interval) -> Iterator[Interval]:
    zone = availability.zone
    day, last = local_day(span.since, zone), local_day(span.until, zone)
    while day <= last:
        hours: list[WeeklyHours | ExtraHours] = [entry for entry in availability.extra if entry.day == day]
        if day not in availability.days_off:
            hours += [entry for entry in availability.weekly if entry.weekday == day.weekday()]
        for entry in hours:
            read = Interval(
                since=from_local(day, entry.since, zone), until=from_local(day, entry.until, zone)
            )
            if read.since < read.until and read.until > span.since and read.since < span.until:
                yield read
        day = next_day(day)


def free_slots(availability: Availability, span: Interval, busy: Iterable[Interval]) -> tuple[Interval, ...]:
    """Return the free times of one appointment's length inside ``span``, in order, never overlapping.

    Each begins at a quarter of an hour and keeps the buffer to the one before and to everything busy.
    """
    slots: list[Interval] = []
    for free in _free(availability, span, busy):
        since = _next_cell(max(free.since, slots[-1].until + availability.buffer) if slots else free.since)
        while since + availability.length <= free.until:
            slots.append(Interval(since=since, until=since + availability.length))
            since = _next_cell(since + availability.length + availability.buffer)
    return tuple(slot for slot in slots if slot.since >= span.since and slot.until <= span.until)


def is_free(availability: Availability, slot: Interval, busy: Iterable[Interval]) -> bool:
    """Whether an appointment can be at exactly this time: in the hours, apart from everything busy."""
    return slot.since == floor_to_cell(slot.since) and any(
        free.since <= slot.since and slot.until <= free.until for free in _free(availability, slot, busy)
    )


def _free(availability: Availability, span: Interval, busy: Iterable[Interval]) -> Sequence[Interval]:
    hours = stretches(availability, span)
    if not hours:
        return ()
    since, until, buffer = hours[0].since, hours[-1].until, availability.buffer
    kept_clear = (
        Interval(since=taken.since - buffer, until=taken.until + buffer)
        for taken in busy
        if taken.since < taken.until and taken.since - buffer < until and taken.until + buffer > since
    )
    return without(hours, kept_clear)


def _next_cell(at: datetime) -> datetime:
    floor = floor_to_cell(at)
    return floor if floor == at else floor + CELL
