"""Estimating: what the clock has to do so that stored estimates keep up with answers and with time.

The only service that runs the estimator; nothing that answers a request may import it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from checkin.domain.ids import PersonId
from checkin.domain.window.estimator import estimate
from checkin.domain.window.history import Inputs, inputs_of
from checkin.domain.window.placed import PlacedEstimate, moved
from checkin.services.deps import Deps
from checkin.storage import check_ins, estimates, infusions
from checkin.storage.engine import Transaction
from checkin.storage.estimates import Due

_BATCH = 8  # patients a step: about a quarter of a second, so that a stop need not wait
_AGAIN = timedelta(hours=1)
_LEASE = timedelta(minutes=2)


def estimate_windows(deps: Deps, *, limit: int = _BATCH) -> int:
    """Compute up to ``limit`` estimates that are stale or an hour old; return how many were taken on.

    Others leave what was taken on alone for two minutes; then, if it was not finished, it is due again. An
    error of one patient is raised after the others are stored.
    """
    now = deps.now()
    due = _taken(deps, now, limit)
    if not due:
        return 0
    with deps.reading() as tx:
        inputs = _inputs(tx, [one.patient_id for one in due], now)
    done: list[tuple[Due, PlacedEstimate | None]] = []
    wrong: list[Exception] = []
    for one in due:
        try:
            done.append((one, _placed(one.patient_id, inputs[one.patient_id], now)))
        except Exception as error:  # the next one is somebody else
            wrong.append(error)
    with deps.transaction() as tx:
        for one, placed in done:
            estimates.store(tx, one, placed, next_at=_next_at(placed, now))
    if wrong:
        raise wrong[0]
    return len(due)


def _taken(deps: Deps, now: datetime, limit: int) -> tuple[Due, ...]:
    with deps.reading() as tx:
        if not estimates.any_due(tx, now):
            return ()
    with deps.transaction() as tx:
        due = estimates.due_estimates(tx, now, limit)
        estimates.claim(tx, due, now + _LEASE)
        return due


def _inputs(tx: Transaction, patients: Sequence[PersonId], now: datetime) -> dict[PersonId, Inputs | None]:
    answered = check_ins.check_ins_by_patient(tx, patients)
    given = infusions.infusions_by_patient(tx, patients)
    return {
        patient: inputs_of(answered.get(patient, ()), given.get(patient, ()), now=now) for patient in patients
    }


def _placed(patient: PersonId, inputs: Inputs | None, now: datetime) -> PlacedEstimate | None:
    if inputs is None:
        return None
    first, last = inputs.course[0], inputs.course[-1]
    found = estimate(inputs.history, as_of=(now - inputs.origin) / timedelta(hours=1))
    return PlacedEstimate(
        patient_id=patient,
        infusion_id=last.id,
        begins=first.at,
        latest=last.at,
        estimate=moved(found, (first.at - inputs.origin) / timedelta(hours=1)),
        computed_at=now,
        digest=inputs.digest,
    )


def _next_at(placed: PlacedEstimate | None, now: datetime) -> datetime | None:
    """In an hour, once more at the end of what is said, and then no more until something changes."""
    if placed is None or now >= placed.ends:
        return None
    return min(now + _AGAIN, placed.ends)
