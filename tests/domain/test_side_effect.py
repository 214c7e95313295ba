"""Which answers about side effects want somebody to look: from the answers, or from a score alone."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from courses import check_in

from checkin.domain.check_in import CheckIn, Score
from checkin.domain.instruments import builtin_instruments
from checkin.domain.side_effect import bladder, still_unreal

UNREAL, URINARY = (builtin_instruments()[name] for name in ("dissociation", "urinary"))
NO_SIGN = dict.fromkeys(("frequency", "urgency", "pain", "blood"), 0)


def answered(reference: str, **given: int | None) -> CheckIn:
    return replace(check_in(24, 8), answers={reference: given})


def scored(line: str, value: float) -> CheckIn:
    """As somebody sees it who may read scores and no answers."""
    score = Score(instrument=line, line=line, value=value, maximum=4)
    return replace(check_in(24, 8), answers={}, scores=(score,))


@pytest.mark.parametrize(
    ("hours", "weight", "marked"),
    [(4, 3, False), (19.9, 1, False), (20, 1, True), (300, 1, True), (24, 0, False), (24, None, False)],
)
def test_feeling_unreal_counts_from_the_next_day_on(hours: float, weight: int | None, marked: bool) -> None:
    assert still_unreal(answered(UNREAL.reference, unreal=weight), hours) == marked
    if weight is not None:
        assert still_unreal(scored(UNREAL.line, weight), hours) == marked


@pytest.mark.parametrize(
    ("signs", "marked"),
    [
        ({}, False),
        ({"urgency": 1}, False),
        ({"urgency": 1, "pain": None}, False),
        ({"urgency": 1, "pain": 1}, True),
        ({"urgency": 1, "pain": 1, "frequency": None}, True),
        ({"blood": 1}, True),
        ({"blood": None}, False),
    ],
)
def test_blood_counts_alone_and_other_signs_in_pairs(signs: Mapping[str, int | None], marked: bool) -> None:
    assert bladder(answered(URINARY.reference, **{**NO_SIGN, **signs})) == marked


@pytest.mark.parametrize(("value", "marked"), [(0, False), (1, False), (2, True), (4, True)])
def test_a_score_alone_does_not_tell_which_sign_it_was(value: float, marked: bool) -> None:
    assert bladder(scored(URINARY.line, value)) == marked


def test_nothing_is_marked_that_was_not_asked() -> None:
    assert not still_unreal(check_in(24, 27), 24)
    assert not bladder(check_in(24, 27))
