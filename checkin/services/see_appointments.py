"""Seeing appointments: what is agreed, what waits for an answer, and what came to nothing lately."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from checkin.domain.appointment import HELD, Appointment, AppointmentState
from checkin.domain.clock import Interval
from checkin.domain.consent import Reads, may
from checkin.domain.errors import NotFound
from checkin.domain.ids import AppointmentId, PersonId
from checkin.domain.message import MessageKind
from checkin.domain.person import Person, Role
from checkin.domain.slot import Outlook
from checkin.services import roles
from checkin.services.access import note_listed
from checkin.services.deps import Deps
from checkin.services.judge_appointments import outlooks_of
from checkin.storage import appointments, grants, patients, people, send_log
from checkin.storage.engine import Transaction

_LATELY = timedelta(days=14)  # so that an older message still leads to a page that says what became of it


class Standing(Enum):
    """Where an appointment stands for the two people: the last four came to nothing."""

    AGREED = "agreed"
    WAITING = "waiting"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An appointment with the name of the other person. ``options`` can still be picked.

    ``own_zone`` is the reader's, ``other_zone`` the other one's. ``shared``: the therapist may see the
    patient's scores now. ``other_closed``: the other one's sign-in is closed, and they are sent nothing.
    ``outlook``: how the agreed time stands, for the therapist alone.
    """

    appointment: Appointment
    standing: Standing
    other_id: PersonId
    other: str
    own_zone: str
    other_zone: str
    options: tuple[Interval, ...]
    can_change: bool
    shared: bool
    other_closed: bool
    outlook: Outlook = Outlook()

    @property
    def doubtful(self) -> bool:
        """Whether the therapist should look at the agreed time again, and can."""
        return self.can_change and self.outlook.doubtful

    @property
    def can_move(self) -> bool:
        """Whether another time can be agreed."""
        return self.can_change and self.shared and not self.other_closed

    @property
    def begins(self) -> datetime:
        """The agreed time, or the first of those that were offered."""
        return (self.appointment.slot or self.appointment.options[0]).since


@dataclass(frozen=True, kw_only=True)
class Agenda:
    """A person's appointments as patient or as therapist, the soonest first; ``gone`` the latest first."""

    agreed: tuple[Entry, ...]
    waiting: tuple[Entry, ...]
    gone: tuple[Entry, ...]


def my_agenda(deps: Deps, actor: Person, role: Role, *, other: PersonId | None = None) -> Agenda:
    """Return what a patient or a therapist has, with everybody or, beside a record, with one ``other``.

    The chances in a therapist's own list are a look at each of those patients, which is written down;
    where there are none it waits for no writer. Raises ``NotFound`` for somebody who is not that.
    """
    roles.require(actor, role)
    now = deps.now()
    with deps.reading() as tx:
        mine = [one for one in appointments.appointments_of(tx, actor.id) if _side(one, role) == actor.id]
        if other is not None:
            mine = [one for one in mine if _other(one, role) == other]
        entries = _entries(tx, deps, actor, role, _still_of_interest(mine, now))
    if other is None:
        note_listed(deps, actor, {entry.other_id for entry in entries if entry.outlook != Outlook()})
    return Agenda(
        agreed=_in_order(entries, Standing.AGREED),
        waiting=_in_order(entries, Standing.WAITING),
        gone=tuple(
            sorted(
                (entry for entry in entries if entry.standing not in {Standing.AGREED, Standing.WAITING}),
                key=lambda entry: entry.appointment.changed_at,
                reverse=True,
            )
        ),
    )


def one_of_mine(deps: Deps, actor: Person, appointment_id: AppointmentId) -> Entry:
    """Return one appointment, whatever became of it. Raises ``NotFound``."""
    with deps.reading() as tx:
        found = appointments.get_appointment(tx, appointment_id, actor.clinic_id)
        role = next((role for role in _SIDES if _side(found, role) == actor.id), None)
        if role is None or actor.disabled_at is not None:
            raise NotFound
        (entry,) = _entries(tx, deps, actor, role, [found])
        return entry


_SIDES = (Role.PATIENT, Role.THERAPIST)


def _side(one: Appointment, role: Role) -> PersonId:
    return one.patient_id if role is Role.PATIENT else one.therapist_id


def _other(one: Appointment, role: Role) -> PersonId:
    return one.therapist_id if role is Role.PATIENT else one.patient_id


def _still_of_interest(mine: Sequence[Appointment], now: datetime) -> list[Appointment]:
    """Leave out what is over, and what came to nothing long ago or was followed by something else."""
    newest = {
        (one.therapist_id, one.patient_id): one.id for one in sorted(mine, key=lambda one: one.created_at)
    }
    return [
        one
        for one in mine
        if _counts(one, now)
        or (_came_to_nothing(one, now) and newest[one.therapist_id, one.patient_id] == one.id)
    ]


def _counts(one: Appointment, now: datetime) -> bool:
    return bool(one.open_options(now)) or (
        one.state in HELD and one.slot is not None and one.slot.until > now
    )


def _came_to_nothing(one: Appointment, now: datetime) -> bool:
    if one.state in HELD:
        return False
    ended = one.changed_at if one.state is AppointmentState.CANCELLED else one.options[-1].since
    return now - _LATELY < ended


def _entries(
    tx: Transaction, deps: Deps, actor: Person, role: Role, known: Sequence[Appointment]
) -> list[Entry]:
    if not known:
        return []
    now = deps.now()
    others = people.people_by_id(tx, {_other(one, role) for one in known})
    homes = patients.patients_by_id(tx, {one.patient_id for one in known})
    declined = send_log.told_about(tx, {one.therapist_id for one in known}, MessageKind.DECLINED)
    shared = _shared(tx, actor, role, known, now)
    asking = role is Role.THERAPIST
    seen = [one for one in known if asking and one.takes_time and one.id in shared]
    outlooks = outlooks_of(tx, seen, now)
    return [
        Entry(
            appointment=one,
            standing=_standing(one, one.id in declined, now),
            other_id=_other(one, role),
            other=others[_other(one, role)].name,
            own_zone=one.zone if role is Role.THERAPIST else homes[one.patient_id].zone,
            other_zone=homes[one.patient_id].zone if role is Role.THERAPIST else one.zone,
            options=one.open_options(now),
            can_change=one.can_change(now),
            shared=one.id in shared,
            other_closed=others[_other(one, role)].disabled_at is not None,
            outlook=outlooks.get(one.id, Outlook()),
        )
        for one in known
    ]


def _standing(one: Appointment, declined: bool, now: datetime) -> Standing:
    if one.state in HELD:
        return Standing.AGREED
    if one.state is AppointmentState.PROPOSED:
        return Standing.WAITING if one.open_options(now) else Standing.LAPSED
    if one.slot is not None:
        return Standing.CANCELLED
    return Standing.DECLINED if declined else Standing.WITHDRAWN


def _shared(
    tx: Transaction, actor: Person, role: Role, known: Sequence[Appointment], now: datetime
) -> set[AppointmentId]:
    """The appointments whose therapist may see the patient's scores at this moment."""
    if role is Role.PATIENT:
        therapists = people.people_by_id(tx, {one.therapist_id for one in known})
        given = grants.grants_of(tx, actor.id)
    else:
        therapists = {actor.id: actor}
        given = grants.grants_to(tx, [actor.id])
    return {
        one.id
        for one in known
        if may(
            therapists[one.therapist_id],
            Reads.SCORES,
            patient=one.patient_id,
            clinic=one.clinic_id,
            grants=given,
            now=now,
        )
    }


def _in_order(entries: Iterable[Entry], standing: Standing) -> tuple[Entry, ...]:
    return tuple(
        sorted((entry for entry in entries if entry.standing is standing), key=lambda entry: entry.begins)
    )
