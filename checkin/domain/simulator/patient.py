"""One simulated patient: a true course and the check-ins it leads to, the same for the same seed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from checkin.domain.simulator.compliance import (
    BASELINES,
    TWELVE_STEPS,
    Due,
    Person,
    answers,
    draw_delay,
    draw_person,
    plan,
)
from checkin.domain.simulator.families import Family, Profile, draw_curves, draw_profile
from checkin.domain.simulator.items import LIMIT, draw_answers, score
from checkin.domain.simulator.noise import Item9, draw_item_9, draw_noise, swing
from checkin.domain.simulator.truth import Truth, lagged

SEVERITY = (16.0, 4.5)  # mean, SD: moderate to severe, as people come to clinics (assumed)
SEVERITY_LIMITS = (8.0, 27.0)  # below 8 percentages say little; 27 is the top of the scale
PAPER_BELOW_APP = 3.0  # points; Torous 2015: the app reads above the paper form
PAPER_NOISE = 2.5  # points; Loewe 2004: standard error of measurement
SENT_AGAIN = 0.05  # hours until a duplicate (assumed)
SLOW_ITEMS_LAG = 36.0  # hours that sleep and appetite lag behind (assumed)


@dataclass(frozen=True, kw_only=True)
class Dirt:
    """What goes wrong in real data: the shares of answers or patients it happens to (assumed)."""

    straight_lining: float = 0.02  # of answers: the same box all the way down
    duplicates: float = 0.01  # of answers: sent again a few minutes later
    wrong_infusion_time: float = 0.10  # of patients: recorded up to two hours off
    clock_change: float = 0.05  # of patients: summer time or a journey shifts their clock


CLEAN = Dirt(straight_lining=0.0, duplicates=0.0, wrong_infusion_time=0.0, clock_change=0.0)


@dataclass(frozen=True, kw_only=True)
class SimulatedCheckIn:
    """One planned check-in. ``answered`` (h) is None when it was missed; then there are no answers.

    ``answers`` holds 0-3 in the order of ``TOPICS``, None for the two topics the early form leaves out;
    ``score`` is their sum on 0-27, prorated for the early form. ``duplicate``: the answer before, sent again.
    """

    due: float
    expires: float
    early: bool
    baseline: bool
    answered: float | None
    answers: tuple[int | None, ...] = ()
    score: float | None = None
    duplicate: bool = False


@dataclass(frozen=True, kw_only=True)
class SimulatedPatient:
    """A patient on the axis "hours since the recorded end of the first infusion", with the truth behind.

    ``paper`` is a standard two-week total some days before, on its own scale, never to be joined to the rest.
    """

    seed: int
    family: Family
    profile: Profile
    infusions: tuple[float, ...]
    clock_hour: float
    paper: int
    truth: Truth
    check_ins: tuple[SimulatedCheckIn, ...]


def simulate(
    kind: Family | Profile,
    *,
    seed: int,
    schedule: Sequence[float | Due] = TWELVE_STEPS,
    baselines: Sequence[float] = BASELINES,
    completion: float | None = None,
    infusions: Sequence[float] = (0.0,),
    clock_hour: float | None = None,
    missing_when_worse: bool = False,
    dirt: Dirt = CLEAN,
) -> SimulatedPatient:
    """Return one patient of a family, or of a profile within the family ``match``.

    ``schedule`` is repeated after each of ``infusions`` (ascending hours, the first 0) until the next.
    ``completion`` is the expected share answered (0-1); None draws it from the population.
    ``clock_hour`` (0-24) is the local time at hour 0, drawn between 10 and 16 where None.
    The truth depends only on kind, seed and infusions, never on what is answered.
    """
    stream = partial(_stream, seed)
    family = kind if isinstance(kind, Family) else Family.MATCH
    profile = kind if isinstance(kind, Profile) else draw_profile(family, stream("profile"))
    body = stream("body")
    baseline = float(np.clip(body.normal(*SEVERITY), *SEVERITY_LIMITS))
    error = float(body.uniform(-2.0, 2.0)) if body.random() < dirt.wrong_infusion_time else 0.0
    truth = Truth(
        baseline=baseline,
        ends=tuple(at + error for at in infusions),
        curves=draw_curves(family, profile, len(infusions), stream("curves")),
    )
    clock = float(body.uniform(10.0, 16.0)) if clock_hour is None else clock_hour
    shift = float(body.choice([-1.0, 1.0, -6.0, 8.0])) if body.random() < dirt.clock_change else 0.0
    planned = plan(infusions, schedule, baselines)
    person = draw_person(completion, schedule, stream("person"))
    asked = _answer_times(planned, person, truth, missing_when_worse, stream("times"))
    totals = _totals(asked, family, truth, clock, shift, stream("noise"))
    check_ins = _filled(asked, totals, truth, draw_item_9(baseline, stream("item 9")), stream("items"))
    paper = round(float(np.clip(baseline - PAPER_BELOW_APP + body.normal(0.0, PAPER_NOISE), 0, LIMIT)))
    return SimulatedPatient(
        seed=seed,
        family=family,
        profile=profile,
        infusions=tuple(float(at) for at in infusions),
        clock_hour=clock,
        paper=paper,
        truth=truth,
        check_ins=tuple(_soiled(check_ins, dirt, stream("dirt"))),
    )


def _stream(seed: int, part: str) -> np.random.Generator:
    """Each part draws from its own stream, so that changing one leaves the others as they were."""
    return np.random.default_rng([seed, *part.encode()])


def _answer_times(
    planned: list[Due], person: Person, truth: Truth, missing_when_worse: bool, rng: np.random.Generator
) -> list[SimulatedCheckIn]:
    worse_by = truth.level([step.hours for step in planned]) - truth.baseline
    asked = []
    for step, worse in zip(planned, worse_by, strict=True):
        answered = answers(person, step.hours, float(worse) if missing_when_worse else None, rng)
        at = step.hours + draw_delay(rng)
        if step.baseline:  # taken with somebody present, or before anything has begun to change
            answered, at = True, step.hours
        asked.append(
            SimulatedCheckIn(
                due=step.hours,
                expires=step.expires,
                early=step.early,
                baseline=step.baseline,
                answered=at if answered and at <= step.expires else None,
            )
        )
    return asked


def _totals(
    asked: list[SimulatedCheckIn],
    family: Family,
    truth: Truth,
    clock: float,
    shift: float,
    rng: np.random.Generator,
) -> list[int]:
    """Return the whole-number total of each check-in, as if all of them were answered."""
    hours = np.array([one.due if one.answered is None else one.answered for one in asked])
    due = [one.due for one in asked]
    since = [min((hour - end for end in truth.ends if end <= hour), default=np.inf) for hour in hours]
    moved = np.where(hours > 0, shift, 0.0)
    given = truth.level(hours) + swing(family, clock + hours + moved) + draw_noise(due, since, rng)
    return [round(float(total)) for total in np.clip(given, 0, LIMIT)]


def _filled(
    asked: list[SimulatedCheckIn], totals: list[int], truth: Truth, item_9: Item9, rng: np.random.Generator
) -> list[SimulatedCheckIn]:
    due = [one.due for one in asked]
    slow, improvement = lagged(truth, due, SLOW_ITEMS_LAG), truth.improvement(due)
    filled = []
    for one, total, slow_total, better in zip(asked, totals, slow, improvement, strict=True):
        given = draw_answers(total, item_9.at(one.due, float(better)), float(slow_total), one.early, rng)
        filled.append(one if one.answered is None else replace(one, answers=given, score=score(given)))
    return filled


def _soiled(
    check_ins: list[SimulatedCheckIn], dirt: Dirt, rng: np.random.Generator
) -> list[SimulatedCheckIn]:
    soiled = []
    for one in check_ins:
        straight, box, again = rng.random(), int(rng.integers(4)), rng.random()
        at = one.answered
        if at is None or one.baseline:
            soiled.append(one)
            continue
        if straight < dirt.straight_lining:
            same = tuple(None if answer is None else box for answer in one.answers)
            one = replace(one, answers=same, score=score(same))
        soiled.append(one)
        if again < dirt.duplicates:
            soiled.append(replace(one, answered=at + SENT_AGAIN, duplicate=True))
    return soiled
