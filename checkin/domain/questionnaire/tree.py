"""The items of a FHIR Questionnaire laid out flat, each with the texts and conditions that stand above it."""

from dataclasses import dataclass, field, replace

from checkin.domain.questionnaire.fhir_json import (
    Findings,
    Json,
    Unreadable,
    child,
    entries,
    extensions,
    flagged,
    loinc_codes,
    objects,
    string,
)
from checkin.domain.words import text

MOST_ITEMS = 300
DEEPEST_GROUP = 12
LONGEST_LINK_ID = 255

HIDDEN = "http://hl7.org/fhir/StructureDefinition/questionnaire-hidden"
INSTRUCTION = "http://hl7.org/fhir/StructureDefinition/questionnaire-displayCategory"
ENABLE_EXPRESSION = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-enableWhenExpression"
CALCULATED = (
    "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression",
    "http://hl7.org/fhir/StructureDefinition/questionnaire-calculatedExpression",
    "http://hl7.org/fhir/StructureDefinition/cqf-calculatedValue",
)


@dataclass(frozen=True, kw_only=True)
class Above:
    """What stands above an item: texts and groups' linkIds, outermost first; elements with an enableWhen."""

    context: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    conditional: tuple[Json, ...] = ()
    hidden: bool = False
    in_question: bool = False


@dataclass(frozen=True, kw_only=True)
class Node:
    """One item that is neither a group nor a text.

    ``groups`` are the linkIds above it, outermost first; ``conditional`` are the elements, it and those above
    it, that carry an enableWhen; ``hidden``: the file keeps it from the person who answers.
    """

    link_id: str
    element: Json
    context: tuple[str, ...]
    groups: tuple[str, ...]
    conditional: tuple[Json, ...]
    hidden: bool

    @property
    def type(self) -> object:
        """The FHIR item type as the file has it."""
        return self.element.get("type")

    @property
    def loinc(self) -> frozenset[str]:
        """Its LOINC codes; LHC-Forms also builds linkIds of them ("/44249-1/44260-8")."""
        return loinc_codes(self.element) | {self.link_id.rpartition("/")[2]}

    @property
    def computed(self) -> bool:
        """Whether the file calculates it, so that nobody is asked."""
        return any(extensions(self.element, *CALCULATED))


@dataclass(kw_only=True)
class Tree:
    """All of a file's nodes in order, its groups by linkId, the LOINC codes of its groups and texts, and the
    texts after the last node."""

    nodes: list[Node] = field(default_factory=list)
    groups: dict[str, Json] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def lay_out(document: Json, findings: Findings) -> Tree:
    """Return the items of a document; what cannot be read is noted and left out.

    Raises Problems at once for a form too large to be asked.
    """
    walk = _Walk(findings)
    walk.items(document, "", Above())
    return walk.tree


class _Walk:
    def __init__(self, findings: Findings) -> None:
        self.tree = Tree()
        self._findings = findings
        self._used: set[str] = set()
        self._seen = 0

    def items(self, element: Json, path: str, above: Above) -> None:
        """Walk the items directly inside an element; a run of texts belongs to the questions after it."""
        try:
            inside = objects(element, "item")
        except Unreadable as problem:
            self._findings.problem(problem.reason, item=path or None)
            return
        texts: tuple[str, ...] = ()
        in_run = False
        for number, item in enumerate(inside, start=1):
            place = f"{path}.{number}" if path else str(number)
            self._check_size(above)
            if item.get("type") == "display":
                texts = (texts if in_run else ()) + self._display(item, place, above)
                in_run = True
            else:
                in_run = False
                self._item(item, place, replace(above, context=above.context + texts))

    def _display(self, item: Json, place: str, above: Above) -> tuple[str, ...]:
        self.tree.codes |= loinc_codes(item)
        if above.hidden or flagged(item, HIDDEN):
            return ()
        shown = self._text(item, place)
        if not above.in_question:
            self.tree.notes += shown
        return shown

    def _item(self, item: Json, place: str, above: Above) -> None:
        link_id = _link_id(item)
        if link_id is None:
            words = text("It has no usable linkId (its place is counted from the top).")
            self._findings.problem(words, item=place)
            return
        if link_id in self._used:
            self._findings.problem(text("Another item has the same linkId."), item=link_id)
        self._used.add(link_id)
        if "modifierExtension" in item:
            self._findings.problem(
                text("It carries a modifierExtension, which is not understood."), item=link_id
            )
        below = replace(
            above,
            groups=(*above.groups, link_id),
            conditional=(*above.conditional, item) if _conditional(item) else above.conditional,
            hidden=above.hidden or flagged(item, HIDDEN),
        )
        if item.get("type") == "group":
            self._group(item, link_id, below)
        else:
            self._question(item, link_id, above.groups, below)

    def _group(self, item: Json, link_id: str, below: Above) -> None:
        self.tree.groups[link_id] = item
        self.tree.codes |= loinc_codes(item)
        if item.get("repeats") is True:
            self._findings.problem(text("The group repeats, which a check-in cannot do."), item=link_id)
        shown = () if below.hidden else self._text(item, link_id)
        self.items(item, link_id, replace(below, context=below.context + shown))

    def _question(self, item: Json, link_id: str, groups: tuple[str, ...], below: Above) -> None:
        node = Node(
            link_id=link_id,
            element=item,
            context=below.context + self._instructions(item, link_id),
            groups=groups,
            conditional=below.conditional,
            hidden=below.hidden,
        )
        self.tree.nodes.append(node)
        if not node.hidden and not node.computed:
            self.tree.notes.clear()
        self.items(item, link_id, replace(below, in_question=True))

    def _instructions(self, item: Json, link_id: str) -> tuple[str, ...]:
        """Return what is to be read with one question: its instructions and the texts inside it."""
        shown: tuple[str, ...] = ()
        for extension in extensions(item, INSTRUCTION):
            shown += self._text(child(extension, "valueCodeableConcept"), link_id)
        for inner in entries(item, "item"):
            if inner.get("type") == "display" and not flagged(inner, HIDDEN):
                shown += self._text(inner, link_id)
        return shown

    def _text(self, element: Json, place: str) -> tuple[str, ...]:
        try:
            shown = string(element, "text")
        except Unreadable as problem:
            self._findings.problem(problem.reason, item=place)
            return ()
        return () if shown is None else (shown,)

    def _check_size(self, above: Above) -> None:
        self._seen += 1
        if self._seen > MOST_ITEMS or len(above.groups) > DEEPEST_GROUP:
            words = text(
                "The form has more than %(items)s items or %(depth)s groups inside each other.",
                items=MOST_ITEMS,
                depth=DEEPEST_GROUP,
            )
            self._findings.problem(words)
            self._findings.check()


def _link_id(item: Json) -> str | None:
    try:
        link_id = string(item, "linkId")
    except Unreadable:
        return None
    # Answers are kept by it and conditions look for it: it is taken as it stands or not at all.
    usable = link_id is not None and link_id == item["linkId"] and len(link_id) <= LONGEST_LINK_ID
    return link_id if usable else None


def _conditional(item: Json) -> bool:
    return "enableWhen" in item or any(extensions(item, ENABLE_EXPRESSION))
