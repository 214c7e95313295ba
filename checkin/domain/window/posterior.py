"""What the answers of one course say about the draws: importance weights, one infusion after the other."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from checkin.domain.window.curves import left_over
from checkin.domain.window.draws import DRAWS, Draws, Floats, Whole, first_draws, next_draws
from checkin.domain.window.evidence import Fit, Judge, judge_of
from checkin.domain.window.model import Model
from checkin.domain.window.noise import Scores
from checkin.domain.window.pool import Pool, calmed, effective, joined, pool_of, weights_by

ENOUGH = 400.0
"""Effective draws below which more of the prior's are taken."""
WIDER = (4, 32)
"""How many times as many then, and if those are not enough either. They are everybody's, not placed where one
patient's scores want them: a score that changes only shifts weight between them, so that the estimate follows
it smoothly and in the right direction."""
HOPELESS = 20.0
"""Of these, draws whose log evidence is this far below the best one's are left out."""
FEW = 0.25
"""Where fewer than this share of the draws count, they are drawn anew before the next infusion joins."""
NEGLIGIBLE = 1e-3
"""Of the weight: draws that together carry less than this are left out of what follows."""
DOUBTFUL = 2.0
"""Only scores this many SDs from what all others say are looked at again."""
_ROUNDS = 2  # how often outliers are looked for, each time without those already found


@dataclass(frozen=True, kw_only=True)
class Posterior:
    """Weighted draws of one course with infusions at ``ends``, in order of their kind.

    ``left`` is the part of the baseline left at each score (rows) and draw; ``baseline`` one plausible
    baseline per draw; ``totals`` the scores with outliers pulled in. ``of_prior`` says which of everybody's
    first draws they are, None where they are others.
    """

    judge: Judge
    ends: Floats
    totals: Floats
    draws: Draws
    weights: Floats
    left: Floats
    baseline: Floats
    of_prior: Whole | None

    def __len__(self) -> int:
        return len(self.draws)

    @property
    def model(self) -> Model:
        return self.judge.model

    @property
    def scores(self) -> Scores:
        return self.judge.scores

    @property
    def effective(self) -> float:
        """How many equally weighted draws these are worth."""
        return effective(self.weights)

    def kinds(self) -> Iterator[tuple[int, int, int]]:
        """Return each kind with where its draws begin and stop."""
        bounds = np.searchsorted(self.draws.kind, np.arange(len(self.judge.whitening) + 1)).tolist()
        yield from zip(range(len(bounds)), bounds, bounds[1:], strict=False)

    def chosen(self, number: int) -> "Posterior":
        """Return ``number`` equally likely draws."""
        which = resampled(self.weights, number)
        return replace(
            self,
            draws=self.draws.take(which),
            weights=np.full(number, 1 / number),
            left=np.take(self.left, which, axis=1),
            baseline=self.baseline[which],
            of_prior=None if self.of_prior is None else self.of_prior[which],
        )


def weigh(model: Model, scores: Scores, ends: Floats, draws: Draws, *, numbered: int = 0) -> Posterior:
    """Return the posterior of a course with infusions at ``ends``, starting from ``draws`` for its first.

    ``numbered`` is how many infusions the patient had before this course; only where there were none are
    ``draws`` those of the prior, of which more can be taken where few of them fit.
    """
    course = _Weighing(judge=judge_of(model, scores, float(ends[0])), ends=ends, totals=scores.totals.copy())
    pool, fit = course.first(draws, widen=not numbered)
    for infusion in range(1, len(ends)):
        pool, fit = course.following(pool, fit, infusion, numbered + infusion)
    weights, _ = calmed(fit.evidence)
    heavy = _heavy(weights)
    heavy = heavy[np.argsort(pool.draws.kind[heavy], kind="stable")]
    of_prior = heavy if pool.draws is first_draws(model) else None
    pool = pool.take(heavy)
    baseline = np.clip(fit.mean[heavy] + np.sqrt(fit.variance[heavy]) * pool.draws.normal, 1.0, 27.0)
    return Posterior(
        judge=course.judge,
        ends=ends,
        totals=course.totals,
        draws=pool.draws,
        weights=weights[heavy] / weights[heavy].sum(),
        left=pool.left,
        baseline=baseline,
        of_prior=of_prior,
    )


def _heavy(weights: Floats) -> Whole:
    """Return the draws that carry all but a negligible part of the weight."""
    order = np.argsort(-weights, kind="stable")
    needed = int(np.searchsorted(np.cumsum(weights[order]), 1 - NEGLIGIBLE)) + 1
    return np.sort(order[:needed])


@dataclass(frozen=True, kw_only=True)
class _Pulled:
    """How each draw fits once outliers are pulled in, which scores may be outliers at all, and whether enough
    draws fit: also before, as by those it was judged what an outlier is."""

    fit: Fit
    doubtful: Whole
    enough: bool


@dataclass(frozen=True, kw_only=True)
class _Weighing:
    """A course while its infusions join one by one; outliers among ``totals`` are pulled in as they come."""

    judge: Judge
    ends: Floats
    totals: Floats

    def first(self, draws: Draws, *, widen: bool) -> tuple[Pool, Fit]:
        """Return the draws with what they leave at the scores before the second infusion, and their fit."""
        stop = self._stop(0)
        pool = self._begun(draws, stop)
        pulled = self._pull_in(pool, np.arange(stop))
        seen, doubtful = 1, pulled.doubtful
        for parts in WIDER if widen else ():
            if pulled.enough:
                break
            pool = self._with_more(pool, range(seen, parts))
            pulled = self._pull_in(pool, doubtful)
            seen = parts
        return pool, pulled.fit

    def following(self, before: Pool, fit: Fit, infusion: int, nth: int) -> tuple[Pool, Fit]:
        """Let an infusion of this course join, the patient's ``nth``, with the scores up to the one after."""
        begin, stop = len(before.left), self._stop(infusion)
        for number in (DRAWS, WIDER[0] * DRAWS):
            carried = _carried(before, fit, number)
            draws = next_draws(self.judge.model, carried.draws, nth, new_course=False)
            more = left_over(draws, self.ends[: infusion + 1], self.judge.scores.hours[begin:stop])
            pool = replace(carried, draws=draws, left=np.vstack([carried.left, more]))
            pulled = self._pull_in(pool, np.arange(begin, stop))
            if pulled.enough:
                break
        return pool, pulled.fit

    def _pull_in(self, pool: Pool, which: Whole) -> "_Pulled":
        """Pull in outliers among the totals ``which``."""
        totals = self.totals
        totals[which] = self.judge.scores.totals[which]
        fit = self.judge.fit(pool, totals)
        sure = effective(weights_by(fit.evidence)) >= ENOUGH
        for _ in range(_ROUNDS):
            before = totals[which]
            totals[which], away = self.judge.doubted(pool, totals, fit, which)
            same = np.allclose(totals[which], before, atol=1e-6)
            which = which[away > DOUBTFUL]
            if same:
                break
            fit = self.judge.fit(pool, totals)
        enough = sure and effective(weights_by(fit.evidence)) >= ENOUGH
        return _Pulled(fit=fit, doubtful=which, enough=enough)

    def _with_more(self, pool: Pool, parts: Iterable[int]) -> Pool:
        """Return the pool with these parts of the prior's draws, without what is hopeless."""
        more = (self._begun(first_draws(self.judge.model, part), len(pool.left)) for part in parts)
        best, kept = -np.inf, []
        for some in chain((pool,), more):
            evidence = self.judge.fit(some, self.totals).evidence
            best = max(best, float(evidence.max()))
            kept.append(some.take(np.flatnonzero(evidence > best - HOPELESS)))
        return joined(kept)

    def _begun(self, draws: Draws, stop: int) -> Pool:
        return pool_of(draws, left_over(draws, self.ends[:1], self.judge.scores.hours[:stop]))

    def _stop(self, infusion: int) -> int:
        """Return how many scores lie before the infusion after this one."""
        hours = self.judge.scores.hours
        if infusion + 1 == len(self.ends):
            return len(hours)
        return int(np.searchsorted(hours, self.ends[infusion + 1], side="right"))


def _carried(pool: Pool, fit: Fit, number: int) -> Pool:
    """Return ``number`` draws for the next infusion: the same, or where few of them count, those that do."""
    weights, power = calmed(fit.evidence)
    if len(pool) == number and effective(weights) >= FEW * number:
        return pool
    return pool.chosen(resampled(weights, number), power * fit.evidence)


def resampled(weights: Floats, number: int) -> Whole:
    """Return ``number`` indices in proportion to ``weights``, evenly spaced."""
    steps = (np.arange(number) + 0.5) / number
    chosen: Whole = np.searchsorted(np.cumsum(weights), steps * weights.sum())
    return np.minimum(chosen, len(weights) - 1)
