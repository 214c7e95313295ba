"""The clinic: what it decides for itself, kept in audited, append-only rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from checkin.domain.clock import from_local, to_local
from checkin.domain.ids import ClinicId

NUMBERS_STALE_AFTER = timedelta(
    days=90
)  # help numbers found dead in 6 of 69 apps (Martinengo 2019, BMC Med 17:231)

NEVER_VERIFIED = date.min  # a number that came with the program: nobody of the clinic has tried it


class HelpKind(StrEnum):
    """In the order in which a page shows them."""

    EMERGENCY = "emergency"
    CRISIS = "crisis"
    CARE_TEAM = "care_team"


@dataclass(frozen=True, kw_only=True)
class HelpNumber:
    """A number to call, as shown; ``text_number`` takes text messages. ``verified_on``: a person tried it.

    ``always``: somebody answers at every hour of every day; else ``when`` says when, in the clinic's words.
    """

    kind: HelpKind
    title: str
    number: str
    text_number: str | None = None
    always: bool = False
    when: str = ""
    verified_on: date


@dataclass(frozen=True, kw_only=True)
class OpeningHours:
    """When somebody of the clinic reads alerts, on one weekday (Monday is 0), local time."""

    weekday: int
    since: time
    until: time


@dataclass(frozen=True, kw_only=True)
class ClinicSettings:
    """What the clinic decides. ``thresholds`` overrides clinical defaults by name; ``protocol`` is
    "name|version". ``numbers`` is never empty."""

    country: str
    zone: str
    language: str
    sender_name: str
    numbers: tuple[HelpNumber, ...]
    hours: tuple[OpeningHours, ...] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)
    protocol: str = ""
    day_of_infusion_words: str = ""

    def stale_numbers(self, today: date) -> tuple[HelpNumber, ...]:
        """The numbers that nobody has tried for 90 days."""
        return tuple(n for n in self.numbers if today - n.verified_on > NUMBERS_STALE_AFTER)


@dataclass(frozen=True, kw_only=True)
class Clinic:
    """The tenant."""

    id: ClinicId
    name: str
    settings: ClinicSettings


def reading_until(settings: ClinicSettings, now: datetime) -> datetime | None:
    """Until when the care team looks at alerts, if it does so now."""
    local = to_local(now, settings.zone)
    ends = [
        hours.until
        for hours in settings.hours
        if hours.weekday == local.weekday() and hours.since <= local.time() < hours.until
    ]
    return from_local(local.date(), max(ends), settings.zone) if ends else None


def next_reading(settings: ClinicSettings, now: datetime) -> datetime | None:
    """When the care team next looks at alerts: now if open, else the next opening; None if never."""
    local = to_local(now, settings.zone)
    for ahead in range(8):
        day = local.date() + timedelta(days=ahead)
        for hours in sorted(settings.hours, key=lambda h: h.since):
            if hours.weekday != day.weekday():
                continue
            opens, closes = (
                from_local(day, hours.since, settings.zone),
                from_local(day, hours.until, settings.zone),
            )
            if now < closes:
                return max(now, opens)
    return None
