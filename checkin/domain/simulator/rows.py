"""Simulated patients as the table that the estimator reads: patient, hours, kind, score."""

from collections.abc import Iterable, Iterator

import numpy as np

from checkin.domain.simulator.families import Family, Profile
from checkin.domain.simulator.items import TOPICS
from checkin.domain.simulator.patient import CLEAN, Dirt, SimulatedPatient, simulate

COLUMNS = ("patient", "hours", "kind", "score")
ITEM_COLUMNS = tuple(topic.replace(" ", "_") for topic in TOPICS)
LONGEST_COURSE = 6
GAP_HOURS = (48.0, 72.0)
AGAIN = 0.5  # chance of a next infusion after 48-72 h


def simulated_rows(patients: Iterable[SimulatedPatient], *, items: bool = False) -> Iterator[tuple[str, ...]]:
    """Return the rows below ``COLUMNS`` for each patient, in order of time; missed check-ins leave no row.

    With ``items`` each row goes on with the answers below ``ITEM_COLUMNS``, empty where nothing was asked.
    """
    for patient in patients:
        name = f"{patient.family}-{patient.seed}"
        nothing: tuple[int | None, ...] = (None,) * len(ITEM_COLUMNS)
        events = [(at, 0, "infusion", "", nothing) for at in patient.infusions]
        for one in patient.check_ins:
            if one.answered is not None and one.score is not None:
                kind = "baseline" if one.baseline else "check_in"
                events.append((one.answered, 1, kind, _number(one.score), one.answers))
        for hours, _, kind, given, answers in sorted(events, key=lambda event: event[:4]):
            written = ["" if answer is None else str(answer) for answer in answers] if items else []
            yield (name, _number(hours), kind, given, *written)


def simulate_cohort(
    kind: Family | Profile,
    patients: int,
    *,
    seed: int,
    completion: float | None = None,
    courses: bool = False,
    missing_when_worse: bool = False,
    dirt: Dirt = CLEAN,
) -> Iterator[SimulatedPatient]:
    """Return ``patients`` patients, numbered from ``seed``; ``courses`` gives half of them more infusions."""
    for number in range(seed, seed + patients):
        yield simulate(
            kind,
            seed=number,
            completion=completion,
            infusions=draw_course(number) if courses else (0.0,),
            missing_when_worse=missing_when_worse,
            dirt=dirt,
        )


def draw_course(seed: int) -> tuple[float, ...]:
    """Return the hours of the infusions of one course, the first at 0, at most six, 48-72 h apart."""
    rng = np.random.default_rng([seed, *b"course"])
    course = [0.0]
    while len(course) < LONGEST_COURSE and rng.random() < AGAIN:
        course.append(course[-1] + round(float(rng.uniform(*GAP_HOURS))))
    return tuple(course)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
