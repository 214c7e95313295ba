"""``flask window``: what it prints, and what it does with files that are empty, bad or from before."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.command import run, told

from checkin.domain.window.values import State

ANN = (
    "ann,-14,baseline,17",
    "ann,-2,baseline,18",
    "ann,0,infusion,",
    "ann,24,check_in,5",
    "ann,48,check_in,4",
)
BEN = ("ben,-2,baseline,15", "ben,0,infusion,", "ben,25,check_in,15", "ben,50,check_in,16")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path, *ANN, *BEN)


def write(folder: Path, *rows: str) -> Path:
    path = folder / "table.csv"
    path.write_text("\n".join(["patient,hours,kind,score", *rows]) + "\n")
    return path


def objects(*arguments: object) -> list[dict[str, Any]]:
    result = run("window", *arguments, "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def test_each_patient_is_one_object_on_a_line(file: Path) -> None:
    ann, ben = objects(file)
    assert list(ann) == ["patient", "as_of", "state", "p_open", "p_ever", "opens", "closes", "grid"]
    assert (ann["patient"], ann["as_of"], ann["state"]) == ("ann", 48, "open")
    assert (ben["patient"], ben["as_of"], ben["state"]) == ("ben", 50, "not_open")
    assert ann["p_open"] > 0.9 > 0.1 > ben["p_open"]
    assert ann["p_ever"] >= ann["p_open"]
    for name in ("opens", "closes"):
        assert 0 <= ann[name]["p10"] <= ann[name]["p50"] <= ann[name]["p90"] <= 336


def test_the_grid_runs_from_the_infusion_to_two_weeks_after_it_in_the_steps_asked_for(file: Path) -> None:
    for options, step in (((), 6), (("--grid", 48), 48), (("--grid", 100), 100)):
        hours = [point["hours"] for point in objects(file, *options)[0]["grid"]]
        assert hours == list(range(0, 337, step))
    assert all(0 <= point["p_open"] <= 1 for point in objects(file)[0]["grid"])


def test_quantiles_are_left_out_only_where_it_hardly_ever_opens(tmp_path: Path) -> None:
    flat = [f"flat,{hour},check_in,16" for hour in (24, 48, 72, 96, 120, 168, 216, 264, 330)]
    (found,) = objects(
        write(tmp_path, "flat,-2,baseline,15", "flat,-14,baseline,16", *flat), "--criterion", "response"
    )
    assert found["p_ever"] < 0.1
    assert found["opens"] == found["closes"] == {"p10": None, "p50": None, "p90": None}


def test_after_two_weeks_it_is_closed_or_never_was_open(file: Path) -> None:
    ann, ben = objects(file, "--as-of", 500)
    assert (ann["state"], ann["p_open"], ben["state"], ben["p_open"]) == ("closed", 0, "not_open", 0)
    assert ann["closes"]["p90"] <= 336


def test_response_asks_for_more_than_meaningful_improvement(tmp_path: Path) -> None:
    path = write(tmp_path, "a,-2,baseline,18", *(f"a,{hour},check_in,10" for hour in (24, 48, 72, 96)))
    (meaningful,), (response,) = objects(path), objects(path, "--criterion", "response")
    assert meaningful["p_open"] > 0.6 > 0.5 > response["p_open"]
    assert response["state"] == "not_open"


def test_rows_after_the_hour_asked_for_change_nothing(file: Path, tmp_path: Path) -> None:
    until = objects(file, "--as-of", 30)
    earlier = objects(write(tmp_path, *ANN[:4], *BEN[:3]), "--as-of", 30)
    assert until == earlier
    assert [one["as_of"] for one in until] == [30, 30]
    assert [one["state"] for one in until] == ["too_early", "too_early"]


@pytest.mark.parametrize(("hour", "state"), [(-20, "no_baseline"), (-3, "too_early"), (0, "too_early")])
def test_before_the_first_answer_it_says_what_is_missing(file: Path, hour: int, state: str) -> None:
    found = objects(file, "--as-of", hour)[0]
    assert found["state"] == state
    assert found["p_open"] == 0


def test_without_a_baseline_it_says_so(tmp_path: Path) -> None:
    (found,) = objects(write(tmp_path, *ANN[2:]))
    assert found["state"] == "no_baseline"


def test_people_read_a_line_for_each_patient(file: Path) -> None:
    head, ann, ben = run("window", file).output.splitlines()
    assert head.split()[0] == "patient"
    assert ann.split()[:3] == ["ann", "48", "open"]
    assert ben.split()[2] == "not_open"
    assert {line.split()[2] for line in (ann, ben)} <= {state.value for state in State}


def test_the_same_file_gives_the_same_words_whatever_the_order_of_rows_and_patients(
    file: Path, tmp_path: Path
) -> None:
    assert run("window", file, "--json").output == run("window", file, "--json").output
    as_they_were = objects(file)
    turned = objects(write(tmp_path, *reversed(BEN), *reversed(ANN)))
    assert sorted(turned, key=lambda one: str(one["patient"])) == as_they_were


@pytest.mark.parametrize("content", ["", "patient,hours,kind,score\n", "\ufeffpatient,hours,kind,score\r\n"])
def test_a_file_without_patients_gives_no_objects(content: str, tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text(content)
    result = run("window", path, "--json")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no patients" in result.stderr


def test_one_bad_row_and_nothing_is_estimated(tmp_path: Path) -> None:
    path = write(tmp_path, *ANN, "ben,3,check_in,28", "ben,x,check_in,3")
    result = run("window", path, "--json")
    words = told(result)
    assert result.stdout == ""
    assert "line 7: score is 28, not between 0 and 27" in words
    assert "line 8: hours is “x”, not a number" in words


def test_bytes_that_are_no_text_are_named_by_their_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes(b"patient,hours,kind,score\nann,-2,baseline,16\nJos\xe9,-2,baseline,16\n")
    assert "line 3: not readable as UTF-8" in told(run("window", path))


def test_a_name_with_control_characters_stays_on_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, '"a\x1b[2J",-2,baseline,16')
    assert "\x1b" not in run("window", path).output
    assert objects(path)[0]["patient"] == "a\x1b[2J"


@pytest.mark.parametrize(
    "arguments",
    [("--as-of", "nan"), ("--as-of", "soon"), ("--grid", 0), ("--grid", "nan"), ("--criterion", "cure")],
)
def test_options_out_of_range_are_told(arguments: tuple[str, object], file: Path) -> None:
    assert "Invalid value" in told(run("window", file, *arguments))


def test_a_file_that_is_not_there_is_told() -> None:
    assert "No such file" in told(run("window", "not-there.csv"))


def test_what_simulate_prints_is_read_whatever_was_asked_of_it(tmp_path: Path) -> None:
    path = tmp_path / "simulated.csv"
    path.write_text(run("simulate", "--patients", 4, "--courses", "--dirt", "--items").output)
    assert [one["patient"] for one in objects(path, "--as-of", 40)] == [f"match-{n}" for n in range(1, 5)]
