"""The scoring rule that the project's own forms carry as FHIR extensions."""

from collections.abc import Mapping
from dataclasses import dataclass

from checkin.domain.instrument import Item, Part, Scoring
from checkin.domain.questionnaire.fhir_json import Json, extensions

SCORING = "urn:checkin:extension:scoring"
LABEL = "urn:checkin:extension:label"


@dataclass(frozen=True, kw_only=True)
class OwnRule:
    """``line`` is the chart line the total belongs to, None for a line of its own."""

    scoring: Scoring | None
    line: str | None
    label: str | None


def own_rule(document: Json, items: Mapping[str, Item]) -> OwnRule:
    """Return the rule of an own form. One that is written wrongly is a mistake in the program and raises."""
    label = next((str(found["valueString"]) for found in extensions(document, LABEL)), None)
    for rule in extensions(document, SCORING):
        summed = _summed(rule)
        highest = sum(items[link_id].maximum for link_id in summed)
        scoring = Scoring(
            items=summed,
            highest=highest,
            maximum=next((_whole(found) for found in extensions(rule, "maximum")), highest),
            parts=tuple(_part(found, items) for found in extensions(rule, "part")),
        )
        line = next((str(found["valueCode"]) for found in extensions(rule, "line")), None)
        return OwnRule(scoring=scoring, line=line, label=label)
    return OwnRule(scoring=None, line=None, label=label)


def _part(found: Json, items: Mapping[str, Item]) -> Part:
    summed = _summed(found)
    name = next(str(named["valueCode"]) for named in extensions(found, "name"))
    return Part(name=name, items=summed, maximum=sum(items[link_id].maximum for link_id in summed))


def _summed(rule: Json) -> tuple[str, ...]:
    return tuple(str(found["valueString"]) for found in extensions(rule, "sum"))


def _whole(found: Json) -> int:
    return int(str(found["valueInteger"]))
