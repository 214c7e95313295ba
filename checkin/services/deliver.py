"""Delivering: one message a step, claimed with a lease, sent without a transaction open."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from checkin.channels.base import ChannelError, Gone, Outgoing
from checkin.domain.clinic import Clinic
from checkin.domain.delivery import Decision, Fault, Outcome, after_error, after_lease_end, fate
from checkin.domain.errors import Unavailable
from checkin.domain.message import OF_AN_APPOINTMENT, Message, MessageKind, MessageState, Reason
from checkin.domain.person import Person, Role
from checkin.domain.prompt import Prompt
from checkin.domain.push import topic_of
from checkin.domain.token import Purpose
from checkin.services import reach, tell_appointment
from checkin.services.deps import Deps
from checkin.storage import clinics, messages, patients, people, prompts, tokens
from checkin.storage.engine import Transaction
from checkin.storage.messages import Queued

_BATCH = 20
_MINUTES = 2  # how long a check-in takes, until this patient's own median is known
_JITTER_STEPS = 1 << 16


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    """A message that is marked as attempting, with its words' values."""

    message: Message
    outgoing: Outgoing


def deliver(deps: Deps, dispatcher: UUID, *, limit: int = _BATCH) -> int:
    """Send what is due, most urgent first, at most ``limit`` messages; return how many were taken.

    Each is claimed by itself: its lease then covers one call to a provider, and an alert that comes up
    meanwhile is next. First of all, what dispatchers that died have left is decided. A message that trips
    over a fault of ours is pushed ahead before the fault is raised, so the next call goes on with the others.
    """
    recover(deps)
    for taken in range(limit):
        queued = _claim(deps, dispatcher)
        if queued is None:
            return taken
        deliver_one(deps, queued)
    return limit


def _claim(deps: Deps, dispatcher: UUID) -> Queued | None:
    with deps.transaction() as tx:
        claimed = messages.claim(
            tx,
            dispatcher=dispatcher,
            now=deps.now(),
            lease_now=deps.lease_now(tx),
            lease=deps.settings.lease,
            limit=1,
        )
    return claimed[0] if claimed else None


def recover(deps: Deps) -> int:
    """Decide about messages whose dispatcher did not come back; return how many."""
    with deps.transaction() as tx:
        abandoned = messages.take_abandoned(tx, deps.lease_now(tx), _BATCH)
        for message in abandoned:
            _settle(tx, message, after_lease_end(message, deps.now(), _jitter()), deps.now())
    return len(abandoned)


def deliver_one(deps: Deps, queued: Queued) -> None:
    """Look again, mark as attempting, send with no transaction open, record the outcome if the lease holds.

    Raises ``Unavailable`` when the database cannot be used: the message is left to the end of its lease.
    """
    held, outcome, address = queued.message, Outcome(state=MessageState.ACCEPTED), ""
    try:
        prepared = _prepare(deps, queued)
        if prepared is None:
            return
        held, address = prepared.message, prepared.outgoing.to_address
        deps.channels[held.channel].send(prepared.outgoing)
    except Gone as error:
        another = reach.forget_address(deps, held, address)
        fault = Fault.TEMPORARY if another else Fault.PERMANENT
        outcome = after_error(held, fault, error.reason, deps.now(), _jitter())
    except ChannelError as error:
        wait = error.retry_after
        outcome = after_error(held, error.fault, error.reason, deps.now(), _jitter(), retry_after=wait)
    except Unavailable:
        raise
    except Exception:
        _record(deps, held, after_error(held, Fault.UNEXPECTED, Reason.UNEXPECTED, deps.now(), _jitter()))
        raise
    _record(deps, held, outcome)


def _prepare(deps: Deps, queued: Queued) -> _Prepared | None:
    """Look again whether it is wanted; if so make its link and mark it as attempting."""
    message, now = queued.message, deps.now()
    with deps.transaction() as tx:
        person = people.get_person(tx, message.person_id, message.clinic_id)
        prompt = None if message.prompt_id is None else prompts.get_prompt(tx, message.prompt_id)[0]
        stopped = _stopped(tx, queued, person, now)
        decided = fate(message, now, None if prompt is None else prompt.state, stopped=stopped)
        if decided.decision is not Decision.SEND:
            ended = MessageState.CANCELLED if decided.decision is Decision.CANCEL else MessageState.EXPIRED
            messages.move_message(tx, message, ended, now=now, reason=decided.reason)
            return None
        if not messages.move_message(tx, message, MessageState.ATTEMPTING, now=now):
            return None
        clinic = clinics.get_clinic(tx, message.clinic_id)
        outgoing = _compose(tx, deps, queued, person, clinic, prompt)
    return _Prepared(message=replace(message, state=MessageState.ATTEMPTING), outgoing=outgoing)


def _stopped(tx: Transaction, queued: Queued, person: Person, now: datetime) -> Reason | None:
    message = queued.message
    if person.disabled_at is not None:
        return Reason.NO_LONGER_NEEDED
    if message.kind in {MessageKind.NOTICE, MessageKind.REMINDER}:
        patient = patients.get_patient(tx, person.id, person.clinic_id)
        return None if patient.reminders else Reason.NOT_AGREED
    if message.kind is MessageKind.INVITATION and person.ready:
        return Reason.NO_LONGER_NEEDED
    if message.kind in OF_AN_APPOINTMENT and not tell_appointment.still_so(tx, queued, now):
        return Reason.SUPERSEDED
    return None


def _compose(
    tx: Transaction, deps: Deps, queued: Queued, person: Person, clinic: Clinic, prompt: Prompt | None
) -> Outgoing:
    message = queued.message
    expires_at: datetime | None = None
    unsubscribe: str | None = None
    about: tell_appointment.About | None = None
    if prompt is not None:
        expires_at = prompt.expires_at
        link = _link(tx, deps, message, Purpose.ANSWER, prompt.id, "c", expires_at + deps.settings.late_grace)
        lasts = prompt.expires_at + deps.settings.unsubscribe
        unsubscribe = _link(tx, deps, message, Purpose.UNSUBSCRIBE, None, "stop", lasts)
    elif message.kind in OF_AN_APPOINTMENT:
        about = tell_appointment.about(tx, deps, queued, person, clinic)
        link = about.link
    elif message.kind is MessageKind.ALERT:
        link = f"{deps.settings.base_url}/clinic"
    else:
        purpose = Purpose.INVITE if message.kind is MessageKind.INVITATION else Purpose.RESET
        lasting = deps.settings.invitation if purpose is Purpose.INVITE else deps.settings.reset
        expires_at = deps.now() + lasting
        link = _link(
            tx, deps, message, purpose, None, "welcome" if purpose is Purpose.INVITE else "reset", expires_at
        )
    return Outgoing(
        message_id=message.id,
        kind=message.kind,
        to_address=reach.address_of(tx, person, message.channel, deps.now()),
        language=person.language,
        sender_name=clinic.settings.sender_name,
        sent_at=deps.now(),
        zone=_zone(tx, person, clinic) if about is None else about.zone,
        link=link,
        minutes=None if prompt is None else _MINUTES,
        expires_at=expires_at,
        values=_values(queued, about),
        unsubscribe_link=unsubscribe,
        topic=topic_of(message.prompt_id or queued.object_id or message.id),
        possible_repeat=message.maybe_sent,
        at=None if about is None else about.at,
        calendar=None if about is None else about.calendar,
    )


def _values(queued: Queued, about: tell_appointment.About | None) -> dict[str, str]:
    values = {} if queued.object_id is None else {"reference": queued.object_id.hex[-8:]}
    if about is not None and about.name_zone:
        values["zone"] = about.zone.replace("_", " ")
    return values


def _zone(tx: Transaction, person: Person, clinic: Clinic) -> str:
    if Role.PATIENT not in person.roles:
        return clinic.settings.zone
    return patients.get_patient(tx, person.id, person.clinic_id).zone


def _link(
    tx: Transaction,
    deps: Deps,
    message: Message,
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
        clinic=message.clinic_id,
        person=message.person_id,
        purpose=purpose,
        object_id=object_id,
        now=deps.now(),
        expires_at=expires_at,
    )
    return f"{deps.settings.base_url}/{place}/{secret}"


def _record(deps: Deps, message: Message, outcome: Outcome) -> None:
    with deps.transaction() as tx:
        _settle(tx, message, outcome, deps.now())


def _settle(tx: Transaction, message: Message, outcome: Outcome, now: datetime) -> None:
    messages.move_message(
        tx,
        message,
        outcome.state,
        now=now,
        due_at=outcome.next_at,
        reason=outcome.reason,
        maybe_sent=outcome.maybe_sent or None,
    )


def _jitter() -> float:
    return secrets.randbelow(_JITTER_STEPS) / _JITTER_STEPS
