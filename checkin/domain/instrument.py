"""Instruments: questionnaires as they are asked and scored, whatever file they were read from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from checkin.domain.check_in import Score
from checkin.domain.words import Text, Translator

Words: TypeAlias = Text | str
"""What a person reads: own words (``Text``, to be translated) or imported ones (``str``, kept verbatim)."""

ItemAnswers: TypeAlias = Mapping[str, int | None]
"""linkId → weight; None where the person chose not to say. What was not asked is absent."""


def said(words: Words, to: Translator) -> str:
    """Return the words for a reader: own ones in the reader's language, imported ones untouched."""
    return words.render(to) if isinstance(words, Text) else words


class Kind(StrEnum):
    """How a question is answered: one of its options, yes or no (1 or 0), or a whole number."""

    CHOICE = "choice"
    BOOLEAN = "boolean"
    INTEGER = "integer"


class Operator(StrEnum):
    """How a condition compares an answer; the values are FHIR's codes."""

    EXISTS = "exists"
    EQUAL = "="
    NOT_EQUAL = "!="
    GREATER = ">"
    LESS = "<"
    GREATER_OR_EQUAL = ">="
    LESS_OR_EQUAL = "<="


@dataclass(frozen=True, kw_only=True)
class Option:
    """One answer to choose. ``weight`` is kept and summed; no two options of a question share it."""

    code: str
    label: Words
    weight: int


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A comparison with the answer to ``link_id``; for EXISTS ``value`` is 1 (answered) or 0 (not)."""

    link_id: str
    operator: Operator
    value: int

    def holds(self, answers: ItemAnswers) -> bool:
        """Say whether it holds. An unanswered question satisfies only "does not exist" and "not equal"."""
        given = answers.get(self.link_id)
        if self.operator is Operator.EXISTS:
            return (given is not None) == bool(self.value)
        if given is None:
            return self.operator is Operator.NOT_EQUAL
        return {
            Operator.EQUAL: given == self.value,
            Operator.NOT_EQUAL: given != self.value,
            Operator.GREATER: given > self.value,
            Operator.LESS: given < self.value,
            Operator.GREATER_OR_EQUAL: given >= self.value,
            Operator.LESS_OR_EQUAL: given <= self.value,
        }[self.operator]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Conditions of which all must hold, or with ``any_of`` at least one."""

    conditions: tuple[Condition, ...]
    any_of: bool = False

    def holds(self, answers: ItemAnswers) -> bool:
        """Say whether the rule is met by these answers."""
        met = (condition.holds(answers) for condition in self.conditions)
        return any(met) if self.any_of else all(met)


@dataclass(frozen=True, kw_only=True)
class Item:
    """One question.

    ``context`` are the texts that stand above it (group headings, instructions, the recall period), outermost
    first. ``options`` are empty only for a whole number. ``minimum`` and ``maximum`` are the lowest and
    highest weight. ``scored``: the weights are the instrument's own; otherwise an option's weight is only its
    place in the list. ``safety``: asks about suicide. ``enable_when``: asked only while every rule holds.
    ``select`` asks for the answer when it is missing.
    """

    link_id: str
    text: Words
    kind: Kind
    minimum: int
    maximum: int
    context: tuple[Words, ...] = ()
    options: tuple[Option, ...] = ()
    required: bool = False
    scored: bool = True
    safety: bool = False
    enable_when: tuple[Rule, ...] = ()
    select: Words | None = None

    def enabled(self, answers: ItemAnswers) -> bool:
        """Say whether the question is to be asked, given the answers to those before it."""
        return all(rule.holds(answers) for rule in self.enable_when)


@dataclass(frozen=True, kw_only=True)
class Band:
    """The name of a range of totals, from ``lowest`` up to the next band."""

    lowest: int
    label: Text


@dataclass(frozen=True, kw_only=True)
class Part:
    """A named sub-score with a chart line of its own: the plain sum of ``items``, up to ``maximum``."""

    name: str
    items: tuple[str, ...]
    maximum: int


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """How the total is made: the weights of ``items`` summed, out of ``highest``, stretched to ``maximum``.

    Where the two differ the total is prorated: the form leaves topics out that its scale counts.
    """

    items: tuple[str, ...]
    highest: int
    maximum: int
    bands: tuple[Band, ...] = ()
    parts: tuple[Part, ...] = ()

    @property
    def prorated(self) -> bool:
        """Whether totals are stretched to a scale wider than the questions asked."""
        return self.highest != self.maximum


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """A questionnaire, versioned and never edited.

    ``name`` is the short alias protocols use; ``label`` is what lists and charts call it; ``recall`` is the
    period own forms ask about ("" for imported ones, whose contexts say it). ``items`` are in the order of
    the file. ``line`` is the chart line of its total. ``notes`` are texts that belong under the last
    question; ``remarks`` tell staff what was noticed while reading the file.
    """

    url: str
    version: str
    name: str
    title: Words
    label: Words
    recall: Words
    items: tuple[Item, ...]
    scoring: Scoring | None
    line: str
    notes: tuple[Words, ...] = ()
    copyright: str | None = None
    remarks: tuple[Text, ...] = ()

    def __hash__(self) -> int:
        # Quick, because what was made from an instrument is kept by it; equality still looks at everything.
        return hash((self.url, self.version))

    @property
    def reference(self) -> str:
        """The canonical reference, "url|version"."""
        return f"{self.url}|{self.version}"

    @property
    def safety_items(self) -> tuple[Item, ...]:
        """The questions about suicide, if it has any."""
        return tuple(item for item in self.items if item.safety)

    @property
    def bands(self) -> tuple[Band, ...]:
        """The published ranges of its total, if it has any."""
        return self.scoring.bands if self.scoring else ()

    def item(self, link_id: str) -> Item:
        """Return one question. Raises KeyError for a linkId it does not have."""
        for item in self.items:
            if item.link_id == link_id:
                return item
        raise KeyError(link_id)


def enabled_items(instrument: Instrument, answers: ItemAnswers) -> tuple[Item, ...]:
    """Return the questions that apply, in order; answers to those that do not apply count for nothing."""
    counted: dict[str, int | None] = {}
    enabled = []
    for item in instrument.items:
        if item.enabled(counted):
            enabled.append(item)
            counted[item.link_id] = answers.get(item.link_id)
    return tuple(enabled)


def score(instrument: Instrument, answers: ItemAnswers) -> tuple[Score, ...]:
    """Return the total and then the sub-scores that can be computed from these answers.

    A question that was to be asked and has no answer leaves its total out: nothing is filled in. A question
    that did not apply adds nothing, as in the form's own sum. Proration covers only the topics a form never
    asks.
    """
    scoring = instrument.scoring
    if scoring is None:
        return ()
    asked = {item.link_id for item in enabled_items(instrument, answers)}
    found = []
    total = _sum(scoring.items, asked, answers)
    if total is not None:
        value = total * scoring.maximum / scoring.highest
        found.append(_score(instrument, instrument.line, value, scoring.maximum, prorated=scoring.prorated))
    for part in scoring.parts:
        total = _sum(part.items, asked, answers)
        if total is not None:
            found.append(_score(instrument, part.name, total, part.maximum))
    return tuple(found)


def band(bands: Sequence[Band], value: float) -> Band | None:
    """Return the band a total falls in; None where there are no published bands."""
    reached = [band for band in bands if band.lowest <= value]
    return reached[-1] if reached else None


def _sum(link_ids: tuple[str, ...], asked: set[str], answers: ItemAnswers) -> int | None:
    total = 0
    for link_id in link_ids:
        if link_id in asked:
            given = answers.get(link_id)
            if given is None:
                return None
            total += given
    return total


def _score(instrument: Instrument, line: str, value: float, maximum: int, *, prorated: bool = False) -> Score:
    return Score(
        instrument=instrument.reference,
        line=line,
        value=float(value),
        maximum=float(maximum),
        prorated=prorated,
    )
