"""Delivering: messages claimed in batches, each sent under its own lease, without a transaction open."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
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
from checkin.storage import clinics, infusions, messages, patients, pauses, people, prompts
from checkin.storage.engine import Transaction
from checkin.storage.messages import Queued

_BATCH = 20
_PATIENCE = timedelta(seconds=2)  # so much shorter than a lease that none ends behind a batch
_JITTER_STEPS = 1 << 16


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    """A message that is marked as attempting, with its words' values."""

    message: Message
    outgoing: Outgoing


def deliver(deps: Deps, dispatcher: UUID, *, limit: int = _BATCH) -> int:
    """Send what is due, most urgent first, at most ``limit`` messages; return how many were taken.

    They are claimed together. What is not reached soon is given back, so that no lease ends while its message
    waits; so is all that is less urgent than what comes up meanwhile. First of all, what dispatchers that
    died have left is decided. A message that trips over a fault of ours is pushed ahead before the fault is
    raised, so the next call goes on with the others.
    """
    recover(deps)
    taken = 0
    while taken < limit:
        claimed = _claim(deps, dispatcher, limit - taken)
        if not claimed:
            break
        taken += _work_off(deps, claimed)
    return taken


def _claim(deps: Deps, dispatcher: UUID, limit: int) -> tuple[Queued, ...]:
    with deps.transaction() as tx:
        return messages.claim(
            tx,
            dispatcher=dispatcher,
            now=deps.now(),
            lease_now=deps.lease_now(tx),
            lease=deps.settings.lease,
            limit=limit,
        )


def _work_off(deps: Deps, claimed: tuple[Queued, ...]) -> int:
    """Send these in their order until patience ends; return how many were taken, give back the others."""
    began, taken = deps.now(), 0
    try:
        for queued in claimed:
            taken += 1
            overtaken = deliver_one(deps, queued)
            # A clock that jumps costs no more than another claim.
            if overtaken or not timedelta(0) <= deps.now() - began < _PATIENCE:
                break
    finally:
        if taken < len(claimed):
            with deps.transaction() as tx:
                messages.give_back(tx, [queued.message for queued in claimed[taken:]])
    return taken


def recover(deps: Deps) -> int:
    """Decide about messages whose dispatcher did not come back; return how many."""
    with deps.transaction() as tx:
        abandoned = messages.take_abandoned(tx, deps.lease_now(tx), _BATCH)
        for message in abandoned:
            _settle(tx, deps, message, after_lease_end(message, deps.now(), _jitter()))
    return len(abandoned)


def deliver_one(deps: Deps, queued: Queued) -> bool:
    """Look again, mark as attempting, send with no transaction open, record the outcome if the lease holds.

    Returns whether something more urgent waits by now. Raises ``Unavailable`` when the database cannot be
    used: the message is left to the end of its lease.
    """
    held, outcome, address = queued.message, Outcome(state=MessageState.ACCEPTED), ""
    try:
        prepared = _prepare(deps, queued)
        if prepared is None:
            return False
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
    return _record(deps, held, outcome)


def _prepare(deps: Deps, queued: Queued) -> _Prepared | None:
    """Look again whether it is wanted, and now; if so make its link and mark it as attempting."""
    message, now = queued.message, deps.now()
    with deps.transaction() as tx:
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

    What is planned is planned for such moments. This is for what comes late: after an outage, or a journey.
    """
    quiet = NO_QUIET
    if patient.quiet_agreed_at is None:
        reference = infusions.protocol_of(tx, prompt.infusion_id)
        quiet = catalogue.protocol_by_reference(tx, message.clinic_id, reference).quiet
    days = Days(zones=patient.zones, waking=patient.waking, quiet=quiet)
    free_at = free_from(days, Interval(since=now, until=message.not_after or prompt.expires_at))
    if free_at == now:
        return False
    if free_at is None:
        reason = Reason.QUIET_HOURS
        messages.move_message(tx, message, MessageState.EXPIRED, now=now, reason=reason)
    else:
        messages.move_message(tx, message, MessageState.PENDING, now=now, due_at=free_at)
    return True


def _record(deps: Deps, message: Message, outcome: Outcome) -> bool:
    with deps.transaction() as tx:
        _settle(tx, deps, message, outcome)
        return messages.more_urgent(tx, message.kind, deps.now())


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
