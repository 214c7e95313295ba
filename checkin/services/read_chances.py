"""What is known of a window for choosing a time: the stored estimate, as far as it may be relied on."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from checkin.domain.ids import PersonId
from checkin.domain.infusion import Infusion
from checkin.domain.slot import OUT_OF_DATE, VISIT, OpenProbability
from checkin.domain.window.placed import PlacedEstimate
from checkin.domain.window.sentence import SILENT, over
from checkin.storage import estimates, infusions
from checkin.storage.engine import Transaction


def chances_of(
    tx: Transaction, patients: Iterable[PersonId], now: datetime
) -> Mapping[PersonId, OpenProbability]:
    """Return how likely each patient's window is open, for whom an estimate says anything.

    Nothing is said of the time from an infusion on that the estimate does not know: it changes the course.
    One that is not up to date is ``OUT_OF_DATE``.
    """
    wanted = list(patients)
    if not wanted:
        return {}
    known = {
        patient: placed
        for patient, placed in estimates.estimates_by_patient(tx, wanted).items()
        if placed.estimate.state not in SILENT and not over(placed, now)
    }
    recorded = infusions.infusions_by_patient(tx, list(known))
    return {
        patient: _until(
            placed,
            min((one.at for one in recorded.get(patient, ()) if _unknown(one, placed, now)), default=None),
        )
        if placed.reliable(now)
        else OUT_OF_DATE
        for patient, placed in known.items()
    }


def _unknown(infusion: Infusion, placed: PlacedEstimate, now: datetime) -> bool:
    return infusion.counts(now) and infusion.at > placed.latest


def _until(placed: PlacedEstimate, next_infusion: datetime | None) -> OpenProbability:
    if next_infusion is None:
        return OpenProbability(grid=placed.moments)
    end = next_infusion - VISIT
    kept = [(moment, chance) for moment, chance in placed.moments if moment < end]
    last = placed.probability_at(end)
    return OpenProbability(grid=tuple(kept if last is None else [*kept, (end, last)]))
