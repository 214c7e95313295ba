"""``python -m benchmarks.calibrate [--patients N]``: judge the estimator, write docs/calibration.md."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import TypeVar

import numpy as np

from benchmarks.calibration import pages, plan
from benchmarks.calibration.bars import FIRST_NUMBER, SECOND_NUMBER, Bar, all_bars
from benchmarks.calibration.drawings import bars as bar_drawing
from benchmarks.calibration.drawings import reliability
from benchmarks.calibration.figures import Figure, inside, of_carried, of_estimate, of_spline
from benchmarks.calibration.judged import Cohort, Judged, crew, joined
from benchmarks.calibration.limits import first_limit
from benchmarks.calibration.speed import SIZE, Speed, measure_speed
from benchmarks.calibration.worsening import alarms
from benchmarks.report import machine
from checkin.charts.svg import Svg
from checkin.domain.simulator.families import DRUG_FAMILIES, Family

SEEDS = (200_000, 600_000)
PAGE = plan.ROOT / "docs" / "calibration.md"
DRAWINGS = plan.ROOT / "docs" / "calibration"
TEXT = Path(__file__).parent / "calibration" / "page.md"
_Name = TypeVar("_Name")
_HEARD = 500  # people of each seed, at least, on whom the thresholds for getting worse are tried
_PART, _FEW = 4, 250  # schedules and troubles are tried on a quarter of the patients, or on so many


def main() -> int:
    """Write the report; return 0 when every bar is reached by both seeds together, else 1."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibrate", description=__doc__)
    parser.add_argument("--patients", type=int, default=2000, help="of each family (default 2000)")
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    options = parser.parse_args()
    few = max(options.patients // _PART, min(options.patients, _FEW))
    print(machine(), file=sys.stderr)
    speed = measure_speed()
    with crew(options.workers) as workers:
        first, second = (_judged(plan.families(options.patients, seed), workers) for seed in SEEDS)
        schedules = _judged(plan.schedules(few, SEEDS[0]), workers)
        troubles = _judged(plan.troubles(few, SEEDS[0]), workers)
        limit = first_limit([range(seed, seed + options.patients) for seed in SEEDS], workers)
    both = {family: joined([first[family], second[family]]) for family in Family}
    alarmed = [alarms(range(seed, seed + max(options.patients, _HEARD))) for seed in SEEDS]
    alarmed.append(alarms(*(range(seed, seed + max(options.patients, _HEARD)) for seed in SEEDS)))
    rounds = [
        [*all_bars(families, alarm), *_speed_bars(speed)]
        for families, alarm in zip((first, second, both), alarmed, strict=True)
    ]
    page = TEXT.read_text().format(
        patients=options.patients,
        few=few,
        seeds=" and ".join(f"{seed:,}".replace(",", " ") for seed in SEEDS),
        missed=pages.missed(rounds[-1]),
        bars=pages.bar_table(rounds),
        alarms=pages.alarm_table(alarmed[-1]),
        limit=limit.inside,
        limit_gain=limit.gain,
        **_tables(first, second, schedules, troubles, few),
        **_speed_words(speed),
    )
    _write(page, _drawings(both))
    print(pages.bar_table(rounds))
    return 0 if all(bar.ok for bar in rounds[-1]) else 1


def _tables(
    first: Mapping[Family, Judged],
    second: Mapping[Family, Judged],
    schedules: Mapping[tuple[Family, str], Judged],
    troubles: Mapping[str, Judged],
    few: int,
) -> dict[str, str]:
    nothing = {"nothing": [first[Family.MATCH].where(np.arange(few))]}
    return {
        "families": pages.family_table(first),
        "again": pages.family_table(second),
        "schedules": pages.short_table("schedule", _by_schedule(schedules, first, few)),
        "quartiles": pages.short_table("quarter of patients", pages.quartiles(first)),
        "troubles": pages.short_table(
            "what is wrong", {**nothing, **{name: [one] for name, one in troubles.items()}}
        ),
        "appointments": pages.appointment_table(first),
        "appointments_again": pages.appointment_table(second),
    }


def _speed_words(speed: Speed) -> dict[str, object]:
    return {
        "one": f"{speed.one:.1f}",
        "six": f"{speed.six:.1f}",
        "product": f"{speed.product:.1f}",
        "one_ratio": f"{speed.one / speed.product:.1f}",
        "six_ratio": f"{speed.six / speed.product:.1f}",
        "size": SIZE,
    }


def _judged(cohorts: Mapping[_Name, Cohort], workers: Executor) -> dict[_Name, Judged]:
    judged = {}
    for name, cohort in cohorts.items():
        print(f"{name}: {cohort.patients} patients from {cohort.first_seed}", file=sys.stderr, flush=True)
        judged[name] = plan.kept(cohort, workers)
    return judged


def _by_schedule(
    others: Mapping[tuple[Family, str], Judged], twelve: Mapping[Family, Judged], few: int
) -> dict[str, Sequence[Judged]]:
    found: dict[str, Sequence[Judged]] = {}
    for family in dict.fromkeys(family for family, _ in others):
        for name in plan.SCHEDULES:
            one = twelve[family].where(np.arange(few)) if name == "12" else others[family, name]
            found[f"{family}, {name} check-ins"] = [one]
    return found


def _speed_bars(speed: Speed) -> list[Bar]:
    return [
        Bar(what="one estimate with 12 check-ins (ms)", reached=Figure(value=speed.one, error=0.0), most=30),
        Bar(what="one after six infusions (ms)", reached=Figure(value=speed.six, error=0.0), most=100),
    ]


def _drawings(families: Mapping[Family, Judged]) -> dict[str, Svg]:
    together = list(families.values())
    inside_of = {
        str(family): [
            100 * inside(lambda one: one.first, None)([families[family]]),
            100 * inside(lambda one: one.first, FIRST_NUMBER)([families[family]]),
        ]
        for family in families
        if family in DRUG_FAMILIES
    }
    for family in list(inside_of):
        own = [families[Family(family)]]
        inside_of[f"{family} 2nd"] = [
            100 * inside(lambda one: one.second, None)(own),
            100 * inside(lambda one: one.second, SECOND_NUMBER)(own),
        ]
    errors = {
        str(family): [of_estimate([one]), of_carried([one]), of_spline([one])]
        for family, one in families.items()
    }
    return {
        "reliability": reliability(
            np.concatenate([one.chance.ravel() for one in together]),
            np.concatenate([one.truth.ravel() for one in together]),
        ),
        "brier": bar_drawing(
            "Brier score by family", "Brier", errors, ("estimate", "last score carried forward", "spline")
        ),
        "appointments": bar_drawing(
            "Appointments inside the open window", "%", inside_of, ("by the estimate", "by a fixed rule")
        ),
    }


def _write(page: str, drawings: Mapping[str, Svg]) -> None:
    DRAWINGS.mkdir(parents=True, exist_ok=True)
    for name, drawing in drawings.items():
        (DRAWINGS / f"{name}.svg").write_text(f"{drawing}\n")
    PAGE.write_text(page)


if __name__ == "__main__":
    sys.exit(main())
