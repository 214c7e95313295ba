"""A private calendar address: whoever has it reads when somebody's appointments are, until it is ended."""

import secrets
from datetime import datetime, timedelta

from checkin.domain.clock import local_day
from checkin.domain.errors import NotFound
from checkin.domain.person import Person, Role
from checkin.domain.token import Purpose
from checkin.export.ics import feed
from checkin.services.deps import Deps
from checkin.services.tell_appointment import event_of
from checkin.storage import appointments, audit, clinics, patients, people, tokens
from checkin.storage.engine import Transaction

_PAST = timedelta(days=60)  # how long what is over stays in the calendar


def my_calendar(deps: Deps, actor: Person) -> datetime | None:
    """Return when the actor's calendar address was made, None if there is none that works."""
    with deps.reading() as tx:
        return tokens.live_token(tx, actor.id, Purpose.CALENDAR, deps.now())


def make_calendar(deps: Deps, actor: Person) -> str:
    """Make a new calendar address and return it; it is shown once, and an earlier one stops working."""
    now = deps.now()
    secret = secrets.token_urlsafe(32)
    with deps.transaction() as tx:
        tokens.end_tokens(tx, actor.id, Purpose.CALENDAR, now)
        tokens.add_token(
            tx,
            secret,
            clinic=actor.clinic_id,
            person=actor.id,
            purpose=Purpose.CALENDAR,
            object_id=None,
            now=now,
            expires_at=now + deps.settings.calendar,
        )
        event = audit.Event(action="calendar_made", actor=actor.id, subject=actor.id)
        audit.record(tx, actor.clinic_id, event, now)
    return f"{deps.settings.base_url}/calendar/{secret}.ics"


def end_calendar(deps: Deps, actor: Person) -> None:
    """Make the actor's calendar address worthless; doing it twice does no harm."""
    now = deps.now()
    with deps.transaction() as tx:
        if tokens.live_token(tx, actor.id, Purpose.CALENDAR, now) is None:
            return
        tokens.end_tokens(tx, actor.id, Purpose.CALENDAR, now)
        event = audit.Event(action="calendar_ended", actor=actor.id, subject=actor.id)
        audit.record(tx, actor.clinic_id, event, now)


def read_calendar(deps: Deps, secret: str) -> bytes:
    """Return the calendar behind an address: agreed times under a neutral title. Raises ``NotFound``.

    Reading it is not written to the audit: calendar programs come every hour, on their owner's behalf.
    """
    now = deps.now()
    with deps.reading() as tx:
        token = tokens.find_token(tx, secret, Purpose.CALENDAR)
        if token is None or token.used_at is not None or token.expires_at <= now:
            raise NotFound
        person = people.get_person(tx, token.person_id, token.clinic_id)
        if person.disabled_at is not None:
            raise NotFound
        clinic = clinics.get_clinic(tx, person.clinic_id)
        events = [
            event_of(deps, one, person.id, clinic)
            for one in appointments.appointments_of(tx, person.id)
            if one.takes_time and one.slot is not None and one.slot.until > now - _PAST
        ]
        zone = _zone(tx, person, clinic.settings.zone)
        return feed(events, name=clinic.settings.sender_name, zone=zone, today=local_day(now, zone))


def _zone(tx: Transaction, person: Person, otherwise: str) -> str:
    if Role.PATIENT not in person.roles:
        return otherwise
    return patients.get_patient(tx, person.id, person.clinic_id).zone
