"""Histories from a table: what is read, and that one bad row means nothing is."""

import random

import pytest
from courses import English
from hypothesis import given
from hypothesis import strategies as st

from checkin.domain.errors import Problems
from checkin.domain.simulator.families import Family
from checkin.domain.simulator.patient import simulate
from checkin.domain.simulator.rows import COLUMNS, draw_course, simulated_rows
from checkin.domain.window.table import read_table
from checkin.domain.window.values import Answer, History
from checkin.domain.words import Text


def table(*rows: str) -> list[str]:
    return ["patient,hours,kind,score\n", *(f"{row}\n" for row in rows)]


def wrong(*lines: str) -> dict[str, str]:
    """The reasons by the line they name."""
    with pytest.raises(Problems) as caught:
        read_table(lines)
    items = [(str(item.field), item.text.render(English())) for item in caught.value.items]
    assert len(dict(items)) == len(items), "one reason a line"
    assert all(isinstance(item.text, Text) for item in caught.value.items)
    return dict(items)


def test_a_patient_is_read_with_infusions_and_answers() -> None:
    histories = read_table(
        table("ann,-2,baseline,16", "ann,0,infusion,", "ann,24.5,check_in,8", "ann,48,infusion,")
    )
    assert histories == {
        "ann": History(
            infusions=(0.0, 48.0), answers=(Answer(hours=-2, score=16), Answer(hours=24.5, score=8))
        )
    }


def test_patients_come_in_the_order_they_first_appear_however_their_rows_are_mixed() -> None:
    histories = read_table(
        table("b,0,infusion,", "a,-1,baseline,9", "b,-1,baseline,12", "a,0,infusion,", "b,30,check_in,3")
    )
    assert list(histories) == ["b", "a"]
    assert [len(history.answers) for history in histories.values()] == [2, 1]


@given(st.sampled_from(list(Family)), st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(family: Family, seed: int, shuffle: random.Random) -> None:
    patients = [simulate(family, seed=seed + more, infusions=draw_course(seed)) for more in range(2)]
    rows = [",".join(row) for row in simulated_rows(patients)]
    mixed = rows.copy()
    shuffle.shuffle(mixed)
    assert read_table([",".join(COLUMNS), *rows]) == read_table([",".join(COLUMNS), *mixed])


@given(st.integers(0, 10**6))
def test_what_the_simulator_writes_is_read_as_it_was_meant(seed: int) -> None:
    patient = simulate(Family.MATCH, seed=seed, completion=0.9)
    rows = [",".join(row) for row in simulated_rows([patient])]
    (history,) = read_table([",".join(COLUMNS), *rows]).values()
    given_answers = [one for one in patient.check_ins if one.answered is not None]
    assert history.infusions == patient.infusions
    assert [answer.score for answer in history.answers] == pytest.approx(
        [one.score for one in given_answers], abs=0.006
    )
    scaled_up = [one.early for one in given_answers if one.score is not None and one.score % 1]
    read = [a.early for a, one in zip(history.answers, given_answers, strict=True) if (one.score or 0) % 1]
    assert read == scaled_up


def test_answers_soon_after_an_infusion_or_another_answer_are_from_the_early_form() -> None:
    (history,) = read_table(
        table(
            "a,-2,baseline,16",
            "a,0,infusion,",
            "a,4,check_in,9",
            "a,24,check_in,9",
            "a,34,check_in,9",
            "a,60,check_in,6.43",
            "a,90,check_in,6",
        )
    ).values()
    assert [answer.early for answer in history.answers] == [False, True, False, True, True, False]


def test_a_baseline_at_the_hour_of_an_infusion_was_taken_before_it() -> None:
    (history,) = read_table(table("a,0,baseline,16", "a,0,infusion,")).values()
    assert history.answers[0].hours < 0


def test_the_first_infusion_may_be_left_out() -> None:
    (history,) = read_table(table("a,-2,baseline,16", "a,30,check_in,4")).values()
    assert history.infusions == (0.0,)


@pytest.mark.parametrize("lines", [[], ["patient,hours,kind,score\n"], ["\n", "  \n"]])
def test_a_table_without_patients_has_none(lines: list[str]) -> None:
    assert read_table(lines) == {}


def test_columns_in_another_order_and_further_ones_are_taken() -> None:
    (history,) = read_table(
        ["note,score, kind ,hours,patient\n", "x,16,baseline,-2,a\n", ",,infusion,0,a\n"]
    ).values()
    assert history.answers == (Answer(hours=-2, score=16),)


BAD = {
    "a,x,check_in,3": "hours is “x”, not a number",
    "a,,check_in,3": "no hours",
    "a,nan,check_in,3": "hours is “nan”, not a number",
    "a,inf,check_in,3": "hours is “inf”, not a number",
    "a,1_0,check_in,3": "hours is “1_0”, not a number",
    "a,٣,check_in,3": "hours is “٣”, not a number",
    "a,1e9,check_in,3": "hours is 1e9, not between -87840 and 87840",
    "a,3,check_in,²": "score is “²”, not a number",
    "a,3,check_in,0x9": "score is “0x9”, not a number",
    "a,3,check_in,": "no score",
    "a,3,check_in,27.5": "score is 27.5, not between 0 and 27",
    "a,3,check_in,-1": "score is -1, not between 0 and 27",
    "a,3,check_in,many": "score is “many”, not a number",
    "a,3,checkin,3": "kind is “checkin”, not one of baseline, infusion, check_in",
    "a,3,,3": "kind is “”, not one of baseline, infusion, check_in",
    ",3,check_in,3": "no patient",
    "a,0,infusion,3": "an infusion has no score",
    "a,3,check_in": "3 cells instead of 4",
    "a,3,check_in,3,3": "5 cells instead of 4",
    "a,12,infusion,": "the first infusion of a patient is at hours 0",
    "a,-12,infusion,": "the first infusion of a patient is at hours 0",
}


@pytest.mark.parametrize("row", BAD)
def test_a_bad_row_is_named_by_its_line_with_its_reason(row: str) -> None:
    assert wrong(*table("b,-1,baseline,9", "", row)) == {"line 4": BAD[row]}


def test_all_bad_rows_are_named_in_their_order() -> None:
    rows = [row for row in BAD if "infusion" not in row]
    named = wrong(*table("ok,0,infusion,", *rows))
    assert list(named.items()) == [(f"line {n}", BAD[row]) for n, row in enumerate(rows, start=3)]


def test_missing_columns_are_named() -> None:
    assert wrong("patient,hours,score\n", "a,1,2\n") == {"line 1": "columns missing or there twice: kind"}
    assert wrong("patient,hours,hours,kind\n") == {"line 1": "columns missing or there twice: hours, score"}


def test_what_is_no_csv_is_refused() -> None:
    assert "line 2" in wrong(*table('a,1,"check_in"x,3'))
