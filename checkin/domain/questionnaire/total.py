"""Which questions make a questionnaire's total: by a scoring file, its own formula, or one shared scale."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from checkin.domain.instrument import Item, Kind, Scoring
from checkin.domain.questionnaire.fhir_json import Findings, Json, loinc_codes
from checkin.domain.questionnaire.formula import Sum, read_sum
from checkin.domain.questionnaire.known import DIFFICULTY_ITEM, SUBSCALE_TOTALS, Known, known_by
from checkin.domain.questionnaire.questions import UNLIMITED
from checkin.domain.questionnaire.tree import Node, Tree
from checkin.domain.words import Text, text

_NUMBERS = ("integer", "decimal", "quantity")


@dataclass(frozen=True, kw_only=True)
class Total:
    """The linkIds summed, in order. ``stated``: the file or a scoring file tells question by question what
    counts, so that a question outside without weights is no mistake."""

    items: tuple[str, ...] = ()
    stated: bool = False
    known: Known | None = None


def total_nodes(tree: Tree) -> list[Node]:
    """Return the items that show a form's own total: those coded as one, otherwise the calculated numbers."""
    own = [node for node in tree.nodes if not node.loinc & SUBSCALE_TOTALS]
    coded = [node for node in own if any(known.total in node.loinc for known in known_by(node.loinc))]
    return coded or [node for node in own if node.computed and node.type in _NUMBERS]


def find_total(
    document: Json, tree: Tree, items: Mapping[str, Item], listed: Sequence[str] | None, findings: Findings
) -> Total:
    """Return what the total sums; ``listed`` are the linkIds a scoring file names, None if it names none.

    What cannot be decided is noted. A sum left open goes over all questions with weights, except the one on
    how difficult the problems made life. A known instrument must have as many summands as published.
    """
    nodes = total_nodes(tree)
    known = _known(document, tree, nodes, findings)
    if listed is not None:
        total = Total(items=_in_order(tree, listed), stated=True, known=known)
    elif len(nodes) > 1:
        _undecided(text("It is one of several totals."), nodes[0].link_id, findings)
        return Total(known=known)
    elif nodes and nodes[0].computed:
        total = replace(_by_formula(document, tree, nodes[0], items, findings), known=known)
    else:
        total = replace(_by_scale(tree, items, known, findings), known=known)
    for link_id in total.items:
        _check_summand(link_id, items.get(link_id), by_file=listed is not None, findings=findings)
    _check_unscored(tree, items, total, findings)
    return total if known is None or findings.refused else _fitted(total, known, items, findings)


def scoring_of(total: Total, items: Mapping[str, Item]) -> Scoring | None:
    """Return the rule of a total; None where nothing is summed."""
    highest = sum(items[link_id].maximum for link_id in total.items)
    if not highest:
        return None
    bands = total.known.bands if total.known else ()
    return Scoring(items=total.items, highest=highest, maximum=highest, bands=bands)


def _known(document: Json, tree: Tree, nodes: Sequence[Node], findings: Findings) -> Known | None:
    by_total = known_by(code for node in nodes for code in node.loinc)
    if len(by_total) > 1:
        findings.problem(text("The form has the totals of several instruments; import each as its own file."))
    found = by_total or known_by(loinc_codes(document) | tree.codes)
    return found[0] if len(found) == 1 else None


def _by_formula(
    document: Json, tree: Tree, node: Node, items: Mapping[str, Item], findings: Findings
) -> Total:
    scopes = (document, *(tree.groups[group] for group in node.groups if group in tree.groups), node.element)
    formula = read_sum(node.element, scopes)
    if formula is None:
        _undecided(text("How it is calculated is not a plain sum."), node.link_id, findings)
        return Total()
    left_out = _questions(tree, formula.left_out) | _difficulty(tree)
    if formula.named:
        named = _questions(tree, formula.named) - left_out
        return Total(items=_in_order(tree, named), stated=True)
    summed = (node.link_id for node in tree.nodes if _adds_to(formula, items.get(node.link_id)))
    return Total(items=tuple(link for link in summed if link not in left_out), stated=bool(formula.left_out))


def _adds_to(formula: Sum, item: Item | None) -> bool:
    if item is None or not item.scored:
        return False
    return item.kind is Kind.CHOICE or (item.kind is Kind.INTEGER and not formula.weights_only)


def _by_scale(tree: Tree, items: Mapping[str, Item], known: Known | None, findings: Findings) -> Total:
    """Sum the questions with weights if they share one scale; otherwise nothing says which of them count."""
    difficulty = _difficulty(tree)
    weighted = (node.link_id for node in tree.nodes if _has_scale(items.get(node.link_id)))
    summed = [link_id for link_id in weighted if link_id not in difficulty]
    if known is None and len({_scale(items[link_id]) for link_id in summed}) > 1:
        reason = text("Its questions have different answers and no total says which of them count.")
        _undecided(reason, None, findings)
    return Total(items=tuple(summed))


def _has_scale(item: Item | None) -> bool:
    if item is None or not item.scored:
        return False
    return item.kind is Kind.CHOICE or (item.kind is Kind.INTEGER and item.maximum < UNLIMITED)


def _scale(item: Item) -> tuple[object, ...]:
    return (item.minimum, item.maximum, *((option.code, option.weight) for option in item.options))


def _fitted(total: Total, known: Known, items: Mapping[str, Item], findings: Findings) -> Total:
    """Return the total of a known instrument with just its published summands; note it where that fails."""
    fitting = total.items
    if len(fitting) > known.items and not total.stated:
        scale, _ = Counter(_scale(items[link_id]) for link_id in total.items).most_common(1)[0]
        fitting = tuple(link_id for link_id in total.items if _scale(items[link_id]) == scale)
        for link_id in total.items:
            if link_id not in fitting:
                words = text("Item %(item)s has other answers and does not count in the total.", item=link_id)
                findings.remark(words)
    highest = sum(items[link_id].maximum for link_id in fitting)
    if len(fitting) != known.items or highest != known.maximum:
        words = text(
            "The total of %(name)s sums %(items)s questions, up to %(maximum)s; "
            "this form has %(found)s, up to %(highest)s.",
            name=known.name,
            items=known.items,
            maximum=known.maximum,
            found=len(fitting),
            highest=highest,
        )
        findings.problem(words)
    return replace(total, items=fitting)


def _check_unscored(tree: Tree, items: Mapping[str, Item], total: Total, findings: Findings) -> None:
    """Note the questions without weights, unless it is certain that they do not belong to the total."""
    difficulty = _difficulty(tree)
    for item in items.values():
        outside = item.link_id not in total.items and (total.stated or item.link_id in difficulty)
        if not item.scored and not outside:
            reason = text("Its answers carry no weights. Name them in a scoring file.")
            findings.problem(reason, item=item.link_id)


def _check_summand(link_id: str, item: Item | None, *, by_file: bool, findings: Findings) -> None:
    if findings.refused_item(link_id):
        return
    if item is None:
        findings.problem(
            text("The total counts it, but the form has no such question to answer."), item=link_id
        )
    elif item.kind is Kind.BOOLEAN and not by_file:
        _undecided(text("The total counts it, but yes and no carry no weights."), link_id, findings)
    elif item.kind is Kind.INTEGER and item.maximum >= UNLIMITED:
        findings.problem(text("The total counts it, but it has no maxValue."), item=link_id)


def _questions(tree: Tree, link_ids: Iterable[str]) -> set[str]:
    """Return the linkIds with the questions inside them in the place of groups."""
    wanted = set(link_ids)
    groups = wanted & set(tree.groups)
    return (wanted - groups) | {node.link_id for node in tree.nodes if groups & set(node.groups)}


def _difficulty(tree: Tree) -> set[str]:
    return {node.link_id for node in tree.nodes if DIFFICULTY_ITEM in node.loinc}


def _in_order(tree: Tree, link_ids: Iterable[str]) -> tuple[str, ...]:
    places = {node.link_id: place for place, node in enumerate(tree.nodes)}
    return tuple(sorted(set(link_ids), key=lambda link_id: (places.get(link_id, len(places)), link_id)))


def _undecided(reason: Text, link_id: str | None, findings: Findings) -> None:
    words = text("%(reason)s Name the questions that count in a scoring file.", reason=reason)
    findings.problem(words, item=link_id)
