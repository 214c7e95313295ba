"""The simulator: reproducible patients whose shares, noise, answers and gaps are the ones it promises."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin.domain.simulator.compliance import TWELVE_STEPS, Due
from checkin.domain.simulator.families import DRUG_FAMILIES, SHARES, Family, Profile, draw_profile
from checkin.domain.simulator.items import EARLY_LEFT_OUT, ITEM_9, draw_answers, score
from checkin.domain.simulator.patient import CLEAN, Dirt, SimulatedPatient, simulate
from checkin.domain.simulator.rows import COLUMNS, ITEM_COLUMNS, draw_course, simulate_cohort, simulated_rows

KINDS = st.sampled_from([*Family, *Profile])
TWO_WEEKS = np.arange(0.0, 337.0, 6.0)


@cache
def cohort(kind: Family | Profile, patients: int = 400, **options: object) -> tuple[SimulatedPatient, ...]:
    return tuple(simulate_cohort(kind, patients, seed=1000, **options))  # type: ignore[arg-type]


@settings(max_examples=30)
@given(KINDS, st.integers(0, 10**9))
def test_a_seed_gives_the_same_patient_again(kind: Family | Profile, seed: int) -> None:
    assert simulate(kind, seed=seed) == simulate(kind, seed=seed)


def test_other_seeds_give_other_patients() -> None:
    patients = cohort(Family.MATCH, 24)
    assert len({patient.check_ins for patient in patients}) == 24


@settings(max_examples=30)
@given(KINDS, st.integers(0, 10**6), st.floats(0.05, 1.0))
def test_what_is_answered_never_changes_the_truth(
    kind: Family | Profile, seed: int, completion: float
) -> None:
    few = simulate(kind, seed=seed, completion=completion, missing_when_worse=True)
    assert few.truth == simulate(kind, seed=seed).truth


@given(KINDS, st.integers(0, 10**6), st.booleans())
def test_scores_are_the_sums_of_the_answers_and_forms_ask_what_they_should(
    kind: Family | Profile, seed: int, soiled: bool
) -> None:
    patient = simulate(kind, seed=seed, dirt=Dirt() if soiled else CLEAN, infusions=draw_course(seed))
    for one in patient.check_ins:
        if one.answered is None:
            assert one.answers == ()
            assert one.score is None
            continue
        left_out = {topic for topic, answer in enumerate(one.answers) if answer is None}
        assert left_out == (set(EARLY_LEFT_OUT) if one.early else set())
        total = sum(answer for answer in one.answers if answer is not None)
        assert one.score == pytest.approx(total * 9 / 7 if one.early else total)
        assert 0 <= one.score <= 27
        assert one.due <= one.answered <= one.expires + (0.05 if one.duplicate else 0)


@given(st.integers(0, 27), st.integers(0, 3), st.floats(0, 27), st.integers(0, 99))
def test_nine_answers_always_add_up_to_the_total(total: int, item_9: int, slow: float, seed: int) -> None:
    answers = draw_answers(total, item_9, slow, False, np.random.default_rng(seed))
    assert score(answers) == total
    assert all(answer in {0, 1, 2, 3} for answer in answers)


def test_the_early_form_agrees_with_the_total_on_average() -> None:
    rng = np.random.default_rng(1)
    scores = [score(draw_answers(13, 1, 13.0, True, rng)) for _ in range(800)]
    assert np.mean(scores) == pytest.approx(13, abs=0.5)
    assert 0.5 < np.std(scores) < 2.5


def test_sleep_and_appetite_lag_behind_the_rest() -> None:
    at_once = [p for p in cohort(Profile.RAPID, 150, completion=1.0) if p.truth.improvement([24.0])[0] > 0.6]

    def mean(topics: tuple[int, ...], hour: float) -> float:
        return float(
            np.mean(
                [
                    one.answers[t]
                    for p in at_once
                    for one in p.check_ins
                    if one.due == hour and one.answers
                    for t in topics
                ]
            )
        )  # type: ignore[arg-type]  # noqa: E501

    slow, mood = EARLY_LEFT_OUT, (0, 1, 5)
    assert mean(slow, 24.0) / mean(slow, -14.0) > 0.25 + mean(mood, 24.0) / mean(mood, -14.0)


@pytest.mark.parametrize("family", sorted(DRUG_FAMILIES))
def test_profiles_come_in_their_shares_in_every_family_in_which_the_drug_does_something(
    family: Family,
) -> None:
    profiles = [draw_profile(family, np.random.default_rng(seed)) for seed in range(1500)]
    for profile, share in SHARES.items():
        assert profiles.count(profile) / 1500 == pytest.approx(share, abs=0.04)


def test_improvement_at_a_day_is_near_the_trials_with_the_delayed_and_the_worse_among_them() -> None:
    at_24 = np.array([p.truth.improvement([24.0])[0] for p in cohort(Family.MATCH, 1500, completion=1.0)])
    assert at_24.mean() == pytest.approx(0.35, abs=0.04)
    assert at_24.std() == pytest.approx(0.34, abs=0.05)
    assert (at_24 >= 0.5).mean() == pytest.approx(0.42, abs=0.05)


def test_families_are_what_they_say() -> None:
    assert all(
        not p.truth.improvement(TWO_WEEKS).any() for k in (Family.NULL, Family.DIURNAL) for p in cohort(k, 20)
    )
    assert all(
        p.truth.improvement([300.0])[0] == pytest.approx(-0.35, abs=0.001) for p in cohort(Family.WORSE, 20)
    )
    placebo = np.array([p.truth.improvement([100.0])[0] for p in cohort(Family.PLACEBO)])
    assert placebo.mean() == pytest.approx(0.14, abs=0.04)
    assert placebo.std() == pytest.approx(0.20, abs=0.03)
    for patient in cohort(Family.JUMP, 50):
        assert len(set(patient.truth.improvement(TWO_WEEKS).round(6))) <= 2
    overshoot = [p.truth.improvement([5000.0])[0] < -0.1 for p in cohort(Family.CLIFF)]
    assert np.mean(overshoot) == pytest.approx(0.2, abs=0.06)


def test_truth_is_the_baseline_before_the_infusion() -> None:
    for kind in Family:
        for patient in cohort(kind, 20):
            assert patient.truth.level([-30.0, 0.0]) == pytest.approx(patient.truth.baseline)


def test_noise_is_as_large_as_promised_and_larger_at_first() -> None:
    patients = cohort(Family.NULL, 600, completion=1.0)
    middle = [p for p in patients if 13 < p.truth.baseline < 20]

    def spread(hour: float) -> float:
        return float(
            np.std(
                [
                    one.score - p.truth.baseline
                    for p in middle
                    for one in p.check_ins
                    if one.due == hour and one.score is not None
                ]
            )
        )  # noqa: E501

    assert spread(72.0) == pytest.approx(2.9, abs=0.35)
    assert spread(4.0) > spread(72.0) + 0.3


def test_neighbouring_answers_drift_together() -> None:
    patients = cohort(Family.NULL, 600, completion=1.0)
    errors = np.array([[one.score - p.truth.baseline for one in p.check_ins[:2]] for p in patients])  # type: ignore[operator]
    assert np.corrcoef(errors.T)[0, 1] == pytest.approx(0.3, abs=0.12)  # 4 exp(-12/24) of 8 + swing


def test_the_strong_swing_follows_the_clock() -> None:
    patients = [
        simulate(Family.DIURNAL, seed=n, completion=1.0, clock_hour=9.0, schedule=(48.0, 60.0))
        for n in range(400)
    ]
    scored = [p for p in patients if all(one.score is not None for one in p.check_ins)]
    drop = [p.check_ins[2].score - p.check_ins[3].score for p in scored]  # type: ignore[operator]
    assert np.mean(drop) == pytest.approx(3.9, abs=0.6)


def test_thoughts_of_suicide_follow_the_published_shares() -> None:
    patients = cohort(Family.MATCH, 1500, completion=1.0)

    def positive(p: SimulatedPatient, hour: float) -> bool | None:
        one = next(one for one in p.check_ins if one.due == hour)
        return None if one.answered is None else bool(one.answers[ITEM_9])

    before = [p for p in patients if positive(p, -2.0)]
    assert len(before) / len(patients) == pytest.approx(0.38, abs=0.04)
    for hour, gone in ((24.0, 0.55), (168.0, 0.60)):
        answers = [positive(p, hour) for p in before]
        assert np.mean([not yes for yes in answers if yes is not None]) == pytest.approx(gone, abs=0.08)


@pytest.mark.parametrize("completion", [0.5, 0.75, 0.9])
def test_the_asked_share_is_answered(completion: float) -> None:
    answered = [
        [one.answered is not None for one in p.check_ins[2:]]
        for p in cohort(Family.MATCH, completion=completion)
    ]
    assert np.mean(answered) == pytest.approx(completion, abs=0.035)
    shares = np.mean(answered, axis=1)
    assert np.std(shares) > 0.1, "people differ"


def test_answers_get_fewer_and_some_people_stop() -> None:
    answered = np.array([[one.answered is not None for one in p.check_ins[2:]] for p in cohort(Family.MATCH)])
    assert answered[:, :4].mean() > answered[:, -3:].mean() + 0.1


def test_being_worse_can_keep_people_from_answering() -> None:
    def share(missing_when_worse: bool) -> float:
        patients = cohort(Family.WORSE, 800, completion=0.75, missing_when_worse=missing_when_worse)
        return float(
            np.mean([one.answered is not None for p in patients for one in p.check_ins if one.due > 24])
        )

    assert share(True) < share(False) - 0.02


def test_dirt_is_dirt_and_can_be_told() -> None:
    everything = Dirt(straight_lining=1.0, duplicates=1.0, wrong_infusion_time=1.0, clock_change=1.0)
    patient = simulate(Family.MATCH, seed=3, completion=1.0, dirt=everything)
    post_dose = [one for one in patient.check_ins if not one.baseline and one.answered is not None]
    assert all(len(set(one.answers) - {None}) == 1 for one in post_dose)
    assert [one.duplicate for one in post_dose] == [False, True] * (len(post_dose) // 2)
    assert 0 < abs(patient.truth.ends[0]) <= 2
    assert patient.infusions == (0.0,)


def test_a_course_repeats_the_schedule_until_the_next_infusion() -> None:
    patient = simulate(Family.MATCH, seed=5, infusions=(0.0, 48.0))
    due = [one.due for one in patient.check_ins if not one.baseline]
    assert due == [4, 10, 24, 34, *(48 + step for step in TWELVE_STEPS)]
    assert [one.due for one in patient.check_ins if one.baseline] == [-14, -2, 46]


def test_each_infusion_removes_part_of_what_is_left() -> None:
    patient = simulate(Profile.RAPID, seed=8, infusions=(0.0, 48.0))
    first, second = patient.truth.curves
    at = np.array([60.0])
    expected = 1 - (1 - first(at)) * (1 - second(at - 48.0))
    assert patient.truth.improvement(at) == pytest.approx(expected)
    alone = replace(patient.truth, ends=(0.0,), curves=(first,))
    assert patient.truth.level(at)[0] < alone.level(at)[0]


def test_own_steps_can_be_given() -> None:
    own = (Due(hours=5.0, expires=6.0, early=True), Due(hours=30.0, expires=31.0, early=False))
    patient = simulate(Family.MATCH, seed=1, schedule=own)
    assert [(one.due, one.expires, one.early) for one in patient.check_ins[2:]] == [
        (5, 6, True),
        (30, 31, False),
    ]


def test_rows_are_in_order_and_leave_out_what_was_missed() -> None:
    patients = cohort(Family.MATCH, 30, courses=True, dirt=Dirt())
    rows = list(simulated_rows(patients))
    for patient in patients:
        own = [row for row in rows if row[0] == f"match-{patient.seed}"]
        hours = [float(row[1]) for row in own]
        assert hours == sorted(hours)
        assert [row[1] for row in own if row[2] == "infusion"] == [f"{at:g}" for at in patient.infusions]
        assert all(row[3] == "" for row in own if row[2] == "infusion")
        assert len(own) == len(patient.infusions) + sum(one.answered is not None for one in patient.check_ins)
    assert {row[2] for row in rows} == {"baseline", "infusion", "check_in"}
    assert any(len(patient.infusions) > 1 for patient in patients)


def test_rows_can_go_on_with_the_single_answers_that_add_up_to_the_score() -> None:
    patients = cohort(Family.MATCH, 10, courses=True)
    for plain, full in zip(simulated_rows(patients), simulated_rows(patients, items=True), strict=True):
        assert full[: len(plain)] == plain
        given = [int(answer) for answer in full[len(plain) :] if answer]
        assert len(full) == len(COLUMNS) + len(ITEM_COLUMNS)
        if plain[2] == "infusion":
            assert given == []
        else:
            assert float(plain[3]) == pytest.approx(sum(given) * 9 / len(given), abs=0.006)
