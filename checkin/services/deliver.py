"""Delivering: a few messages at once, each under its own lease, without a transaction open."""

import secrets
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from checkin.channels.base import ChannelError, Gone, Outgoing
from checkin.domain.clock import Interval
from checkin.domain.delivery import Decision, Fault, Outcome, after_error, after_lease_end, fate
from checkin.domain.errors import Unavailable
from checkin.domain.free_time import NO_QUIET, Days, free_from
from checkin.domain.ladder import HANDS_OVER, rung_of
from checkin.domain.message import OF_A_PROMPT, OF_AN_APPOINTMENT, Message, MessageKind, MessageState, Reason
from checkin.domain.person import Patient, Person
from checkin.domain.prompt import Prompt
from checkin.services import catalogue, reach, tell_appointment
from checkin.services.contact import hand_over
from checkin.services.deps import Deps
from checkin.services.write_message import Subject, written
from checkin.storage import appointments, clinics, infusions, messages, patients, pauses, people, prompts
from checkin.storage.engine import Transaction
from checkin.storage.messages import Queued

_BATCH = 20
_JITTER_STEPS = 1 << 16


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    """A message that is marked as attempting, with its words' values."""

    message: Message
    outgoing: Outgoing


@dataclass(frozen=True, kw_only=True)
class _Ended:
    """What became of a call. ``fault``: a fault of ours, to be raised once everything is written down."""

    message: Message
    outcome: Outcome
    fault: Exception | None = None


@dataclass(frozen=True, kw_only=True)
class _Turn:
    """What one transaction took: how many messages, which of them to send, and what it tripped over."""

    taken: int = 0
    prepared: tuple[_Prepared, ...] = ()
    faults: tuple[Exception, ...] = ()


def deliver(deps: Deps, dispatcher: UUID, *, limit: int = _BATCH, at_once: int = 1) -> int:
    """Send what is due, most urgent first, at most ``limit`` messages; return how many were taken.

    Up to ``at_once`` calls to providers run side by side. Between them one transaction writes down what
    became of the last ones, takes the next ones and marks them as attempting: no message waits in somebody's
    hands, and an alert that comes up meanwhile is next. First of all, what dispatchers that died have left is
    decided. A message that trips over a fault of ours is pushed ahead before the fault is raised, so the next
    call goes on with the others.
    """
    recover(deps)
    taken, ended = 0, tuple[_Ended, ...]()
    with ThreadPoolExecutor(at_once) as pool:
        while True:
            turn = _turn(deps, dispatcher, ended, min(at_once, limit - taken))
            taken += turn.taken
            ended = _send_all(deps, pool, turn.prepared)
            faults = [*turn.faults, *(one.fault for one in ended if one.fault is not None)]
            if faults or turn.taken == 0 or taken >= limit:
                _turn(deps, dispatcher, ended, 0)
                break
    if faults:
        raise faults[0]
    return taken


def _turn(deps: Deps, dispatcher: UUID, ended: Sequence[_Ended], number: int) -> _Turn:
    """Write down what ended, then take so many messages and get them ready, all in one transaction.

    Raises ``Unavailable`` when the database cannot be used: what ended is left to the end of its lease.
    """
    if not ended and number == 0:
        return _Turn()
    prepared, faults = [], []
    with deps.transaction() as tx:
        for one in ended:
            _settle(tx, deps, one.message, one.outcome)
        claimed = _claim(tx, deps, dispatcher, number)
        for queued in claimed:
            try:
                with tx.savepoint():
                    ready = _prepare(tx, deps, queued)
            except Unavailable:
                raise
            except ChannelError as error:
                _settle(tx, deps, queued.message, _after(deps, queued.message, error))
            except Exception as error:
                _settle(tx, deps, queued.message, _after_fault(deps, queued.message))
                faults.append(error)
            else:
                prepared += [] if ready is None else [ready]
    return _Turn(taken=len(claimed), prepared=tuple(prepared), faults=tuple(faults))


def _claim(tx: Transaction, deps: Deps, dispatcher: UUID, number: int) -> tuple[Queued, ...]:
    if number == 0:
        return ()
    return messages.claim(
        tx,
        dispatcher=dispatcher,
        now=deps.now(),
        lease_now=deps.lease_now(tx),
        lease=deps.settings.lease,
        limit=number,
    )


def recover(deps: Deps) -> int:
    """Decide about messages whose dispatcher did not come back; return how many."""
    with deps.transaction() as tx:
        abandoned = messages.take_abandoned(tx, deps.lease_now(tx), _BATCH)
        for message in abandoned:
            _settle(tx, deps, message, after_lease_end(message, deps.now(), _jitter()))
    return len(abandoned)


def _send_all(deps: Deps, pool: Executor, prepared: Sequence[_Prepared]) -> tuple[_Ended, ...]:
    """Send these side by side, with no transaction open."""
    if len(prepared) == 1:
        errors = [_send(deps, prepared[0])]
    else:
        errors = list(pool.map(lambda one: _send(deps, one), prepared))
    return tuple(_ended(deps, one, error) for one, error in zip(prepared, errors, strict=True))


def _send(deps: Deps, prepared: _Prepared) -> Exception | None:
    try:
        deps.channels[prepared.message.channel].send(prepared.outgoing)
    except Exception as error:
        return error
    return None


def _ended(deps: Deps, sent: _Prepared, error: Exception | None) -> _Ended:
    message = sent.message
    if error is None:
        return _Ended(message=message, outcome=Outcome(state=MessageState.ACCEPTED))
    if isinstance(error, Gone):
        another = reach.forget_address(deps, message, sent.outgoing.to_address)
        fault = Fault.TEMPORARY if another else Fault.PERMANENT
        outcome = after_error(message, fault, error.reason, deps.now(), _jitter())
        return _Ended(message=message, outcome=outcome)
    if isinstance(error, ChannelError):
        return _Ended(message=message, outcome=_after(deps, message, error))
    return _Ended(message=message, outcome=_after_fault(deps, message), fault=error)


def _after(deps: Deps, message: Message, error: ChannelError) -> Outcome:
    wait = error.retry_after
    return after_error(message, error.fault, error.reason, deps.now(), _jitter(), retry_after=wait)


def _after_fault(deps: Deps, message: Message) -> Outcome:
    return after_error(message, Fault.UNEXPECTED, Reason.UNEXPECTED, deps.now(), _jitter())


def _prepare(tx: Transaction, deps: Deps, queued: Queued) -> _Prepared | None:
    """Look again whether it is wanted, and now; if so make its link and mark it as attempting."""
    message, now = queued.message, deps.now()
    person, patient = _whom(tx, message)
    prompt = None if message.prompt_id is None else prompts.get_prompt(tx, message.prompt_id)[0]
    stopped = _stopped(tx, queued, person, patient, now)
    decided = fate(message, now, None if prompt is None else prompt.state, stopped=stopped)
    if decided.decision is not Decision.SEND:
        ended = MessageState.CANCELLED if decided.decision is Decision.CANCEL else MessageState.EXPIRED
        messages.move_message(tx, message, ended, now=now, reason=decided.reason)
        return None
    if patient is not None and prompt is not None and _hold(tx, message, patient, prompt, now):
        return None
    if not messages.move_message(tx, message, MessageState.ATTEMPTING, now=now):
        return None
    clinic = clinics.get_clinic(tx, message.clinic_id)
    subject = Subject(person=person, prompt=prompt, zone=None if patient is None else patient.zone)
    outgoing = written(tx, deps, queued, subject, clinic)
    return _Prepared(message=replace(message, state=MessageState.ATTEMPTING), outgoing=outgoing)


def _whom(tx: Transaction, message: Message) -> tuple[Person, Patient | None]:
    """The person, and as a patient if it is about a prompt."""
    if message.kind not in OF_A_PROMPT:
        return people.get_person(tx, message.person_id, message.clinic_id), None
    patient = patients.get_patient(tx, message.person_id, message.clinic_id)
    return patient.person, patient


def _stopped(
    tx: Transaction, queued: Queued, person: Person, patient: Patient | None, now: datetime
) -> Reason | None:
    message = queued.message
    if person.disabled_at is not None:
        return Reason.NO_LONGER_NEEDED
    if patient is not None:
        if not patient.reminders or rung_of(message.channel) not in patient.channels:
            return Reason.NOT_AGREED
        return Reason.PAUSED if pauses.running_pause(tx, patient.id, now)[0] else None
    if message.kind is MessageKind.INVITATION and person.ready:
        return Reason.NO_LONGER_NEEDED
    if message.kind in OF_AN_APPOINTMENT and not tell_appointment.still_so(tx, queued, now):
        return Reason.SUPERSEDED
    return None


def _hold(tx: Transaction, message: Message, patient: Patient, prompt: Prompt, now: datetime) -> bool:
    """Whether nobody may be disturbed now; it then waits for the next moment that is free, if there is one.

    What is planned is planned for such moments. This is for what comes late, after an outage or a journey,
    and for appointments agreed since.
    """
    quiet = NO_QUIET
    if patient.quiet_agreed_at is None:
        reference = infusions.protocol_of(tx, prompt.infusion_id)
        quiet = catalogue.protocol_by_reference(tx, message.clinic_id, reference).quiet
    days = Days(zones=patient.zones, waking=patient.waking, quiet=quiet)
    span = Interval(since=now, until=message.not_after or prompt.expires_at)
    free_at = free_from(days, span, appointments.held_times(tx, patient.id, until_after=now))
    if free_at == now:
        return False
    if free_at is None:
        reason = Reason.QUIET_HOURS
        messages.move_message(tx, message, MessageState.EXPIRED, now=now, reason=reason)
    else:
        messages.move_message(tx, message, MessageState.PENDING, now=now, due_at=free_at)
    return True


def _settle(tx: Transaction, deps: Deps, message: Message, outcome: Outcome) -> None:
    moved = messages.move_message(
        tx,
        message,
        outcome.state,
        now=deps.now(),
        due_at=outcome.next_at,
        reason=outcome.reason,
        maybe_sent=outcome.maybe_sent or None,
    )
    if moved and outcome.state in HANDS_OVER:
        hand_over(tx, deps, replace(message, state=outcome.state))


def _jitter() -> float:
    return secrets.randbelow(_JITTER_STEPS) / _JITTER_STEPS
