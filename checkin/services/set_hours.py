"""What a therapist sets for appointments: hours, exceptions, length, break, and busy times elsewhere."""

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta

from checkin.domain.availability import (
    MOST_ENTRIES,
    Availability,
    ExtraHours,
    WeeklyHours,
    check_availability,
)
from checkin.domain.clock import Interval, local_day
from checkin.domain.errors import Invalid
from checkin.domain.person import Person, Role
from checkin.domain.words import text
from checkin.export.ics_busy import MOST_BYTES, read_busy
from checkin.services import roles
from checkin.services.deps import Deps
from checkin.storage import appointments, audit, availabilities, clinics
from checkin.storage.engine import Transaction

BUSY_AHEAD = timedelta(days=120)  # far beyond the last time that is ever proposed
LONGEST_ABSENCE = 92  # days entered at once
MOST_DAYS = MOST_ENTRIES
LARGEST_FILE = MOST_BYTES


@dataclass(frozen=True, kw_only=True)
class MyHours:
    """``availability`` as set, or an empty one in the clinic's zone. ``busy`` counts the times uploaded."""

    availability: Availability
    is_set: bool
    busy: int
    busy_uploaded_at: datetime | None


def my_hours(deps: Deps, actor: Person) -> MyHours:
    """Return what the therapist has set."""
    roles.require(actor, Role.THERAPIST)
    with deps.reading() as tx:
        found = availabilities.find_availability(tx, actor.id)
        busy, uploaded_at = availabilities.busy_uploaded(tx, actor.id)
        return MyHours(
            availability=found or Availability(zone=_clinic_zone(tx, actor)),
            is_set=found is not None,
            busy=busy,
            busy_uploaded_at=uploaded_at,
        )


def set_hours(deps: Deps, actor: Person, availability: Availability) -> None:
    """Set hours, exceptions, length and break; what is agreed stays agreed. Raises ``Problems``."""
    _change(deps, actor, lambda _before: availability)


def set_week(
    deps: Deps,
    actor: Person,
    *,
    zone: str,
    weekly: tuple[WeeklyHours, ...],
    length: timedelta,
    buffer: timedelta,
) -> None:
    """Set everything but the exceptions, which stay. Raises ``Problems``."""

    def change(before: Availability) -> Availability:
        return replace(before, zone=zone, weekly=weekly, length=length, buffer=buffer)

    _change(deps, actor, change)


def add_days_off(deps: Deps, actor: Person, first: date, last: date) -> None:
    """Take the weekly hours of these days away. Raises ``Problems``."""
    days = (last - first).days + 1
    if not 1 <= days <= LONGEST_ABSENCE:
        words = text("Enter a last day from the first day to %(most)s days on.", most=LONGEST_ABSENCE)
        raise Invalid(words, field="last_day")
    off = {first + timedelta(days=index) for index in range(days)}
    _change(deps, actor, lambda before: replace(before, days_off=before.days_off | off))


def add_extra_hours(deps: Deps, actor: Person, extra: ExtraHours) -> None:
    """Add hours on one day. Raises ``Problems``."""
    _change(deps, actor, lambda before: replace(before, extra=tuple({*before.extra, extra})))


def remove_exceptions(deps: Deps, actor: Person, days: Collection[date]) -> None:
    """Let these days be like any other week's; doing it twice does no harm."""

    def change(before: Availability) -> Availability:
        extra = tuple(entry for entry in before.extra if entry.day not in days)
        return replace(before, days_off=before.days_off - frozenset(days), extra=extra)

    _change(deps, actor, change)


def _change(deps: Deps, actor: Person, change: Callable[[Availability], Availability]) -> None:
    roles.require(actor, Role.THERAPIST)
    now = deps.now()
    with deps.transaction() as tx:
        appointments.lock_therapist(tx, actor.id)
        before = availabilities.find_availability(tx, actor.id)
        after = _tidied(change(before or Availability(zone=_clinic_zone(tx, actor))), now)
        if after == before:
            return
        availabilities.store_availability(tx, actor.id, actor.clinic_id, after, now)
        private = {
            "old": None if before is None else _plain(before),
            "new": _plain(after),
        }
        event = audit.Event(action="hours_changed", actor=actor.id, subject=actor.id, private=private)
        audit.record(tx, actor.clinic_id, event, now)


def _tidied(availability: Availability, now: datetime) -> Availability:
    """In order and without exceptions that are over. Raises ``Problems``."""
    check_availability(availability)
    today = local_day(now, availability.zone)
    return replace(
        availability,
        weekly=tuple(
            sorted(set(availability.weekly), key=lambda entry: (entry.weekday, entry.since, entry.until))
        ),
        days_off=frozenset(day for day in availability.days_off if day >= today),
        extra=tuple(
            sorted(
                (entry for entry in availability.extra if entry.day >= today),
                key=lambda entry: (entry.day, entry.since, entry.until),
            )
        ),
    )


def upload_busy_times(deps: Deps, actor: Person, content: bytes) -> int:
    """Take the busy times out of a calendar file (ICS) in place of those before; return how many there are.

    Only when somebody is busy is kept. Raises ``Invalid``.
    """
    roles.require(actor, Role.THERAPIST)
    now = deps.now()
    zone = my_hours(deps, actor).availability.zone
    times = read_busy(content, span=Interval(since=now, until=now + BUSY_AHEAD), zone=zone)
    _replace(deps, actor, times)
    return len(times)


def forget_busy_times(deps: Deps, actor: Person) -> None:
    """Delete the busy times uploaded before."""
    roles.require(actor, Role.THERAPIST)
    _replace(deps, actor, ())


def _replace(deps: Deps, actor: Person, times: tuple[Interval, ...]) -> None:
    now = deps.now()
    with deps.transaction() as tx:
        appointments.lock_therapist(tx, actor.id)
        availabilities.replace_busy_times(tx, actor.id, actor.clinic_id, times, now)
        private = {"number": len(times)}
        event = audit.Event(action="busy_times_changed", actor=actor.id, subject=actor.id, private=private)
        audit.record(tx, actor.clinic_id, event, now)


def _clinic_zone(tx: Transaction, actor: Person) -> str:
    return clinics.get_clinic(tx, actor.clinic_id).settings.zone


def _plain(availability: Availability) -> dict[str, object]:
    return asdict(availability) | {"days_off": sorted(availability.days_off)}
