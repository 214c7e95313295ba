"""Calendar files (RFC 5545, 5546): one appointment for a mail, or all of a person's as a feed."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from icalendar import Calendar, Event, vCalAddress

from checkin.domain.clock import Interval, local_day, shown_twice, to_local
from checkin.export.ics_zones import zone_rules

_PRODUCT = "-//checkin//checkin//EN"
_REFRESH = timedelta(hours=1)
_BREAKING = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, lone surrogates, line and paragraph separators


class Method(StrEnum):
    """What a calendar is to do with the file it gets by mail."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, kw_only=True)
class Party:
    """Somebody who sends or gets an invitation."""

    name: str
    address: str


@dataclass(frozen=True, kw_only=True)
class CalendarEvent:
    """One appointment as calendars know it. ``title`` is neutral: it shows on locked screens.

    ``uid`` stays the same for ever; of two files with one uid the higher ``sequence`` holds. ``zone`` is the
    one to write the times in. ``link`` leads to a page behind the sign-in.
    """

    uid: str
    time: Interval
    zone: str
    sequence: int
    changed_at: datetime
    cancelled: bool
    title: str
    link: str


def invitation(event: CalendarEvent, *, sender: Party, reader: Party) -> bytes:
    """Return the file that puts, changes or takes away the event in one reader's calendar."""
    calendar = _calendar()
    calendar.add("method", method_of(event).value)
    _add_zones(calendar, [event])
    written = _event(event)
    written.add("organizer", _address(sender), encode=False)
    attendee = _address(reader)
    attendee.params["PARTSTAT"] = "ACCEPTED"  # it was agreed in the app, nobody waits for a reply
    attendee.params["RSVP"] = "FALSE"
    written.add("attendee", attendee, encode=False)
    calendar.add_component(written)
    return _bytes(calendar)


def method_of(event: CalendarEvent) -> Method:
    """What the invitation's method is, which the mail's headers repeat."""
    return Method.CANCEL if event.cancelled else Method.REQUEST


def feed(events: Iterable[CalendarEvent], *, name: str, zone: str, today: date) -> bytes:
    """Return a calendar to subscribe to. ``zone`` is its reader's; it also keeps an empty one valid."""
    calendar = _calendar()
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _one_line(name))
    calendar.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    shown = [event for event in events if not event.cancelled]
    _add_zones(calendar, shown)
    for event in shown:
        calendar.add_component(_event(event))
    if not shown:
        calendar.add_component(zone_rules(zone, _year(today, -1), _year(today, 2)))
    return _bytes(calendar)


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    return calendar


def _event(event: CalendarEvent) -> Event:
    written = Event()
    written.add("uid", event.uid)
    written.add("sequence", event.sequence)
    written.add("dtstamp", event.changed_at)
    written.add("last-modified", event.changed_at)
    since, until = _times(event)
    written.add("dtstart", since)
    written.add("dtend", until)
    written.add("summary", _one_line(event.title))
    written.add("url", event.link)
    written.add("class", "PRIVATE")
    written.add("transp", "OPAQUE")
    written.add("status", "CANCELLED" if event.cancelled else "CONFIRMED")
    return written


def _times(event: CalendarEvent) -> tuple[datetime, datetime]:
    """The times by the zone's clocks; in UTC where those show one of them twice: a calendar file cannot tell
    the second from the first (RFC 5545 3.3.5), and the end would come before the beginning."""
    both = event.time.since, event.time.until
    if any(shown_twice(at, event.zone) for at in both):
        return both
    return to_local(both[0], event.zone), to_local(both[1], event.zone)


def _add_zones(calendar: Calendar, events: list[CalendarEvent]) -> None:
    """Add the rules of the zones that the events are written in, for the years around them."""
    days = [local_day(event.time.since, event.zone) for event in events]
    for zone in sorted({event.zone for event in events}):
        calendar.add_component(zone_rules(zone, _year(min(days), -1), _year(max(days), 2)))


def _bytes(calendar: Calendar) -> bytes:
    written: bytes = calendar.to_ical()
    return written


def _year(day: date, ahead: int) -> date:
    return date(day.year + ahead, 1, 1)


def _address(party: Party) -> vCalAddress:
    address = vCalAddress(f"mailto:{_one_line(party.address)}")
    address.params["CN"] = _one_line(party.name)
    return address


def _one_line(value: str) -> str:
    return " ".join("".join(" " if unicodedata.category(c) in _BREAKING else c for c in value).split())
