"""A small calendar, and when its owner is busy by it."""

from datetime import UTC, datetime

from checkin.domain.clock import Interval
from checkin.export.ics_busy import read_busy

NEW_YORK = "America/New_York"
SPAN = Interval(since=datetime(2026, 3, 2, tzinfo=UTC), until=datetime(2026, 4, 2, tzinfo=UTC))


def a_file(*components: str) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//EN", *components, "END:VCALENDAR", ""]
    return "\r\n".join(line for part in lines for line in part.split("\n")).encode()


def an_event(*lines: str, uid: str = "1") -> str:
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid}", "SUMMARY:Private", *lines, "END:VEVENT"])


def busy(*components: str, span: Interval = SPAN, zone: str = NEW_YORK) -> list[str]:
    """The busy times as "since/until" in UTC."""
    found = read_busy(a_file(*components), span=span, zone=zone)
    return [f"{one.since:%m-%dT%H:%M}/{one.until:%m-%dT%H:%M}" for one in found]
