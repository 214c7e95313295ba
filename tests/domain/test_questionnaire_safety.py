"""The question about suicide is found, named or expressly denied: never overlooked, never hidden."""

import pytest
from questionnaire_files import Document, changed, fixture, question, questionnaire, read, refusals

from checkin.domain.questionnaire import NeedsSafetyItem, read_questionnaire

SUICIDE = {"system": "http://loinc.org", "code": "44260-8"}


def safety(document: Document, **choices: object) -> list[str]:
    return [item.link_id for item in read_questionnaire(document, **choices).safety_items]  # type: ignore[arg-type]


def test_it_is_found_by_its_loinc_code_wherever_it_stands() -> None:
    assert safety(questionnaire(question("a", code=[{"code": "x"}, SUICIDE]), question("b"))) == ["a"]


def test_it_is_found_by_a_code_without_a_system_and_by_an_lhc_link_id() -> None:
    assert safety(questionnaire(question("a", code=[{"code": "44260-8"}]))) == ["a"]
    assert safety(questionnaire(question("/44249-1/44260-8"))) == ["/44249-1/44260-8"]


def test_the_same_code_of_another_system_is_another_thing() -> None:
    document = questionnaire(question("a", code=[{"system": "http://example.org", "code": "44260-8"}]))
    with pytest.raises(NeedsSafetyItem):
        read_questionnaire(document)


def test_the_ninth_question_of_an_uncoded_phq_9_is_taken_and_staff_are_told() -> None:
    instrument = read_questionnaire(fixture("contained-value-set"))
    assert [item.link_id for item in instrument.safety_items] == ["H1/T1/Q9"]
    (remark,) = instrument.remarks
    assert remark.values == {"item": "H1/T1/Q9", "name": "phq-9"}


def test_staff_who_named_that_question_need_not_be_told() -> None:
    assert read_questionnaire(fixture("contained-value-set"), safety_item="H1/T1/Q9").remarks == ()


def test_naming_another_question_does_not_take_the_ninth_away() -> None:
    assert safety(fixture("contained-value-set"), safety_item="H1/T1/Q1") == ["H1/T1/Q1", "H1/T1/Q9"]


def test_it_is_not_taken_by_its_place_where_the_questions_say_what_they_are() -> None:
    def code_the_first(document: Document) -> None:
        document["item"][0]["item"][0]["code"] = [{"system": "http://loinc.org", "code": "44250-9"}]

    with pytest.raises(NeedsSafetyItem):
        read_questionnaire(changed("contained-value-set", code_the_first))


def test_staff_are_asked_where_nothing_says_it_with_the_questions_to_choose_from() -> None:
    with pytest.raises(NeedsSafetyItem) as asked:
        read_questionnaire(questionnaire(question("a"), question("b")))
    assert asked.value.questions == (("a", "Topic a"), ("b", "Topic b"))


def test_staff_may_name_it() -> None:
    assert safety(questionnaire(question("a"), question("b")), safety_item="b") == ["b"]


def test_a_named_one_comes_on_top_of_a_coded_one() -> None:
    document = questionnaire(question("a", code=[SUICIDE]), question("b"))
    assert safety(document, safety_item="b") == ["a", "b"]


def test_staff_may_confirm_that_there_is_none() -> None:
    assert safety(questionnaire(question("a")), no_safety_item=True) == []


def test_a_coded_one_cannot_be_denied() -> None:
    assert "It asks about suicide" in refusals(questionnaire(question("a", code=[SUICIDE])))["a"]
    assert "It asks about suicide" in refusals(fixture("contained-value-set"))["H1/T1/Q9"]


def test_naming_what_is_not_there_is_refused() -> None:
    found = refusals(questionnaire(question("a")), safety_item="nowhere", no_safety_item=False)
    assert "not among those that can be asked" in found["nowhere"]


@pytest.mark.parametrize(
    "members",
    [
        {"type": "text"},
        {"readOnly": True},
        {
            "extension": [
                {"url": "http://hl7.org/fhir/StructureDefinition/questionnaire-hidden", "valueBoolean": True}
            ]
        },
    ],
)
def test_it_must_be_askable(members: Document) -> None:
    document = questionnaire(question("a"), question("b", code=[SUICIDE], **members))
    assert "not among those that can be asked" in refusals(document, no_safety_item=False)["b"]


def test_its_answers_must_carry_weights_even_where_it_does_not_count() -> None:
    options = [{"valueCoding": {"code": "yes"}}, {"valueCoding": {"code": "no"}}]
    document = questionnaire(question("a"), question("b", answerOption=options))
    found = refusals(document, safety_item="b", no_safety_item=False, scoring={"total": ["a"]})
    assert "The answers to the question about suicide carry no weights" in found["b"]


def test_a_condition_on_it_is_dropped_and_staff_are_told() -> None:
    condition = {"question": "a", "operator": "=", "answerCoding": {"code": "a3"}}
    instrument = read(
        questionnaire(question("a"), question("b", code=[SUICIDE], enableWhen=[condition])),
        no_safety_item=False,
    )
    assert instrument.item("b").enable_when == ()
    assert instrument.remarks[0].values == {"item": "b"}
