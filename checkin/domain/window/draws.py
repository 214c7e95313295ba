"""Draws from the priors: evenly spread points, the same for every patient, never random."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from checkin.domain.window.model import Model

Floats = NDArray[np.float64]
Whole = NDArray[np.intp]

DRAWS = 4096
FIRST = 12
"""Coordinates of a draw for the first infusion."""
LATER = 3
"""Further coordinates for each later infusion: size, onset, half."""


@dataclass(frozen=True, kw_only=True)
class Draws:
    """Parameters of many possible courses; the last axis runs over the draws.

    ``size``, ``onset`` and ``half`` have one row per infusion. ``normal`` is the standard normal number by
    which the baseline is drawn once its distribution is known. ``kind`` numbers the SDs of ``Model.wander``.
    """

    size: Floats
    onset: Floats
    half: Floats
    steepness: Floats
    lasting: Floats
    abrupt: NDArray[np.bool_]
    within: Floats
    back: Floats
    normal: Floats
    kind: Whole

    def __len__(self) -> int:
        return int(self.size.shape[-1])

    def take(self, which: Whole) -> "Draws":
        """Return some of the draws, in the order of ``which``."""
        return Draws(
            **{field.name: np.take(getattr(self, field.name), which, axis=-1) for field in fields(self)}
        )

    def part(self, block: slice) -> "Draws":
        """Return neighbouring draws, without copying them."""
        return Draws(**{field.name: getattr(self, field.name)[..., block] for field in fields(self)})

    @staticmethod
    def joined(parts: Sequence["Draws"]) -> "Draws":
        """Return all draws, one part after the other."""
        return Draws(
            **{
                field.name: np.concatenate([getattr(part, field.name) for part in parts], axis=-1)
                for field in fields(Draws)
            }
        )

    def latest(self) -> "Draws":
        """Return the draws with only the latest infusion, as the first of a new course."""
        return replace(self, size=self.size[-1:], onset=self.onset[-1:], half=self.half[-1:])


@lru_cache(maxsize=64)
def first_draws(model: Model, part: int = 0) -> Draws:
    """Return ``DRAWS`` draws for a patient's first infusion; each ``part`` continues the one before."""
    normals = np.ascontiguousarray(normal_quantile(even_points(DRAWS, FIRST, part * DRAWS)).T)
    size, onset, half, steepness, kind, slow, lasting, abrupt, within, back, brief, normal = normals
    low, high = (NormalDist(*model.size).cdf(limit) for limit in model.size_limits)
    slowly = normal_probability(slow) < model.delayed
    briefly = normal_probability(brief) < model.brief
    lasts = normal_probability(lasting)
    shares = np.cumsum([share for _, share in model.wander])
    inside = np.clip(low + (high - low) * normal_probability(size), 1e-9, 1 - 1e-9)
    return Draws(
        size=(model.size[0] + model.size[1] * normal_quantile(inside))[None],
        onset=np.where(slowly, _lognormal(model.delayed_onset, onset), _lognormal(model.onset, onset))[None],
        half=np.where(briefly, _lognormal(model.brief_half, half), _lognormal(model.half, half))[None],
        steepness=_lognormal(model.steepness, steepness),
        lasting=np.where(lasts < model.lasting, lasts / max(model.lasting, 1e-9), 0.0),
        abrupt=normal_probability(abrupt) < model.abrupt,
        within=np.interp(normal_probability(within), [0.0, 1.0], model.abrupt_within),
        back=_lognormal(model.back, back),
        normal=normal,
        kind=np.searchsorted(shares[:-1], normal_probability(kind), side="right"),
    )


def next_draws(model: Model, draws: Draws, infusion: int, *, new_course: bool) -> Draws:
    """Return the draws with one more infusion, number ``infusion`` from 0, following from the one before.

    Within a course the effect grows a little and the times are carried; a new course is one of the same
    person, and otherwise like anybody's first.
    """
    steps = _steps(len(draws), infusion)
    size, onset, half = draws.size[-1], np.log(draws.onset[-1]), np.log(draws.half[-1])
    if new_course:
        size = _same_person(model, size, model.size, steps[:, 0])
        onset = _same_person(model, onset, (np.log(model.onset[0]), model.onset[1]), steps[:, 1])
        half = _same_person(model, half, (np.log(model.half[0]), model.half[1]), steps[:, 2])
    else:
        size = size + model.next_size[0] + model.next_size[1] * steps[:, 0]
        onset = onset + model.next_log_sd * steps[:, 1]
        half = half + model.next_log_sd * steps[:, 2]
    return replace(
        draws,
        size=np.vstack([draws.size, np.clip(size, *model.size_limits)]),
        onset=np.vstack([draws.onset, np.exp(onset)]),
        half=np.vstack([draws.half, np.exp(half)]),
    )


def even_points(number: int, dimensions: int, after: int = 0) -> Floats:
    """Return points that fill the unit cube evenly, and together with the ``after`` points before them.

    They are multiples of the powers of a generalised golden ratio.
    """
    ratio = 2.0
    for _ in range(64):
        ratio = (1 + ratio) ** (1 / (dimensions + 1))
    points: Floats = (
        0.5 + np.outer(np.arange(after + 1, after + number + 1), ratio ** -np.arange(1.0, dimensions + 1))
    ) % 1.0
    return np.clip(points, 1e-9, 1 - 1e-9)


def normal_quantile(probability: Floats) -> Floats:
    """Return the standard normal quantile, to nine digits (Acklam's rational approximations)."""
    low = np.minimum(probability, 1 - probability)
    root = np.sqrt(-2 * np.log(low))
    tail = np.polyval(_TAIL_ABOVE, root) / np.polyval(_TAIL_BELOW, root)
    centred = probability - 0.5
    square = centred * centred
    middle = np.polyval(_MIDDLE_ABOVE, square) * centred / np.polyval(_MIDDLE_BELOW, square)
    quantile: Floats = np.where(low < 0.02425, np.where(probability < 0.5, tail, -tail), middle)
    return quantile


def normal_probability(values: Floats) -> Floats:
    """Return the standard normal distribution function, off by less than 2e-4."""
    probability: Floats = 0.5 * (1 + np.tanh(values * (0.7988 + 0.03528 * values * values)))
    return probability


@lru_cache(maxsize=32)
def _steps(number: int, infusion: int) -> Floats:
    # Each infusion continues the sequence where the one before it stopped, so that no two share their steps.
    return normal_quantile(even_points(number, LATER + infusion, number * infusion)[:, :LATER])


def _lognormal(prior: tuple[float, float], normals: Floats) -> Floats:
    values: Floats = prior[0] * np.exp(prior[1] * normals)
    return values


def _same_person(model: Model, before: Floats, prior: tuple[float, float], steps: Floats) -> Floats:
    alike = model.same_person
    values: Floats = prior[0] + alike * (before - prior[0]) + np.sqrt(1 - alike**2) * prior[1] * steps
    return values


_TAIL_ABOVE = (
    -7.784894002430293e-03,
    -3.223964580411365e-01,
    -2.400758277161838e00,
    -2.549732539343734e00,
    4.374664141464968e00,
    2.938163982698783e00,
)
_TAIL_BELOW = (
    7.784695709041462e-03,
    3.224671290700398e-01,
    2.445134137142996e00,
    3.754408661907416e00,
    1.0,
)
_MIDDLE_ABOVE = (
    -3.969683028665376e01,
    2.209460984245205e02,
    -2.759285104469687e02,
    1.383577518672690e02,
    -3.066479806614716e01,
    2.506628277459239e00,
)
_MIDDLE_BELOW = (
    -5.447609879822406e01,
    1.615858368580409e02,
    -1.556989798598866e02,
    6.680131188771972e01,
    -1.328068155288572e01,
    1.0,
)
