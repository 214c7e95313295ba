"""What a therapist sets for appointments: hours, exceptions, length, break, and busy times elsewhere."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from checkin.domain.availability import Availability, check_availability
from checkin.domain.clock import Interval
from checkin.domain.person import Person, Role
from checkin.export.ics_busy import read_busy
from checkin.services import roles
from checkin.services.deps import Deps
from checkin.storage import appointments, audit, availabilities, clinics
from checkin.storage.engine import Transaction

BUSY_AHEAD = timedelta(days=120)  # far beyond the last time that is ever proposed


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
    roles.require(actor, Role.THERAPIST)
    check_availability(availability)
    now = deps.now()
    with deps.transaction() as tx:
        appointments.lock_therapist(tx, actor.id)
        before = availabilities.find_availability(tx, actor.id)
        availabilities.store_availability(tx, actor.id, actor.clinic_id, availability, now)
        private = {
            "old": None if before is None else _plain(before),
            "new": _plain(availability),
        }
        event = audit.Event(action="hours_changed", actor=actor.id, subject=actor.id, private=private)
        audit.record(tx, actor.clinic_id, event, now)


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
