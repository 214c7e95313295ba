"""What a total's FHIRPath adds up: read, not run, and only where it is plainly a sum of weights."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from checkin.domain.questionnaire.fhir_json import Json, child, extensions
from checkin.domain.questionnaire.tree import CALCULATED

VARIABLE = "http://hl7.org/fhir/StructureDefinition/variable"
ENVIRONMENT = frozenset({"resource", "questionnaire", "context", "qitem", "rootResource"})

_STRUCTURE = {"item", "answer", "answers", "answerOption", "extension", "linkId", "code", "system", "url"}
_VALUES = {"value", "valueCoding", "valueDecimal", "valueInteger", "ofType", "Coding", "integer", "decimal"}
_FUNCTIONS = {"ordinal", "weight", "sum", "aggregate", "where", "exists", "hasValue", "empty", "not", "iif"}
_STEPS = {"select", "repeat", "descendants", "first", "toInteger", "toDecimal", "this", "total"}
_WORDS = _STRUCTURE | _VALUES | _FUNCTIONS | _STEPS | {"or", "and", "in"}
"""What a plain sum is written with. Anything else (max, count, div ...) may be another kind of total."""

_STRING = r"'((?:[^'\\]|\\.)*)'"
_FURTHER_DOWN = r"\s*\)\s*(?:\.answer)?\.item\.where\(\s*linkId\s*="  # then only the last step is meant
_EQUAL = re.compile(rf"linkId\s*=\s*{_STRING}(?!{_FURTHER_DOWN})")
_NOT_EQUAL = re.compile(rf"linkId\s*!=\s*{_STRING}")
_LEAVES_OUT = re.compile(rf"where\(\s*{_NOT_EQUAL.pattern}\s*\)")
_IN = re.compile(r"linkId\s+in\s*\(([^()]*)\)")
_NAME = re.compile(r"%`?([A-Za-z_]\w*)`?")
_WORD = re.compile(r"[A-Za-z_]\w*")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?")
_OTHER_ARITHMETIC = re.compile(r"[*/\-&]")
_PICKS_ANSWERS = re.compile(r"\b(?:code|value|system)\s*!?=\s*'")
_ADDS = re.compile(r"\+|\bsum\(\)|\baggregate\(")
_OF_WEIGHTS = re.compile(r"\b(?:ordinal|weight)\(\)")

LONGEST_FORMULA = 20_000


@dataclass(frozen=True, kw_only=True)
class Sum:
    """The linkIds a formula names (none: it sums all there are) and those it leaves out.

    ``weights_only``: it sums the weights of coded answers, so that plain numbers do not count.
    """

    named: frozenset[str]
    left_out: frozenset[str]
    weights_only: bool


def read_sum(total: Json, scopes: tuple[Json, ...]) -> Sum | None:
    """Return what a total's formula adds up; None where it is not plainly a sum.

    ``scopes`` are the elements whose variables the formula may use: the document, the groups above, the item.
    """
    formulas = _reached(total, scopes)
    if formulas is None or not all(_is_plain(formula) for formula in formulas):
        return None
    if not any(_ADDS.search(_without_strings(formula)) for formula in formulas):
        return None
    named = {link_id for formula in formulas for link_id in _EQUAL.findall(formula)}
    for formula in formulas:
        for listed in _IN.finditer(formula):
            named |= set(re.findall(_STRING, listed[1]))
    if not named and any(_picks_items(formula) for formula in formulas):
        return None
    left_out = {link_id for formula in formulas for link_id in _NOT_EQUAL.findall(formula)}
    weights_only = any(_OF_WEIGHTS.search(formula) for formula in formulas)
    return Sum(named=frozenset(named), left_out=frozenset(left_out), weights_only=weights_only)


def _reached(total: Json, scopes: tuple[Json, ...]) -> list[str] | None:
    """Return a total's formula and those of all variables it rests on; None if one of them is unknown."""
    variables = _variables(scopes)
    pending = [_expression(extension) for extension in extensions(total, *CALCULATED)]
    formulas: list[str] = []
    seen: set[str] = set()
    while pending:
        formula = pending.pop()
        formulas.append(formula)
        for name in set(_NAME.findall(_without_strings(formula))) - ENVIRONMENT - seen:
            if name not in variables:
                return None
            seen.add(name)
            pending.append(variables[name])
    return formulas


def _variables(scopes: tuple[Json, ...]) -> Mapping[str, str]:
    found = {}
    for scope in scopes:
        for extension in extensions(scope, VARIABLE):
            name = child(extension, "valueExpression").get("name")
            if isinstance(name, str):
                found[name] = _expression(extension)
    return found


def _expression(extension: Json) -> str:
    expression = child(extension, "valueExpression").get("expression", extension.get("valueString"))
    return expression if isinstance(expression, str) else ""


def _without_strings(formula: str) -> str:
    return re.sub(_STRING, "''", formula)


def _is_plain(formula: str) -> bool:
    """Say whether nothing stands in a formula but the words of sums, link ids and 0."""
    bare = _without_strings(formula)
    if len(formula) > LONGEST_FORMULA or _OTHER_ARITHMETIC.search(bare) or _PICKS_ANSWERS.search(bare):
        return False
    if any(float(number) for number in _NUMBER.findall(bare)):
        return False
    return set(_WORD.findall(_NAME.sub("", bare))) <= _WORDS


def _picks_items(formula: str) -> bool:
    """Say whether a formula chooses among the questions by another rule than leaving linkIds out."""
    rest = _LEAVES_OUT.sub("", formula)
    return "where(" in rest or "linkId" in rest
