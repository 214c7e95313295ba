"""Reading the stored estimate of a patient's response window; whoever calls has been let in already."""

from collections.abc import Iterable
from datetime import datetime

from checkin.domain.consent import Reads, may
from checkin.domain.ids import ClinicId, PersonId
from checkin.domain.infusion import Infusion
from checkin.domain.person import Person
from checkin.domain.window.placed import PlacedEstimate
from checkin.storage import estimates, grants, people
from checkin.storage.engine import Transaction


def estimate_of(
    tx: Transaction, patient: PersonId, known: Iterable[Infusion], now: datetime, *, fan: bool = False
) -> PlacedEstimate | None:
    """Return the last estimate of a patient's window; None where there is none yet of the latest infusion.

    ``known`` are the patient's infusions. With ``fan`` its ``levels`` are there to be drawn. It may be stale,
    or older than what it speaks of.
    """
    return still_told(estimates.find_estimate(tx, patient, fan=fan), known, now)


def still_told(
    found: PlacedEstimate | None, known: Iterable[Infusion], now: datetime
) -> PlacedEstimate | None:
    """Return the estimate as long as it is of the latest of the patient's infusions, None after another."""
    return found if found is not None and found.of_latest(known, now) else None


def sharing_therapist(
    tx: Transaction, found: PlacedEstimate, clinic: ClinicId, now: datetime
) -> Person | None:
    """Return who shares the sentence with the patient; None too where that person lost the right to it."""
    if not found.shared or found.shared_by is None:
        return None
    patient = found.patient_id
    therapist = people.people_by_id(tx, [found.shared_by]).get(found.shared_by)
    given = grants.grants_of(tx, patient)
    if therapist is None or not may(
        therapist, Reads.SCORES, patient=patient, clinic=clinic, grants=given, now=now
    ):
        return None
    return therapist
