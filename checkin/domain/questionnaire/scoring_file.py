"""Scoring files: weights and the total for questionnaires that carry none themselves.

A JSON object with two optional members. ``weights``: linkId → answer code → whole number, the linkId "*"
standing for every question without weights. ``total``: the linkIds that the total sums; an empty list means
that there is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from checkin.domain.questionnaire.answer_lists import HIGHEST_WEIGHT, whole_number
from checkin.domain.questionnaire.fhir_json import Findings, brief
from checkin.domain.words import text

EVERY_QUESTION = "*"


@dataclass(frozen=True, kw_only=True)
class ScoringFile:
    """What a scoring file says; ``total`` is None where it leaves the total to the questionnaire."""

    weights: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    total: tuple[str, ...] | None = None


def read_scoring(
    document: Mapping[str, object] | None, link_ids: frozenset[str], findings: Findings
) -> ScoringFile:
    """Return the scoring file; what does not fit the questionnaire's ``link_ids`` is noted."""
    if document is None:
        return ScoringFile()
    for key in sorted(set(document) - {"weights", "total"}):
        findings.problem(text("The scoring file has an unknown member: %(key)s.", key=brief(key)))
    weights = _weights(document.get("weights", {}), findings)
    total = _total(document.get("total"), findings)
    named = set(weights) | set(total or ())
    for link_id in sorted(named - link_ids - {EVERY_QUESTION}):
        findings.problem(
            text("The scoring file names it, but the form has no such question."), item=brief(link_id)
        )
    return ScoringFile(weights=weights, total=total)


def _weights(value: object, findings: Findings) -> dict[str, dict[str, int]]:
    if not isinstance(value, Mapping) or not all(isinstance(inner, Mapping) for inner in value.values()):
        findings.problem(
            text("The weights of the scoring file are not written as linkId, answer code and number.")
        )
        return {}
    found: dict[str, dict[str, int]] = {}
    for link_id, by_code in value.items():
        found[link_id] = {}
        for code, weight in by_code.items():
            number = whole_number(weight)
            if number is None or not 0 <= number <= HIGHEST_WEIGHT:
                words = text(
                    "The scoring file's weight for %(code)s is no whole number from 0 up.", code=brief(code)
                )
                findings.problem(words, item=brief(link_id))
            else:
                found[link_id][code] = number
    return found


def _total(value: object, findings: Findings) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(link_id, str) for link_id in value):
        findings.problem(text("The total of the scoring file is not a list of linkIds."))
        return None
    return tuple(value)
