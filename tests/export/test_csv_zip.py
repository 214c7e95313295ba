"""The zip: every text is safe in a spreadsheet and can be had back, and the manifest says what is there."""

import csv
import hashlib
import io
import json
import zipfile
from dataclasses import replace

import pytest
from courses import English
from hypothesis import given
from hypothesis import strategies as st
from support.record import a_record

from checkin.export.csv_zip import csv_bytes, record_zip
from checkin.export.tables import Cell, Column, Sheet

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
# What a spreadsheet may skip, or take for one of those.
BEFORE = ("", " ", "\0", "\u00a0", "\u2003", "\u200b", "\ufeff", "\u2060", "\u202e", "\ufe0f", " \u00ad ")
LOOKALIKES = ("\uff1d", "\uff0b", "\uff0d", "\uff20", "\ufe66", "\ufe62", "\ufe63", "\ufe6b", "\u207a")
BOM = b"\xef\xbb\xbf"


def written(*cells: Cell) -> bytes:
    columns = tuple(Column(name=f"c{place}", meaning="") for place in range(len(cells)))
    return csv_bytes(Sheet(name="one", columns=columns, rows=(cells,)))


def read_back(*cells: Cell) -> list[str]:
    """The cells as a program reads them."""
    text = written(*cells).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))[1]


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("start", [*STARTS, *LOOKALIKES])
def test_what_could_be_taken_for_a_formula_has_an_apostrophe_before_it(before: str, start: str) -> None:
    typed = f"{before}{start}1+cmd|'/c calc'!A0"
    assert read_back(typed) == ["'" + typed.replace("\0", "")]


@pytest.mark.parametrize("typed", ["I slept well", "7 = 7", "a-b", "", "   ", "\u200b", "ünï=1", "(=1)"])
def test_what_could_not_is_written_as_it_is(typed: str) -> None:
    assert read_back(typed, "x") == [typed, "x"]


@pytest.mark.parametrize("typed", ["'tis", "'=1", "''", " 'quoted'"])
def test_an_apostrophe_of_the_text_can_be_told_from_ours(typed: str) -> None:
    assert read_back(typed) == ["'" + typed]


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(st.sampled_from(["", *BEFORE]), st.sampled_from(["", "'", *STARTS, *LOOKALIKES]), texts)
def test_no_text_starts_a_formula_and_every_text_can_be_had_back(before: str, start: str, rest: str) -> None:
    typed = (before + start + rest).replace("\0", "")
    (found,) = read_back(typed, "x")[:1]
    assert not found.lstrip(" ").startswith(STARTS)
    assert (found[1:] if found.startswith("'") else found) == typed


def test_numbers_stay_numbers_and_nothing_is_empty() -> None:
    assert read_back(-1, -2.5, 0, None, "x") == ["-1", "-2.5", "0", "", "x"]


def test_a_spreadsheet_is_told_that_it_is_utf_8_and_lines_end_as_the_format_says() -> None:
    body = written("Zürich, “Quay”", 'he said "no"')
    assert body.startswith(BOM)
    assert body.removeprefix(BOM) == 'c0,c1\r\n"Zürich, “Quay”","he said ""no"""\r\n'.encode()


def files_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_manifest_fits_the_files_beside_it() -> None:
    files = files_of(record_zip(a_record(), English()))
    manifest = json.loads(files.pop("manifest.json"))
    assert manifest["files"].keys() == files.keys()
    for name, body in files.items():
        rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))
        assert manifest["files"][name] == {
            "sha256": hashlib.sha256(body).hexdigest(),
            "bytes": len(body),
            "rows": len(rows) - 1,
        }


def test_the_manifest_says_whose_it_is_for_whom_and_by_what_right() -> None:
    manifest = json.loads(files_of(record_zip(a_record(), English()))["manifest.json"])
    assert manifest["made_at"] == "2026-03-04T21:30:00+00:00"
    named = [manifest[key] for key in ("patient", "clinic", "made_for", "basis", "zone")]
    assert named == [
        "Perpetua Zagorski",
        "Harbour House",
        "Isolde Marchbanks",
        "the patient's consent",
        "Europe/Berlin",
    ]
    assert manifest["contains"] == {"scores": True, "answers": True, "notes": True}
    assert list(manifest["instruments"].values()) == ["phq-style-24h"]
    assert "not the PHQ-9" in manifest["notice"]


def test_the_same_record_gives_the_same_bytes_and_another_one_others() -> None:
    record = a_record()
    assert record_zip(record, English()) == record_zip(record, English())
    other = replace(record, has_answers=False)
    assert "answers.csv" not in files_of(record_zip(other, English()))
