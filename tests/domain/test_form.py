"""One check-in's form: what is asked in which order, and what is taken as an answer."""

from datetime import timedelta

import pytest
from questionnaire_files import Document, fixture, plain, question, questionnaire, read

from checkin.domain.check_in import Line
from checkin.domain.errors import Problems
from checkin.domain.form import DECLINED, Form, compose, read_answers, safety_level, scores, usual_minutes
from checkin.domain.instrument import Instrument, Operator
from checkin.domain.instruments import MOOD_CORE, builtin_instruments
from checkin.domain.questionnaire import read_questionnaire

OWN = builtin_instruments()
FULL = OWN["phq-style-24h"]
SUICIDE = {"system": "http://loinc.org", "code": "44260-8"}


def shown(form: Form) -> list[str]:
    return [asked.link_id for asked in form.questions]


def filled(form: Form, value: str = "1", **other: str) -> dict[str, str]:
    """Every question answered with one value; ``other`` by linkId."""
    return {asked.name: other.get(asked.link_id.replace("-", "_"), value) for asked in form.questions}


def refused(form: Form, submitted: dict[str, str]) -> dict[str | None, str]:
    with pytest.raises(Problems) as problems:
        read_answers(form, submitted)
    return {problem.field: plain(problem.text) for problem in problems.value.items}


def test_instruments_are_asked_in_order_and_suicide_last_of_all() -> None:
    form = compose((FULL, OWN["side-effects"]))
    assert shown(form)[:9] == [*shown(compose((FULL,)))[:8], "nausea"]
    assert shown(form)[-2:] == ["anxiety", "suicide"]
    assert [asked.name for asked in form.questions] == [f"q{place}" for place in range(1, 16)]


def test_several_questions_about_suicide_all_come_last_in_order() -> None:
    imported = read_questionnaire(fixture("contained-value-set"))
    form = compose((imported, FULL, OWN["urinary"]))
    assert shown(form)[-2:] == ["H1/T1/Q9", "suicide"]
    assert [asked.safety for asked in form.questions] == [False] * (len(form.questions) - 2) + [True, True]


def test_where_no_instrument_asks_about_suicide_the_own_question_is_added() -> None:
    form = compose((OWN["urinary"],))
    assert [each.name for each in form.instruments] == ["urinary", "safety-item"]
    assert shown(form)[-1] == "suicide"
    assert shown(compose(())) == ["suicide"]


def test_an_instrument_named_twice_is_asked_once() -> None:
    assert compose((FULL, OWN["urinary"], FULL)) == compose((FULL, OWN["urinary"]))


def test_an_answer_is_the_weight_of_its_option() -> None:
    form = compose((FULL,))
    answers = read_answers(form, filled(form, "2", mood="0"))
    assert answers == {
        FULL.reference: {item.link_id: 0 if item.link_id == "mood" else 2 for item in FULL.items}
    }


def test_what_else_was_sent_is_ignored() -> None:
    form = compose((FULL,))
    assert read_answers(form, filled(form) | {"csrf_token": "x", "q99": "3"}) == read_answers(
        form, filled(form)
    )


@pytest.mark.parametrize(
    "value", ["", " ", "4", "-1", "1.0", "01", "+1", " 1", "1 ", "¹", "١", "9" * 5000, "true", "declined"]
)
def test_anything_the_form_does_not_offer_is_refused_beside_its_question(value: str) -> None:
    form = compose((FULL,))
    assert refused(form, filled(form, mood=value)) == {
        "q2": "Select how often your mood was low, sad or empty"
    }


def test_every_missing_answer_is_named_in_the_order_shown() -> None:
    form = compose((OWN["safety-item"], OWN["hypomania"]))
    assert list(refused(form, {})) == ["q1", "q2", "q3", "q4"]
    assert shown(form)[-1] == "suicide"


def test_what_is_optional_may_be_declined_but_not_just_skipped() -> None:
    form = compose((OWN["urinary"],))
    answers = read_answers(form, filled(form, blood=DECLINED))
    assert answers[OWN["urinary"].reference] == {"frequency": 1, "urgency": 1, "pain": 1, "blood": None}
    assert list(refused(form, filled(form, blood=""))) == ["q4"]


def test_the_question_about_suicide_can_be_neither_declined_nor_skipped_even_where_a_file_allows_it() -> None:
    imported = read_questionnaire(fixture("contained-value-set"))
    form = compose((imported,))
    assert [asked.may_decline for asked in form.questions] == [True] * 8 + [False]
    assert list(refused(form, filled(form) | {"q9": DECLINED})) == ["q9"]
    assert list(refused(form, filled(form) | {"q9": ""})) == ["q9"]


def test_imported_questions_ask_for_their_answer_in_their_own_words() -> None:
    imported = read_questionnaire(fixture("contained-value-set"))
    form = compose((imported,))
    assert refused(form, filled(form) | {"q3": ""}) == {"q3": "Select an answer to “Topic 3”"}


def numbers() -> Form:
    return compose((read(fixture("whole-numbers")),))


def test_a_short_range_of_numbers_is_offered_as_buttons() -> None:
    ten, hundred, listed, yes_no, _ = numbers().questions
    assert [option.label for option in ten.options] == [str(number) for number in range(11)]
    assert hundred.options == ()
    assert [option.weight for option in listed.options] == [1, 2, 3]
    assert [(plain(option.label), option.weight) for option in yes_no.options] == [("Yes", 1), ("No", 0)]


def test_buttons_and_typed_numbers_ask_for_their_answer_differently() -> None:
    ten, hundred, *_ = numbers().questions
    assert plain(ten.missing) == "Select an answer to “Topic 1”"
    assert plain(hundred.missing) == "Enter a whole number from 0 to 100 for “Topic 2”"


def test_more_than_eleven_numbers_are_typed() -> None:
    limits = [
        {"url": f"http://hl7.org/fhir/StructureDefinition/{name}", "valueInteger": value}
        for name, value in (("minValue", 1), ("maxValue", 12))
    ]
    number = {"linkId": "n", "text": "How many?", "type": "integer", "extension": limits}
    (typed, _) = compose((read(questionnaire(number)),)).questions
    assert typed.options == ()
    limits[1]["valueInteger"] = 11
    (buttons, _) = compose((read(questionnaire(number)),)).questions
    assert [option.weight for option in buttons.options] == list(range(1, 12))


@pytest.mark.parametrize(("value", "number"), [("0", 0), ("57", 57), ("100", 100), (" 57 ", 57), ("007", 7)])
def test_a_wide_range_is_typed_in(value: str, number: int) -> None:
    form = numbers()
    answers = read_answers(form, filled(form, hundred=value))
    assert answers["http://example.org/Questionnaire/whole-numbers|1"]["hundred"] == number


@pytest.mark.parametrize("value", ["101", "-1", "5.5", "1e1", "٥", "99999999999999999999", "abc", "", "5 7"])
def test_a_number_out_of_range_is_refused_with_the_range(value: str) -> None:
    form = numbers()
    assert refused(form, filled(form, hundred=value)) == {
        "q2": "Enter a whole number from 0 to 100 for “Topic 2”"
    }


def nested() -> Form:
    return compose((read_questionnaire(fixture("nested-groups")),))


def test_a_question_that_does_not_apply_needs_no_answer_and_keeps_none() -> None:
    form = nested()
    given = filled(form, "0") | {"q4": "3"}
    answers = read_answers(form, given)
    assert answers[form.instruments[0].reference] == {"q1": 0, "q2": 0, "q3": 0, "suicide": 0}


def test_a_question_that_applies_needs_its_answer() -> None:
    form = nested()
    submitted = filled(form, "0") | {"q1": "3", "q4": "", "q5": ""}
    assert list(refused(form, submitted)) == ["q4", "q5"]


def test_a_wrong_answer_asks_for_nothing_that_hangs_on_it() -> None:
    form = nested()
    assert list(refused(form, filled(form, "0") | {"q1": "x", "q4": "", "q5": ""})) == ["q1"]


def test_rules_name_the_fields_of_the_form() -> None:
    form = compose((FULL, nested().instruments[0]))
    difficult = next(asked for asked in form.questions if asked.link_id == "difficult")
    (rule,) = difficult.enable_when
    names = {asked.name: asked.link_id for asked in form.questions}
    assert [names[condition.link_id] for condition in rule.conditions] == ["q1", "q2", "q3"]
    assert rule.conditions[0].operator is Operator.NOT_EQUAL


def hanging_on_suicide() -> Form:
    condition = {"question": "s", "operator": "!=", "answerCoding": {"code": "a0"}}
    document = questionnaire(
        question("s", code=[SUICIDE], required=True), question("after", required=True, enableWhen=[condition])
    )
    return compose((read(document, no_safety_item=False),))


def test_a_question_that_hangs_on_the_last_one_may_stay_open_but_is_kept_when_answered() -> None:
    form = hanging_on_suicide()
    assert shown(form) == ["after", "s"]
    reference = form.instruments[0].reference
    assert read_answers(form, {"q1": "", "q2": "2"}) == {reference: {"s": 2}}
    assert read_answers(form, {"q1": "3", "q2": "2"}) == {reference: {"s": 2, "after": 3}}
    assert read_answers(form, {"q1": "3", "q2": "0"}) == {reference: {"s": 0}}
    assert list(refused(form, {"q1": "9", "q2": "2"})) == ["q1"]


def test_scores_come_in_the_order_of_the_instruments_from_stored_answers_alone() -> None:
    form = compose((FULL, OWN["urinary"]))
    answers = read_answers(form, filled(form, "1"))
    found = scores((FULL, OWN["urinary"]), answers)
    assert [(each.line, each.value) for each in found] == [
        (Line.PHQ_STYLE, 9.0),
        (MOOD_CORE, 3.0),
        (OWN["urinary"].reference, 4.0),
    ]
    assert scores((OWN["hypomania"],), answers) == ()


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_the_safety_level_is_the_answer_about_suicide(level: int) -> None:
    form = compose((FULL, OWN["side-effects"]))
    answers = read_answers(form, filled(form, "3", suicide=str(level)))
    assert safety_level((FULL, OWN["side-effects"]), answers) == level


def test_the_highest_of_several_counts() -> None:
    imported = read_questionnaire(fixture("contained-value-set"))
    form = compose((imported, FULL))
    submitted = filled(form, "0") | {form.questions[-2].name: "2", form.questions[-1].name: "1"}
    assert safety_level(form.instruments, read_answers(form, submitted)) == 2


def test_the_own_question_counts_even_if_the_caller_does_not_name_it() -> None:
    form = compose((OWN["urinary"],))
    answers = read_answers(form, filled(form, "0", suicide="3"))
    assert safety_level((OWN["urinary"],), answers) == 3


def with_safety(**members: object) -> Instrument:
    return read(questionnaire(question("s", **members)), safety_item="s", no_safety_item=False)


def test_a_yes_counts_as_one() -> None:
    instrument = with_safety(type="boolean", answerOption=[])
    assert safety_level((instrument,), {instrument.reference: {"s": 1}}) == 1
    assert safety_level((instrument,), {instrument.reference: {"s": 0}}) == 0


def test_a_scale_that_starts_at_one_is_counted_from_its_lowest_answer() -> None:
    options = [{"valueInteger": number} for number in (1, 2, 3, 4, 5)]
    instrument = with_safety(answerOption=options)
    levels = [safety_level((instrument,), {instrument.reference: {"s": weight}}) for weight in (1, 2, 5)]
    assert levels == [0, 1, 4]


def test_no_answer_about_suicide_is_not_a_zero() -> None:
    assert safety_level((FULL,), {}) is None
    assert safety_level((FULL,), {FULL.reference: {"mood": 3}}) is None


def test_notes_and_copyright_lines_stand_under_the_form() -> None:
    lhc: Document = fixture("lhc-forms") | {"copyright": "Somebody's"}
    form = compose((FULL, read_questionnaire(lhc)))
    assert form.notes == ("Placeholder closing words", "Somebody's")


@pytest.mark.parametrize(
    ("questions", "seconds", "minutes"),
    [
        (1, [], 1),
        (7, [], 1),
        (9, [], 2),
        (16, [], 3),
        (9, [30, 40], 2),
        (9, [30, 40, 50], 1),
        (9, [30, 61, 240], 2),
        (9, [30, 40, 1801], 2),
        (9, [300, 320, 340, 7200], 6),
    ],
)
def test_the_minutes_are_this_persons_median_once_three_times_are_known(
    questions: int, seconds: list[int], minutes: int
) -> None:
    assert usual_minutes(questions, [timedelta(seconds=each) for each in seconds]) == minutes
