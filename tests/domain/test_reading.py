"""Readings: one question as a line of its own, with nothing where it was not asked or not answered."""

from dataclasses import replace

from courses import check_in

from checkin.domain.check_in import CheckIn
from checkin.domain.instruments import FULL_FORM, builtin_instruments
from checkin.domain.reading import question_line

FULL = builtin_instruments()[FULL_FORM]


def asked(hours: float, answers: dict[str, int | None], *, reference: str = FULL.reference) -> CheckIn:
    return replace(check_in(hours, 9), answers={reference: answers})


def test_a_question_makes_a_line_of_what_was_answered_to_it() -> None:
    nights = [
        asked(24, {"sleep": 2, "mood": 1}),
        asked(34, {"mood": 1}),
        asked(48, {"sleep": None}),
        asked(58, {"sleep": 3}, reference="phq-style-early|1"),
        check_in(60, 9),
        asked(72, {"sleep": 0}),
    ]
    line = question_line(nights, FULL, "sleep")
    assert [(reading.answered_at, reading.value, reading.maximum) for reading in line] == [
        (nights[0].answered_at, 2, 3),
        (nights[-1].answered_at, 0, 3),
    ]
