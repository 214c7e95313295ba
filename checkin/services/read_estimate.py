"""Reading the stored estimate of a patient's response window; whoever calls has been let in already."""

from checkin.domain.ids import PersonId
from checkin.domain.window.placed import PlacedEstimate
from checkin.storage import estimates
from checkin.storage.engine import Transaction


def estimate_of(tx: Transaction, patient: PersonId, *, fan: bool = False) -> PlacedEstimate | None:
    """Return the last estimate of a patient's window, None where there is none yet.

    With ``fan`` its ``levels`` are there to be drawn. It may be stale, or older than what it speaks of.
    """
    return estimates.find_estimate(tx, patient, fan=fan)
