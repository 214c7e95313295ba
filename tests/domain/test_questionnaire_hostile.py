"""Whatever a file holds, reading it ends in an instrument or in words, quickly."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from questionnaire_files import Document, fixture, plain, question, questionnaire

from checkin.domain.errors import Invalid, Problems, Refusal
from checkin.domain.instrument import Instrument
from checkin.domain.questionnaire import NeedsSafetyItem, load_document, read_questionnaire

SHAPES = [
    "contained-value-set",
    "lhc-forms",
    "nested-groups",
    "code-system",
    "expansion",
    "whole-numbers",
    "broken",
]

junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def outcome(document: Any) -> Instrument | Refusal:
    try:
        return read_questionnaire(document)
    except Refusal as refusal:
        return refusal


def paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path]
    if isinstance(value, dict):
        for key, inner in value.items():
            found += paths(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            found += paths(inner, (*path, place))
    return found


PATHS = {name: paths(fixture(name))[1:] for name in SHAPES}


@given(data=st.data(), name=st.sampled_from(SHAPES), value=junk)
@settings(max_examples=300, deadline=None)
def test_a_published_shape_with_junk_anywhere_in_it(data: st.DataObject, name: str, value: object) -> None:
    document = fixture(name)
    *way, last = data.draw(st.sampled_from(PATHS[name]))
    place: Any = document
    for step in way:
        place = place[step]
    place[last] = value
    found = outcome(document)
    if isinstance(found, Instrument):
        assert found.items
    else:
        assert plain(found.text)


@given(
    members=st.dictionaries(st.sampled_from(["item", "contained", "url", "version", "title", "code"]), junk)
)
def test_junk_in_place_of_a_form(members: Document) -> None:
    assert plain(getattr(outcome({"resourceType": "Questionnaire"} | members), "text", "fine"))


@given(data=st.binary(max_size=200))
def test_bytes_are_an_object_or_words(data: bytes) -> None:
    try:
        found: object = load_document(data)
    except Invalid as refusal:
        found = refusal
    assert isinstance(found, dict) or plain(getattr(found, "text", "")).startswith("The file")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "The file is not JSON: line 1, column 2."),
        (b'{\n "a": 1,\n}', "The file is not JSON: line 3, column 1."),
        (b"[]", "The file holds no JSON object."),
        (b"\xff\xfe", "The file is not readable as JSON in UTF-8."),
        (b'{"a": ' + b"1" * 10_000 + b"}", "The file is not readable as JSON in UTF-8."),
        (b"[" * 100_000, "The file is nested too deeply."),
        (b"[" * 80 + b"]" * 80, "The file is nested too deeply."),
        (b'{"a":' * 80 + b"1" + b"}" * 80, "The file is nested too deeply."),
        (json.dumps({"a": [0] * 200_000}).encode(), "The file holds more than 100000 values."),
        (b" " * 3_000_000, "The file is larger than 2 MB."),
    ],
)
def test_files_no_questionnaire_needs(data: bytes, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        load_document(data)
    assert plain(refused.value.text) == words


def test_a_form_too_long_to_be_asked() -> None:
    document = questionnaire(*(question(f"q{number}") for number in range(301)))
    with pytest.raises(Problems, match="more than"):
        read_questionnaire(document)


def test_a_huge_list_of_answers_is_not_read_again_for_every_question() -> None:
    concepts = [{"code": f"c{number}", "system": "urn:s"} for number in range(8_000)]
    contained = [
        {"resourceType": "ValueSet", "id": "vs", "expansion": {"contains": concepts}},
        {"resourceType": "CodeSystem", "id": "cs", "url": "urn:s", "concept": concepts},
    ]
    items = [{"linkId": f"q{n}", "text": "T", "type": "choice", "answerValueSet": "#vs"} for n in range(300)]
    found = outcome(questionnaire(*items, contained=contained))
    assert isinstance(found, Problems)
    assert {plain(problem.text).partition(": ")[2] for problem in found.items} == {
        "It has more than 50 answers."
    }


def test_groups_too_deep_to_be_read() -> None:
    item = question("q")
    for depth in range(14):
        item = {"linkId": f"g{depth}", "type": "group", "item": [item]}
    with pytest.raises(Problems, match="more than"):
        read_questionnaire(questionnaire(item))


def test_a_dozen_groups_are_read() -> None:
    item = question("q")
    for depth in range(12):
        item = {"linkId": f"g{depth}", "type": "group", "text": f"{depth}", "item": [item]}
    with pytest.raises(NeedsSafetyItem):
        read_questionnaire(questionnaire(item))


def test_whatever_is_quoted_from_a_file_can_be_printed() -> None:
    odd = "\ud800" * 500
    items = [
        {"linkId": "a", "text": "T", "type": odd},
        {"linkId": "b", "text": "T", "type": "choice", "answerValueSet": odd},
        question("c", enableWhen=[{"question": odd, "operator": "exists", "answerBoolean": True}]),
    ]
    found = outcome(questionnaire(*items))
    assert isinstance(found, Problems)
    assert len(found.items) == 3
    for problem in found.items:
        assert len(plain(problem.text).encode()) < 200


def test_variables_that_rest_on_each_other_end() -> None:
    url = "http://hl7.org/fhir/StructureDefinition/variable"
    loop = [
        {"url": url, "valueExpression": {"name": name, "expression": f"%{other} + %{other}"}}
        for name, other in (("a", "b"), ("b", "a"))
    ]
    calculated = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression"
    total = {
        "linkId": "t",
        "text": "Total",
        "type": "decimal",
        "extension": [*loop, {"url": calculated, "valueExpression": {"expression": "%a"}}],
    }
    assert isinstance(outcome(questionnaire(question("q"), total)), NeedsSafetyItem)
