"""The project's own forms: what they ask, in whose words and codes, each a FHIR R4 Questionnaire."""

import json

import pytest
from questionnaire_files import plain

from checkin.domain.check_in import Line
from checkin.domain.instrument import Instrument, Kind
from checkin.domain.instruments import builtin_documents, builtin_instruments, find_instrument, own_texts
from checkin.domain.questionnaire import load_document
from checkin.domain.words import Text

NAMES = sorted(builtin_instruments())
PHQ_STYLE = ("phq-style-24h", "phq-style-early", "phq-style-short")
TOPICS = (
    "interest",
    "mood",
    "sleep",
    "energy",
    "appetite",
    "self-worth",
    "concentration",
    "pace",
    "suicide",
)
HOW_OFTEN = ["Not at all", "A little of the time", "Much of the time", "Nearly all the time"]

every_form = pytest.mark.parametrize("form", builtin_instruments().values(), ids=NAMES)
every_document = pytest.mark.parametrize(
    "document", builtin_documents().values(), ids=sorted(builtin_documents())
)


def asked(name: str) -> list[str]:
    return [item.link_id for item in builtin_instruments()[name].items]


def test_the_forms_there_are() -> None:
    assert NAMES == [
        "dissociation",
        "hypomania",
        "phq-style-24h",
        "phq-style-early",
        "phq-style-short",
        "safety-item",
        "side-effects",
        "urinary",
    ]


def test_what_the_phq_style_forms_ask() -> None:
    assert tuple(asked("phq-style-24h")) == TOPICS
    seven = [topic for topic in TOPICS if topic not in ("sleep", "appetite")]
    assert asked("phq-style-early") == asked("phq-style-short") == seven


@pytest.mark.parametrize(
    ("name", "recall"),
    [
        ("phq-style-24h", "In the past 24 hours"),
        ("phq-style-early", "Since your infusion"),
        ("phq-style-short", "In the past 24 hours"),
        ("side-effects", "In the past 24 hours"),
        ("dissociation", "Right now"),
        ("hypomania", "In the past 3 days"),
        ("urinary", "In the past 2 weeks"),
        ("safety-item", "In the past 24 hours"),
    ],
)
def test_the_time_each_form_asks_about_stands_above_every_question(name: str, recall: str) -> None:
    form = builtin_instruments()[name]
    assert plain(form.recall) == recall
    assert {plain(item.context[0]) for item in form.items} == {recall}


@pytest.mark.parametrize("name", PHQ_STYLE)
def test_phq_style_forms_share_wording_answers_and_one_chart_line(name: str) -> None:
    form = builtin_instruments()[name]
    full = builtin_instruments()["phq-style-24h"]
    assert form.line == Line.PHQ_STYLE
    for item in form.items:
        assert item.text == full.item(item.link_id).text
        assert [plain(option.label) for option in item.options] == HOW_OFTEN
        assert [option.weight for option in item.options] == [0, 1, 2, 3]
        assert item.required


@every_form
def test_only_phq_style_forms_stand_on_that_line(form: Instrument) -> None:
    assert (form.line == Line.PHQ_STYLE) == (form.name in PHQ_STYLE)
    assert form.line in (Line.PHQ_STYLE, form.reference)


@pytest.mark.parametrize("name", PHQ_STYLE)
def test_they_say_that_they_are_not_the_phq_9(name: str) -> None:
    form = builtin_instruments()[name]
    assert "not the PHQ-9" in plain(form.label)
    assert "PHQ" not in plain(form.title)


@every_form
def test_the_question_about_suicide_is_last_and_worded_the_same_everywhere(form: Instrument) -> None:
    only = builtin_instruments()["safety-item"].items[0]
    marked = [item for item in form.items if item.safety]
    assert [item.link_id for item in form.items if item.link_id == "suicide"] == [
        item.link_id for item in marked
    ]
    if marked:
        assert marked == [form.items[-1]]
        assert (marked[0].text, marked[0].options, marked[0].required) == (only.text, only.options, True)


@pytest.mark.parametrize("word", ["dead", "ending your life", "hurting yourself"])
def test_it_names_the_matter_plainly(word: str) -> None:
    assert word in plain(builtin_instruments()["safety-item"].items[0].text)


def test_what_may_be_declined_is_only_what_no_total_of_nine_topics_needs() -> None:
    required = {
        form.name for form in builtin_instruments().values() if all(item.required for item in form.items)
    }
    assert required == {*PHQ_STYLE, "safety-item"}


def test_the_bladder_questions_are_yes_or_no() -> None:
    form = builtin_instruments()["urinary"]
    assert {item.kind for item in form.items} == {Kind.BOOLEAN}
    assert asked("urinary") == ["frequency", "urgency", "pain", "blood"]
    assert form.scoring is not None
    assert form.scoring.maximum == 4


@every_form
def test_own_words_are_for_the_catalogue_and_short(form: Instrument) -> None:
    for item in form.items:
        assert isinstance(item.text, Text)
        assert isinstance(item.select, Text)
        assert len(plain(item.text).split()) <= 20
        assert plain(item.text).endswith("?")
        assert plain(item.select).startswith("Select ")


def test_no_two_questions_of_different_topics_share_a_heading() -> None:
    headings = {
        (item.link_id, plain(item.text)) for form in builtin_instruments().values() for item in form.items
    }
    assert len({words for _, words in headings}) == len(headings)


def test_all_own_texts_are_listed_once_for_translation() -> None:
    texts = own_texts()
    assert len(set(texts)) == len(texts)
    for expected in ("Since your infusion", "Nearly all the time", "PHQ-style check-in (not the PHQ-9)"):
        assert expected in texts
    for form in builtin_instruments().values():
        for item in form.items:
            assert {plain(item.text), plain(item.select or ""), *map(plain, item.context)} <= set(texts)


@every_document
def test_own_forms_carry_own_codes_and_never_loinc(document: dict[str, object]) -> None:
    written = json.dumps(document)
    assert "loinc" not in written.lower()
    assert '"system": "urn:checkin:codesystem:topic"' in written


@every_document
def test_own_forms_are_fhir_r4(document: dict[str, object]) -> None:
    assert document["resourceType"] == "Questionnaire"
    assert document["status"] == "active"
    assert str(document["url"]) == f"urn:checkin:questionnaire:{document['id']}"
    assert load_document(json.dumps(document).encode()) == document


@every_form
def test_a_form_is_found_by_its_name_and_by_its_reference(form: Instrument) -> None:
    assert find_instrument(form.name) is form
    assert find_instrument(form.reference) is form


def test_an_imported_form_is_found_too_the_last_one_of_a_name_first() -> None:
    own = builtin_instruments()["urinary"]
    older, newer = (imported("phq-9", version) for version in ("1", "2"))
    assert find_instrument("phq-9", (older, newer)) is newer
    assert find_instrument(older.reference, (older, newer)) is older
    assert find_instrument("urinary", (imported("urinary", "9"),)) is own
    assert find_instrument("phq-9") is None


def imported(name: str, version: str) -> Instrument:
    return Instrument(
        url=f"http://example.org/{name}",
        version=version,
        name=name,
        title=name,
        label=name,
        recall="",
        items=(),
        scoring=None,
        line=f"http://example.org/{name}|{version}",
    )
