"""What stands between the true level and the answers: noise, the time of day, thoughts of suicide."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from checkin.domain.simulator.curves import Floats
from checkin.domain.simulator.families import Family

WHITE = 2.0  # points; Loewe 2004: standard error of measurement 2.5 in all
DRIFT, DRIFT_HOURS = 2.0, 24.0  # points and time constant; day-to-day correlation .7-.9 (Baryshnikov 2023)
SWING, STRONG_SWING = 0.7, 2.0  # points, morning worse (assumed)
WORST_HOUR = 9.0  # assumed
CONFOUNDED_HOURS, CONFOUNDED = 6.0, 1.4  # the drug itself blurs the first answers (assumed)

ITEM_9_POSITIVE = 0.34  # Na 2018, Chung 2023: 41 and 32 %; a total of 25 or more implies it and adds 4 %
ITEM_9_LEVELS = (0.60, 0.28, 0.12)  # 1, 2, 3 among the positive (assumed)
ITEM_9_PER_POINT = 0.1  # logit per point of severity above the population's mean (assumed)
ITEM_9_WORSE = 0.06  # McInnes 2022
# Chance that thoughts are gone, a logit in improvement and days: 55 % at 24 h, 60 % at 7 d (Wilkinson 2018).
ITEM_9_GONE = (-1.5, 5.0, 1.1)


def draw_noise(hours: Sequence[float], since_infusion: Sequence[float], rng: np.random.Generator) -> Floats:
    """Return white noise plus slow drift at ascending ``hours``."""
    white = rng.normal(0.0, WHITE, len(hours))
    white[[0 <= after < CONFOUNDED_HOURS for after in since_infusion]] *= CONFOUNDED
    drift = np.empty(len(hours))
    before: float | None = None
    for i, hour in enumerate(hours):
        keep = 0.0 if before is None else float(np.exp(-(hour - before) / DRIFT_HOURS))
        drift[i] = keep * (drift[i - 1] if i else 0.0) + rng.normal(0.0, DRIFT * np.sqrt(1 - keep**2))
        before = hour
    return white + drift


def swing(family: Family, clock_hours: Floats) -> Floats:
    """Return the points that the time of day adds at each local clock hour."""
    size = STRONG_SWING if family is Family.DIURNAL else SWING
    added: Floats = size * np.cos(2 * np.pi * (clock_hours - WORST_HOUR) / 24)
    return added


@dataclass(frozen=True, kw_only=True)
class Item9:
    """One person's course of thoughts of suicide: their level before, how stubborn they are, a late rise."""

    level: int
    stubborn: float
    rises_at: float

    def at(self, hour: float, improvement: float) -> int:
        """Return the answer 0-3 at an hour after the first infusion; it follows improvement and relapse."""
        answer = self.level
        if hour > 0:
            intercept, slope, with_time = ITEM_9_GONE
            logit = intercept + slope * improvement + with_time * min(hour / 168, 1.0)
            answer = 0 if self.stubborn < 1 / (1 + np.exp(-logit)) else answer
        return min(answer + (hour >= self.rises_at), 3)


def draw_item_9(baseline: float, rng: np.random.Generator) -> Item9:
    """Return a person's course; more severe people have such thoughts more often."""
    logit = np.log(ITEM_9_POSITIVE / (1 - ITEM_9_POSITIVE)) + ITEM_9_PER_POINT * (baseline - 16)
    positive = rng.random() < 1 / (1 + np.exp(-logit))
    level = 1 + int(rng.choice(3, p=ITEM_9_LEVELS))
    rises = rng.random() < ITEM_9_WORSE
    return Item9(
        level=level if positive else 0,
        stubborn=float(rng.random()),
        rises_at=float(rng.uniform(12.0, 240.0)) if rises else np.inf,
    )
