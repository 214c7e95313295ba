"""Where a patient stands, in words without decimals, and when a response is fading or a score is worse."""

import pytest
from courses import English, at, check_in, infusion, traced

from checkin.domain.standing import (
    Standing,
    baseline_words,
    faded,
    point_words,
    score_words,
    span_words,
    standing,
    worsening,
)
from checkin.domain.trajectory import Trajectory, trace


def words(trajectory: Trajectory) -> str:
    found = standing(trajectory, at(500))
    assert found is not None
    return found.words.render(English())


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (5, "5 of 27, 13 lower than before the infusion"),
        (8.4, "8 of 27, 10 lower than before the infusion"),
        (18, "18 of 27, the same as before the infusion"),
        (17.6, "18 of 27, the same as before the infusion"),
        (19.29, "19 of 27, 1 higher than before the infusion"),
    ],
)
def test_the_last_score_is_a_sentence_that_adds_up(score: float, said: str) -> None:
    assert words(traced([(-14, 19), (-2, 17), (24, score)])) == said


def test_words_name_the_level_they_compare_with() -> None:
    assert words(traced([(24, 8)])) == "8 of 27"
    assert words(traced([(-2, 18)])) == "18 of 27, before the infusion"
    second = traced([(-2, 18), (24, 8), (47, 9), (72, 7)], infusions=(0, 48))
    assert words(second) == "7 of 27, 11 lower than before the first infusion"
    unknown = traced([(24, 8), (47, 9), (72, 7)], infusions=(0, 48))
    assert words(unknown) == "7 of 27, 2 lower than before this infusion"


def test_standing_says_how_old_the_last_score_is() -> None:
    found = standing(traced([(-2, 18), (24, 8)], missed_at=(48,)), at(60))
    assert found is not None
    assert (found.hours, found.age) == (60, 36)
    assert found.last is not None
    assert found.last.value == 8


def test_after_a_new_infusion_the_last_score_is_still_the_earlier_ones() -> None:
    found = standing(traced([(-2, 18), (24, 8), (47, 9)], infusions=(0, 48)), at(50))
    assert found is not None
    assert found.series.number == 2
    assert found.last_series is not None
    assert found.last_series.number == 1
    assert found.words.render(English()) == "9 of 27, 9 lower than before the infusion"


def test_standing_without_answers_or_infusions() -> None:
    found = standing(trace([], [infusion()], []), at(3))
    assert isinstance(found, Standing)
    assert (found.last, found.age) == (None, None)
    assert found.words.render(English()) == "No check-ins yet"
    assert standing(trace([check_in(0, 9)], [], []), at(3)) is None


@pytest.mark.parametrize(
    ("after", "found", "act"),
    [
        ([22], None, None),
        ([23], 23, False),  # 5 above: look
        ([25], 25, True),  # 7 above: act
        ([23, 18, 24], 24, True),  # twice: act
        ([23, 20], 23, False),  # the last but one still counts
        ([25, 20, 18], None, None),  # over
        ([23, 23, 20, 20], None, None),
    ],
)
def test_worsening_is_seen_in_the_last_two_scores(
    after: list[float], found: float | None, act: bool | None
) -> None:
    scores = [(-2.0, 18.0), *((24.0 * day, score) for day, score in enumerate(after, start=1))]
    worse = worsening(traced(scores).courses[0].series[0])
    assert (worse and worse.point.value) == found
    assert (worse and worse.act) == act


@pytest.mark.parametrize(
    ("after", "fading"),
    [
        ([9, 15, 16], True),  # 17 % and 11 %
        ([9, 15], False),  # only once
        ([9, 13.5, 16], False),  # exactly 25 % is not less
        ([10, 15, 16], False),  # never a response
        ([9, 16, 15, 8], False),  # it came back
        ([9, 12, 11, 15, 16], True),
        ([], False),
    ],
)
def test_fading_is_two_in_a_row_after_a_response(after: list[float], fading: bool) -> None:
    scores = [(-2.0, 18.0), *((24.0 * day, score) for day, score in enumerate(after, start=1))]
    assert faded(traced(scores)) is fading


def test_in_a_row_means_of_the_observed() -> None:
    assert faded(traced([(-2, 18), (24, 8), (96, 16), (168, 16)], missed_at=(120, 144)))


def test_fading_holds_over_the_next_infusion_and_needs_shares() -> None:
    assert faded(traced([(-2, 18), (24, 8), (47, 16), (72, 16)], infusions=(0, 48)))
    assert not faded(traced([(-2, 7), (24, 1), (48, 7), (72, 7)]))
    assert not faded(trace([], [], []))


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (0.2, "less than an hour"),
        (1, "1 hour"),
        (4.9, "4 hours"),
        (47.9, "47 hours"),
        (48, "2 days"),
        (335, "13 days"),
    ],
)
def test_spans_are_whole_and_never_rounded_up(hours: float, said: str) -> None:
    assert span_words(hours).render(English()) == said


def test_where_a_baseline_comes_from() -> None:
    def said(*scores: tuple[float, float]) -> str:
        baseline = traced(scores).courses[0].baseline
        assert baseline is not None
        return baseline_words(baseline).render(English())

    assert said((-14, 18), (-2, 17)) == "the mean of two scores from the day before"
    assert said((-2, 17)) == "one score from the day before"
    assert said((-90, 17)) == "one score from the week before"


def test_no_decimals_anywhere() -> None:
    assert score_words(10.2857, 27).render(English()) == "10 of 27"
    series = traced([(-2, 18), (24, 10.2857)]).courses[0].series[0]
    assert "." not in point_words(series.after[0], series).render(English())
