"""Conditional steps: days 21 and 28 are asked only of those who had responded by day 14."""

from checkin.services.deps import Deps
from checkin.services.plan_prompts import bring_in_line
from checkin.storage import clinics, patients, prompts

_BATCH = 50


def settle_conditions(deps: Deps) -> int:
    """Cancel the steps meant for responders where the deciding check-in shows no response; return how many
    patients were looked at. Each is looked at once."""
    with deps.reading() as tx:
        undecided = prompts.undecided_patients(tx, _BATCH)
    for patient_id, clinic_id in undecided:
        with deps.transaction() as tx:
            patients.lock_patient(tx, patient_id)
            patient = patients.get_patient(tx, patient_id, clinic_id)
            bring_in_line(tx, deps, clinics.get_clinic(tx, clinic_id), patient)
            prompts.mark_decided(tx, patient_id)
    return len(undecided)
