"""What a first appointment could win at all: chosen by one who knows how a family's courses are drawn."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.calibration.cases import Case, Floats, Setting, Which, cases, limit_of
from benchmarks.calibration.figures import Figure
from benchmarks.calibration.judged import CRITERION, FIRST_FIXED, FIRST_KNOWN, FIRST_SLOTS
from checkin.domain.simulator.families import DRUG_FAMILIES, Family, draw_curves, draw_profile
from checkin.domain.simulator.patient import SEVERITY, SEVERITY_LIMITS
from checkin.domain.simulator.truth import Truth
from checkin.domain.window.model import STANDARD
from checkin.domain.window.noise import Scores, scatter

_COURSES = 12_000
_STEP = 0.5
_KNOWN_HOURS = np.concatenate([[-1.0], np.arange(0.0, FIRST_KNOWN + _STEP, _STEP)])
_FIXED = FIRST_SLOTS.tolist().index(FIRST_FIXED)


@dataclass(frozen=True, kw_only=True)
class Limit:
    """Shares inside the open window, and by how much that is more than by the fixed rule."""

    inside: Figure
    gain: Figure


@dataclass(frozen=True, kw_only=True)
class _Courses:
    """True courses of one family (rows): the level at ``_KNOWN_HOURS``, and whether each slot is open."""

    levels: Floats
    is_open: Which


def first_limit(seeds: Sequence[range], workers: Executor) -> Limit:
    """Return what is reached for the patients of the drug's families when nothing has to be guessed but the
    patient: the family is known, and so are the shares and spreads that its courses come from."""
    families = sorted(DRUG_FAMILIES, key=list(Family).index)
    hits = np.vstack(list(workers.map(partial(_hits, seeds), families)))
    return Limit(inside=_mean(hits[:, 0]), gain=_mean(hits[:, 0] - hits[:, 1]))


def _hits(seeds: Sequence[range], family: Family) -> Floats:
    """Return for each patient with an open slot whether the likeliest one is open, and whether 48 h is."""
    courses = _courses(family)
    rows = []
    for case in (case for some in seeds for case in cases(Setting(kind=family), some)):
        truly = case.is_open(CRITERION, FIRST_SLOTS)
        if truly.any():
            chances = _weights(courses, case) @ courses.is_open
            rows.append((truly[chances.argmax()], truly[_FIXED]))
    return np.array(rows, dtype=float)


def _courses(family: Family) -> _Courses:
    rng = np.random.default_rng(1)
    levels, is_open = [], []
    for _ in range(_COURSES):
        baseline = float(np.clip(rng.normal(*SEVERITY), *SEVERITY_LIMITS))
        curves = draw_curves(family, draw_profile(family, rng), 1, rng)
        truth = Truth(baseline=baseline, ends=(0.0,), curves=curves)
        levels.append(truth.level(_KNOWN_HOURS))
        is_open.append(truth.level(FIRST_SLOTS) <= limit_of(CRITERION, baseline))
    return _Courses(levels=np.array(levels), is_open=np.array(is_open))


def _weights(courses: _Courses, case: Case) -> Floats:
    """Return how likely each course is, by the answers so far."""
    answers = sorted(case.history.until(FIRST_KNOWN).answers)
    hours = np.array([one.hours for one in answers])
    totals = np.array([one.score for one in answers])
    scores = Scores(
        hours=hours,
        totals=totals,
        early=np.array([one.early for one in answers], dtype=float),
        since=np.where(hours < 0, np.inf, hours),
    )
    places = np.where(hours < 0, 0, 1 + np.round(hours / _STEP).astype(int))
    whitening = np.linalg.inv(np.linalg.cholesky(scatter(STANDARD, scores)))
    apart = (totals - courses.levels[:, places]) @ whitening.T
    log_weights = -0.5 * (apart**2).sum(axis=1)
    weights = np.exp(log_weights - log_weights.max())
    normalised: Floats = weights / weights.sum()
    return normalised


def _mean(values: Floats) -> Figure:
    return Figure(value=float(values.mean()), error=float(values.std(ddof=1) / np.sqrt(len(values))))
