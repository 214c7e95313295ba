"""Putting a check-in off: remind me later, or not today. By link or signed in; nobody asks why."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime

from checkin.domain.clock import Interval
from checkin.domain.free_time import NO_QUIET, Days, without
from checkin.domain.ids import PersonId, PromptId
from checkin.domain.ladder import MOST_CONTACTS, contacts
from checkin.domain.message import Reason
from checkin.domain.person import Person
from checkin.domain.prompt import UNFINISHED, Prompt, PromptState
from checkin.domain.snooze import Later, TooLate, choices
from checkin.services import catalogue
from checkin.services.deps import Deps
from checkin.services.open_check_in import Over, linked, own_prompt
from checkin.storage import appointments, audit, due_prompts, infusions, messages, patients, pauses, prompts
from checkin.storage.engine import Transaction
from checkin.storage.visits import Visit

Door = Callable[[bool], AbstractContextManager[tuple[Transaction, Visit]]]
"""How the prompt is opened, to read it or, where the argument says so, to change it."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """``later``: when a reminder may come instead, soonest first; empty if none may any more."""

    later: Mapping[Later, datetime]
    zone: str
    expires_at: datetime


def by_link(deps: Deps, secret: str) -> Door:
    """Through a link in a message. Opening raises ``LinkOver``."""

    @contextmanager
    def opened(lock: bool) -> Iterator[tuple[Transaction, Visit]]:
        with deps.transaction() if lock else deps.reading() as tx:
            yield tx, linked(tx, deps, secret, lock=lock)

    return opened


def signed_in(deps: Deps, actor: Person, prompt: PromptId) -> Door:
    """As the patient themselves. Opening raises ``NotFound``."""
    return lambda lock: own_prompt(deps, actor, prompt, lock=lock)


def my_options(deps: Deps, door: Door) -> Options:
    """Return when a check-in may be put off to. Raises ``Over`` once it is answered, declined or too late."""
    with door(False) as (tx, visit):
        return _options(tx, deps, _running(deps, visit))


def put_off(deps: Deps, door: Door, later: Later) -> datetime:
    """Send the one reminder then and not at its usual time; return when. Raises ``TooLate`` or ``Over``."""
    now = deps.now()
    with door(True) as (tx, visit):
        at = _options(tx, deps, _running(deps, visit)).later.get(later)
        if at is None:
            raise TooLate
        due_prompts.snooze(tx, visit.prompt.id, at, now=now)
        messages.cancel_for_prompts(tx, [visit.prompt.id], reason=Reason.SNOOZED, now=now)
        _note(tx, visit, "put_off", now)
    return at


def decline(deps: Deps, door: Door) -> None:
    """Note "not today": nothing more is sent for this check-in. Raises ``Over``."""
    now = deps.now()
    with door(True) as (tx, visit):
        _running(deps, visit)
        prompts.close_prompt(tx, visit.prompt.id, PromptState.DECLINED, now=now)
        messages.cancel_for_prompts(tx, [visit.prompt.id], reason=Reason.DECLINED, now=now)
        _note(tx, visit, "declined", now)


def _running(deps: Deps, visit: Visit) -> Visit:
    prompt = visit.prompt
    if prompt.state not in UNFINISHED or not prompt.opens_at <= deps.now() < prompt.expires_at:
        raise Over
    return visit


def _options(tx: Transaction, deps: Deps, visit: Visit) -> Options:
    """One reminder is left, or none: nobody hears more than twice of a check-in, not even at their wish."""
    now, prompt = deps.now(), visit.prompt
    zone = patients.get_patient(tx, visit.patient_id, visit.clinic_id).zone
    later: Mapping[Later, datetime] = {}
    left = prompt.state is PromptState.OPEN and not prompt.reminded  # before its notice it comes by itself
    if left and contacts(messages.messages_of_prompt(tx, prompt.id)) < MOST_CONTACTS:
        free = _free(tx, visit, prompt, now)
        later = choices(now, expires_at=prompt.expires_at, zone=zone, free=free)
    return Options(later=later, zone=zone, expires_at=prompt.expires_at)


def _free(tx: Transaction, visit: Visit, prompt: Prompt, now: datetime) -> tuple[Interval, ...]:
    patient = patients.get_patient(tx, visit.patient_id, visit.clinic_id)
    if not patient.reminders or pauses.running_pause(tx, patient.id, now)[0]:
        return ()
    quiet = NO_QUIET
    if patient.quiet_agreed_at is None:
        reference = infusions.protocol_of(tx, prompt.infusion_id)
        quiet = catalogue.protocol_by_reference(tx, visit.clinic_id, reference).quiet
    days = Days(zones=patient.zones, waking=patient.waking, quiet=quiet)
    held = appointments.held_times(tx, patient.id, until_after=now)
    return without(days.free(Interval(since=now, until=prompt.expires_at)), held)


def _note(tx: Transaction, visit: Visit, action: str, now: datetime) -> None:
    patient: PersonId = visit.patient_id
    actor = patient if visit.link_ends is None else None  # a link does not say who opened it
    event = audit.Event(action=action, actor=actor, subject=patient, object_id=visit.prompt.id)
    audit.record(tx, visit.clinic_id, event, now)
