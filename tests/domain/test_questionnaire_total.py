"""What a total counts: read from its formula where that is plainly a sum, never guessed."""

import pytest
from questionnaire_files import Document, changed, question, questionnaire, read, refusals, total

VARIABLE = "http://hl7.org/fhir/StructureDefinition/variable"
DIFFICULTY = {"system": "http://loinc.org", "code": "69722-7"}
PHQ_9 = {"system": "http://loinc.org", "code": "44261-6"}


def variable(name: str, expression: str) -> Document:
    return {"url": VARIABLE, "valueExpression": {"name": name, "expression": expression}}


def form(expression: str, **members: object) -> Document:
    """Three questions, the last two of them in a group, one on difficulty, and a total."""
    group = {"linkId": "g", "type": "group", "item": [question("b"), question("c")]}
    return questionnaire(question("a"), group, question("d", code=[DIFFICULTY]), total(expression), **members)


@pytest.mark.parametrize(
    ("expression", "counted"),
    [
        ("%resource.answers().value.ordinal().sum()", "abc"),
        ("%resource.repeat(item).answer.weight().sum()", "abc"),
        ("%resource.descendants().answer.value.ordinal().aggregate($this + $total, 0)", "abc"),
        ("%resource.repeat(item).where(linkId != 'b').answer.weight().sum()", "ac"),
        ("%resource.repeat(item).where(linkId in ('c' | 'a')).answer.value.ordinal().sum()", "ac"),
        ("%resource.item.where(linkId='g').item.answer.value.ordinal().sum()", "bc"),
        ("%resource.item.where(linkId = 'g').item.where(linkId = 'b').answer.value.ordinal().sum()", "b"),
        ("%resource.item.where(linkId='a').answer.value.ordinal() + iif(%b.exists(), %b, 0)", "ab"),
        ("iif(%any, %b + %b2, {})", "bc"),
        ("%resource.item.where(linkId='a' or linkId='d').answer.value.ordinal().sum()", "a"),
    ],
)
def test_plain_sums(expression: str, counted: str) -> None:
    variables = [
        variable("b", "%resource.item.where(linkId='g').item.where(linkId='b').answer.value.ordinal()"),
        variable("b2", "%resource.item.where(linkId='g').item.where(linkId='c').answer.value.ordinal()"),
        variable("any", "%b.exists() or %b2.exists()"),
        variable("unused", "1 / 0"),
    ]
    scoring = read(form(expression, extension=variables)).scoring
    assert scoring is not None
    assert scoring.items == tuple(counted)


@pytest.mark.parametrize(
    "expression",
    [
        "%resource.answers().value.ordinal().sum() * 4",
        "%resource.answers().value.ordinal().sum() / 3",
        "12 - %resource.answers().value.ordinal().sum()",
        "%resource.answers().value.ordinal().sum() div 2",
        "%resource.answers().value.ordinal().sum() + 1",
        "%resource.answers().value.ordinal().max()",
        "%resource.answers().value.ordinal().avg()",
        "%resource.answers().count()",
        "iif(%resource.item.where(linkId='a').answer.value.code = 'a3', %resource.answers().sum(), 0)",
        "%resource.repeat(item).where(linkId.startsWith('a')).answer.value.ordinal().sum()",
        "%resource.repeat(item).where(answer.value.exists()).answer.value.ordinal().sum()",
        "%resource.repeat(item).where('a' = linkId).answer.value.ordinal().sum()",
        "%unknown + %resource.answers().value.ordinal().sum()",
        "%resource.item.where(linkId='a').answer.value.ordinal()",
        "",
        "+" * 30_000,
        "linkId in (" + "'a' | " * 3_000 + "sum()",
    ],
)
def test_anything_else_needs_a_scoring_file(expression: str) -> None:
    assert "not a plain sum" in refusals(form(expression))["total"]


def test_a_scoring_file_decides_where_the_formula_does_not() -> None:
    document = form("%resource.answers().value.ordinal().sum() / 3")
    scoring = read(document, scoring={"total": ["c", "a"]}).scoring
    assert scoring is not None
    assert scoring.items == ("a", "c")


def test_a_formula_may_not_count_what_is_not_asked() -> None:
    found = refusals(
        form("%resource.item.where(linkId='a' or linkId='nowhere').answer.value.ordinal().sum()")
    )
    assert "the form has no such question" in found["nowhere"]


def test_a_formula_that_counts_free_text_is_refused() -> None:
    free = {"linkId": "free", "text": "Anything?", "type": "string"}
    document = questionnaire(
        question("a"), free, total("%resource.item.where(linkId='a' or linkId='free').answer.value.sum()")
    )
    assert "the form has no such question" in refusals(document)["free"]


def test_a_formula_over_weights_leaves_plain_numbers_out() -> None:
    number = {"linkId": "n", "text": "How many?", "type": "integer"}
    scoring = read(
        questionnaire(question("a"), number, total("%resource.item.answer.weight().sum()"))
    ).scoring
    assert scoring is not None
    assert scoring.items == ("a",)


def test_a_formula_over_values_counts_plain_numbers_which_then_need_a_limit() -> None:
    number = {"linkId": "n", "text": "How many?", "type": "integer"}
    document = questionnaire(question("a"), number, total("%resource.item.answer.value.sum()"))
    assert "it has no maxValue" in refusals(document)["n"]


def test_yes_and_no_count_only_by_a_scoring_file() -> None:
    yes = {"linkId": "y", "text": "Yes?", "type": "boolean"}
    document = questionnaire(yes, total("%resource.item.where(linkId='y').answer.value.sum()"))
    assert "yes and no carry no weights" in refusals(document)["y"]
    scoring = read(document, scoring={"total": ["y"]}).scoring
    assert scoring is not None
    assert scoring.maximum == 1


def test_without_a_total_questions_of_one_scale_are_summed() -> None:
    scoring = read(questionnaire(question("a"), question("b"))).scoring
    assert scoring is not None
    assert (scoring.items, scoring.maximum) == (("a", "b"), 6)


def test_without_a_total_different_scales_need_a_scoring_file() -> None:
    other = question("b")
    other["answerOption"].pop()
    assert "no total says which of them count" in refusals(questionnaire(question("a"), other))[None]


def test_of_several_totals_none_is_chosen() -> None:
    first = total("%resource.item.answer.value.ordinal().sum()")
    document = questionnaire(question("a"), first, first | {"linkId": "total-2"})
    assert "one of several totals" in refusals(document)["total"]


def test_the_total_of_a_part_is_not_the_total() -> None:
    part = total("%resource.item.where(linkId='a').answer.value.ordinal().sum()", linkId="/55758-7")
    whole = total("%resource.item.answer.value.ordinal().sum()")
    scoring = read(questionnaire(question("a"), question("b"), part, whole)).scoring
    assert scoring is not None
    assert scoring.items == ("a", "b")


def test_the_totals_of_two_instruments_in_one_file_are_refused() -> None:
    gad_7 = total("", linkId="/70274-6")
    document = questionnaire(question("a"), gad_7, total("", code=[PHQ_9]))
    assert "the totals of several instruments" in refusals(document)[None]


def test_a_total_with_a_known_code_goes_before_other_calculated_numbers() -> None:
    half = total("%resource.item.where(linkId='H1/T1/Q1').answer.value.ordinal().sum()", linkId="half")
    document = changed("contained-value-set", lambda each: each["item"].insert(0, half))
    scoring = read(document, no_safety_item=False).scoring
    assert scoring is not None
    assert scoring.maximum == 27


def test_a_formula_that_fails_does_not_hide_what_else_is_wrong() -> None:
    unreadable = question("b", answerOption=[])
    document = questionnaire(
        question("a"),
        unreadable,
        total("%resource.item.where(linkId='b' or linkId='x').answer.ordinal().sum()"),
    )
    found = refusals(document)
    assert set(found) == {"b", "x"}
    assert "no answers to choose from" in found["b"]


def test_a_known_total_must_have_its_published_questions() -> None:
    document = changed("contained-value-set", lambda each: each["item"][0]["item"].pop(3))
    words = "The total of phq-9 sums 9 questions, up to 27; this form has 8, up to 24."
    assert refusals(document)[None] == words


def test_a_known_instrument_without_anything_to_sum_is_refused() -> None:
    number = {"linkId": "n", "text": "How many?", "type": "integer"}
    assert "this form has 0, up to 0" in refusals(questionnaire(number, code=[{"code": "44249-1"}]))[None]


def test_a_tenth_question_with_other_answers_does_not_count_in_a_known_total() -> None:
    options = [
        {**option, "valueCoding": {"code": f"other {place}"}}
        for place, option in enumerate(question("x")["answerOption"])
    ]
    tenth = question("tenth", answerOption=options)
    document = changed("contained-value-set", lambda each: each["item"].append(tenth))
    instrument = read(document, no_safety_item=False)
    assert instrument.scoring is not None
    assert (len(instrument.scoring.items), instrument.scoring.maximum) == (9, 27)
    assert "tenth" not in instrument.scoring.items
    assert any(remark.values["item"] == "tenth" for remark in instrument.remarks)


def test_a_tenth_question_with_the_same_answers_leaves_a_known_total_undecided() -> None:
    tenth = {"linkId": "tenth", "text": "Topic 10", "type": "choice", "answerValueSet": "#VS"}
    document = changed("contained-value-set", lambda each: each["item"].append(tenth))
    assert "this form has 10, up to 30" in refusals(document)[None]
