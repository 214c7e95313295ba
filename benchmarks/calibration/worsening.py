"""How often the thresholds for getting worse find those who do, within two days, and raise a false alarm."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np

from benchmarks.calibration.cases import Case, Setting, cases
from benchmarks.calibration.figures import Figure
from checkin.domain.improvement import change_from, outcome_of
from checkin.domain.simulator.families import Family, Profile

WITHIN = 48.0
TRUE_RISE = 5.0
ANSWERS = 2


@dataclass(frozen=True, kw_only=True)
class Alarms:
    """Shares of patients with at least two check-ins due by 48 h: of those who truly rise by 5 points, who
    gets a review and who an alert; and the same of those in whom nothing changes."""

    rising: int
    review: Figure
    alert: Figure
    null_review: Figure
    null_alert: Figure


def alarms(*seeds: range) -> Alarms:
    """Simulate people who get worse and people in whom nothing happens, and apply the thresholds."""
    rising = [
        _raised(case)
        for kind in (Family.WORSE, Profile.WORSENER)
        for case in _heard(Setting(kind=kind), *seeds)
        if case.patient.truth.level([WITHIN])[0] - case.baseline >= TRUE_RISE
    ]
    still = [_raised(case) for case in _heard(Setting(kind=Family.NULL), *seeds)]
    return Alarms(
        rising=len(rising),
        review=_share([review for review, _ in rising]),
        alert=_share([alert for _, alert in rising]),
        null_review=_share([review for review, _ in still]),
        null_alert=_share([alert for _, alert in still]),
    )


def _heard(setting: Setting, *seeds: range) -> Iterator[Case]:
    found = chain.from_iterable(cases(setting, some) for some in seeds)
    return (case for case in found if len(_scores(case)) >= ANSWERS)


def _scores(case: Case) -> list[float]:
    return [
        one.score
        for one in case.patient.check_ins
        if one.score is not None and not one.baseline and one.due <= WITHIN
    ]


def _raised(case: Case) -> tuple[bool, bool]:
    """Say whether somebody should look, and whether somebody should act: far above, or seen twice."""
    baseline = float(np.mean([one.score for one in case.patient.check_ins if one.baseline]))
    outcomes = [outcome_of(change_from(baseline, score)) for score in _scores(case)]
    worse = sum(outcome.worse for outcome in outcomes)
    return worse > 0, worse > 1 or any(outcome.much_worse for outcome in outcomes)


def _share(hits: list[bool]) -> Figure:
    value = float(np.mean(hits))
    return Figure(value=value, error=float(np.sqrt(value * (1 - value) / len(hits))))
