"""What the estimator has to beat: the last score carried forward, and a smoothing spline for each patient."""

import numpy as np

from benchmarks.calibration.cases import Floats, limit_of
from checkin.domain.window.values import Criterion, History

NOISE = 2.5
"""Points: standard error of one score (Loewe 2004); how sure the spline is of what it draws."""
_SMOOTHNESS = np.logspace(-2, 10, 25)


def carried_forward(history: History, criterion: Criterion, hours: Floats) -> Floats:
    """Return 1 where the last score since the infusion meets the criterion, else 0; 0 before the first."""
    at, scores, baseline = _observed(history)
    latest = np.searchsorted(at, hours, side="right") - 1
    met = np.append(scores <= limit_of(criterion, baseline), False)
    return met[latest].astype(float)


def spline(history: History, criterion: Criterion, hours: Floats) -> Floats:
    """Return the probability that the level is low enough, if the level were the spline give or take noise.

    It runs through the baseline at hour 0 and stays level after the last score. How smooth it is, generalised
    cross-validation decides for each patient.
    """
    at, scores, baseline = _observed(history)
    at, scores = np.append(0.0, at), np.append(baseline, scores)
    at, first = np.unique(at, return_index=True)
    scores = scores[first]
    fitted = _smoothed(at, scores, hours) if len(at) >= 4 else np.interp(hours, at, scores)
    distance = (limit_of(criterion, baseline) - fitted) / NOISE
    chance: Floats = 0.5 * (1 + np.tanh(distance * (0.7988 + 0.03528 * distance * distance)))
    return np.where(hours > 0, chance, 0.0)


def _observed(history: History) -> tuple[Floats, Floats, float]:
    """Return the hours and scores since the infusion, and the mean of those before it."""
    ordered = sorted(history.answers)
    before = [one.score for one in ordered if one.hours < 0]
    after = [one for one in ordered if one.hours >= 0]
    hours = np.array([one.hours for one in after], dtype=float)
    return hours, np.array([one.score for one in after], dtype=float), float(np.mean(before))


def _smoothed(at: Floats, scores: Floats, hours: Floats) -> Floats:
    """Return the natural cubic smoothing spline (Reinsch) with the least cross-validation error."""
    gaps = np.diff(at)
    inner = len(at) - 2
    bend = np.zeros((len(at), inner))
    stiff = np.zeros((inner, inner))
    for i in range(inner):
        bend[i : i + 3, i] = 1 / gaps[i], -1 / gaps[i] - 1 / gaps[i + 1], 1 / gaps[i + 1]
        stiff[i, i] = (gaps[i] + gaps[i + 1]) / 3
        if i:
            stiff[i, i - 1] = stiff[i - 1, i] = gaps[i] / 6
    curvature = np.linalg.solve(stiff, bend.T)
    values, axes = np.linalg.eigh(bend @ curvature)
    shrink = 1 / (1 + _SMOOTHNESS[:, None] * np.maximum(values, 0.0))
    along = axes.T @ scores
    misses = (((1 - shrink) * along) ** 2).mean(axis=1)
    errors = misses / np.maximum(1 - shrink.mean(axis=1), 1e-3) ** 2
    fitted = axes @ (shrink[int(errors.argmin())] * along)
    second = np.concatenate([[0.0], curvature @ fitted, [0.0]])
    inside = np.clip(hours, at[0], at[-1])
    left = np.clip(np.searchsorted(at, inside, side="right") - 1, 0, len(gaps) - 1)
    gap = gaps[left]
    far = (inside - at[left]) / gap
    near = 1 - far
    return np.asarray(
        near * fitted[left]
        + far * fitted[left + 1]
        + ((near**3 - near) * second[left] + (far**3 - far) * second[left + 1]) * gap**2 / 6
    )
