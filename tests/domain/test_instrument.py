"""How answers become scores: bounded, monotone, nothing filled in."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.domain.instrument import (
    Band,
    Condition,
    Instrument,
    Item,
    Kind,
    Operator,
    Rule,
    Scoring,
    band,
    enabled_items,
    score,
)
from checkin.domain.instruments import MOOD_CORE, builtin_instruments
from checkin.domain.words import text

FULL = builtin_instruments()["phq-style-24h"]
EARLY = builtin_instruments()["phq-style-early"]
SCORED = [each for each in builtin_instruments().values() if each.scoring]

instruments = st.sampled_from(SCORED)


def complete(instrument: Instrument) -> st.SearchStrategy[dict[str, int | None]]:
    """Answers to every question, each within its weights."""
    return st.fixed_dictionaries(
        {
            item.link_id: st.integers(min_value=item.minimum, max_value=item.maximum)
            for item in instrument.items
        }
    )


with_answers = instruments.flatmap(lambda instrument: st.tuples(st.just(instrument), complete(instrument)))


@given(with_answers)
def test_every_score_lies_between_0_and_its_maximum(
    case: tuple[Instrument, Mapping[str, int | None]],
) -> None:
    for found in score(*case):
        assert 0 <= found.value <= found.maximum


@given(with_answers, st.data())
def test_a_higher_answer_never_lowers_a_score(
    case: tuple[Instrument, Mapping[str, int | None]], data: st.DataObject
) -> None:
    instrument, answers = case
    item = data.draw(st.sampled_from(instrument.items))
    higher = {**answers, item.link_id: data.draw(st.integers(answers[item.link_id] or 0, item.maximum))}
    for before, after in zip(score(instrument, answers), score(instrument, higher), strict=True):
        assert before.value <= after.value


@given(with_answers, st.data())
def test_a_missing_answer_removes_each_score_it_belongs_to(
    case: tuple[Instrument, Mapping[str, int | None]], data: st.DataObject
) -> None:
    instrument, answers = case
    assert instrument.scoring is not None
    item = data.draw(st.sampled_from(instrument.items))
    declined = score(instrument, {**answers, item.link_id: None})
    absent = score(
        instrument, {link_id: given for link_id, given in answers.items() if link_id != item.link_id}
    )
    expected = [instrument.line] if item.link_id not in instrument.scoring.items else []
    expected += [part.name for part in instrument.scoring.parts if item.link_id not in part.items]
    assert declined == absent
    assert [found.line for found in declined] == expected


@given(st.integers(min_value=0, max_value=3))
def test_the_early_form_is_prorated_to_what_the_full_form_gives_for_the_same_answer_throughout(
    given: int,
) -> None:
    full, early = (score(each, {item.link_id: given for item in each.items})[0] for each in (FULL, EARLY))
    assert early.value == full.value == 9 * given
    assert (early.maximum, full.maximum) == (27, 27)
    assert (early.prorated, full.prorated) == (True, False)


def test_proration_is_nine_sevenths() -> None:
    answers = {item.link_id: 0 for item in EARLY.items} | {"mood": 3, "pace": 2}
    assert score(EARLY, answers)[0].value == pytest.approx(5 * 9 / 7)


def test_the_mood_core_is_the_plain_sum_of_three_topics_on_a_line_of_its_own() -> None:
    answers = {item.link_id: 1 for item in FULL.items} | {"interest": 3, "mood": 2, "self-worth": 0}
    core = score(FULL, answers)[1]
    assert (core.line, core.value, core.maximum, core.prorated) == (MOOD_CORE, 5.0, 9.0, False)


def test_the_mood_core_stands_without_the_total() -> None:
    answers = {"interest": 3, "mood": 2, "self-worth": 0, "sleep": None}
    assert [found.line for found in score(FULL, answers)] == [MOOD_CORE]


def test_no_answers_give_no_scores() -> None:
    assert [score(each, {}) for each in builtin_instruments().values()] == [()] * len(builtin_instruments())


def item(link_id: str, *rules: Rule, scored: bool = True) -> Item:
    return Item(
        link_id=link_id,
        text=link_id,
        kind=Kind.INTEGER,
        minimum=0,
        maximum=3,
        enable_when=rules,
        scored=scored,
    )


def when(link_id: str, operator: str, value: int) -> Condition:
    return Condition(link_id=link_id, operator=Operator(operator), value=value)


def instrument(*items: Item) -> Instrument:
    summed = tuple(each.link_id for each in items if each.scored)
    return Instrument(
        url="urn:x",
        version="1",
        name="x",
        title="X",
        label="X",
        recall="",
        items=items,
        scoring=Scoring(
            items=summed,
            highest=3 * len(summed),
            maximum=3 * len(summed),
            bands=(Band(lowest=0, label=text("Few")), Band(lowest=4, label=text("Many"))),
        ),
        line="urn:x|1",
    )


CHAIN = instrument(
    item("first"),
    item("second", Rule(conditions=(when("first", ">", 0),))),
    item("third", Rule(conditions=(when("second", ">", 0),))),
)


def test_a_question_that_does_not_apply_adds_nothing() -> None:
    assert score(CHAIN, {"first": 0})[0].value == 0
    assert score(CHAIN, {"first": 2, "second": 0})[0].value == 2


def test_a_question_that_applies_and_has_no_answer_leaves_the_total_out() -> None:
    assert score(CHAIN, {"first": 2}) == ()


def test_a_stale_answer_to_a_question_that_does_not_apply_counts_for_nothing_and_opens_nothing() -> None:
    answers = {"first": 0, "second": 3, "third": 3}
    assert [each.link_id for each in enabled_items(CHAIN, answers)] == ["first"]
    assert score(CHAIN, answers)[0].value == 0


@pytest.mark.parametrize(
    ("operator", "value", "holding"),
    [
        ("=", 2, {2}),
        ("!=", 2, {None, 1, 3}),
        (">", 2, {3}),
        ("<", 2, {1}),
        (">=", 2, {2, 3}),
        ("<=", 2, {1, 2}),
        ("exists", 1, {1, 2, 3}),
        ("exists", 0, {None}),
    ],
)
def test_conditions(operator: str, value: int, holding: set[int | None]) -> None:
    condition = when("a", operator, value)
    assert {given for given in (None, 1, 2, 3) if condition.holds({"a": given})} == holding
    assert condition.holds({}) == (None in holding)


def test_rules_hold_for_all_or_for_any_of_their_conditions() -> None:
    conditions = (when("a", "=", 1), when("b", "=", 1))
    every, any_of = Rule(conditions=conditions), Rule(conditions=conditions, any_of=True)
    cases = [{"a": a, "b": b} for a in (0, 1) for b in (0, 1)]
    assert [every.holds(case) for case in cases] == [False, False, False, True]
    assert [any_of.holds(case) for case in cases] == [False, True, True, True]


def test_bands_start_at_their_lowest_total() -> None:
    named = {value: band(CHAIN.bands, value) for value in (0, 3.9, 4, 9)}
    assert [found.lowest for found in named.values() if found] == [0, 0, 4, 4]
    assert band(FULL.bands, 20) is None


def test_an_unknown_link_id_is_a_mistake() -> None:
    assert FULL.item("mood").link_id == "mood"
    with pytest.raises(KeyError):
        FULL.item("nowhere")
