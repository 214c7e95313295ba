"""Appointments: a therapist offers up to three times, the patient picks one, either may move or cancel it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from checkin.domain.clock import Interval
from checkin.domain.errors import Conflict, Invalid
from checkin.domain.ids import AppointmentId, ClinicId, PersonId
from checkin.domain.words import text

MOST_OPTIONS = 3  # more choice is no help to somebody who is ill
CELL = timedelta(minutes=15)
"""Appointments begin at a quarter of an hour (the same in every zone in use): so the time that one takes is a
row of cells, and no two may hold the same cell of the same person."""


class AppointmentState(StrEnum):
    """proposed → agreed → moved, each → cancelled. ``MOVED``: agreed, at another time than at first."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    MOVED = "moved"
    CANCELLED = "cancelled"


HELD = frozenset({AppointmentState.AGREED, AppointmentState.MOVED})  # it takes time out of two people's days


@dataclass(frozen=True, kw_only=True)
class Appointment:
    """``options`` are the times offered, one to three. ``slot`` is the agreed one, None until then and kept
    when it is cancelled. ``zone`` is the therapist's. ``sequence`` grows with every change after agreement,
    so that calendars can tell the newer one (RFC 5546 2.1.4). ``unlikely``: beginnings of times that the
    therapist chose knowing that the window was more likely closed then."""

    id: AppointmentId
    clinic_id: ClinicId
    therapist_id: PersonId
    patient_id: PersonId
    state: AppointmentState
    options: tuple[Interval, ...]
    slot: Interval | None
    zone: str
    sequence: int
    created_at: datetime
    changed_at: datetime
    unlikely: frozenset[datetime] = frozenset()

    def open_options(self, now: datetime) -> tuple[Interval, ...]:
        """The times that can still be picked: none once one was picked, or when they have begun."""
        if self.state is not AppointmentState.PROPOSED:
            return ()
        return tuple(option for option in self.options if option.since > now)

    @property
    def takes_time(self) -> bool:
        """Whether its time is taken out of two people's days."""
        return self.state in HELD and self.slot is not None

    @property
    def chosen_unlikely(self) -> bool:
        """Whether the therapist knew that the window was more likely closed at the agreed time."""
        return self.slot is not None and self.slot.since in self.unlikely

    def can_change(self, now: datetime) -> bool:
        """Whether it can be moved: it is agreed and has not begun."""
        return self.state in HELD and self.slot is not None and now < self.slot.since


class AlreadyCancelled(Conflict):
    """It was called off before: whoever wanted that has what they wanted."""

    def __init__(self) -> None:
        super().__init__(text("This appointment is cancelled already."))


class NotFree(Conflict):
    """The time is taken, or no longer offered."""

    def __init__(self) -> None:
        super().__init__(text("This time is not free any more. Choose another one."), field="slot")


def offer(
    *,
    id: AppointmentId,
    clinic_id: ClinicId,
    therapist_id: PersonId,
    patient_id: PersonId,
    options: tuple[Interval, ...],
    zone: str,
    now: datetime,
    unlikely: frozenset[datetime] = frozenset(),
) -> Appointment:
    """Return a new proposal. Raises ``Invalid`` for none, too many, equal or past times."""
    if not options:
        raise Invalid(text("Select at least one time."), field="slots")
    if len(set(options)) > MOST_OPTIONS:
        raise Invalid(text("Select at most %(most)s times.", most=MOST_OPTIONS), field="slots")
    if any(option.since <= now for option in options):
        raise Invalid(text("One of these times has begun already. Choose later ones."), field="slots")
    return Appointment(
        id=id,
        clinic_id=clinic_id,
        therapist_id=therapist_id,
        patient_id=patient_id,
        state=AppointmentState.PROPOSED,
        options=tuple(sorted(set(options), key=lambda option: option.since)),
        slot=None,
        zone=zone,
        sequence=0,
        created_at=now,
        changed_at=now,
        unlikely=unlikely,
    )


def agree(appointment: Appointment, since: datetime, now: datetime) -> Appointment:
    """Return the appointment at the option that begins at ``since``. Raises ``NotFree``."""
    picked = [option for option in appointment.open_options(now) if option.since == since]
    if not picked:
        raise NotFree
    return replace(appointment, state=AppointmentState.AGREED, slot=picked[0], changed_at=now)


def move(
    appointment: Appointment, slot: Interval, now: datetime, *, chosen_unlikely: bool = False
) -> Appointment:
    """Return the appointment at another time. Raises ``Conflict`` if it is not agreed, over or the same.

    ``chosen_unlikely``: the therapist chose it knowing that the window is more likely closed then.
    """
    if not appointment.can_change(now):
        raise Conflict(text("This appointment cannot be moved any more."))
    if slot.since <= now:
        raise NotFree
    if slot == appointment.slot:
        raise Conflict(text("The appointment is at this time already."), field="slot")
    return replace(
        appointment,
        state=AppointmentState.MOVED,
        slot=slot,
        sequence=appointment.sequence + 1,
        changed_at=now,
        unlikely=appointment.unlikely | ({slot.since} if chosen_unlikely else set()),
    )


def cancel(appointment: Appointment, now: datetime) -> Appointment:
    """Return the appointment or proposal called off. Raises ``Conflict`` if it has begun.

    If it is off already it is ``AlreadyCancelled``.
    """
    if appointment.state is AppointmentState.CANCELLED:
        raise AlreadyCancelled
    if appointment.state is not AppointmentState.PROPOSED and not appointment.can_change(now):
        raise Conflict(text("This appointment cannot be cancelled any more."))
    return replace(
        appointment,
        state=AppointmentState.CANCELLED,
        sequence=appointment.sequence + (appointment.state in HELD),
        changed_at=now,
    )


def cells(slot: Interval) -> tuple[datetime, ...]:
    """Return the cells that a slot takes, whole or in part."""
    first = floor_to_cell(slot.since)
    number = -((first - slot.until) // CELL)
    return tuple(first + CELL * index for index in range(number))


def floor_to_cell(at: datetime) -> datetime:
    """The beginning of the cell in which a moment (UTC) lies."""
    return at - timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond)
