"""Writing a message: everything its words need, with fresh links, and nothing else."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from checkin.channels.base import Outgoing
from checkin.domain.clinic import Clinic
from checkin.domain.message import OF_AN_APPOINTMENT, ChannelName, MessageKind
from checkin.domain.person import Person, Role
from checkin.domain.prompt import Prompt
from checkin.domain.push import topic_of
from checkin.domain.token import Purpose
from checkin.services import give_number, reach, tell_appointment
from checkin.services.deps import Deps
from checkin.storage import patients, tokens
from checkin.storage.engine import Transaction
from checkin.storage.messages import Queued

_MINUTES = 2  # how long a check-in takes, until this patient's own median is known


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Whom a message is for and what it is about; ``prompt`` is None if it is about something else.

    ``zone`` is the one to tell its times in, where that is known already.
    """

    person: Person
    prompt: Prompt | None = None
    zone: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Links:
    """Where a message leads and until when (None: it does not end), and how to stop such messages."""

    link: str
    expires_at: datetime | None = None
    unsubscribe: str | None = None
    about: tell_appointment.About | None = None


def written(tx: Transaction, deps: Deps, queued: Queued, subject: Subject, clinic: Clinic) -> Outgoing:
    """Return the message as its channel takes it. Raises ``ChannelError`` if there is no address for it."""
    message, person = queued.message, subject.person
    address = reach.address_of(tx, person, message, deps.now())
    links = _links(tx, deps, queued, subject, clinic)
    about = links.about
    return Outgoing(
        message_id=message.id,
        kind=message.kind,
        to_address=address,
        language=person.language,
        sender_name=clinic.settings.sender_name,
        sent_at=deps.now(),
        zone=_zone(tx, subject, clinic) if about is None else about.zone,
        link=links.link,
        minutes=None if subject.prompt is None else _MINUTES,
        expires_at=links.expires_at,
        values=_values(tx, deps, queued, about),
        unsubscribe_link=links.unsubscribe,
        topic=topic_of(message.prompt_id or queued.object_id or message.id),
        possible_repeat=message.maybe_sent,
        at=None if about is None else about.at,
        calendar=None if about is None else about.calendar,
        times=() if about is None else about.earlier,
    )


def _links(tx: Transaction, deps: Deps, queued: Queued, subject: Subject, clinic: Clinic) -> _Links:
    kind, settings = queued.message.kind, deps.settings
    if subject.prompt is not None:
        return _of_prompt(tx, deps, queued, subject.prompt)
    if kind in OF_AN_APPOINTMENT:
        about = tell_appointment.about(tx, deps, queued, subject.person, clinic)
        return _Links(link=about.link, about=about)
    if kind is MessageKind.NUMBER:
        return _Links(link=f"{settings.base_url}/reminders/number")
    if kind is MessageKind.TEST:
        return _Links(link=f"{settings.base_url}/reminders")
    if kind is MessageKind.ALERT:
        return _Links(link=f"{settings.base_url}/clinic")
    invited = kind is MessageKind.INVITATION
    expires_at = deps.now() + (settings.invitation if invited else settings.reset)
    purpose, place = (Purpose.INVITE, "welcome") if invited else (Purpose.RESET, "reset")
    return _Links(link=_link(tx, deps, queued, purpose, None, place, expires_at), expires_at=expires_at)


def _of_prompt(tx: Transaction, deps: Deps, queued: Queued, prompt: Prompt) -> _Links:
    """The link to answer by; only a mail also carries one to stop by."""
    until = prompt.expires_at
    link = _link(tx, deps, queued, Purpose.ANSWER, prompt.id, "c", until + deps.settings.late_grace)
    stop: str | None = None
    if queued.message.channel not in {ChannelName.WEB_PUSH, ChannelName.SMS}:
        stop = _link(tx, deps, queued, Purpose.UNSUBSCRIBE, None, "stop", until + deps.settings.unsubscribe)
    return _Links(link=link, expires_at=until, unsubscribe=stop)


def _values(
    tx: Transaction, deps: Deps, queued: Queued, about: tell_appointment.About | None
) -> dict[str, str]:
    if queued.message.kind is MessageKind.NUMBER:
        return {"code": give_number.fresh_code(tx, deps, queued.message.person_id)}
    values = {} if queued.object_id is None else {"reference": queued.object_id.hex[-8:]}
    if about is not None and about.name_zone:
        values["zone"] = about.zone.replace("_", " ")
    return values


def _zone(tx: Transaction, subject: Subject, clinic: Clinic) -> str:
    if subject.zone is not None:
        return subject.zone
    person = subject.person
    if Role.PATIENT not in person.roles:
        return clinic.settings.zone
    return patients.get_patient(tx, person.id, person.clinic_id).zone


def _link(
    tx: Transaction,
    deps: Deps,
    queued: Queued,
    purpose: Purpose,
    object_id: UUID | None,
    place: str,
    expires_at: datetime,
) -> str:
    """Make a fresh link; the secret is in the message only, the table keeps its hash."""
    secret = secrets.token_urlsafe(24)
    tokens.add_token(
        tx,
        secret,
        clinic=queued.message.clinic_id,
        person=queued.message.person_id,
        purpose=purpose,
        object_id=object_id,
        now=deps.now(),
        expires_at=expires_at,
        message=queued.message.id,
    )
    return f"{deps.settings.base_url}/{place}/{secret}"
