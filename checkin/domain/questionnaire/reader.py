"""From a FHIR R4 Questionnaire to an Instrument, or to a list of what cannot be taken and why."""

from collections.abc import Mapping
from dataclasses import replace

from checkin.domain.instrument import Instrument, Item
from checkin.domain.questionnaire.answer_lists import AnswerLists
from checkin.domain.questionnaire.conditions import rules
from checkin.domain.questionnaire.fhir_json import Findings, Json, Unreadable, check_bounds
from checkin.domain.questionnaire.identity import identify
from checkin.domain.questionnaire.known import GAD_7, GAD_7_MISPRINT, SUBSCALE_TOTALS
from checkin.domain.questionnaire.own_rule import own_rule
from checkin.domain.questionnaire.questions import Questions, Wording, read_questions
from checkin.domain.questionnaire.safety import NeedsSafetyItem, SafetyChoice, safety_items
from checkin.domain.questionnaire.scoring_file import ScoringFile, read_scoring
from checkin.domain.questionnaire.total import Total, find_total, scoring_of, total_nodes
from checkin.domain.questionnaire.tree import Node, Tree, lay_out
from checkin.domain.words import text


def read_questionnaire(
    document: Json,
    *,
    safety_item: str | None = None,
    no_safety_item: bool = False,
    scoring: Mapping[str, object] | None = None,
) -> Instrument:
    """Return an imported questionnaire as an instrument.

    ``safety_item`` is the linkId of the question about suicide where the file does not code it
    (LOINC 44260-8); ``no_safety_item`` confirms that there is none. ``scoring`` is a scoring file (see
    ``scoring_file``). Raises Problems with one entry for everything that cannot be taken, and NeedsSafetyItem
    where only the question about suicide is open.
    """
    findings = Findings()
    tree = _open(document, findings)
    identity = identify(document, findings, own=False)
    nodes = _asked(tree)
    given = read_scoring(scoring, frozenset(node.link_id for node in nodes), findings)
    questions = read_questions(nodes, AnswerLists(document), given, findings, Wording(own=False))
    total = find_total(document, tree, questions.items, given.total, findings)
    choice = SafetyChoice(item=safety_item, none=no_safety_item)
    safety = safety_items(tree, questions.items, total, choice, findings)
    items = _with_conditions(nodes, questions.items, safety, findings)
    if not items and not findings.refused:
        findings.problem(text("The form asks nothing."))
    _remark(document, questions, total, findings)
    findings.check()
    if not safety and not no_safety_item:
        raise NeedsSafetyItem(tuple((item.link_id, item.text) for item in items))
    return Instrument(
        url=identity.url,
        version=identity.version,
        name=total.known.name if total.known else identity.name,
        title=identity.title,
        label=identity.title,
        recall="",
        items=items,
        scoring=scoring_of(total, questions.items),
        line=f"{identity.url}|{identity.version}",
        notes=tuple(tree.notes),
        copyright=identity.copyright,
        remarks=tuple(findings.remarks),
    )


def read_own(document: Json) -> Instrument:
    """Return one of the project's own forms, whose texts are translated and whose rule is its own extension.

    Raises Problems for a form that is written wrongly.
    """
    findings = Findings()
    tree = _open(document, findings)
    identity = identify(document, findings, own=True)
    words = Wording(own=True)
    questions = read_questions(tree.nodes, AnswerLists(document), ScoringFile(), findings, words)
    findings.check()
    rule = own_rule(document, questions.items)
    items = tuple(questions.items.values())
    return Instrument(
        url=identity.url,
        version=identity.version,
        name=identity.name,
        title=words(identity.title),
        label=words(rule.label or identity.title),
        recall=items[0].context[0],
        items=items,
        scoring=rule.scoring,
        line=rule.line or f"{identity.url}|{identity.version}",
        notes=tuple(words(note) for note in tree.notes),
    )


def _open(document: Json, findings: Findings) -> Tree:
    check_bounds(document)
    if document.get("resourceType") != "Questionnaire":
        findings.problem(text("The file is no FHIR Questionnaire (its resourceType says what it is)."))
        findings.check()
    for key in ("modifierExtension", "implicitRules"):
        if key in document:
            findings.problem(text("The form carries %(key)s, which is not understood.", key=key))
    return lay_out(document, findings)


def _asked(tree: Tree) -> list[Node]:
    """Return the items somebody has to answer: not those calculated, hidden, or shown only."""
    totals = {node.link_id for node in total_nodes(tree)}
    return [
        node
        for node in tree.nodes
        if not (node.computed or node.hidden or node.element.get("readOnly") is True)
        and node.link_id not in totals
        and not node.loinc & SUBSCALE_TOTALS
    ]


def _with_conditions(
    nodes: list[Node], items: Mapping[str, Item], safety: frozenset[str], findings: Findings
) -> tuple[Item, ...]:
    """Return the questions with their conditions; the one about suicide is always asked."""
    done: dict[str, Item] = {}
    for node in nodes:
        item = items.get(node.link_id)
        if item is None:
            continue
        if node.link_id in safety:
            if node.conditional:
                words = text(
                    "Item %(item)s is always asked, although the form asks it only sometimes.",
                    item=node.link_id,
                )
                findings.remark(words)
            done[node.link_id] = replace(item, safety=True)
            continue
        try:
            done[node.link_id] = replace(item, enable_when=tuple(rules(node.conditional, done)))
        except Unreadable as problem:
            findings.problem(problem.reason, item=node.link_id)
    return tuple(done.values())


def _remark(document: Json, questions: Questions, total: Total, findings: Findings) -> None:
    for link_id in questions.left_out:
        findings.remark(text("Item %(item)s asks for free text and is left out.", item=link_id))
    if document.get("status") == "retired":
        findings.remark(text("The form is marked as retired."))
    if total.known is GAD_7:
        for item in questions.items.values():
            if any(str(option.label).casefold() == GAD_7_MISPRINT for option in item.options):
                words = text(
                    "Item %(item)s has the answer “Not at all sure”; the original says “Not at all”.",
                    item=item.link_id,
                )
                findings.remark(words)
