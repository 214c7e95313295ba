"""The answers of one FHIR item with their weights, wherever the file keeps them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from checkin.domain.questionnaire.fhir_json import (
    Json,
    Unreadable,
    brief,
    child,
    entries,
    extensions,
    objects,
    string,
)
from checkin.domain.words import text

WEIGHT_URLS = (
    "http://hl7.org/fhir/StructureDefinition/ordinalValue",
    "http://hl7.org/fhir/StructureDefinition/itemWeight",
    # The same two as older exporters name them, by the place where they stand.
    "http://hl7.org/fhir/StructureDefinition/valueset-ordinalValue",
    "http://hl7.org/fhir/StructureDefinition/codesystem-ordinalValue",
    "http://hl7.org/fhir/StructureDefinition/questionnaire-ordinalValue",
)
WEIGHT_PROPERTIES = ("itemWeight", "ordinalValue")
HIGHEST_WEIGHT = 1_000
MOST_ANSWERS = 50


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer as the file has it; ``weight`` is None where the file gives none."""

    code: str
    system: str | None
    label: str
    weight: int | None


class AnswerLists:
    """The value sets and code systems a file contains."""

    def __init__(self, document: Json) -> None:
        self._by_address: dict[str, Json] = {}
        self._defined: dict[str, dict[str | None, Json]] = {}
        for resource in entries(document, "contained"):
            for key in (f"#{resource.get('id')}", resource.get("url")):
                if isinstance(key, str):
                    self._by_address.setdefault(key, resource)

    def of(self, item: Json) -> tuple[Answer, ...]:
        """Return an item's answers in their order. Raises Unreadable saying why they cannot be taken."""
        address = item.get("answerValueSet")
        options = objects(item, "answerOption")
        if options and address is not None:
            raise Unreadable(text("It has both answerOption and answerValueSet."))
        listed = map(_answer_option, options) if options else self._listed(address)
        answers = tuple(islice(listed, MOST_ANSWERS + 1))
        if not answers:
            raise Unreadable(text("It has no answers to choose from."))
        if len(answers) > MOST_ANSWERS:
            raise Unreadable(text("It has more than %(limit)s answers.", limit=MOST_ANSWERS))
        if len({(answer.system, answer.code) for answer in answers}) < len(answers):
            raise Unreadable(text("Two of its answers have the same code."))
        return answers

    def _listed(self, address: object) -> Iterator[Answer]:
        if address is None:
            return iter(())
        resource = self._find(address)
        if resource is None:
            raise Unreadable(
                text("Its answers are in %(address)s, which is not in the file.", address=brief(address))
            )
        if resource.get("resourceType") == "CodeSystem":
            return self._concepts(resource.get("url"), _flat(resource, "concept"))
        if resource.get("resourceType") != "ValueSet":
            raise Unreadable(text("%(address)s is not a ValueSet.", address=brief(address)))
        expansion = child(resource, "expansion")
        if expansion.get("contains"):
            return self._expanded(expansion)
        return self._composed(child(resource, "compose"))

    def _expanded(self, expansion: Json) -> Iterator[Answer]:
        for concept in _flat(expansion, "contains"):
            if concept.get("abstract") is not True:
                yield from self._concepts(concept.get("system"), (concept,))

    def _composed(self, compose: Json) -> Iterator[Answer]:
        if "exclude" in compose:
            raise Unreadable(text("Its ValueSet leaves codes out by rule (exclude); list the codes instead."))
        for include in objects(compose, "include"):
            if "filter" in include or "valueSet" in include:
                raise Unreadable(text("Its ValueSet chooses codes by rule; list the codes instead."))
            system = include.get("system")
            concepts: Iterable[Json] = objects(include, "concept")
            if not concepts:
                concepts = _flat(self._code_system(system), "concept")
            yield from self._concepts(system, concepts)

    def _concepts(self, system: object, concepts: Iterable[Json]) -> Iterator[Answer]:
        """Make answers of concepts; what they leave unsaid is looked up in their code system."""
        defined = self._definitions(system)
        for concept in concepts:
            code = string(concept, "code")
            if code is None:
                raise Unreadable(text("One of its answers has no code."))
            definition = defined.get(code, {})
            weight = _weight(concept)
            yield Answer(
                code=code,
                system=system if isinstance(system, str) else None,
                label=string(concept, "display") or string(definition, "display") or code,
                weight=_weight(definition) if weight is None else weight,
            )

    def _definitions(self, system: object) -> dict[str | None, Json]:
        if not isinstance(system, str):
            return {}
        if system not in self._defined:
            concepts = _flat(self._code_system(system), "concept")
            self._defined[system] = {string(concept, "code"): concept for concept in concepts}
        return self._defined[system]

    def _code_system(self, system: object) -> Json:
        resource = self._find(system)
        return resource if resource is not None and resource.get("resourceType") == "CodeSystem" else {}

    def _find(self, address: object) -> Json | None:
        if not isinstance(address, str):
            return None
        return self._by_address.get(address) or self._by_address.get(address.partition("|")[0])


def whole_number(value: object) -> int | None:
    """Return a JSON number as an int if it is a whole one; True and 2.5 are not."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if value == value // 1 and abs(value) < 1e9 else None


def _answer_option(option: Json) -> Answer:
    coding = child(option, "valueCoding")
    code = string(coding, "code") or string(coding, "display") or string(option, "valueString")
    if code is not None:
        label = string(coding, "display") or code
        return Answer(code=code, system=string(coding, "system"), label=label, weight=_weight(option, coding))
    number = whole_number(option.get("valueInteger"))
    if number is None:
        raise Unreadable(text("One of its answers is neither a code, a text nor a whole number."))
    weight = _weight(option)
    weight = _checked(number) if weight is None else weight
    return Answer(code=str(number), system=None, label=str(number), weight=weight)


def _weight(*elements: Json) -> int | None:
    """Return the weight on any of the elements. Raises Unreadable if it is no whole number or they differ."""
    found: set[int] = set()
    for element in elements:
        for extension in extensions(element, *WEIGHT_URLS):
            found.add(_checked(extension.get("valueDecimal", extension.get("valueInteger"))))
        for prop in entries(element, "property"):
            if prop.get("code") in WEIGHT_PROPERTIES:
                found.add(_checked(prop.get("valueDecimal", prop.get("valueInteger"))))
    if len(found) > 1:
        raise Unreadable(text("One of its answers has two different weights."))
    return found.pop() if found else None


def _checked(value: object) -> int:
    number = whole_number(value)
    if number is None or not 0 <= number <= HIGHEST_WEIGHT:
        words = text(
            "It has a weight that is no whole number from 0 to %(highest)s: %(weight)s.",
            highest=HIGHEST_WEIGHT,
            weight=brief(value),
        )
        raise Unreadable(words)
    return number


def _flat(element: Json, key: str) -> Iterator[Json]:
    """Yield concepts and those inside them, in order."""
    for concept in entries(element, key):
        yield concept
        yield from _flat(concept, key)
