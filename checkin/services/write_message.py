"""Writing a message: everything its words need, with fresh links, and nothing else."""

import secrets
from collections.abc import MutableSequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from checkin.channels.base import Outgoing
from checkin.domain.form import compose, usual_minutes
from checkin.domain.message import OF_AN_APPOINTMENT, ChannelName, MessageKind
from checkin.domain.person import Role
from checkin.domain.prompt import Prompt
from checkin.domain.push import topic_of
from checkin.domain.token import Purpose
from checkin.services import catalogue, give_number, reach, tell_appointment
from checkin.services.deps import Deps
from checkin.services.look_again import Known
from checkin.storage import patients
from checkin.storage.engine import Transaction
from checkin.storage.messages import Queued
from checkin.storage.tokens import NewToken


@dataclass(frozen=True, kw_only=True)
class _Links:
    """Where a message leads and until when (None: it does not end), and how to stop such messages."""

    link: str
    expires_at: datetime | None = None
    unsubscribe: str | None = None
    about: tell_appointment.About | None = None


def written(
    tx: Transaction, deps: Deps, queued: Queued, known: Known, fresh: MutableSequence[NewToken]
) -> Outgoing:
    """Return the message as its channel takes it; the tokens of its links are added to ``fresh``.

    Raises ``ChannelError`` if there is no address for it.
    """
    message, person = queued.message, known.person_of(queued)
    clinic = known.clinics[message.clinic_id]
    address = reach.address_of(tx, deps, person, message)
    links = _links(tx, deps, queued, known, fresh)
    about = links.about
    return Outgoing(
        message_id=message.id,
        kind=message.kind,
        to_address=address,
        language=person.language,
        sender_name=clinic.settings.sender_name,
        sent_at=deps.now(),
        zone=_zone(tx, queued, known) if about is None else about.zone,
        link=links.link,
        minutes=_minutes(tx, queued, known.prompt_of(queued)),
        expires_at=links.expires_at,
        values=_values(tx, deps, queued, about),
        unsubscribe_link=links.unsubscribe,
        topic=topic_of(message.prompt_id or queued.object_id or message.id),
        possible_repeat=message.maybe_sent,
        at=None if about is None else about.at,
        calendar=None if about is None else about.calendar,
        times=() if about is None else about.earlier,
    )


def _links(
    tx: Transaction, deps: Deps, queued: Queued, known: Known, fresh: MutableSequence[NewToken]
) -> _Links:
    kind, settings, prompt = queued.message.kind, deps.settings, known.prompt_of(queued)
    if prompt is not None:
        return _of_prompt(deps, queued, prompt, fresh)
    if kind in OF_AN_APPOINTMENT:
        clinic = known.clinics[queued.message.clinic_id]
        about = tell_appointment.about(tx, deps, queued, known.person_of(queued), clinic)
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
    secret = _fresh(queued, purpose, None, expires_at, fresh)
    return _Links(link=f"{settings.base_url}/{place}/{secret}", expires_at=expires_at)


def _of_prompt(deps: Deps, queued: Queued, prompt: Prompt, fresh: MutableSequence[NewToken]) -> _Links:
    """The link to answer by; only a mail also carries one to stop by."""
    settings, until = deps.settings, prompt.expires_at
    secret = _fresh(queued, Purpose.ANSWER, prompt.id, until + settings.late_grace, fresh)
    stop: str | None = None
    if queued.message.channel not in {ChannelName.WEB_PUSH, ChannelName.SMS}:
        stopping = _fresh(queued, Purpose.UNSUBSCRIBE, None, until + settings.unsubscribe, fresh)
        stop = f"{settings.base_url}/stop/{stopping}"
    return _Links(link=f"{settings.base_url}/c/{secret}", expires_at=until, unsubscribe=stop)


def _values(
    tx: Transaction, deps: Deps, queued: Queued, about: tell_appointment.About | None
) -> dict[str, str]:
    if queued.message.kind is MessageKind.NUMBER:
        return {"code": give_number.fresh_code(tx, deps, queued.message.person_id)}
    values = {} if queued.object_id is None else {"reference": queued.object_id.hex[-8:]}
    if about is not None and about.name_zone:
        values["zone"] = about.zone.replace("_", " ")
    return values


def _minutes(tx: Transaction, queued: Queued, prompt: Prompt | None) -> int | None:
    """How long its form takes anybody, as the page says that the link opens: nothing about its patient."""
    if prompt is None:
        return None
    form = compose(catalogue.pick_instruments(tx, queued.message.clinic_id, prompt.instruments))
    return usual_minutes(len(form.questions), ())


def _zone(tx: Transaction, queued: Queued, known: Known) -> str:
    patient, person = known.patient_of(queued), known.person_of(queued)
    if patient is not None:
        return patient.zone
    if Role.PATIENT not in person.roles:
        return known.clinics[person.clinic_id].settings.zone
    return patients.get_patient(tx, person.id, person.clinic_id).zone


def _fresh(
    queued: Queued,
    purpose: Purpose,
    object_id: UUID | None,
    expires_at: datetime,
    fresh: MutableSequence[NewToken],
) -> str:
    """The secret of a new link; it is in the message only, the table keeps its hash."""
    secret = secrets.token_urlsafe(24)
    token = NewToken(
        secret=secret,
        clinic=queued.message.clinic_id,
        person=queued.message.person_id,
        purpose=purpose,
        object_id=object_id,
        expires_at=expires_at,
        message=queued.message.id,
    )
    fresh.append(token)
    return secret
