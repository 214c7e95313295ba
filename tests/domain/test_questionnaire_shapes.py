"""Every shape in which questionnaires are published is read into the same kind of instrument."""

import pytest
from questionnaire_files import (
    FOLDER,
    Document,
    changed,
    fixture,
    plain,
    question,
    questionnaire,
    read,
    refusals,
    total,
)

from checkin.domain.instrument import Condition, Instrument, Kind, Operator, Rule, score
from checkin.domain.questionnaire import load_document, read_questionnaire

HIDDEN = {"url": "http://hl7.org/fhir/StructureDefinition/questionnaire-hidden", "valueBoolean": True}
NINE = ("44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8")


def weights(instrument: Instrument, link_id: str) -> list[tuple[str, int]]:
    return [(plain(option.label), option.weight) for option in instrument.item(link_id).options]


def test_weights_on_the_concepts_of_a_contained_value_set() -> None:
    instrument = read_questionnaire(fixture("contained-value-set"))
    assert instrument.reference == "http://example.org/Questionnaire/contained-value-set|3.0.0"
    assert (instrument.name, instrument.title) == ("phq-9", "Placeholder of nine topics")
    assert instrument.line == instrument.reference
    assert instrument.copyright == "Placeholder copyright"
    assert [item.link_id for item in instrument.items] == [f"H1/T1/Q{number}" for number in range(1, 10)]
    assert all(item.context == ("Placeholder recall period",) for item in instrument.items)
    assert weights(instrument, "H1/T1/Q1") == [(f"Answer {weight}", weight) for weight in range(4)]


def test_its_total_sums_all_weights_up_to_27() -> None:
    instrument = read_questionnaire(fixture("contained-value-set"))
    answers = {item.link_id: place % 4 for place, item in enumerate(instrument.items)}
    (found,) = score(instrument, answers)
    assert (found.value, found.maximum, found.prorated) == (12.0, 27.0, False)


def test_an_lhc_forms_export() -> None:
    instrument = read_questionnaire(fixture("lhc-forms"))
    assert instrument.scoring is not None
    assert instrument.scoring.items == tuple(f"/{code}" for code in NINE)
    assert (instrument.name, instrument.scoring.maximum) == ("phq-9", 27)
    assert [item.link_id for item in instrument.safety_items] == ["/44260-8"]
    assert instrument.item("/44250-9").required
    assert instrument.notes == ("Placeholder closing words",)


def test_its_total_is_not_asked_and_its_scoring_hint_not_shown() -> None:
    instrument = read_questionnaire(fixture("lhc-forms"))
    assert "/44261-6" not in {item.link_id for item in instrument.items}
    assert "How to score" not in {line for item in instrument.items for line in item.context}


def test_its_question_on_difficulty_keeps_the_place_in_the_list_and_counts_for_nothing() -> None:
    difficulty = read_questionnaire(fixture("lhc-forms")).item("/69722-7")
    assert not difficulty.scored
    assert [option.weight for option in difficulty.options] == [0, 1, 2, 3]
    assert difficulty.context[-1] == "Placeholder instruction"


def test_an_export_without_address_and_version_is_known_by_its_content() -> None:
    first = read_questionnaire(fixture("lhc-forms"))
    again = read_questionnaire(fixture("lhc-forms"))
    other = read_questionnaire(changed("lhc-forms", lambda document: document.update(publisher="Somebody")))
    assert first.url == "urn:checkin:imported:placeholder-panel"
    assert first.version.startswith("sha256-")
    assert first.reference == again.reference != other.reference


def test_item_weights_on_the_coding_in_nested_groups() -> None:
    instrument = read_questionnaire(fixture("nested-groups"))
    assert weights(instrument, "q1") == [("A 0", 0), ("A 1", 1), ("A 2", 2), ("A 3", 3)]
    assert instrument.item("q4").context == ("Outer heading", "Inner heading 2")
    assert instrument.name == "nestedgroups"


def test_enable_when_becomes_rules_over_weights_for_all_questions_of_a_group() -> None:
    instrument = read_questionnaire(fixture("nested-groups"))
    assert instrument.item("q4").enable_when == (
        Rule(conditions=(Condition(link_id="q1", operator=Operator.EQUAL, value=3),)),
    )
    (rule,) = instrument.item("difficult").enable_when
    assert rule.any_of
    assert [(each.link_id, each.operator, each.value) for each in rule.conditions] == [
        (f"q{number}", Operator.NOT_EQUAL, 0) for number in (1, 2, 3)
    ]


def test_a_weighted_question_on_difficulty_stays_outside_a_total_that_names_nothing() -> None:
    instrument = read_questionnaire(fixture("nested-groups"))
    assert instrument.scoring is not None
    assert instrument.scoring.items == ("q1", "q2", "q3", "q4", "suicide")


@pytest.mark.parametrize(
    "link_id", ["by-value-set", "by-listed-codes", "by-canonical", "by-code-system", "by-property"]
)
def test_weights_in_a_contained_code_system(link_id: str) -> None:
    instrument = read(fixture("code-system"))
    assert weights(instrument, link_id) == [(f"Answer {weight}", weight) for weight in range(4)]
    assert instrument.scoring is not None
    assert instrument.scoring.maximum == 15


def test_a_value_set_expansion_found_by_its_canonical_address() -> None:
    instrument = read_questionnaire(fixture("expansion"))
    assert weights(instrument, "g1.q1") == [(f"often {weight}", weight) for weight in range(4)]
    assert instrument.scoring is not None
    assert (instrument.name, len(instrument.scoring.items)) == ("phq-9", 9)
    assert instrument.item("g1.q9").context == ("Placeholder recall period",)
    assert instrument.notes == ()


def test_a_known_instrument_is_known_by_a_code_on_the_form_a_group_or_a_text() -> None:
    def uncode(document: Document) -> None:
        del document["code"]
        del document["item"][0]["code"]

    by_text = changed("expansion", uncode)
    assert read_questionnaire(by_text).name == "phq-9"
    del by_text["item"][0]["item"][-1]["code"]
    assert read_questionnaire(by_text).name == "placeholder-with-expansions"
    assert read_questionnaire(by_text | {"code": [{"code": "44249-1"}]}).name == "phq-9"


def test_whole_numbers_and_yes_or_no() -> None:
    instrument = read(fixture("whole-numbers"))
    kinds = {item.link_id: (item.kind, item.minimum, item.maximum) for item in instrument.items}
    assert kinds == {
        "ten": (Kind.INTEGER, 0, 10),
        "hundred": (Kind.INTEGER, 0, 100),
        "listed": (Kind.CHOICE, 1, 3),
        "yes-no": (Kind.BOOLEAN, 0, 1),
    }
    assert instrument.scoring is not None
    assert (instrument.scoring.items, instrument.scoring.maximum) == (("ten", "listed"), 13)


def test_free_text_nobody_has_to_give_is_left_out_and_staff_are_told() -> None:
    (remark,) = read(fixture("whole-numbers")).remarks
    assert plain(remark) == "Item free asks for free text and is left out."


def test_whole_numbers_without_limits_are_taken_but_make_no_total() -> None:
    document = questionnaire({"linkId": "n", "text": "How many?", "type": "integer"})
    assert read(document).scoring is None


def test_a_scoring_file_names_weights_and_the_total() -> None:
    instrument = read(fixture("unweighted"), scoring=fixture("unweighted.scoring"))
    assert instrument.scoring is not None
    assert (instrument.scoring.items, instrument.scoring.maximum) == (("u1", "u2", "u3"), 6)
    assert weights(instrument, "u1") == [("Never", 0), ("Sometimes", 1), ("Always", 2)]
    assert not instrument.item("kind").scored


def test_bands_come_only_with_the_total_of_a_known_instrument() -> None:
    known = read_questionnaire(fixture("contained-value-set")).scoring
    unknown = read_questionnaire(fixture("nested-groups")).scoring
    assert known is not None
    assert unknown is not None
    assert [band.lowest for band in known.bands] == [0, 5, 10, 15, 20]
    assert unknown.bands == ()


def test_texts_stand_above_the_questions_that_follow_them_until_the_next_texts() -> None:
    line = iter(range(10))
    note = lambda words: {"linkId": f"text-{next(line)}", "type": "display", "text": words}  # noqa: E731
    document = questionnaire(
        note("First"),
        note("Second"),
        question("a"),
        question("b"),
        note("Third"),
        question("c"),
        note("Last"),
    )
    instrument = read(document)
    contexts = {item.link_id: item.context for item in instrument.items}
    assert contexts == {"a": ("First", "Second"), "b": ("First", "Second"), "c": ("Third",)}
    assert instrument.notes == ("Last",)


def test_a_closing_text_before_a_calculated_total_stays_a_note() -> None:
    closing = {"linkId": "t", "type": "display", "text": "Closing words"}
    instrument = read(questionnaire(question("a"), closing, total("%resource.item.answer.weight().sum()")))
    assert instrument.notes == ("Closing words",)


def test_a_text_inside_a_question_belongs_to_that_question_alone() -> None:
    inside = [
        {"linkId": "a-help", "type": "display", "text": "Help"},
        {"linkId": "a-secret", "type": "display", "text": "Secret", "extension": [HIDDEN]},
    ]
    instrument = read(questionnaire(question("a", item=inside), question("b", item=[question("c")])))
    assert {item.link_id: item.context for item in instrument.items} == {"a": ("Help",), "b": (), "c": ()}
    assert instrument.notes == ()


def test_what_is_hidden_is_neither_asked_nor_shown() -> None:
    inside = [question("x"), {"linkId": "t", "type": "display", "text": "Secret"}]
    secret = {"linkId": "group", "type": "group", "text": "Secret", "extension": [HIDDEN], "item": inside}
    instrument = read(questionnaire(question("a"), secret, question("b")))
    assert [(item.link_id, item.context) for item in instrument.items] == [("a", ()), ("b", ())]
    assert read(questionnaire(question("a"), secret)).notes == ()


def test_a_known_misprint_in_the_gad_7_is_pointed_out() -> None:
    items = [question(f"q{number}") for number in range(7)]
    for item in items:
        item["answerOption"][0]["valueCoding"]["display"] = "Not at all sure"
    gad_7 = {"system": "http://loinc.org", "code": "70274-6"}
    document = questionnaire(*items, total("%resource.item.answer.value.ordinal().sum()", code=[gad_7]))
    instrument = read(document)
    assert (instrument.name, len(instrument.remarks)) == ("gad-7", 7)
    assert "the original says “Not at all”" in plain(instrument.remarks[0])
    items[0]["answerOption"][0]["valueCoding"]["display"] = "Not at all"
    assert len(read(document).remarks) == 6


def test_imported_words_are_kept_as_they_are_and_never_translated() -> None:
    instrument = read(questionnaire(question("a", text="100% of the %(time)s")))
    assert instrument.items[0].text == "100% of the %(time)s"
    assert plain(instrument.items[0].text) == "100% of the %(time)s"


def test_a_file_is_read_from_its_bytes_with_or_without_a_byte_order_mark() -> None:
    data = (FOLDER / "contained-value-set.json").read_bytes()
    assert load_document(data) == load_document(b"\xef\xbb\xbf" + data) == fixture("contained-value-set")


def test_the_name_of_a_form_is_written_as_protocols_write_it() -> None:
    assert read(questionnaire(question("a"), name="My Form (v2)")).name == "my-form-v2"


def test_nobody_can_import_one_of_the_project_s_own_forms() -> None:
    document = questionnaire(question("a"), url="urn:checkin:questionnaire:phq-style-24h")
    assert "belongs to a form this program brings itself" in refusals(document)[None]
