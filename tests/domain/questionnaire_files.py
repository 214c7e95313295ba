"""Placeholder questionnaires in the published shapes, and a reader of the untranslated words."""

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from checkin.domain.errors import Problems
from checkin.domain.instrument import Instrument, Words, said
from checkin.domain.questionnaire import read_questionnaire

FOLDER = Path(__file__).parent.parent / "fixtures" / "questionnaires"
ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
CALCULATED = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression"

Document = dict[str, Any]


class Untranslated:
    """Reads every message as it is written."""

    def gettext(self, message: str) -> str:
        return message

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return singular if n == 1 else plural

    def moment(self, at: datetime, zone: str) -> str:
        return f"{at} {zone}"


def plain(words: Words) -> str:
    return said(words, Untranslated())


def fixture(name: str) -> Document:
    return json.loads((FOLDER / f"{name}.json").read_text())


def changed(name: str, change: Callable[[Document], object]) -> Document:
    """A fixture after ``change`` was applied to it."""
    document = deepcopy(fixture(name))
    change(document)
    return document


def weighted(code: str, weight: float) -> Document:
    return {
        "valueCoding": {"code": code, "display": code},
        "extension": [{"url": ORDINAL, "valueDecimal": weight}],
    }


def question(link_id: str, **members: object) -> Document:
    options = [weighted(f"a{weight}", weight) for weight in range(4)]
    return {
        "linkId": link_id,
        "text": f"Topic {link_id}",
        "type": "choice",
        "answerOption": options,
    } | members


def total(expression: str, **members: object) -> Document:
    extension = {
        "url": CALCULATED,
        "valueExpression": {"language": "text/fhirpath", "expression": expression},
    }
    return {"linkId": "total", "text": "Total", "type": "decimal", "extension": [extension]} | members


def questionnaire(*items: Document, **members: object) -> Document:
    return {
        "resourceType": "Questionnaire",
        "url": "http://example.org/Questionnaire/made-up",
        "version": "1",
        "title": "Made up",
        "status": "active",
        "item": list(items),
    } | members


def read(document: Document, **choices: Any) -> Instrument:
    """Read a form without a question about suicide, unless told otherwise."""
    return read_questionnaire(document, **({"no_safety_item": True} | choices))


def refusals(document: Document, **choices: Any) -> dict[str | None, str]:
    """Why a form is refused: the words by linkId."""
    with pytest.raises(Problems) as refused:
        read(document, **choices)
    return {problem.field: plain(problem.text) for problem in refused.value.items}
