"""How scores scatter around the curve: covariances of what people answer, and of the level itself."""

from dataclasses import dataclass

import numpy as np

from checkin.domain.window.draws import Floats
from checkin.domain.window.model import Model


@dataclass(frozen=True, kw_only=True)
class Scores:
    """The answers of one course in order of time: hours, totals, which are from the early form, and the hours
    since the infusion before each (infinite for baselines)."""

    hours: Floats
    totals: Floats
    early: Floats
    since: Floats

    def __len__(self) -> int:
        return len(self.hours)


def scatter(model: Model, scores: Scores) -> Floats:
    """Return the covariance of scores around the true level."""
    apart = np.abs(scores.hours[:, None] - scores.hours[None, :])
    slow = model.drift**2 * np.exp(-apart / model.drift_length)
    daily = 0.5 * model.swing**2 * np.cos(2 * np.pi * apart / model.day)
    until, more = model.confounded
    white = model.white * np.where(scores.since < until, more, 1.0)
    own = white**2 + (model.early_form * scores.early) ** 2 + model.rounding
    covariance: Floats = slow + daily + np.diag(own)
    return covariance


def wandering(model: Model, size: float, first_end: float, one: Floats, other: Floats) -> Floats:
    """Return the covariance of the level's own wandering between two sets of hours; 0 before the course."""
    apart = np.sqrt(3.0) * np.abs(one[:, None] - other[None, :]) / model.wander_length
    grown = [-np.expm1(-np.maximum(hours - first_end, 0.0) / model.wander_begins) for hours in (one, other)]
    covariance: Floats = size**2 * (1 + apart) * np.exp(-apart) * grown[0][:, None] * grown[1][None, :]
    return covariance
