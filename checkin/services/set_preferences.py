"""What a patient sets: zone, waking hours and reminders; the plan follows at once."""

from dataclasses import asdict

from checkin.domain.clock import known_zone
from checkin.domain.errors import Invalid, NotFound
from checkin.domain.message import OF_A_PROMPT, Reason
from checkin.domain.person import Patient, Person, Role, WakingHours, Zone
from checkin.domain.token import Purpose, Token
from checkin.domain.words import text
from checkin.services import roles
from checkin.services.deps import Deps
from checkin.services.plan_prompts import bring_in_line
from checkin.storage import audit, clinics, messages, patients, tokens
from checkin.storage.engine import Transaction

_LEAST_WAKING_HOURS = 6


def my_preferences(deps: Deps, actor: Person) -> Patient:
    """Return the patient's own settings."""
    roles.require(actor, Role.PATIENT)
    with deps.reading() as tx:
        return patients.get_patient(tx, actor.id, actor.clinic_id)


def my_zone(deps: Deps, actor: Person) -> str:
    """Return the zone to tell a person's own times in: a patient's own, else the clinic's."""
    with deps.reading() as tx:
        if Role.PATIENT in actor.roles:
            return patients.get_patient(tx, actor.id, actor.clinic_id).zone
        return clinics.get_clinic(tx, actor.clinic_id).settings.zone


def set_preferences(deps: Deps, actor: Person, *, zone: str, waking: WakingHours, reminders: bool) -> None:
    """Change how and when the patient is reached; prompts not yet sent move. Raises ``Invalid``."""
    roles.require(actor, Role.PATIENT)
    _check(zone, waking)
    now = deps.now()
    with deps.transaction() as tx:
        patients.lock_patient(tx, actor.id)
        before = patients.get_patient(tx, actor.id, actor.clinic_id)
        if zone != before.zone:
            patients.add_zone(tx, actor.id, actor.clinic_id, Zone(since=now, name=zone), now=now)
        patients.change_preferences(
            tx, actor.id, waking=waking, reminders=reminders, set_up_at=before.set_up_at or now
        )
        bring_in_line(
            tx,
            deps,
            clinics.get_clinic(tx, actor.clinic_id),
            patients.get_patient(tx, actor.id, actor.clinic_id),
        )
        event = audit.Event(
            action="preferences_changed",
            actor=actor.id,
            subject=actor.id,
            private={
                "old": {"zone": before.zone, "waking": asdict(before.waking), "reminders": before.reminders},
                "new": {"zone": zone, "waking": asdict(waking), "reminders": reminders},
            },
        )
        audit.record(tx, actor.clinic_id, event, now)


def whose_reminders(deps: Deps, secret: str) -> Token:
    """Return what an unsubscribe link is for. Raises ``NotFound``."""
    with deps.reading() as tx:
        return _unsubscribing(tx, deps, secret)


def stop_reminders(deps: Deps, secret: str) -> None:
    """Send no more reminders to whom this link is for; doing it twice does no harm. Raises ``NotFound``."""
    now = deps.now()
    with deps.transaction() as tx:
        token = _unsubscribing(tx, deps, secret)
        patients.lock_patient(tx, token.person_id)
        patient = patients.get_patient(tx, token.person_id, token.clinic_id)
        if not patient.reminders:
            return
        patients.change_preferences(
            tx, patient.id, waking=patient.waking, reminders=False, set_up_at=patient.set_up_at or now
        )
        messages.cancel_for_person(tx, patient.id, kinds=OF_A_PROMPT, reason=Reason.NOT_AGREED, now=now)
        event = audit.Event(action="reminders_stopped", subject=patient.id)
        audit.record(tx, token.clinic_id, event, now)


def _unsubscribing(tx: Transaction, deps: Deps, secret: str) -> Token:
    token = tokens.find_token(tx, secret, Purpose.UNSUBSCRIBE)
    if token is None or deps.now() >= token.expires_at:
        raise NotFound
    return token


def _check(zone: str, waking: WakingHours) -> None:
    if not known_zone(zone):
        raise Invalid(text("Select your time zone from the list."), field="zone")
    minutes = (waking.until.hour - waking.since.hour) * 60 + waking.until.minute - waking.since.minute
    if minutes < _LEAST_WAKING_HOURS * 60:
        words = text("Leave at least %(hours)s hours between the two times.", hours=_LEAST_WAKING_HOURS)
        raise Invalid(words, field="sleeps")
