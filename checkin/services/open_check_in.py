"""Opening a check-in: by link, signed in, or unprompted. Nothing is changed by looking."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from checkin.domain.consent import SETTLING_TIME
from checkin.domain.errors import NotFound, Refusal
from checkin.domain.form import Form, compose, usual_minutes
from checkin.domain.ids import ClinicId, PersonId, PromptId
from checkin.domain.person import Person, Role
from checkin.domain.prompt import UNFINISHED, Prompt, PromptState
from checkin.domain.words import text
from checkin.services import catalogue, roles
from checkin.services.access import note_wrong_place
from checkin.services.deps import Deps
from checkin.services.sent_before import standing
from checkin.services.time_of_answer import fetched_at, stamp
from checkin.storage import check_ins, infusions, prompts, visits
from checkin.storage.engine import Transaction
from checkin.storage.visits import Visit

UNPROMPTED = ("phq-style-24h",)


@dataclass(frozen=True, kw_only=True)
class OpenForm:
    """A form to answer. ``fetched`` is a stamp the form carries back: it says when it was fetched.

    ``minutes`` is how long it takes: by link like anybody, because a link shows nothing about its patient.
    ``settling``: the infusion was less than 24 hours ago.
    ``prompt`` is None for an unprompted check-in. ``answered``: something was sent for it already; then
    ``following`` is when the next check-in comes, with the zone to say it in.
    """

    form: Form
    clinic_id: ClinicId
    prompt: Prompt | None
    fetched: str
    minutes: int
    settling: bool
    answered: bool
    may_change: bool
    following: tuple[datetime, str] | None


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """Answers were sent. ``following``: when the next check-in comes, with the zone to say it in.

    ``first``: these were the patient's first. ``settling`` as in ``OpenForm``.
    """

    prompt_id: PromptId
    clinic_id: ClinicId
    settling: bool
    may_change: bool
    following: tuple[datetime, str] | None
    first: bool


class LinkOver(NotFound):
    """The link is unknown, over or not for this."""


class Over(Refusal):
    """The prompt's time is over."""

    def __init__(self) -> None:
        super().__init__(
            text("This check-in has closed. Nothing is wrong: the next one will come as planned.")
        )


def open_by_link(deps: Deps, secret: str, fetched: str = "") -> OpenForm:
    """Return the form that a link opens; nothing changes. Raises ``LinkOver`` or ``Over``.

    ``fetched`` is the stamp of a form that comes back to be put right: it stays the form it was, whatever
    was imported meanwhile.
    """
    with deps.reading() as tx:
        return _open(tx, deps, linked(tx, deps, secret, lock=False), fetched)


def open_prompt(deps: Deps, actor: Person, prompt_id: PromptId, fetched: str = "") -> OpenForm:
    """Return the form of the patient's own prompt, as by link. Raises ``NotFound`` or ``Over``."""
    with own_prompt(deps, actor, prompt_id, lock=False) as (tx, visit):
        return _open(tx, deps, visit, fetched)


def open_unprompted(deps: Deps, actor: Person) -> OpenForm:
    """Return the form for a check-in that nobody asked for."""
    roles.require(actor, Role.PATIENT)
    with deps.reading() as tx:
        form = compose(catalogue.pick_instruments(tx, actor.clinic_id, UNPROMPTED))
        infused = infusions.latest_given(tx, actor.id)
    return OpenForm(
        form=form,
        clinic_id=actor.clinic_id,
        prompt=None,
        fetched=stamp(deps, actor.id, deps.now()),
        minutes=usual_minutes(len(form.questions), ()),
        settling=_settling(infused, deps.now()),
        answered=False,
        may_change=False,
        following=None,
    )


def change_unprompted(deps: Deps, actor: Person) -> OpenForm:
    """Return the form that changes the newest check-in nobody asked for; ``may_change`` while it can be."""
    opened = open_unprompted(deps, actor)
    now, taken_for = deps.now(), deps.settings.change_answers
    with deps.reading() as tx:
        sent = check_ins.unprompted_receipts(tx, actor.id, now - taken_for)
    return replace(opened, answered=bool(sent), may_change=standing(sent, now, taken_for) is not None)


def linked(tx: Transaction, deps: Deps, secret: str, *, lock: bool, after: timedelta = timedelta(0)) -> Visit:
    """Return what a link opens, until so long after its end. Raises ``LinkOver``."""
    visit = visits.visit_by_link(tx, secret, lock=lock)
    if visit is None or visit.link_ends is None or deps.now() >= visit.link_ends + after:
        raise LinkOver
    return visit


def clinic_by_link(deps: Deps, secret: str) -> ClinicId:
    """Return whose patient a link belongs to, at any later time. Raises ``LinkOver`` for an unknown one."""
    with deps.reading() as tx:
        visit = visits.visit_by_link(tx, secret, lock=False)
    if visit is None:
        raise LinkOver
    return visit.clinic_id


def confirm_by_link(deps: Deps, secret: str) -> Confirmation:
    """Return what to say after sending, at any later time. Raises ``LinkOver``, also if nothing was sent."""
    now = deps.now()
    with deps.reading() as tx:
        answered = visits.answered_by_link(tx, secret, now)
    if answered is None or answered.received_at is None or now >= answered.link_ends:
        raise LinkOver
    following = None
    if answered.next_due_at is not None and answered.next_zone is not None:
        following = (answered.next_due_at, answered.next_zone)
    return Confirmation(
        prompt_id=answered.prompt_id,
        clinic_id=answered.clinic_id,
        settling=_settling(answered.infused_at, now),
        may_change=now < answered.received_at + deps.settings.change_answers,
        following=following,
        first=answered.first,
    )


@contextmanager
def own_prompt(
    deps: Deps, actor: Person, prompt_id: PromptId, *, lock: bool
) -> Iterator[tuple[Transaction, Visit]]:
    """Open a signed-in patient's own prompt, to read it or, with ``lock``, to change it.

    Somebody else's raises ``NotFound``, the same as none at all, and the attempt is written down.
    """
    roles.require(actor, Role.PATIENT)
    with deps.transaction() if lock else deps.reading() as tx:
        visit = visits.visit_of_patient(tx, actor.id, prompt_id, lock=lock)
        if visit is not None:
            yield tx, visit
            return
    note_not_own(deps, actor, prompt_id)
    raise NotFound


def note_not_own(deps: Deps, actor: Person, prompt_id: PromptId) -> None:
    """Write down that a patient tried a prompt that is not theirs."""
    note_wrong_place(deps, actor, "check_in", prompt_id)


def own(tx: Transaction, actor: Person, prompt_id: PromptId, *, lock: bool) -> Visit:
    """Return a patient's own prompt. Raises ``NotFound``."""
    visit = visits.visit_of_patient(tx, actor.id, prompt_id, lock=lock)
    if visit is None:
        raise NotFound
    return visit


def _open(tx: Transaction, deps: Deps, visit: Visit, fetched: str) -> OpenForm:
    now, prompt = deps.now(), visit.prompt
    closed = prompt.state in (PromptState.ANSWERED, PromptState.EXPIRED)  # it may have been answered late
    receipts = check_ins.receipts_of_prompt(tx, prompt.id) if closed else ()
    answered = bool(receipts)
    if not answered and (now >= prompt.expires_at or prompt.state not in UNFINISHED or now < prompt.opens_at):
        raise Over
    by = fetched_at(deps, prompt.id, fetched) or now.replace(microsecond=0)  # as exact as the stamp is
    form = compose(catalogue.pick_instruments(tx, visit.clinic_id, prompt.instruments, by=by))
    taken = visits.answering_times(tx, prompt) if visit.link_ends is None else ()
    return OpenForm(
        form=form,
        clinic_id=visit.clinic_id,
        prompt=prompt,
        fetched=stamp(deps, prompt.id, now),
        minutes=usual_minutes(len(form.questions), taken),
        settling=_settling(visit.infused_at, now),
        answered=answered,
        may_change=answered and now < receipts[0].received_at + deps.settings.change_answers,
        following=_following(tx, visit.patient_id, now) if answered else None,
    )


def _settling(infused: datetime | None, now: datetime) -> bool:
    return infused is not None and infused <= now < infused + SETTLING_TIME


def _following(tx: Transaction, patient: PersonId, now: datetime) -> tuple[datetime, str] | None:
    """When the patient's next check-in comes, with the zone to say it in."""
    found = prompts.next_prompt(tx, patient, now)
    return None if found is None else (found.due_at, found.zone)


def earlier_answers(deps: Deps, actor: Person, prompt_id: PromptId | None) -> dict[str, str]:
    """Return what the signed-in patient answered, by field name, to start a change from.

    Without a prompt it is what was sent last unasked.
    """
    roles.require(actor, Role.PATIENT)
    with deps.reading() as tx:
        asked = UNPROMPTED if prompt_id is None else own(tx, actor, prompt_id, lock=False).prompt.instruments
        form = compose(catalogue.pick_instruments(tx, actor.clinic_id, asked))
        mine = [one for one in check_ins.check_ins_of(tx, actor.id) if one.prompt_id == prompt_id]
    left = [one for one in mine if not one.corrected and not one.secondary]
    newest = max(left, key=lambda one: (one.received_at, one.id), default=None)
    if newest is None:
        return {}
    given = {
        question.name: newest.answers.get(question.reference, {}).get(question.link_id)
        for question in form.questions
    }
    values = {name: str(weight) for name, weight in given.items() if weight is not None}
    return {**values, "note": newest.note} if newest.note else values
