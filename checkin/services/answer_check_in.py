"""Answering: the check-in, its prompt, the alert if any, its messages and the audit, in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from checkin.domain.alert import Alert, AlertKind, AlertState
from checkin.domain.check_in import CheckIn
from checkin.domain.errors import NotFound
from checkin.domain.form import safety_level, scores
from checkin.domain.ids import AlertId, CheckInId, ClinicId, InfusionId, PersonId, PromptId, new_id
from checkin.domain.message import MessageKind, Reason
from checkin.domain.person import Person, Role
from checkin.domain.prompt import UNFINISHED, Prompt, PromptState
from checkin.services import roles
from checkin.services.deps import Deps
from checkin.services.open_check_in import UNPROMPTED, Over, linked, note_not_own, own
from checkin.services.sent_before import AlreadySaved, standing, told_before
from checkin.services.submission import Answered, Submission, read
from checkin.services.time_of_answer import answered_at, arrives_late, fetched_at
from checkin.storage import (
    alerts,
    audit,
    check_ins,
    data_keys,
    infusions,
    messages,
    patients,
    people,
    prompts,
)
from checkin.storage.check_ins import Receipt
from checkin.storage.engine import IntegrityError, Transaction
from checkin.storage.estimates import mark_stale
from checkin.storage.keyring import DataKey
from checkin.storage.visits import Visit


@dataclass(frozen=True, kw_only=True)
class Saved:
    """The receipt. ``safety``: the suicide item was answered above zero, so the help page comes next.

    ``beside``: other answers to the prompt came first, and these replace none.
    """

    id: CheckInId
    prompt_id: PromptId | None
    received_at: datetime
    safety: bool
    beside: bool = False


def answer_by_link(deps: Deps, secret: str, submission: Submission) -> Saved:
    """Save the answers to the prompt that a link opens.

    Raises ``LinkOver``, ``Over``, ``AlreadySaved`` or ``Problems`` (one per field).
    """
    # What waited on the phone, and a change, may come after the link has ended; when its form was fetched is
    # checked.
    after = deps.settings.longest_delay if submission.waited or submission.changes else timedelta(0)

    def save(tx: Transaction) -> Saved:
        return _save(tx, deps, linked(tx, deps, secret, lock=True, after=after), submission, actor=None)

    return _once_more(deps, save)


def answer_prompt(deps: Deps, actor: Person, prompt_id: PromptId, submission: Submission) -> Saved:
    """Save the signed-in patient's answers to a prompt. Raises like ``answer_by_link``."""
    roles.require(actor, Role.PATIENT)
    try:
        return _once_more(
            deps, lambda tx: _save(tx, deps, own(tx, actor, prompt_id, lock=True), submission, actor=actor.id)
        )
    except NotFound:
        # On a shared phone, answers that wait there for somebody else come again and again.
        if not submission.waited:
            note_not_own(deps, actor, prompt_id)
        raise


def answer_unprompted(deps: Deps, actor: Person, submission: Submission) -> Saved:
    """Save a check-in that nobody asked for. Raises ``AlreadySaved`` or ``Problems``."""
    roles.require(actor, Role.PATIENT)
    return _once_more(deps, lambda tx: _save_unprompted(tx, deps, actor, submission))


def _once_more(deps: Deps, save: Callable[[Transaction], Saved]) -> Saved:
    """Save; if somebody was faster with the same key, look again and return the stored receipt.

    Raises ``AlreadySaved`` when the key belongs to something else.
    """
    try:
        with deps.transaction() as tx:
            return save(tx)
    except IntegrityError:
        pass
    try:
        with deps.transaction() as tx:
            return save(tx)
    except IntegrityError as error:
        raise AlreadySaved from error


def _save(tx: Transaction, deps: Deps, visit: Visit, submission: Submission, actor: PersonId | None) -> Saved:
    now, prompt = deps.now(), visit.prompt
    fetched = fetched_at(deps, prompt.id, submission.fetched)
    answered = read(tx, visit.clinic_id, prompt.instruments, submission, fetched)
    # Whatever is sent for a prompt ends it, so one that has not ended has no answers yet.
    receipts = () if prompt.state in UNFINISHED else check_ins.receipts_of_prompt(tx, prompt.id)
    known = {receipt.submission_key: receipt for receipt in receipts}
    submission, earlier = told_before(known.get, prompt.id, submission, answered)
    if earlier is not None:
        return _receipt(earlier, answered)
    given_at, late, corrects = _placed(deps, prompt, receipts, submission, fetched, now)
    check_in = CheckIn(
        id=CheckInId(new_id(now)),
        patient_id=visit.patient_id,
        infusion_id=_infusion_of(tx, visit, given_at),
        prompt_id=prompt.id,
        answered_at=given_at,
        received_at=now,
        answers=answered.answers,
        scores=scores(answered.form.instruments, answered.answers),
        late=late,
        assisted=submission.assisted,
        secondary=bool(receipts) if corrects is None else corrects.secondary,
        corrects=None if corrects is None else corrects.id,
        note=answered.note or None,
        safety=safety_level(answered.form.instruments, answered.answers),
    )
    prompts.close_prompt(tx, prompt.id, PromptState.ANSWERED, now=now)
    messages.cancel_for_prompts(tx, [prompt.id], reason=Reason.ANSWERED, now=now)
    return _store(tx, deps, visit.clinic_id, check_in, answered, submission, visit.key, actor)


def _save_unprompted(tx: Transaction, deps: Deps, actor: Person, submission: Submission) -> Saved:
    now = deps.now()
    fetched = fetched_at(deps, actor.id, submission.fetched)
    answered = read(tx, actor.clinic_id, UNPROMPTED, submission, fetched)
    find = partial(check_ins.find_receipt, tx, actor.id)
    submission, earlier = told_before(find, None, submission, answered)
    if earlier is not None:
        return _receipt(earlier, answered)
    given_at = answered_at(now, submission.waited, fetched, now - deps.settings.longest_delay)
    corrects = _changed_unprompted(tx, deps, actor, submission, now if fetched is None else given_at)
    given_at = given_at if corrects is None else corrects.answered_at
    check_in = CheckIn(
        id=CheckInId(new_id(now)),
        patient_id=actor.id,
        infusion_id=infusions.latest_given_id(tx, actor.id, given_at),
        prompt_id=None,
        answered_at=given_at,
        received_at=now,
        answers=answered.answers,
        scores=scores(answered.form.instruments, answered.answers),
        assisted=submission.assisted,
        corrects=None if corrects is None else corrects.id,
        note=answered.note or None,
        safety=safety_level(answered.form.instruments, answered.answers),
    )
    key = data_keys.get_key(tx, actor.id)
    return _store(tx, deps, actor.clinic_id, check_in, answered, submission, key, actor.id)


def _store(
    tx: Transaction,
    deps: Deps,
    clinic: ClinicId,
    check_in: CheckIn,
    answered: Answered,
    submission: Submission,
    key: DataKey,
    actor: PersonId | None,
) -> Saved:
    """Write the check-in with all that follows from it."""
    check_ins.add_check_in(
        tx, check_in, clinic=clinic, submission_key=submission.key, body_hash=answered.body_hash, key=key
    )
    mark_stale(tx, check_in.patient_id, check_in.received_at)
    if check_in.safety:
        _raise_alert(tx, deps, clinic, check_in)
    event = audit.Event(
        action="answered" if check_in.corrects is None else "answers_changed",
        actor=actor,
        subject=check_in.patient_id,
        object_id=check_in.id,
    )
    audit.record(tx, clinic, event, check_in.received_at, key=key)
    return Saved(
        id=check_in.id,
        prompt_id=check_in.prompt_id,
        received_at=check_in.received_at,
        safety=bool(check_in.safety),
        beside=check_in.secondary,
    )


def _raise_alert(tx: Transaction, deps: Deps, clinic: ClinicId, check_in: CheckIn) -> None:
    """Open the alert and write to the care team; the message says only that there is one."""
    now = check_in.received_at
    alert = Alert(
        id=AlertId(new_id(now)),
        clinic_id=clinic,
        patient_id=check_in.patient_id,
        check_in_id=check_in.id,
        kind=AlertKind.SUICIDE_ITEM,
        state=AlertState.OPEN,
        answered_at=check_in.answered_at,
        opened_at=now,
    )
    alerts.add_alert(tx, alert)
    for person in people.people_of(tx, clinic, Role.STAFF):
        if person.disabled_at is None and person.ready:
            messages.add_message(
                tx,
                clinic=clinic,
                person=person.id,
                kind=MessageKind.ALERT,
                channel=deps.settings.mail_channel,
                now=now,
                object_id=alert.id,
            )


def _placed(
    deps: Deps,
    prompt: Prompt,
    receipts: tuple[Receipt, ...],
    submission: Submission,
    fetched: datetime | None,
    now: datetime,
) -> tuple[datetime, bool, Receipt | None]:
    """When it was answered, whether that is late, and the receipt that it replaces. Raises ``Over``.

    A change that was made while changes are taken, however long it waited, keeps the time of what it
    replaces. One made later stands beside it: what was changed in a form of ours is not refused.
    """
    given_at = answered_at(now, submission.waited, fetched, prompt.opens_at)
    made_at = now if fetched is None else given_at
    corrects = standing(receipts, made_at, deps.settings.change_answers) if submission.changes else None
    if corrects is not None:
        return corrects.answered_at, corrects.late, corrects
    if submission.changes and receipts and fetched is not None:
        return given_at, now >= prompt.expires_at, None
    late = arrives_late(deps, prompt, fetched, given_at, now)
    if late is None:
        raise Over
    return given_at, late, None


def _changed_unprompted(
    tx: Transaction, deps: Deps, actor: Person, submission: Submission, made_at: datetime
) -> Receipt | None:
    """The check-in nobody asked for that a change replaces, one change at a time."""
    if not submission.changes:
        return None
    patients.lock_patient(tx, actor.id)
    since = made_at - deps.settings.change_answers
    receipts = check_ins.unprompted_receipts(tx, actor.id, since)
    return standing(receipts, made_at, deps.settings.change_answers)


def _infusion_of(tx: Transaction, visit: Visit, given_at: datetime) -> InfusionId | None:
    """Which infusion the answers follow; that of a cancelled prompt may never have been given."""
    if visit.prompt.state is PromptState.CANCELLED:
        return infusions.latest_given_id(tx, visit.patient_id, given_at)
    return visit.prompt.infusion_id


def _receipt(earlier: Receipt, answered: Answered) -> Saved:
    """What was said when these answers came first."""
    safety = safety_level(answered.form.instruments, answered.answers)
    return Saved(
        id=earlier.id,
        prompt_id=earlier.prompt_id,
        received_at=earlier.received_at,
        safety=bool(safety),
        beside=earlier.secondary,
    )
