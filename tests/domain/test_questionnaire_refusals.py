"""What cannot be taken is refused with the item and the reason, everything at once."""

from collections.abc import Callable

import pytest
from questionnaire_files import (
    Document,
    changed,
    fixture,
    question,
    questionnaire,
    read,
    refusals,
    total,
    weighted,
)

from checkin.domain.errors import Problems
from checkin.domain.questionnaire import read_questionnaire

BROKEN = {
    "twice": "Another item has the same linkId.",
    "4": "It has no usable linkId (its place is counted from the top).",
    "no-weights": "Its answers carry no weights. Name them in a scoring file.",
    "some-weights": "Its answer y has no weight, others have.",
    "half-weight": "It has a weight that is no whole number from 0 to 1000: 0.5.",
    "same-weight": "Two of its answers have the same weight and could not be told apart later.",
    "free-text": "It needs free text (text), which a check-in does not ask for.",
    "open-choice": "It needs free text (open-choice), which a check-in does not ask for.",
    "picture": "A check-in cannot ask for the type attachment.",
    "elsewhere": "Its answers are in http://example.org/ValueSet/elsewhere, which is not in the file.",
    "no-answers": "It has no answers to choose from.",
    "several": "It takes several answers at once (repeats).",
    "silent": "It has no text.",
    "stu3": "It is written for FHIR STU3 (option); this program reads R4 (answerOption).",
    "r5": "It is written for FHIR R5 (coding); this program reads R4 (choice).",
    "looks-ahead": "Its enableWhen looks at last, which is not asked before it.",
    "by-date": "Its enableWhen compares fine with something it cannot be answered with.",
    "unclear": "It has several enableWhen but no enableBehavior.",
    "by-formula": "Whether it is asked depends on a formula (enableWhenExpression).",
    "many": "The group repeats, which a check-in cannot do.",
    "upside-down": "Its smallest and largest number are not within 0 and 9999.",
    "mean": "How it is calculated is not a plain sum. Name the questions that count in a scoring file.",
}


def test_everything_that_is_wrong_is_said_at_once_with_its_item() -> None:
    assert refusals(fixture("broken")) == {item: f"Item {item}: {why}" for item, why in BROKEN.items()}


def test_each_problem_stands_beside_its_item() -> None:
    with pytest.raises(Problems) as refused:
        read_questionnaire(fixture("unweighted"))
    assert [problem.field for problem in refused.value.items] == ["u1", "u2", "u3", "kind"]


def ninth_of_phq_9(**members: object) -> Callable[[Document], object]:
    return lambda document: document["item"][0]["item"][2].update(members)


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"type": "string"}, "this form has 8"),
        ({"type": "attachment"}, "cannot ask for the type attachment"),
        ({"type": "quantity"}, "cannot ask for the type quantity"),
        ({"answerValueSet": "#other"}, "#other, which is not in the file"),
        ({"linkId": "H1/T1/Q2"}, "Another item has the same linkId"),
        ({"text": ""}, "It has no text"),
        ({"linkId": " padded"}, "no usable linkId"),
        ({"linkId": "x" * 256}, "no usable linkId"),
        ({"linkId": "\ud800"}, "no usable linkId"),
        ({"linkId": 7}, "no usable linkId"),
        ({"text": "\ud800"}, "characters that cannot be shown"),
        ({"text": "x" * 10_001}, "longer than 10000 characters"),
        ({"modifierExtension": [{"url": "urn:x"}]}, "modifierExtension"),
        ({"item": "nested"}, "item is not a list of objects"),
    ],
)
def test_one_broken_question_of_a_published_form_refuses_it(members: Document, why: str) -> None:
    document = changed("contained-value-set", ninth_of_phq_9(**members))
    assert any(why in words for words in refusals(document).values())


def test_a_published_form_without_its_weights_names_each_question() -> None:
    def take_weights(document: Document) -> None:
        for concept in document["contained"][0]["compose"]["include"][0]["concept"]:
            del concept["extension"]

    found = refusals(changed("contained-value-set", take_weights))
    assert set(found) == {f"H1/T1/Q{number}" for number in range(1, 10)}
    assert "carry no weights" in found["H1/T1/Q5"]


@pytest.mark.parametrize(
    ("compose", "why"),
    [
        ({"include": [{"system": "urn:x", "filter": [{}]}]}, "chooses codes by rule"),
        ({"include": [{"valueSet": ["urn:x"]}]}, "chooses codes by rule"),
        ({"include": [], "exclude": []}, "leaves codes out by rule"),
        ({"include": [{"system": "urn:elsewhere"}]}, "no answers to choose from"),
        ({"include": [{"system": "urn:x", "concept": [{"display": "No code"}]}]}, "has no code"),
        ({"include": "x"}, "include is not a list of objects"),
    ],
)
def test_value_sets_that_cannot_be_listed(compose: Document, why: str) -> None:
    document = changed("contained-value-set", lambda each: each["contained"][0].update(compose=compose))
    assert all(why in words for words in refusals(document).values())


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ([weighted("a", -1), weighted("b", 0)], "no whole number from 0 to 1000: -1"),
        ([weighted("a", float("nan"))], "no whole number"),
        ([weighted("a", float("inf"))], "no whole number"),
        ([weighted("a", 10**30)], "no whole number"),
        ([weighted("a", True)], "no whole number"),
        ([weighted("a", 0), weighted("a", 1)], "same code"),
        ([weighted(f"a{n}", n) for n in range(51)], "more than 50 answers"),
        ([{"valueDate": "2020-01-01"}], "neither a code, a text nor a whole number"),
        ("x", "answerOption is not a list of objects"),
        ([1], "answerOption is not a list of objects"),
    ],
)
def test_answers_that_cannot_be_kept(options: object, why: str) -> None:
    assert why in refusals(questionnaire(question("a", answerOption=options)))["a"]


def test_limits_of_a_number_must_be_whole() -> None:
    limit = {"url": "http://hl7.org/fhir/StructureDefinition/maxValue", "valueDecimal": 2.5}
    document = questionnaire({"linkId": "n", "text": "How many?", "type": "integer", "extension": [limit]})
    assert "not a whole one" in refusals(document)["n"]


def test_answers_in_something_that_is_no_value_set() -> None:
    contained = [{"resourceType": "Patient", "id": "p"}]
    document = questionnaire(
        {"linkId": "a", "text": "T", "type": "choice", "answerValueSet": "#p"}, contained=contained
    )
    assert "#p is not a ValueSet" in refusals(document)["a"]


def test_two_different_weights_of_one_answer() -> None:
    option = weighted("a", 1)
    option["valueCoding"]["extension"] = weighted("a", 2)["extension"]
    assert "two different weights" in refusals(questionnaire(question("a", answerOption=[option])))["a"]


def test_answers_given_in_two_places() -> None:
    assert (
        "both answerOption and answerValueSet"
        in refusals(questionnaire(question("a", answerValueSet="#x")))["a"]
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda document: document.update(resourceType="Bundle"), "no FHIR Questionnaire"),
        (lambda document: document.pop("resourceType"), "no FHIR Questionnaire"),
        (lambda document: document.update(item=[]), "asks nothing"),
        (lambda document: document["item"][0].update(type="text"), "asks nothing"),
        (lambda document: document.update(item={"0": "x"}), "item is not a list of objects"),
        (lambda document: document.update(url="a|b"), "url of the form is not usable"),
        (lambda document: document.update(version="1|2"), "version of the form is not usable"),
        (lambda document: document.update(title="\x00"), "title holds characters that cannot be shown"),
        (lambda document: document.pop("title"), "no title, name or id"),
        (lambda document: document.update(implicitRules="urn:x"), "implicitRules"),
        (lambda document: document.update(modifierExtension=[]), "modifierExtension"),
    ],
)
def test_what_is_wrong_with_a_file_as_a_whole(change: Callable[[Document], object], why: str) -> None:
    document = questionnaire(question("a"))
    change(document)
    assert why in refusals(document)[None]


@pytest.mark.parametrize(
    "condition",
    [
        {"question": "first", "operator": ">", "answerCoding": {"code": "a1"}},
        {"question": "first", "operator": "=", "answerCoding": {"code": "unknown"}},
        {"question": "first", "operator": "=", "answerString": "unknown"},
        {"question": "first", "operator": "="},
        {"question": "first", "operator": "exists", "answerInteger": 1},
        {"question": "first", "operator": "almost", "answerCoding": {"code": "a1"}},
        {"question": "missing", "operator": "exists", "answerBoolean": True},
        {"question": 7, "operator": "exists", "answerBoolean": True},
        {"question": "yes", "operator": ">", "answerBoolean": True},
        {"question": "yes", "operator": "=", "answerCoding": {"code": "true"}},
        {"question": "number", "operator": ">", "answerCoding": {"code": "a1"}},
        {"question": "number", "operator": ">", "answerDecimal": 1.5},
        {"question": "total", "operator": ">", "answerInteger": 3},
    ],
)
def test_conditions_that_cannot_be_decided(condition: Document) -> None:
    document = questionnaire(
        question("first"),
        {"linkId": "yes", "text": "Yes?", "type": "boolean"},
        {"linkId": "number", "text": "How many?", "type": "integer"},
        total("%resource.item.answer.value.ordinal().sum()"),
        question("depends", enableWhen=[condition]),
    )
    assert "Its enableWhen" in refusals(document)["depends"]


@pytest.mark.parametrize(
    ("scoring", "item", "why"),
    [
        ({"wheights": {}}, None, "unknown member: wheights"),
        ({"weights": {"a": {"a0": "zero"}}}, "a", "weight for a0 is no whole number"),
        ({"weights": {"a": {"a0": 0.5}}}, "a", "weight for a0 is no whole number"),
        ({"weights": []}, None, "not written as linkId, answer code and number"),
        ({"weights": {"b": {"a0": 0}}}, "b", "the form has no such question"),
        ({"weights": {"a": {"b9": 0}}}, "a", "names its answer b9, which it does not have"),
        ({"weights": {"a": {"a0": 3}}}, "a", "gives other weights than the form itself"),
        ({"total": "a"}, None, "not a list of linkIds"),
        ({"total": ["b"]}, "b", "the form has no such question"),
    ],
)
def test_a_scoring_file_that_does_not_fit(scoring: Document, item: str | None, why: str) -> None:
    assert why in refusals(questionnaire(question("a")), scoring=scoring)[item]


def test_a_scoring_file_must_weigh_all_answers_of_what_it_counts() -> None:
    scoring = {"weights": {"*": {"never": 0, "sometimes": 1}}, "total": ["u1"]}
    assert "Its answer always has no weight" in refusals(fixture("unweighted"), scoring=scoring)["u1"]


def test_a_scoring_file_may_say_that_there_is_no_total() -> None:
    instrument = read(fixture("unweighted"), scoring={"total": []})
    assert instrument.scoring is None
    assert not any(item.scored for item in instrument.items)
