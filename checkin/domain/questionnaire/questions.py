"""FHIR items turned into questions: their kinds, limits, options and weights."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from checkin.domain.instrument import Item, Kind, Option, Words
from checkin.domain.questionnaire.answer_lists import Answer, AnswerLists, whole_number
from checkin.domain.questionnaire.fhir_json import (
    Findings,
    Json,
    Unreadable,
    brief,
    extensions,
    flagged,
    string,
)
from checkin.domain.questionnaire.scoring_file import EVERY_QUESTION, ScoringFile
from checkin.domain.questionnaire.tree import Node
from checkin.domain.words import text

MINIMUM = "http://hl7.org/fhir/StructureDefinition/minValue"
MAXIMUM = "http://hl7.org/fhir/StructureDefinition/maxValue"
SELECT = "urn:checkin:extension:select"
"""How an own question asks for its answer when none was given."""
SAFETY = "urn:checkin:extension:safety-item"
"""Marks an own question about suicide."""

UNLIMITED = 9_999
"""The largest whole number taken where a file sets no limit; such a question cannot count in a total."""

FREE_TEXT = ("string", "text")
YES_OR_NO = (
    Option(code="true", label=text("Yes"), weight=1),
    Option(code="false", label=text("No"), weight=0),
)


@dataclass(frozen=True, kw_only=True)
class Questions:
    """The questions of one file by linkId, in order, and the free text left out as nobody has to give it."""

    items: Mapping[str, Item]
    left_out: tuple[str, ...]


class Wording:
    """Marks a file's texts as the project's own, to be translated, or keeps imported ones verbatim."""

    def __init__(self, *, own: bool) -> None:
        self.own = own

    def __call__(self, shown: str) -> Words:
        return text(shown) if self.own else shown


def read_questions(
    nodes: Iterable[Node], lists: AnswerLists, scoring: ScoringFile, findings: Findings, words: Wording
) -> Questions:
    """Return what the nodes ask, without their conditions; what cannot be taken is noted with its linkId."""
    items: dict[str, Item] = {}
    left_out: list[str] = []
    for node in nodes:
        if node.type in FREE_TEXT and node.element.get("required") is not True:
            left_out.append(node.link_id)
            continue
        try:
            items[node.link_id] = _question(node, lists, scoring, words)
        except Unreadable as problem:
            findings.problem(problem.reason, item=node.link_id)
    return Questions(items=items, left_out=tuple(left_out))


def _question(node: Node, lists: AnswerLists, scoring: ScoringFile, words: Wording) -> Item:
    element = node.element
    kind = _kind(element)
    if element.get("repeats") is True:
        raise Unreadable(text("It takes several answers at once (repeats)."))
    shown = string(element, "text")
    if shown is None:
        raise Unreadable(text("It has no text."))
    item = Item(
        link_id=node.link_id,
        text=words(shown),
        kind=kind,
        minimum=0,
        maximum=1,
        context=tuple(words(line) for line in node.context),
        options=YES_OR_NO,
        required=element.get("required") is True,
        safety=words.own and flagged(element, SAFETY),
        select=_select(element, words),
    )
    if kind is Kind.CHOICE:
        return _with_options(item, lists.of(element), scoring, words)
    return _with_limits(item, element) if kind is Kind.INTEGER else item


def _kind(element: Json) -> Kind:
    kind = element.get("type")
    if "option" in element or "options" in element:
        raise Unreadable(text("It is written for FHIR STU3 (option); this program reads R4 (answerOption)."))
    if kind == "coding":
        raise Unreadable(text("It is written for FHIR R5 (coding); this program reads R4 (choice)."))
    if kind == "choice" or (kind == "integer" and "answerOption" in element):
        return Kind.CHOICE
    if kind in (Kind.BOOLEAN, Kind.INTEGER):
        return Kind(str(kind))
    if kind in FREE_TEXT or kind == "open-choice":
        raise Unreadable(
            text("It needs free text (%(type)s), which a check-in does not ask for.", type=brief(kind))
        )
    raise Unreadable(text("A check-in cannot ask for the type %(type)s.", type=brief(kind)))


def _select(element: Json, words: Wording) -> Words | None:
    if not words.own:
        return None
    return next((text(str(found["valueString"])) for found in extensions(element, SELECT)), None)


def _with_options(item: Item, answers: tuple[Answer, ...], scoring: ScoringFile, words: Wording) -> Item:
    """Give a question its options. Where there are no weights, the place in the list stands in for one."""
    weighted = _weighted(item.link_id, answers, scoring)
    without = [answer.code for answer in weighted if answer.weight is None]
    scored = len(without) < len(weighted)
    if scored and without:
        raise Unreadable(text("Its answer %(code)s has no weight, others have.", code=without[0]))
    options = tuple(
        Option(
            code=answer.code,
            label=words(answer.label),
            weight=place if answer.weight is None else answer.weight,
        )
        for place, answer in enumerate(weighted)
    )
    weights = [option.weight for option in options]
    if len(set(weights)) < len(weights):
        raise Unreadable(text("Two of its answers have the same weight and could not be told apart later."))
    return replace(item, options=options, minimum=min(weights), maximum=max(weights), scored=scored)


def _weighted(link_id: str, answers: tuple[Answer, ...], scoring: ScoringFile) -> tuple[Answer, ...]:
    """Return the answers with the scoring file's weights, which may add to the form's own but not differ."""
    own = scoring.weights.get(link_id)
    if own is None and any(answer.weight is not None for answer in answers):
        return answers
    given = scoring.weights.get(EVERY_QUESTION, {}) if own is None else own
    unknown = sorted(set(own or {}) - {answer.code for answer in answers})
    if unknown:
        raise Unreadable(
            text("The scoring file names its answer %(code)s, which it does not have.", code=unknown[0])
        )
    if any(answer.weight not in (None, given.get(answer.code, answer.weight)) for answer in answers):
        raise Unreadable(text("The scoring file gives other weights than the form itself."))
    return tuple(replace(answer, weight=given.get(answer.code, answer.weight)) for answer in answers)


def _with_limits(item: Item, element: Json) -> Item:
    minimum, maximum = _limit(element, MINIMUM, 0), _limit(element, MAXIMUM, UNLIMITED)
    if not 0 <= minimum < maximum <= UNLIMITED:
        words = text("Its smallest and largest number are not within 0 and %(limit)s.", limit=UNLIMITED)
        raise Unreadable(words)
    return replace(item, options=(), minimum=minimum, maximum=maximum)


def _limit(element: Json, url: str, otherwise: int) -> int:
    for extension in extensions(element, url):
        number = whole_number(extension.get("valueInteger", extension.get("valueDecimal")))
        if number is None:
            raise Unreadable(text("Its smallest or largest number is not a whole one."))
        return number
    return otherwise
