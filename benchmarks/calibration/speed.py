"""How long one estimate takes, beside a numpy product of stated size in the same run."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import process_time

import numpy as np

from benchmarks.calibration.cases import Setting, cases
from checkin.domain.simulator.families import Family
from checkin.domain.simulator.patient import simulate
from checkin.domain.window.estimator import estimate
from checkin.domain.window.values import Answer, History

SIZE = 512
"""The product is of two square matrices of this many rows, in double precision, on one thread."""
SIX = (0.0, 48.0, 96.0, 168.0, 216.0, 264.0)
_RUNS = 40


@dataclass(frozen=True, kw_only=True)
class Speed:
    """Medians in milliseconds of processor time: an estimate with 12 check-ins, one after six infusions, and
    the product."""

    one: float
    six: float
    product: float


def measure_speed() -> Speed:
    """Return how long things take, each measured in turn with the others."""
    ones = [case.history for case in cases(Setting(kind=Family.MATCH, completion=1.0), range(_RUNS))]
    sixes = [_six(seed) for seed in range(_RUNS)]
    matrix = np.random.default_rng(1).random((SIZE, SIZE))
    estimate(ones[0], as_of=400.0)
    estimate(sixes[0], as_of=700.0)
    times: list[tuple[float, float, float]] = []
    for one, six in zip(ones, sixes, strict=True):
        times.append(
            (
                _taken(lambda one=one: estimate(one, as_of=400.0)),  # type: ignore[misc]
                _taken(lambda six=six: estimate(six, as_of=700.0)),  # type: ignore[misc]
                _taken(lambda: matrix @ matrix),
            )
        )
    one_time, six_time, product = (median(column) * 1000 for column in zip(*times, strict=True))
    return Speed(one=one_time, six=six_time, product=product)


def _taken(what: Callable[[], object]) -> float:
    begin = process_time()
    what()
    return process_time() - begin


def _six(seed: int) -> History:
    patient = simulate(Family.MATCH, seed=seed, infusions=SIX, completion=0.75)
    return History(
        infusions=patient.infusions,
        answers=tuple(
            Answer(hours=one.answered, score=one.score, early=one.early)
            for one in patient.check_ins
            if one.answered is not None and one.score is not None
        ),
    )
