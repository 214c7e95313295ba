"""The tables of a record: each column described, times with their offset, the consent in force named."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from courses import English, at
from support.record import FORM, a_record

from checkin.export.record import Record
from checkin.export.tables import Cell, Sheet, sheets

ALWAYS = {"infusions", "check_ins", "prompts", "consents", "data_dictionary"}


def tables(record: Record) -> Mapping[str, Sheet]:
    return {sheet.name: sheet for sheet in sheets(record, English())}


def rows(sheet: Sheet) -> list[dict[str, Cell]]:
    return [dict(zip((column.name for column in sheet.columns), row, strict=True)) for row in sheet.rows]


def test_every_column_is_described_once() -> None:
    found = tables(a_record())
    described = [(row["file"], row["column"]) for row in rows(found["data_dictionary"])]
    assert sorted(described) == sorted(  # type: ignore[type-var]
        (f"{sheet.name}.csv", column.name) for sheet in found.values() for column in sheet.columns
    )
    assert all(row["meaning"] for row in rows(found["data_dictionary"]))


@pytest.mark.parametrize(
    ("scores", "answers", "more"),
    [(True, True, {"scores", "answers"}), (True, False, {"scores"}), (False, False, set())],
)
def test_what_consent_leaves_out_has_no_table(scores: bool, answers: bool, more: set[str]) -> None:
    assert tables(replace(a_record(), has_scores=scores, has_answers=answers)).keys() == ALWAYS | more


def test_every_time_is_local_with_its_offset() -> None:
    found = tables(a_record())
    times = [
        row[column.name]
        for sheet in found.values()
        for column in sheet.columns
        if column.unit == "ISO 8601 with offset"
        for row in rows(sheet)
    ]
    assert len(times) == 7
    for moment in times:
        assert datetime.fromisoformat(str(moment)).utcoffset() == timedelta(hours=1), "Berlin in March"
    (infusion,) = rows(found["infusions"])
    assert infusion["ended_at"] == "2026-03-03T16:30:00+01:00"
    assert datetime.fromisoformat(str(infusion["ended_at"])) == at(0)


def test_a_check_in_stands_on_the_hours_since_its_infusion() -> None:
    found = tables(a_record())
    (check_in,) = rows(found["check_ins"])
    (infusion,) = rows(found["infusions"])
    assert (check_in["infusion_id"], check_in["hours"]) == (infusion["infusion_id"], 24.0)
    assert (infusion["dose"], infusion["dose_unit"], infusion["route"]) == (0.5, "mg/kg", "intravenous")
    assert (infusion["note"], check_in["note"]) == ("steady", "slept well")
    (score,) = rows(found["scores"])
    assert score["check_in_id"] == check_in["check_in_id"]
    assert (score["line"], score["score"], score["maximum"], score["prorated"]) == ("phq-style", 7.5, 27.0, 0)


def test_an_answer_stands_with_its_question_and_an_open_one_is_empty() -> None:
    given, kept = rows(tables(a_record())["answers"])
    first, second = FORM.items[:2]
    assert (given["item"], given["value"], kept["item"]) == (first.link_id, 2, second.link_id)
    assert given["question"] == getattr(first.text, "message", first.text)
    assert (kept["value"], kept["answer"]) == (None, None)


def test_the_consent_in_force_is_named() -> None:
    assert rows(tables(a_record())["consents"]) == [
        {
            "recipient": "Isolde Marchbanks",
            "scope": "export",
            "since": "2026-03-02T16:30:00+01:00",
            "text_version": "2026-01",
            "text_sha256": "ab" * 32,
        }
    ]
