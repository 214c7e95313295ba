"""Which cohorts are judged, and keeping what was found until anything it depends on changes."""

import pickle
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from benchmarks.calibration.cases import Setting
from benchmarks.calibration.judged import Cohort, Judged, joined, judge
from checkin.domain.simulator.compliance import TWELVE_STEPS
from checkin.domain.simulator.families import DRUG_FAMILIES, Family
from checkin.domain.simulator.patient import Dirt

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "var" / "calibration"
_PART = 250  # patients that are kept together, so that a longer run goes on where a shorter one ended
_JUDGED = (
    "curves",
    "draws",
    "estimator",
    "evidence",
    "model",
    "noise",
    "openings",
    "posterior",
    "pool",
    "states",
)
_SOURCES = (
    *(path for path in (ROOT / "checkin" / "domain" / "simulator").glob("*.py") if path.name != "rows.py"),
    *(ROOT / "checkin" / "domain" / "window" / f"{name}.py" for name in _JUDGED),
    *(ROOT / "benchmarks" / "calibration" / f"{name}.py" for name in ("cases", "comparators", "judged")),
)

TWICE = tuple(
    sorted({*TWELVE_STEPS, 18.0, 28.0, 41.0, 60.0, 84.0, 108.0, 132.0, 144.0, 192.0, 240.0, 288.0, 312.0})
)
SCHEDULES: Mapping[str, tuple[float, ...]] = {
    "3": (24.0, 168.0, 336.0),
    "6": (10.0, 24.0, 72.0, 120.0, 216.0, 336.0),
    "12": TWELVE_STEPS,
    "24": TWICE,
}
_ONLY_LINED = Dirt(straight_lining=0.05, duplicates=0.0, wrong_infusion_time=0.0, clock_change=0.0)
_ONLY_TIME = Dirt(straight_lining=0.0, duplicates=0.0, wrong_infusion_time=1.0, clock_change=0.0)
TROUBLES: Mapping[str, Setting] = {
    "nothing": Setting(kind=Family.MATCH),
    "answers missing because of being worse": Setting(kind=Family.MATCH, missing_when_worse=True),
    "5 % of answers the same box all the way down": Setting(kind=Family.MATCH, dirt=_ONLY_LINED),
    "infusion time up to two hours wrong": Setting(kind=Family.MATCH, dirt=_ONLY_TIME),
    "all of it, and duplicates, and clocks": Setting(kind=Family.MATCH, missing_when_worse=True, dirt=Dirt()),
    "courses of up to six infusions": Setting(kind=Family.MATCH, courses=True),
    "half of the check-ins answered": Setting(kind=Family.MATCH, completion=0.5),
    "nine of ten check-ins answered": Setting(kind=Family.MATCH, completion=0.9),
}


def families(patients: int, first_seed: int) -> dict[Family, Cohort]:
    """Return one cohort for each family; appointments are for those in whom the drug does something."""
    return {
        family: Cohort(
            setting=Setting(kind=family),
            patients=patients,
            first_seed=first_seed,
            slots=family in DRUG_FAMILIES,
            calls=True,
        )
        for family in Family
    }


def schedules(patients: int, first_seed: int) -> dict[tuple[Family, str], Cohort]:
    """Return smaller cohorts with fewer and with more check-ins."""
    return {
        (family, name): Cohort(
            setting=Setting(kind=family, schedule=schedule), patients=patients, first_seed=first_seed
        )
        for family in (Family.MATCH, Family.CLIFF, Family.BIEXP)
        for name, schedule in SCHEDULES.items()
        if name != "12"
    }


def troubles(patients: int, first_seed: int) -> dict[str, Cohort]:
    """Return smaller cohorts with what goes wrong in real data."""
    return {
        name: Cohort(setting=setting, patients=patients, first_seed=first_seed)
        for name, setting in TROUBLES.items()
        if setting != Setting(kind=Family.MATCH)
    }


def kept(cohort: Cohort, workers: Executor) -> Judged:
    """Return what is said of a cohort: what was found by an earlier run, if nothing changed since."""
    last = cohort.first_seed + cohort.patients
    return joined(
        [
            _kept(replace(cohort, first_seed=seed, patients=min(_PART, last - seed)), workers)
            for seed in range(cohort.first_seed, last, _PART)
        ]
    )


def _kept(cohort: Cohort, workers: Executor) -> Judged:
    path = KEPT / f"{sha256(f'{_digest()} {cohort}'.encode()).hexdigest()[:24]}.pickle"
    if path.exists():
        found: Judged = pickle.loads(path.read_bytes())  # noqa: S301 - written below
        return found
    judged = judge(cohort, workers)
    KEPT.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(judged))
    return judged


def _digest() -> str:
    """Return a digest of all source that a judgement rests on."""
    found = sha256()
    for path in sorted(_SOURCES):
        found.update(path.read_bytes())
    return found.hexdigest()
