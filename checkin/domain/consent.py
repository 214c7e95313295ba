"""Consent: what a patient lets whom see, and the rules that read it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from checkin.domain.errors import Refusal
from checkin.domain.ids import ClinicId, GrantId, PersonId
from checkin.domain.person import Person, Role
from checkin.domain.words import Text, text

# No new consent while a person may still be sedated or dissociated; withdrawing is always open.
SETTLING_TIME = timedelta(hours=24)
TEXT_VERSION = "2026-11b"
"""Of ``SCOPE_WORDS`` and ``SCOPE_HINTS`` together: whoever changes one of them gives it a new version."""


class Scope(StrEnum):
    """What one grant lets the recipient do; each is given and withdrawn by itself."""

    SCORES = "scores"
    ANSWERS = "answers"
    NOTES = "notes"
    EXPORT = "export"
    RECORD_INFUSIONS = "record_infusions"


class Reads(StrEnum):
    """Things that can be asked of a patient's record."""

    CONTACT = "contact"
    INFUSIONS = "infusions"
    INFUSION_NOTES = "infusion_notes"
    DELIVERY = "delivery"
    SCORES = "scores"
    ANSWERS = "answers"
    NOTES = "notes"
    EXPORT = "export"
    RECORD_INFUSION = "record_infusion"


@dataclass(frozen=True, kw_only=True)
class Grant:
    """patient → recipient: ``scope`` from ``since`` until ``until`` or ``withdrawn_at`` (aware UTC).

    ``recipient`` is a person's id, or the clinic's id for its staff. ``text_hash`` is of the text shown.
    """

    id: GrantId
    clinic_id: ClinicId
    patient_id: PersonId
    recipient: PersonId | ClinicId
    scope: Scope
    since: datetime
    until: datetime | None = None
    withdrawn_at: datetime | None = None
    text_version: str
    text_hash: str

    def in_force(self, now: datetime) -> bool:
        """Whether it holds at this moment."""
        ended = self.withdrawn_at is not None and self.withdrawn_at <= now
        return self.since <= now and not ended and (self.until is None or now < self.until)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """``role`` may do ``reads``; with ``scope`` only under a grant of it, without only by the role itself."""

    reads: Reads
    role: Role
    scope: Scope | None


RULES = (
    Rule(reads=Reads.CONTACT, role=Role.STAFF, scope=None),
    Rule(reads=Reads.INFUSIONS, role=Role.STAFF, scope=None),
    # Whoever records an infusion writes its note to the care team.
    Rule(reads=Reads.INFUSION_NOTES, role=Role.STAFF, scope=None),
    Rule(reads=Reads.DELIVERY, role=Role.STAFF, scope=None),
    Rule(reads=Reads.RECORD_INFUSION, role=Role.STAFF, scope=None),
    Rule(reads=Reads.SCORES, role=Role.STAFF, scope=Scope.SCORES),
    Rule(reads=Reads.ANSWERS, role=Role.STAFF, scope=Scope.ANSWERS),
    Rule(reads=Reads.NOTES, role=Role.STAFF, scope=Scope.NOTES),
    Rule(reads=Reads.EXPORT, role=Role.STAFF, scope=Scope.EXPORT),
    Rule(reads=Reads.INFUSIONS, role=Role.THERAPIST, scope=Scope.SCORES),
    Rule(reads=Reads.INFUSION_NOTES, role=Role.THERAPIST, scope=Scope.NOTES),
    Rule(reads=Reads.SCORES, role=Role.THERAPIST, scope=Scope.SCORES),
    Rule(reads=Reads.ANSWERS, role=Role.THERAPIST, scope=Scope.ANSWERS),
    Rule(reads=Reads.NOTES, role=Role.THERAPIST, scope=Scope.NOTES),
    Rule(reads=Reads.EXPORT, role=Role.THERAPIST, scope=Scope.EXPORT),
    Rule(reads=Reads.RECORD_INFUSION, role=Role.THERAPIST, scope=Scope.RECORD_INFUSIONS),
)

PATIENT_OWN = frozenset(Reads)  # a patient may read all of the own record


def may(
    actor: Person,
    reads: Reads,
    *,
    patient: PersonId,
    clinic: ClinicId,
    grants: Iterable[Grant],
    now: datetime,
) -> bool:
    """Whether ``actor`` may do this with the patient's record, by own right, role or grants in force."""
    if actor.disabled_at is not None:
        return False
    if actor.id == patient:
        return reads in PATIENT_OWN
    held = {
        (grant.scope, grant.recipient)
        for grant in grants
        if grant.patient_id == patient and grant.clinic_id == clinic and grant.in_force(now)
    }
    return any(_holds(rule, actor, clinic, held) for rule in RULES if rule.reads is reads)


def _holds(rule: Rule, actor: Person, clinic: ClinicId, held: set[tuple[Scope, PersonId | ClinicId]]) -> bool:
    if rule.role not in actor.roles or actor.clinic_id != clinic:
        return False
    if rule.scope is None:
        return True
    recipient: PersonId | ClinicId = clinic if rule.role is Role.STAFF else actor.id
    return (rule.scope, recipient) in held


class TooSoon(Refusal):
    """New consent waits until 24 hours after an infusion."""


def check_settled(latest_infusion: datetime | None, now: datetime) -> None:
    """Raises ``TooSoon`` within 24 hours after an infusion: new consent waits, withdrawing never."""
    if latest_infusion is not None and now < latest_infusion + SETTLING_TIME:
        raise TooSoon(
            text("You can give new access 24 hours after your infusion. You can stop access at any time.")
        )


SCOPE_WORDS: dict[Scope, Text] = {
    Scope.SCORES: text("Your scores and chart, and your infusions"),
    Scope.ANSWERS: text("Each answer you gave"),
    Scope.NOTES: text("Your notes"),
    Scope.EXPORT: text("Download a copy of your record"),
    Scope.RECORD_INFUSIONS: text("Record infusions for you"),
}

SCOPE_HINTS: dict[Scope, Text] = {
    Scope.SCORES: text(
        "Every score with its time, and your chart. Which check-ins you did not answer. "
        "Your infusions with their doses. Whether an alert about you is open."
    ),
    Scope.ANSWERS: text("What you chose for each question, also for the one about ending your life."),
    Scope.NOTES: text("What you typed yourself after a check-in."),
    Scope.EXPORT: text(
        "The files hold what you say yes to here. They can keep them, also after you stop access."
    ),
    Scope.RECORD_INFUSIONS: text(
        "They can tell us that you had an infusion. Your check-ins then start from it."
    ),
}
