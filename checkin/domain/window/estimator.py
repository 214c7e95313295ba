"""One patient's window: from the history to the estimate. Pure, and the same for the same history."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from checkin.domain.infusion import split
from checkin.domain.window.draws import DRAWS, Draws, Floats, first_draws, next_draws
from checkin.domain.window.model import STANDARD, Model
from checkin.domain.window.noise import Scores
from checkin.domain.window.openings import (
    WORSE_POINTS,
    Paths,
    limit,
    paths,
    probability_below,
    window,
)
from checkin.domain.window.posterior import Posterior, resampled, weigh
from checkin.domain.window.states import Signs, state_of
from checkin.domain.window.values import Answer, Criterion, Estimate, History, Interval, Level

SAID_FROM = 0.10
"""Below this probability of ever opening nothing is said about when."""
NOT_SAID = 0.0999
"""The highest probability of ever opening, to the 4 decimals that are kept, of which nothing is said."""


def estimate(
    history: History,
    *,
    as_of: float,
    criterion: Criterion = Criterion.MEANINGFUL,
    hours: Sequence[float] | None = None,
    model: Model = STANDARD,
) -> Estimate:
    """Return the window of the course in progress at ``as_of``, from what was known by then.

    ``as_of`` and ``hours`` (those of ``Estimate.grid``, ascending) are on the history's axis. Without
    ``hours`` the grid runs in steps of the model from the course's first infusion to the horizon after its
    latest. Hours before the course get what is now known of the earlier ones. Without a baseline the
    population's stands in, and the state says so. From the horizon on whatever opened is closed.
    """
    courses = _courses(history.until(as_of), model)
    posteriors = _posteriors(courses, model)
    latest, posterior = courses[-1], posteriors[-1]
    likely = paths(posterior)
    opens, closes = window(model, latest.ends, likely, limit(criterion, likely.baseline))
    grid = _own_grid(latest, model) if hours is None else np.asarray(hours, dtype=float)
    probabilities = _probabilities(courses, posteriors, grid, criterion)
    over = as_of >= latest.ends[-1] + model.horizon
    now, ahead = np.zeros(2) if over else _met(posterior, np.array([as_of, as_of + model.ahead]), criterion)
    p_ever = _ever(opens, [float(now), *probabilities[grid >= latest.ends[0]].tolist()])
    signs = Signs(
        has_baseline=latest.baseline is not None,
        since=latest.scores.since[np.isfinite(latest.scores.since)].tolist(),
        improved=latest.improved,
        p_open=float(now),
        p_ahead=float(ahead),
        p_opened=p_ever if over else float((opens <= as_of).mean()),
        p_closed=p_ever if over else float((closes <= as_of).mean()),
    )
    said = p_ever >= SAID_FROM
    return Estimate(
        as_of=as_of,
        criterion=criterion,
        state=state_of(signs, late_enough=model.late_enough),
        p_open=signs.p_open,
        p_ahead=signs.p_ahead,
        p_ever=p_ever,
        p_worse=1 - float(_not_worse(posterior, as_of)),
        opens=_interval(opens) if said else None,
        closes=_interval(closes) if said else None,
        grid=tuple(zip(grid.tolist(), probabilities.tolist(), strict=True)),
        levels=_fan(likely),
        effective=posterior.effective,
    )


def chances(
    history: History,
    *,
    as_of: float,
    hours: Sequence[float],
    criterion: Criterion = Criterion.MEANINGFUL,
    model: Model = STANDARD,
) -> list[float]:
    """Return only the probability that the criterion is met at each of ``hours``, as ``estimate`` does."""
    courses = _courses(history.until(as_of), model)
    grid = np.asarray(hours, dtype=float)
    found: list[float] = _probabilities(courses, _posteriors(courses, model), grid, criterion).tolist()
    return found


@dataclass(frozen=True, kw_only=True)
class _Course:
    """Infusions that belong together and the scores around them."""

    ends: Floats
    scores: Scores

    @property
    def baseline(self) -> float | None:
        """The mean observed before the course, or None."""
        before = self.scores.totals[np.isinf(self.scores.since)]
        return float(before.mean()) if len(before) else None

    @property
    def improved(self) -> list[float]:
        """The observed fraction improved of each score after the latest infusion: what came before it is no
        relapse from what it brings."""
        baseline = self.baseline
        after = self.scores.totals[self.scores.hours >= self.ends[-1]]
        return [1 - float(score) / baseline for score in after] if baseline else []


def _courses(history: History, model: Model) -> list[_Course]:
    ends = sorted(set(history.infusions))
    grouped = split(ends, lambda before, after: after - before > model.course_gap)
    answers = _once(sorted(history.answers), model)
    courses = []
    for number, course in enumerate(grouped):
        begins = -np.inf
        if number:  # an earlier course's after-effects are no baseline
            begins = max(course[0] - model.baseline_reaches_back, grouped[number - 1][-1])
        stops = grouped[number + 1][0] if number + 1 < len(grouped) else np.inf
        own = [answer for answer in answers if begins <= answer.hours < stops]
        courses.append(_Course(ends=np.array(course), scores=_scores(own, course)))
    return courses


def _once(answers: list[Answer], model: Model) -> list[Answer]:
    kept: list[Answer] = []
    for answer in answers:
        if not kept or answer.hours - kept[-1].hours >= model.sent_twice:
            kept.append(answer)
    return kept


def _scores(answers: list[Answer], ends: list[float]) -> Scores:
    since = [min((one.hours - end for end in ends if end <= one.hours), default=np.inf) for one in answers]
    return Scores(
        hours=np.array([one.hours for one in answers], dtype=float),
        totals=np.array([one.score for one in answers], dtype=float),
        early=np.array([one.early for one in answers], dtype=float),
        since=np.array(since, dtype=float),
    )


def _posteriors(courses: list[_Course], model: Model) -> list[Posterior]:
    """Weigh one course after the other, each starting from what the earlier ones taught."""
    posteriors: list[Posterior] = []
    draws, before = first_draws(model), 0
    for course in courses:
        if posteriors:
            draws = _next_course(posteriors[-1], model, before)
        posteriors.append(weigh(model, course.scores, course.ends, draws, numbered=before))
        before += len(course.ends)
    return posteriors


def _next_course(posterior: Posterior, model: Model, before: int) -> Draws:
    chosen = resampled(posterior.weights, DRAWS)
    return next_draws(model, posterior.draws.take(chosen), before, new_course=True).latest()


def _own_grid(course: _Course, model: Model) -> Floats:
    last = float(course.ends[-1]) + model.horizon
    return np.arange(float(course.ends[0]), last + model.step / 2, model.step)


def _probabilities(
    courses: list[_Course], posteriors: list[Posterior], hours: Floats, criterion: Criterion
) -> Floats:
    """Return the probability at each hour, each from the course it belongs to; 0 beyond that's horizon."""
    begins = np.array([course.ends[0] for course in courses[1:]])
    belongs = np.searchsorted(begins, hours, side="right")
    probabilities = np.empty(len(hours))
    for number, posterior in enumerate(posteriors):
        own = belongs == number
        probabilities[own] = _met(posterior, hours[own], criterion)
        probabilities[own & (hours > posterior.ends[-1] + posterior.model.horizon)] = 0.0
    return probabilities


def _ever(opens: Floats, at_hours: list[float]) -> float:
    """Return the probability of opening at all: at least that of being open at any one hour.

    Paths are samples, and hours are not. Where no path opens, nothing can be said about when.
    """
    opened = float(np.isfinite(opens).mean())
    highest = max(opened, *at_hours)
    return highest if opened else min(highest, NOT_SAID)


def _met(posterior: Posterior, hours: Floats, criterion: Criterion) -> Floats:
    return probability_below(posterior, hours, limit(criterion, posterior.baseline))


def _not_worse(posterior: Posterior, hours: float) -> float:
    levels = posterior.baseline + WORSE_POINTS
    return float(probability_below(posterior, np.array([hours]), levels)[0])


def _interval(hours: Floats) -> Interval:
    """Return the quantiles of those that are finite; there are some."""
    p10, p50, p90 = np.quantile(hours[np.isfinite(hours)], (0.1, 0.5, 0.9)).tolist()
    return Interval(p10=p10, p50=p50, p90=p90)


def _fan(likely: Paths) -> tuple[Level, ...]:
    quantiles = np.clip(np.quantile(likely.levels, (0.1, 0.5, 0.9), axis=1), 0.0, 27.0)
    return tuple(
        Level(hours=hour, p10=p10, p50=p50, p90=p90)
        for hour, p10, p50, p90 in zip(likely.hours.tolist(), *quantiles.tolist(), strict=True)
    )
