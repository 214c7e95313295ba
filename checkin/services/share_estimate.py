"""Sharing an estimate's sentence with its patient, who sees no prediction unless a therapist wants it."""

from dataclasses import dataclass
from datetime import datetime

from checkin.domain.consent import Reads
from checkin.domain.errors import Conflict, NotFound
from checkin.domain.ids import PersonId
from checkin.domain.person import Person, Role
from checkin.domain.window.placed import PlacedEstimate
from checkin.domain.window.sentence import over
from checkin.domain.words import text
from checkin.services import roles
from checkin.services.access import record_to_change
from checkin.services.deps import Deps
from checkin.services.read_estimate import estimate_of, sharing_therapist
from checkin.storage import audit, estimates, infusions, patients


class NothingToShare(Conflict):
    """There is no estimate for this patient."""

    def __init__(self) -> None:
        super().__init__(text("There is no estimate yet, so there is nothing to share."))


@dataclass(frozen=True, kw_only=True)
class SharedWindow:
    """What a patient may read: the estimate, and the name of the therapist who shares it."""

    window: PlacedEstimate
    by: str
    zone: str
    now: datetime


def share_window(deps: Deps, actor: Person, patient_id: PersonId) -> None:
    """Let the patient read the sentence as it is at any time, until the course is over or it is taken back.

    Raises ``NotFound`` or ``NothingToShare``.
    """
    _switch(deps, actor, patient_id, shared=True)


def withdraw_window(deps: Deps, actor: Person, patient_id: PersonId) -> None:
    """Take the sentence off the patient's page. Raises ``NotFound`` or ``NothingToShare``."""
    _switch(deps, actor, patient_id, shared=False)


def _switch(deps: Deps, actor: Person, patient_id: PersonId, *, shared: bool) -> None:
    roles.require(actor, Role.THERAPIST)
    if actor.id == patient_id:
        raise NotFound
    now = deps.now()
    with record_to_change(deps, actor, patient_id, Reads.SCORES) as (tx, patient):
        found = estimates.find_estimate(tx, patient.id)
        if found is None:
            raise NothingToShare
        if (sharing_therapist(tx, found, patient.person.clinic_id, now) is not None) is shared:
            return
        estimates.set_shared(tx, patient.id, actor.id if shared else None, now if shared else None)
        action = "window_shared" if shared else "window_withdrawn"
        event = audit.Event(action=action, actor=actor.id, subject=patient.id)
        audit.record(tx, patient.person.clinic_id, event, now)


def my_window(deps: Deps, actor: Person) -> SharedWindow | None:
    """Return what a therapist shares with this patient, while that therapist may see the scores.

    Nothing while it is not up to date: what was so hours ago would be read as what is so now.
    """
    roles.require(actor, Role.PATIENT)
    now = deps.now()
    with deps.reading() as tx:
        if not estimates.is_shared(tx, actor.id):
            return None
        found = estimate_of(tx, actor.id, infusions.infusions_of(tx, actor.id), now)
        therapist = None if found is None else sharing_therapist(tx, found, actor.clinic_id, now)
        if found is None or therapist is None or not (found.up_to_date(now) or over(found, now)):
            return None
        zone = patients.get_patient(tx, actor.id, actor.clinic_id).zone
        return SharedWindow(window=found, by=therapist.name, zone=zone, now=now)
