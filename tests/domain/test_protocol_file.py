"""A bad protocol file is told everything that is wrong with it, by line and path."""

from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning import OWN_FORMS, SMALL, problems, said

from checkin.domain.errors import Problems
from checkin.domain.protocol import Cancels, Protocol, QuietHours, read_protocol
from checkin.domain.step import Elapsed, FromEnd, Step


def test_a_small_protocol_reads() -> None:
    assert read_protocol(SMALL, instruments=OWN_FORMS) == Protocol(
        name="small",
        version="1",
        title="A small one",
        steps=(
            Step(
                name="hour-24",
                due=Elapsed(after=timedelta(hours=24)),
                opens=None,
                expires=FromEnd(after=timedelta(hours=32)),
                instruments=("phq-style-24h",),
            ),
        ),
        baseline_steps=(),
        most_per_day=2,
        quiet=QuietHours(since=time(21, 30), until=time(8)),
        reminder_share=0.4,
        next_infusion_cancels=Cancels.REST,
    )


def test_what_is_not_toml_is_refused_with_its_line() -> None:
    (found,) = problems(SMALL.replace('title = "A small one"', "title ="))
    assert found[0] == "line 3"
    assert found[1].startswith("Line 3: this is not TOML: ")


@pytest.mark.parametrize("document", ["", "[[", "\x00", "a = 1979-13-40", "x = " + "[" * 5000])
def test_rubbish_is_refused_in_words(document: str) -> None:
    assert all(words for _, words in problems(document))


@pytest.mark.parametrize(
    ("old", "new", "field", "words"),
    [
        ('name = "small"', "", "name", "name: this is missing."),
        (
            'name = "small"',
            'name = "Small One"',
            "name",
            "Line 1, name: write a name of small letters, digits and hyphens, in quotes.",
        ),
        (
            'version = "1"',
            "version = 1",
            "version",
            'Line 2, version: write the version in quotes, such as "1" or "2026.1".',
        ),
        (
            "most_per_day = 2",
            "most_per_day = 0",
            "most_per_day",
            "Line 4, most_per_day: write a whole number from 1 to 12.",
        ),
        (
            "most_per_day = 2",
            "most_per_day = true",
            "most_per_day",
            "Line 4, most_per_day: write a whole number from 1 to 12.",
        ),
        (
            'since = "21:30"',
            "since = 21:30:00",
            "quiet.since",
            'Line 5, quiet.since: write a time of day in quotes, such as "19:00".',
        ),
        (
            'since = "21:30"',
            'since = "07:30"',
            "quiet.since",
            "Line 5, quiet.since: quiet hours begin in the evening and end the next morning.",
        ),
        (
            "reminder_share = 0.4",
            "reminder_share = nan",
            "reminder_share",
            "Line 6, reminder_share: write a number from 0.1 to 0.9.",
        ),
        (
            '"rest"',
            '"all"',
            "next_infusion_cancels",
            "Line 7, next_infusion_cancels: write one of these: rest, nothing.",
        ),
        ('"rest"', '"rest"\ncolour = "red"', "colour", "Line 8, colour: this key is not known."),
        (
            '"rest"',
            '"rest"\nimportable = "phq-9"',
            "importable",
            'Line 8, importable: write names with what people call them, such as { phq-9 = "PHQ-9" }.',
        ),
    ],
)
def test_each_problem_is_named_with_line_and_path(old: str, new: str, field: str, words: str) -> None:
    assert old in SMALL
    assert (field, words) in problems(SMALL.replace(old, new))


def test_all_problems_are_found_at_once_in_the_order_of_the_lines() -> None:
    broken = (
        SMALL.replace('"small"', '"Small"')
        .replace("most_per_day = 2", "most_per_day = 20")
        .replace("{ hours = 32 }", "{ days = 2 }")
        .replace('["phq-style-24h"]', '["phq-9"]')
    )
    assert [field for field, _ in problems(broken)] == [
        "name",
        "most_per_day",
        "steps.hour-24.expires.hours",
        "steps.hour-24.expires.days",
        "steps.hour-24.instruments",
    ]


def test_a_step_without_a_readable_name_is_counted() -> None:
    second = (
        '[[steps]]\nname = 5\ndue = { hours = 48 }\nexpires = { hours = 60 }\ninstruments = ["safety-item"]\n'
    )
    (found,) = problems(SMALL + "\n" + second)
    assert found[0] == "steps.2.name"
    assert found[1].startswith("Line 16, steps.2.name: ")


def test_tables_written_out_in_full_have_lines_too() -> None:
    written_out = SMALL.replace("due = { hours = 24 }\n", "") + "[steps.due]\nhours = 0\n"
    assert problems(written_out) == [
        ("steps.hour-24.due", "Line 13, steps.hour-24.due: after an infusion, hours are above zero.")
    ]


def test_keys_inside_long_strings_are_not_taken_for_lines() -> None:
    document = SMALL.replace('title = "A small one"', 'title = """\nmost_per_day = 1"""').replace(
        "= 2\n", "= 0\n"
    )
    assert ("most_per_day", "Line 5, most_per_day: write a whole number from 1 to 12.") in problems(document)


def test_two_steps_of_one_name_are_refused() -> None:
    twice = SMALL + SMALL[SMALL.index("[[steps]]") :]
    assert problems(twice) == [
        ("steps.hour-24.name", "Line 15, steps.hour-24.name: another step has this name.")
    ]


def test_a_protocol_without_steps_is_refused() -> None:
    assert problems(SMALL[: SMALL.index("[[steps]]")]) == [("steps", "steps: this is missing.")]


@given(st.data())
def test_any_damage_to_a_line_is_refused_in_words_or_reads(data: st.DataObject) -> None:
    lines = SMALL.splitlines()
    lines[data.draw(st.integers(0, len(lines) - 1))] = data.draw(st.text(max_size=30))
    words = ["read"]
    try:
        read_protocol("\n".join(lines), instruments=OWN_FORMS)
    except Problems as refused:
        words = [said(item.text) for item in refused.items]
    assert words
    assert all(words)
