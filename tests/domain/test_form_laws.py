"""Laws that hold for every form that can be composed."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from questionnaire_files import fixture, read

from checkin.domain.errors import Problems
from checkin.domain.form import DECLINED, Answers, Form, compose, read_answers, safety_level, scores
from checkin.domain.instrument import Instrument
from checkin.domain.instruments import builtin_instruments
from checkin.domain.questionnaire import read_questionnaire

ALL = (
    *builtin_instruments().values(),
    read_questionnaire(fixture("contained-value-set")),
    read_questionnaire(fixture("lhc-forms")),
    read_questionnaire(fixture("nested-groups")),
    read_questionnaire(fixture("expansion")),
    read(fixture("whole-numbers")),
    read(fixture("code-system")),
)

chosen = st.lists(st.sampled_from(ALL), max_size=4)


@st.composite
def submissions(draw: st.DrawFn) -> tuple[Form, Mapping[str, str]]:
    """A form with an allowed value for every question, those that may be declined declined at times."""
    form = compose(draw(chosen))
    submitted = {}
    for question in form.questions:
        values = [str(option.weight) for option in question.options]
        values = values or [str(question.minimum), str(question.maximum)]
        submitted[question.name] = draw(
            st.sampled_from(values + ([DECLINED] if question.may_decline else []))
        )
    return form, submitted


@given(chosen)
def test_somebody_is_always_asked_about_suicide_and_last(instruments: list[Instrument]) -> None:
    safety = [question.safety for question in compose(instruments).questions]
    assert safety[-1]
    assert safety == sorted(safety)


@given(chosen)
def test_every_question_of_every_instrument_is_asked_exactly_once(instruments: list[Instrument]) -> None:
    form = compose(instruments)
    asked = [(question.reference, question.link_id) for question in form.questions]
    assert len(set(asked)) == len(asked) == len({question.name for question in form.questions})
    wanted = {(instrument.reference, item.link_id) for instrument in instruments for item in instrument.items}
    assert wanted <= set(asked)


@given(chosen)
def test_the_order_within_an_instrument_stays(instruments: list[Instrument]) -> None:
    form = compose(instruments)
    for instrument in form.instruments:
        own = [item.link_id for item in sorted(instrument.items, key=lambda item: item.safety)]
        assert [each.link_id for each in form.questions if each.reference == instrument.reference] == own


@given(submissions())
def test_what_is_offered_is_taken_and_read_back_as_it_was_given(case: tuple[Form, Mapping[str, str]]) -> None:
    form, submitted = case
    answers = read_answers(form, submitted)
    assert again(form, answers).items() <= dict(submitted).items()
    assert read_answers(form, dict(submitted) | again(form, answers)) == answers


def again(form: Form, answers: Answers) -> dict[str, str]:
    """The submission that stored answers came from."""
    return {
        question.name: DECLINED if given is None else str(given)
        for question in form.questions
        for link_id, given in answers[question.reference].items()
        if link_id == question.link_id
    }


@given(submissions(), st.data(), st.text(max_size=4) | st.integers().map(str) | st.floats().map(str))
def test_nothing_else_is_taken(case: tuple[Form, Mapping[str, str]], data: st.DataObject, value: str) -> None:
    form, submitted = case
    asked = [question for question in form.questions if not question.enable_when]
    question = data.draw(st.sampled_from(asked))
    offered = {str(option.weight) for option in question.options} | (
        {DECLINED} if question.may_decline else set()
    )
    changed = {**submitted, question.name: value}
    if question.options and value not in offered:
        with pytest.raises(Problems) as problems:
            read_answers(form, changed)
        assert problems.value.field == question.name
    elif question.options:
        read_answers(form, changed)


@given(submissions())
def test_a_level_of_safety_is_always_known_after_a_submission(case: tuple[Form, Mapping[str, str]]) -> None:
    form, submitted = case
    answers = read_answers(form, submitted)
    level = safety_level(form.instruments, answers)
    given = [answers[each.reference][each.link_id] for each in form.questions if each.safety]
    assert level is not None
    assert level == max(value for value in given if value is not None)


@given(submissions())
def test_scores_are_bounded_and_come_from_answered_instruments(case: tuple[Form, Mapping[str, str]]) -> None:
    form, submitted = case
    for found in scores(form.instruments, read_answers(form, submitted)):
        assert 0 <= found.value <= found.maximum
        assert found.instrument in {instrument.reference for instrument in form.instruments}
