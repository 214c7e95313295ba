"""When check-ins are due, which of them are answered, and how long after they were due."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from checkin.domain.simulator.curves import Floats

# The default protocol's steps after each infusion, in hours since its END.
TWELVE_STEPS = (4.0, 10.0, 24.0, 34.0, 48.0, 72.0, 96.0, 120.0, 168.0, 216.0, 264.0, 336.0)
BASELINES = (-14.0, -2.0)  # the evening before, and shortly before an infusion in the morning (assumed)
PRE_DOSE = 2.0  # hours before a later infusion of a course (assumed)
EARLY = 12.0  # hours; sooner than this after an infusion or a check-in the short form is asked

# Median 81 % answered, 10th percentile 45 %: studies in bipolar disorder and schizophrenia with 3-7 asks a
# day (PMC8442600).
PERSON_LOGIT = (1.45, 1.3)
LOGIT_PER_DAY = -0.03  # answers fall over study days (PMC6379815, chronic pain); how fast is assumed
DROPPED_BY_DAY_7 = 0.10  # assumed
DROP_RATE = -np.log(1 - DROPPED_BY_DAY_7) / 168  # per hour
# Per SD of severity above the own baseline, when answers are missing because of it (assumed; PMC8442600 found
# no relation with mood).
WORSE_ODDS = 0.8
SEVERITY_SD = 4.5  # as the population's, see patient.py
DELAY = (25 / 60, 1.1)  # median (h), log-SD (assumed)

# Until which hour a step may be due, and how long it then stays open (h).
_STAYS_OPEN = ((12.0, 3.0), (40.0, 8.0), (108.0, 12.0), (150.0, 14.0), (300.0, 24.0), (np.inf, 48.0))


@dataclass(frozen=True, kw_only=True)
class Due:
    """One planned check-in: hours on the course's axis, until when it can be answered, and which form."""

    hours: float
    expires: float
    early: bool
    baseline: bool = False


@dataclass(frozen=True, kw_only=True)
class Person:
    """How reliably one person answers: a logit at the start, and the hour after which nothing comes."""

    logit: float
    drops_out: float


def plan(
    infusions: Sequence[float], schedule: Sequence[float | Due], baselines: Sequence[float]
) -> list[Due]:
    """Return the baselines and, after each infusion until the next, the steps of ``schedule``, in order.

    A later infusion has a check shortly before it, as its own baseline. Plain hours get the default form
    and stay open as long as the default protocol's step at that hour.
    """
    planned = [Due(hours=at, expires=0.0, early=False, baseline=True) for at in baselines]
    for number, infusion in enumerate(infusions):
        last = number + 1 == len(infusions)
        end = np.inf if last else infusions[number + 1] - PRE_DOSE
        planned += [step for step in _steps(infusion, schedule) if step.hours < end]
        if not last:
            planned.append(Due(hours=end, expires=end + PRE_DOSE, early=False, baseline=True))
    return sorted(planned, key=lambda step: step.hours)


def draw_person(
    completion: float | None, schedule: Sequence[float | Due], rng: np.random.Generator
) -> Person:
    """Return one person. With ``completion`` (0-1) the population answers that share of ``schedule``."""
    hours = tuple(step.hours if isinstance(step, Due) else step for step in schedule)
    mean = PERSON_LOGIT[0] if completion is None else _mean_logit(completion, hours)
    rate = DROP_RATE * (1.0 if completion is None else min((1 - completion) / 0.25, 1.0))
    drops_out = float(rng.exponential(1 / rate)) if rate > 0 else np.inf
    return Person(logit=float(rng.normal(mean, PERSON_LOGIT[1])), drops_out=drops_out)


def answers(person: Person, due: float, worse_by: float | None, rng: np.random.Generator) -> bool:
    """Say whether a check-in due at this hour is answered. ``worse_by``: points above the own baseline,
    where being worse keeps people from answering; None where it does not."""
    logit = person.logit + LOGIT_PER_DAY * due / 24
    if worse_by is not None:
        logit += np.log(WORSE_ODDS) * worse_by / SEVERITY_SD
    return bool(rng.random() < _logistic(np.array(logit)) and due < person.drops_out)


def draw_delay(rng: np.random.Generator) -> float:
    """Return hours from due to answered."""
    median, log_sd = DELAY
    return float(median * np.exp(rng.normal(0.0, log_sd)))


def _steps(infusion: float, schedule: Sequence[float | Due]) -> list[Due]:
    steps: list[Due] = []
    before = -np.inf
    for step in schedule:
        if isinstance(step, Due):
            steps.append(Due(hours=infusion + step.hours, expires=infusion + step.expires, early=step.early))
            continue
        early = step < EARLY or step - before < EARLY
        open_for = 3.0 if early else next(length for until, length in _STAYS_OPEN if step < until)
        steps.append(Due(hours=infusion + step, expires=infusion + step + open_for, early=early))
        before = step
    return steps


@cache
def _mean_logit(completion: float, hours: tuple[float, ...]) -> float:
    """The population mean of the person logit that makes the expected share answered ``completion``."""
    if completion >= 1:
        return np.inf
    nodes, weights = np.polynomial.hermite_e.hermegauss(15)
    weights = weights / weights.sum()
    at = np.array(hours)
    rate = DROP_RATE * min((1 - completion) / 0.25, 1.0)
    staying = np.exp(-rate * np.maximum(at, 0.0))
    low, high = -12.0, 12.0
    for _ in range(50):
        middle = (low + high) / 2
        logits = middle + PERSON_LOGIT[1] * nodes[:, None] + LOGIT_PER_DAY * at[None, :] / 24
        reached = float(weights @ (_logistic(logits) * staying).mean(axis=1))
        low, high = (middle, high) if reached < completion else (low, middle)
    return middle


def _logistic(logit: Floats) -> Floats:
    value: Floats = 1 / (1 + np.exp(-np.clip(logit, -700, 700)))
    return value
