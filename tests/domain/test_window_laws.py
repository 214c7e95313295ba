"""The estimator: laws that it keeps for any history."""

import random
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scored import history

from checkin.domain.simulator.families import Family
from checkin.domain.simulator.patient import Dirt, SimulatedPatient, simulate
from checkin.domain.simulator.rows import draw_course
from checkin.domain.window.estimator import chances, estimate
from checkin.domain.window.model import STANDARD
from checkin.domain.window.values import Answer, Criterion, History

ALL = 2_000.0
CRITERIA = st.sampled_from(list(Criterion))
DIRT = Dirt(straight_lining=0.1, duplicates=0.05, wrong_infusion_time=0.5, clock_change=0.1)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """What simulated patients of any family answered, with what goes wrong in real data."""
    seed = draw(st.integers(0, 10**6))
    patient = simulate(
        draw(st.sampled_from(list(Family))),
        seed=seed,
        infusions=draw_course(seed) if draw(st.booleans()) else (0.0,),
        missing_when_worse=draw(st.booleans()),
        dirt=DIRT,
    )
    return _history_of(patient)


def _history_of(patient: SimulatedPatient) -> History:
    return History(
        infusions=patient.infusions,
        answers=tuple(
            Answer(hours=one.answered, score=one.score, early=one.early)
            for one in patient.check_ins
            if one.answered is not None and one.score is not None
        ),
    )


@pytest.mark.parametrize("answers", ["simulated", "any"])
def test_a_lower_score_does_not_argue_against_the_window_at_its_hour(answers: str) -> None:
    drawn = random.Random(1)
    for _ in range(120):
        known = _answered(drawn) if answers == "simulated" else _anything(drawn)
        one = drawn.choice([one for one in known.answers if one.hours > 0 and one.score > 0])
        score = float(drawn.randint(0, int(one.score - 0.5)))
        lowered = replace(
            known,
            answers=tuple(replace(each, score=score) if each is one else each for each in known.answers),
        )
        criterion, as_of = drawn.choice(list(Criterion)), drawn.choice([one.hours, ALL])
        (before,) = chances(known, as_of=as_of, hours=[one.hours], criterion=criterion)
        (then,) = chances(lowered, as_of=as_of, hours=[one.hours], criterion=criterion)
        assert then >= before - 0.02


def _answered(drawn: random.Random) -> History:
    """What a simulated patient answered who said at least once that there is something."""
    while True:
        seed = drawn.randrange(10**6)
        course = draw_course(seed) if drawn.random() < 0.5 else (0.0,)
        known = _history_of(simulate(drawn.choice(list(Family)), seed=seed, infusions=course, dirt=DIRT))
        if any(one.hours > 0 and one.score > 0 for one in known.answers):
            return known


def _anything(drawn: random.Random) -> History:
    """Scores with no course behind them: what the estimator finds hardest to explain."""
    infusions = drawn.choice([(0.0,), (0.0, 48.0)])
    hours = sorted(drawn.sample(range(2, 330), drawn.choice([3, 6, 12])))
    before = drawn.randint(8, 26)
    scores = [before, before + 1, drawn.randint(1, 27), *(drawn.randint(0, 27) for _ in hours[1:])]
    answers = zip([-24, -2, *hours], scores, strict=True)
    return History(
        infusions=infusions,
        answers=tuple(Answer(hours=float(hour), score=float(score)) for hour, score in answers),
    )


@settings(max_examples=20, deadline=None)
@given(histories(), st.sampled_from([0.25, 0.5, 3.0, 10.0]), st.floats(-20, 400), CRITERIA)
def test_a_clock_that_runs_faster_changes_nothing(
    known: History, factor: float, as_of: float, criterion: Criterion
) -> None:
    stretched = History(
        infusions=tuple(at * factor for at in known.infusions),
        answers=tuple(replace(one, hours=one.hours * factor) for one in known.answers),
    )
    plain = estimate(known, as_of=as_of, criterion=criterion)
    other = estimate(stretched, as_of=as_of * factor, criterion=criterion, model=STANDARD.scaled(factor))
    assert other.state is plain.state
    assert other.p_ever == pytest.approx(plain.p_ever, abs=1e-6)
    assert [hour for hour, _ in other.grid] == pytest.approx([hour * factor for hour, _ in plain.grid])
    assert [p for _, p in other.grid] == pytest.approx([p for _, p in plain.grid], abs=1e-6)
    for mine, its in ((plain.opens, other.opens), (plain.closes, other.closes)):
        assert (mine is None) == (its is None)
        if mine is not None and its is not None:
            assert list(vars(its).values()) == pytest.approx(
                [hours * factor for hours in vars(mine).values()], rel=1e-3, abs=0.1 * factor
            )


@settings(max_examples=20, deadline=None)
@given(histories(), st.randoms(use_true_random=False), st.floats(-20, 400), CRITERIA)
def test_the_order_does_not_matter_and_the_same_gives_the_same(
    known: History, shuffle: random.Random, as_of: float, criterion: Criterion
) -> None:
    infusions, answers = list(known.infusions), list(known.answers)
    shuffle.shuffle(infusions)
    shuffle.shuffle(answers)
    mixed = History(infusions=tuple(infusions), answers=tuple(answers))
    first = estimate(known, as_of=as_of, criterion=criterion)
    assert estimate(mixed, as_of=as_of, criterion=criterion) == first
    assert estimate(known, as_of=as_of, criterion=criterion) == first


@settings(max_examples=30, deadline=None)
@given(histories(), st.floats(-20, 700), CRITERIA)
def test_an_estimate_makes_sense_in_itself(known: History, as_of: float, criterion: Criterion) -> None:
    found = estimate(known, as_of=as_of, criterion=criterion)
    assert all(0 <= chance <= 1 for _, chance in found.grid)
    assert 0 <= found.p_worse <= 1
    assert (found.opens is None) == (found.closes is None) == (found.p_ever < 0.1)
    last = max(at for at in known.infusions if at <= as_of or at == 0) + STANDARD.horizon
    for interval in (found.opens, found.closes):
        if interval is not None:
            assert 0 <= interval.p10 <= interval.p50 <= interval.p90 <= last
    assert all(0 <= level.p10 <= level.p50 <= level.p90 <= 27 for level in found.levels)
    assert [level.hours for level in found.levels] == sorted(level.hours for level in found.levels)
    assert found.effective >= 180
    assert found.p_ever >= found.p_open
    assert found.opens is None or found.p_ever >= max(chance for _, chance in found.grid)
    if 0 <= as_of != last:
        (alone,) = chances(known, as_of=as_of, hours=[as_of], criterion=criterion)
        assert alone == pytest.approx(found.p_open)


@settings(max_examples=20, deadline=None)
@given(histories(), st.floats(-20, 400))
def test_what_comes_later_is_not_known_yet(known: History, as_of: float) -> None:
    assert estimate(known, as_of=as_of) == estimate(known.until(as_of), as_of=as_of)


@settings(max_examples=20, deadline=None)
@given(histories(), st.floats(30, 336))
def test_response_is_never_likelier_than_meaningful_improvement_on_a_usual_baseline(
    known: History, hour: float
) -> None:
    before = [one.score for one in known.answers if one.hours < 0]
    assume(min(before) >= 13)
    (response,) = chances(known, as_of=ALL, hours=[hour], criterion=Criterion.RESPONSE)
    (meaningful,) = chances(known, as_of=ALL, hours=[hour], criterion=Criterion.MEANINGFUL)
    assert response <= meaningful + 0.02


def test_it_opens_at_all_at_least_as_likely_as_at_any_hour() -> None:
    for score in (8.0, 9.0, 10.0, 11.0, 12.0):
        found = estimate(
            history((24.0, score), (48.0, score)), as_of=48.0, hours=[1.0 * h for h in range(337)]
        )
        assert found.p_ever >= max(chance for _, chance in found.grid)
