"""What a step in a protocol file may say, and how it is told what it may not."""

import pytest
from planning import OWN_FORMS, SMALL, problems

from checkin.domain.protocol import read_protocol


@pytest.mark.parametrize(
    ("old", "new", "field", "words"),
    [
        (
            "hours = 24 }",
            'hours = "24" }',
            "steps.hour-24.due.hours",
            "Line 11, steps.hour-24.due.hours: write a number of hours.",
        ),
        (
            "hours = 24 }",
            "hours = 99999 }",
            "steps.hour-24.due.hours",
            "Line 11, steps.hour-24.due.hours: write a number of hours.",
        ),
        (
            "hours = 24 }",
            "hours = 24, between = [30, 20] }",
            "steps.hour-24.due.between",
            "Line 11, steps.hour-24.due.between: write two numbers of hours, the smaller one first.",
        ),
        (
            "hours = 24 }",
            "hours = 24, between = [25, 30] }",
            "steps.hour-24.due.between",
            "Line 11, steps.hour-24.due.between: the moment it is due must lie in between.",
        ),
        (
            "hours = 24 }",
            "hours = -24 }",
            "steps.hour-24.due",
            "Line 11, steps.hour-24.due: after an infusion, hours are above zero.",
        ),
        (
            "expires = { hours = 32 }",
            "",
            "steps.hour-24.expires",
            "Line 9, steps.hour-24.expires: this is missing.",
        ),
        (
            "expires = { hours = 32 }",
            "expires = 32",
            "steps.hour-24.expires",
            "Line 12, steps.hour-24.expires: write it in braces, such as { hours = 4 }.",
        ),
        (
            "expires = { hours = 32 }",
            "expires = { hours = 24.25 }",
            "steps.hour-24.expires",
            "Line 12, steps.hour-24.expires: it must stay open for at least 30 minutes after it is due.",
        ),
        (
            "expires = { hours = 32 }",
            'expires = { at = "23:00" }',
            "steps.hour-24.expires",
            "Line 12, steps.hour-24.expires: a time of day fits only a step that is due at a time of day.",
        ),
        (
            "expires = { hours = 32 }",
            "expires = { hours = 32, hours_after_due = 8 }",
            "steps.hour-24.expires.hours",
            "Line 12, steps.hour-24.expires.hours: this key is not known.",
        ),
        (
            "expires = { hours = 32 }",
            "expires = { hours = 32 }\nopens = { hours = 25 }",
            "steps.hour-24.opens",
            "Line 13, steps.hour-24.opens: it must open before it is due, and not before the infusion ends.",
        ),
        (
            "expires = { hours = 32 }",
            "expires = { hours = 32 }\nopens = { hours = -1 }",
            "steps.hour-24.opens",
            "Line 13, steps.hour-24.opens: it must open before it is due, and not before the infusion ends.",
        ),
        (
            '["phq-style-24h"]',
            '["phq-stile-24h"]',
            "steps.hour-24.instruments",
            'Line 13, steps.hour-24.instruments: there is no instrument "phq-stile-24h".',
        ),
        (
            '["phq-style-24h"]',
            "[]",
            "steps.hour-24.instruments",
            "Line 13, steps.hour-24.instruments: write a list of names in quotes, each once.",
        ),
        (
            '["phq-style-24h"]',
            '["phq-style-24h"]\nafter = { step = "hour-4", hours = 3 }',
            "steps.hour-24.after",
            "Line 14, steps.hour-24.after: it must name a step above this one, and no extra one unless it is"
            " extra too.",
        ),
        (
            '["phq-style-24h"]',
            '["phq-style-24h"]\nafter = { step = "hour-4", hours = 0 }',
            "steps.hour-24.after.hours",
            "Line 14, steps.hour-24.after.hours: write a number of hours above zero.",
        ),
        (
            '["phq-style-24h"]',
            '["phq-style-24h"]\ncondition = { response_at = "hour-24" }',
            "steps.hour-24.condition",
            "Line 14, steps.hour-24.condition: it must name a step above this one.",
        ),
        (
            '["phq-style-24h"]',
            '["phq-style-24h"]\napart = { hours = 60 }',
            "steps.hour-24.apart",
            "Line 14, steps.hour-24.apart: this key is not known.",
        ),
        (
            '["phq-style-24h"]',
            '["phq-style-24h"]\nextra = "yes"',
            "steps.hour-24.extra",
            "Line 14, steps.hour-24.extra: write true or false, without quotes.",
        ),
    ],
)
def test_each_problem_of_a_step_is_named_with_line_and_path(
    old: str, new: str, field: str, words: str
) -> None:
    assert old in SMALL
    assert (field, words) in problems(SMALL.replace(old, new))


EVENING_STEP = """
[[steps]]
name = "evening"
due = { day = 1, at = "20:00", between = ["19:00", "21:30"] }
expires = { at = "23:00" }
instruments = ["safety-item"]
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("day = 1", "day = -1", "after an infusion, the day is 0 or later."),
        ("day = 1", "day = 1.5", "write a whole number from -30 to 366."),
        ('at = "20:00"', 'at = "18:00"', "the moment it is due must lie in between."),
        ('at = "20:00"', 'at = "8pm"', 'write a time of day in quotes, such as "19:00".'),
        ('at = "23:00"', 'at = "21:00"', "it must stay open for at least 30 minutes after it is due."),
        (
            'at = "23:00"',
            "hours = 40",
            "a step that is due at a time of day expires at one, or some hours after it is due.",
        ),
        (
            'at = "23:00"',
            "hours_after_due = 0.25",
            "it must stay open for at least 30 minutes after it is due.",
        ),
        (
            "\ninstruments",
            "\nopens = { hours = 20 }\ninstruments",
            "a step that is due at a time of day opens when it is due.",
        ),
    ],
)
def test_steps_at_a_time_of_day_are_checked(old: str, new: str, words: str) -> None:
    assert read_protocol(SMALL + EVENING_STEP, instruments=OWN_FORMS)
    (found,) = problems(SMALL + EVENING_STEP.replace(old, new))
    assert found[1].endswith(words)


BASELINE_STEP = """
[[baseline]]
name = "before"
due = { hours = -2 }
expires = { hours = -1 }
instruments = ["safety-item"]
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("hours = -2", "hours = 2", "before an infusion, hours are below zero."),
        ("hours = -1", "hours = 1", "before an infusion, it must be over when the infusion ends."),
        (
            "hours = -2",
            'day = 0, at = "20:00", between = ["19:00", "21:30"]',
            "before an infusion, days are below zero.",
        ),
        ("\ninst", '\ncondition = { response_at = "hour-24" }\ninst', "this key is not known."),
    ],
)
def test_baseline_steps_are_checked(old: str, new: str, words: str) -> None:
    assert read_protocol(SMALL + BASELINE_STEP, instruments=OWN_FORMS).baseline_steps
    assert any(found.endswith(words) for _, found in problems(SMALL + BASELINE_STEP.replace(old, new)))


@pytest.mark.parametrize(
    ("importable", "called"), [('["phq-9"]', "phq-9"), ('{ phq-9 = "The two weeks" }', "The two weeks")]
)
def test_an_importable_instrument_may_be_listed_before_it_is_there(importable: str, called: str) -> None:
    document = SMALL.replace("reminder_share", f"importable = {importable}\nreminder_share").replace(
        '["phq-style-24h"]', '["phq-9", "phq-style-24h"]'
    )
    protocol = read_protocol(document, instruments=OWN_FORMS)
    assert protocol.steps[0].instruments == ("phq-9", "phq-style-24h")
    assert protocol.importable == {"phq-9": called}


def test_an_extra_step_may_keep_its_distance_from_an_ordinary_one_but_not_the_other_way() -> None:
    after = 'after = { step = "hour-24", hours = 3 }\n'
    assert read_protocol(SMALL + EVENING_STEP + after + "extra = true\n", instruments=OWN_FORMS)
    wrong = SMALL + "extra = true\n" + EVENING_STEP + after
    assert [field for field, _ in problems(wrong)] == ["steps.evening.after"]
