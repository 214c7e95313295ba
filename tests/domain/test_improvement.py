"""What a change in score means, as a table of the boundaries and as laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.domain.improvement import Thresholds, change_from, outcome_of, whole

SCORES = st.floats(min_value=0, max_value=27, allow_nan=False)


@pytest.mark.parametrize(
    ("baseline", "score", "meant"),
    [
        (18, 18, ""),
        (18, 13, ""),  # 5 points, but only 28 %
        (16, 11, "meaningful"),  # 5 points and 31 %
        (16, 11.5, ""),  # 4.5 points
        (18, 9, "meaningful response"),  # exactly half
        (18, 9.1, "meaningful"),
        (8, 4, "response"),  # half, but too few points to notice
        (7.9, 2.9, "meaningful"),  # below 8 only the points count
        (7.9, 0, "meaningful"),  # ... and nothing is a response
        (7, 3, ""),
        (0, 0, ""),
        (10, 14.9, ""),
        (10, 15, "worse"),
        (10, 16.9, "worse"),
        (10, 17, "worse much_worse"),
        (0, 5, "worse"),
        (0, 7, "worse much_worse"),
    ],
)
def test_outcome_at_the_boundaries(baseline: float, score: float, meant: str) -> None:
    outcome = outcome_of(change_from(baseline, score))
    assert {name for name, true in vars(outcome).items() if true} == set(meant.split())


def test_a_low_baseline_has_no_share_and_no_per_cent() -> None:
    change = change_from(7.5, 2.5)
    assert (change.points, change.share, change.percent) == (-5, None, None)


def test_a_clinic_may_move_every_threshold() -> None:
    strict = Thresholds(
        meaningful_points=8, response_share=0.9, worse_points=2, much_worse_points=3, share_floor=0
    )
    assert not outcome_of(change_from(20, 13), strict).meaningful
    assert not outcome_of(change_from(20, 3), strict).response
    assert outcome_of(change_from(20, 22), strict).worse
    assert outcome_of(change_from(20, 23), strict).much_worse
    assert change_from(4, 2, strict).percent == -50


@pytest.mark.parametrize(("exact", "read"), [(8, 8), (7.5, 8), (8.5, 9), (10.2857, 10), (0.49, 0), (-0.5, 0)])
def test_scores_are_read_without_decimals(exact: float, read: int) -> None:
    assert whole(exact) == read


@given(SCORES, SCORES)
def test_what_is_shown_adds_up(baseline: float, score: float) -> None:
    assert whole(baseline) + change_from(baseline, score).shown == whole(score)


@given(SCORES, SCORES)
def test_no_score_is_better_and_worse_at_once(baseline: float, score: float) -> None:
    outcome = outcome_of(change_from(baseline, score))
    assert not ((outcome.meaningful or outcome.response) and outcome.worse)
    assert outcome.worse or not outcome.much_worse


@given(SCORES, SCORES, SCORES)
def test_fewer_symptoms_never_mean_less(baseline: float, one: float, other: float) -> None:
    better, poorer = (outcome_of(change_from(baseline, score)) for score in sorted((one, other)))
    assert better.meaningful >= poorer.meaningful
    assert better.response >= poorer.response
    assert better.worse <= poorer.worse


@given(st.floats(min_value=8, max_value=27), SCORES, st.floats(min_value=1, max_value=3))
def test_shares_do_not_depend_on_the_length_of_the_scale(baseline: float, score: float, by: float) -> None:
    plain, scaled = change_from(baseline, score), change_from(baseline * by, score * by)
    assert plain.share == pytest.approx(scaled.share)
    assert scaled.points == pytest.approx(plain.points * by)
