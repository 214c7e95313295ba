"""What time settles in a plan: days 21 and 28 are only for those who had responded by day 14, and a planned
infusion that nobody confirmed no longer stands in the way of the check-ins before it."""

from checkin.services.deps import Deps
from checkin.services.plan_prompts import bring_in_line
from checkin.storage import clinics, infusions, patients, undecided_prompts

_BATCH = 50


def settle_conditions(deps: Deps) -> int:
    """Plan anew where a deciding check-in is over or a planned infusion was forgotten; return how many
    patients were looked at. Each is looked at once."""
    now = deps.now()
    with deps.reading() as tx:
        undecided = undecided_prompts.undecided_patients(tx, now, _BATCH)
        forgotten = infusions.forgotten_patients(tx, now, _BATCH)
    found = dict.fromkeys((*undecided, *forgotten))
    for patient_id, clinic_id in found:
        with deps.transaction() as tx:
            patients.lock_patient(tx, patient_id)
            patient = patients.get_patient(tx, patient_id, clinic_id)
            bring_in_line(tx, deps, clinics.get_clinic(tx, clinic_id), patient)
            undecided_prompts.mark_decided(tx, patient_id, now)
            infusions.mark_forgotten(tx, patient_id, now)
    return len(found)
