"""What a patient sets: zone, waking hours and reminders; the plan follows at once."""

from dataclasses import asdict

from checkin.domain.clock import known_zone
from checkin.domain.errors import Invalid
from checkin.domain.message import Reason
from checkin.domain.person import Patient, Person, Role, WakingHours, Zone
from checkin.domain.words import text
from checkin.services import roles
from checkin.services.deps import Deps
from checkin.services.plan_prompts import bring_in_line
from checkin.storage import audit, clinics, messages, patients

_LEAST_WAKING_HOURS = 6


def my_preferences(deps: Deps, actor: Person) -> Patient:
    """Return the patient's own settings."""
    roles.require(actor, Role.PATIENT)
    with deps.reading() as tx:
        return patients.get_patient(tx, actor.id, actor.clinic_id)


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


def stop_reminders(deps: Deps, patient: Patient) -> None:
    """Send this patient no more reminders; check-ins can still be answered after signing in."""
    now = deps.now()
    with deps.transaction() as tx:
        patients.change_preferences(
            tx, patient.id, waking=patient.waking, reminders=False, set_up_at=patient.set_up_at or now
        )
        messages.cancel_for_person(tx, patient.id, reason=Reason.NOT_AGREED, now=now)
        event = audit.Event(action="reminders_stopped", subject=patient.id)
        audit.record(tx, patient.person.clinic_id, event, now)


def _check(zone: str, waking: WakingHours) -> None:
    if not known_zone(zone):
        raise Invalid(text("Select your time zone from the list."), field="zone")
    minutes = (waking.until.hour - waking.since.hour) * 60 + waking.until.minute - waking.since.minute
    if minutes < _LEAST_WAKING_HOURS * 60:
        words = text("Leave at least %(hours)s hours between the two times.", hours=_LEAST_WAKING_HOURS)
        raise Invalid(words, field="sleeps")
