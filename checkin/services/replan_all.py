"""Planning anew for everybody, as after an update of the time zone database: what was sent stays as it is."""

from checkin.domain.ids import PersonId
from checkin.services.deps import Deps
from checkin.services.plan_prompts import bring_in_line
from checkin.storage import clinics, patients, prompts


def replan_all(deps: Deps) -> int:
    """Bring the prompts to come of every patient in line with the rules as they are now; return how many.

    One patient a transaction. Interrupted, it can be run again.
    """
    after: PersonId | None = None
    planned = 0
    while True:
        with deps.transaction() as tx:
            found = prompts.next_planned_patient(tx, after)
            if found is None:
                return planned
            after, clinic = found
            patients.lock_patient(tx, after)
            patient = patients.get_patient(tx, after, clinic)
            bring_in_line(tx, deps, clinics.get_clinic(tx, clinic), patient)
        planned += 1
