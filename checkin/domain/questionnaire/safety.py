"""Finding the question about suicide, which no form may hide."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from checkin.domain.errors import Refusal
from checkin.domain.instrument import Item, Kind, Words
from checkin.domain.questionnaire.fhir_json import Findings
from checkin.domain.questionnaire.known import SUICIDE_ITEM
from checkin.domain.questionnaire.total import Total
from checkin.domain.questionnaire.tree import Tree
from checkin.domain.words import text

_LOINC_SHAPE = re.compile(r"\d{3,6}-\d")


@dataclass(frozen=True, kw_only=True)
class SafetyChoice:
    """What staff said: the linkId of the question about suicide, or that there is none."""

    item: str | None = None
    none: bool = False


class NeedsSafetyItem(Refusal):
    """The form does not say which question is about suicide; staff must name it or confirm that none is.

    ``questions`` are the linkIds and texts to choose from.
    """

    def __init__(self, questions: tuple[tuple[str, Words], ...]) -> None:
        super().__init__(
            text(
                "The form does not say which question asks about suicide. Name it, or confirm that none does."
            )
        )
        self.questions = questions


def safety_items(
    tree: Tree, items: Mapping[str, Item], total: Total, choice: SafetyChoice, findings: Findings
) -> frozenset[str]:
    """Return the linkIds of the questions about suicide: coded LOINC 44260-8, known by place, or named."""
    found = {node.link_id for node in tree.nodes if SUICIDE_ITEM in node.loinc}
    found = found or _by_place(tree, total, choice, findings)
    if choice.none and found:
        findings.problem(
            text("It asks about suicide, so the form cannot be taken as one that does not."), item=min(found)
        )
    if choice.item is not None:
        found |= {choice.item}
    for link_id in sorted(found):
        _check(link_id, items, findings)
    return frozenset(found)


def _by_place(tree: Tree, total: Total, choice: SafetyChoice, findings: Findings) -> set[str]:
    """Return the question that stands where a known instrument asks about suicide.

    The order of the PHQ-9's nine questions is part of the instrument. So where a total is declared to be the
    PHQ-9's and sums exactly nine questions, none of which says by a code of its own what it asks, the ninth
    is that question, as in the example of the HL7 guide.
    """
    known = total.known
    if known is None or known.suicide_place is None or len(total.items) != known.items:
        return set()
    summed = [node for node in tree.nodes if node.link_id in total.items]
    if any(_LOINC_SHAPE.fullmatch(code) for node in summed for code in node.loinc):
        return set()
    link_id = total.items[known.suicide_place - 1]
    words = text(
        "Item %(item)s is taken as the question about suicide, from its place in the %(name)s. "
        "Check that it is.",
        item=link_id,
        name=known.name,
    )
    if link_id != choice.item:
        findings.remark(words)
    return {link_id}


def _check(link_id: str, items: Mapping[str, Item], findings: Findings) -> None:
    item = items.get(link_id)
    if item is None:
        findings.problem(
            text("The question about suicide is not among those that can be asked."), item=link_id
        )
    elif item.kind is Kind.CHOICE and not item.scored:
        findings.problem(text("The answers to the question about suicide carry no weights."), item=link_id)
