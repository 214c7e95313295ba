"""Forms: the instruments of one check-in as one list of questions, and the answers that come back."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from math import ceil
from statistics import median
from typing import TypeAlias

from checkin.domain.check_in import Score
from checkin.domain.errors import Invalid, Problems
from checkin.domain.instrument import Instrument, Item, ItemAnswers, Option, Rule, Words, score
from checkin.domain.instruments import SAFETY_ITEM, builtin_instruments
from checkin.domain.words import Text, text

Answers: TypeAlias = Mapping[str, ItemAnswers]
"""Instrument reference → linkId → weight, None where the person chose not to say."""

DECLINED = "declined"
"""The field value of "I'd rather not say"."""

MOST_BUTTONS = 11
"""A whole number is answered with buttons up to this many values (0 to 10), with more by typing."""

_A_QUESTION = timedelta(seconds=8)
"""Judgement: reading a question, choosing and the tap; it holds until there is something measured."""

_LEAST_TIMES = 3
_LONGEST_TIME = timedelta(minutes=30)
"""Whoever took longer did something else in between (judgement)."""

_TYPED = re.compile(r"[0-9]{1,4}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question as it is shown.

    ``name`` is its field in the form, "q1" for the first. ``options`` are buttons whose field value is the
    weight; without any, a whole number from ``minimum`` to ``maximum`` is typed in. ``enable_when`` are the
    rules under which it is asked, with field names in the place of linkIds. ``asked_late``: they look at a
    question that is only shown after it, so that a missing answer is no mistake. ``missing`` are the words
    that ask for an answer.
    """

    name: str
    reference: str
    link_id: str
    text: Words
    context: tuple[Words, ...]
    options: tuple[Option, ...]
    minimum: int
    maximum: int
    may_decline: bool
    safety: bool
    enable_when: tuple[Rule, ...]
    asked_late: bool
    missing: Text


@dataclass(frozen=True, kw_only=True)
class Form:
    """What one check-in asks.

    ``instruments`` are in asking order and include the own question about suicide where no other asks it;
    ``questions`` are in the order they are shown, those about suicide last of all.
    """

    instruments: tuple[Instrument, ...]
    questions: tuple[Question, ...]

    def __hash__(self) -> int:
        return hash(self.instruments)

    @property
    def asks_everything(self) -> bool:
        """Whether every question is always asked, so that their number is known beforehand."""
        return not any(question.enable_when for question in self.questions)

    @property
    def notes(self) -> tuple[Words, ...]:
        """Texts that belong under the form, copyright lines included."""
        shown: list[Words] = []
        for instrument in self.instruments:
            shown += instrument.notes
            shown += [instrument.copyright] if instrument.copyright else []
        return tuple(shown)


def compose(instruments: Sequence[Instrument]) -> Form:
    """Return the form that asks these instruments, each once and in this order.

    Everybody is asked about suicide, last: where no instrument does it, the own question is added. The same
    instruments always give the same field names.
    """
    return _compose(tuple({instrument.reference: instrument for instrument in instruments}.values()))


@lru_cache(maxsize=256)
def _compose(asked: tuple[Instrument, ...]) -> Form:
    if not any(instrument.safety_items for instrument in asked):
        asked = (*asked, builtin_instruments()[SAFETY_ITEM])
    pairs = [(instrument, item) for instrument in asked for item in instrument.items]
    pairs.sort(key=lambda pair: pair[1].safety)  # a stable sort: the order within both halves stays
    names = {(each.reference, item.link_id): f"q{place}" for place, (each, item) in enumerate(pairs, start=1)}
    return Form(
        instruments=asked,
        questions=tuple(_question(instrument, item, names) for instrument, item in pairs),
    )


def usual_minutes(questions: int, times: Sequence[timedelta]) -> int:
    """Return how many minutes answering takes, at least 1, rounded up: the person's own median, if known.

    ``times`` are how long this person took for the same form, from opening it.
    """
    measured = [each.total_seconds() for each in times if each <= _LONGEST_TIME]
    known = len(measured) >= _LEAST_TIMES
    usual = median(measured) if known else questions * _A_QUESTION.total_seconds()
    return max(1, ceil(usual / 60))


def read_answers(form: Form, submitted: Mapping[str, str]) -> Answers:
    """Return what was answered, with an entry for each instrument; what did not apply is absent.

    Only values the form offers are taken. Raises Problems with an entry for each question, in the order
    shown, that was to be answered and was not, or was answered with something else.
    """
    shown = {(question.reference, question.link_id): question for question in form.questions}
    problems: dict[str, Invalid] = {}
    answers: dict[str, ItemAnswers] = {}
    for instrument in form.instruments:
        given: dict[str, int | None] = {}
        for item in instrument.items:
            question = shown[instrument.reference, item.link_id]
            value = submitted.get(question.name, "")
            undecided = _looks_at(question.enable_when) & problems.keys()
            if undecided or not item.enabled(given) or (question.asked_late and not value):
                continue
            try:
                given[item.link_id] = _read(question, value)
            except Invalid as problem:
                problems[question.name] = problem
        answers[instrument.reference] = given
    if problems:
        raise Problems(tuple(problems[each.name] for each in form.questions if each.name in problems))
    return answers


def scores(instruments: Sequence[Instrument], answers: Answers) -> tuple[Score, ...]:
    """Return every total and sub-score that these answers allow, in the order of the instruments.

    A total with a missing answer is absent.
    """
    return tuple(
        found
        for instrument in instruments
        if instrument.reference in answers
        for found in score(instrument, answers[instrument.reference])
    )


def safety_level(instruments: Sequence[Instrument], answers: Answers) -> int | None:
    """Return the highest answer to a question about suicide, in steps above its lowest; None without one.

    The own question counts whether or not it is among the instruments.
    """
    everything = (*instruments, builtin_instruments()[SAFETY_ITEM])
    levels = [
        given - item.minimum
        for instrument in everything
        for item in instrument.safety_items
        if (given := answers.get(instrument.reference, {}).get(item.link_id)) is not None
    ]
    return max(levels, default=None)


def _question(instrument: Instrument, item: Item, names: Mapping[tuple[str, str], str]) -> Question:
    needed = _looks_at(item.enable_when)
    return Question(
        name=names[instrument.reference, item.link_id],
        reference=instrument.reference,
        link_id=item.link_id,
        text=item.text,
        context=item.context,
        options=item.options or _buttons(item),
        minimum=item.minimum,
        maximum=item.maximum,
        may_decline=not item.required and not item.safety,
        safety=item.safety,
        enable_when=tuple(_by_field(rule, instrument.reference, names) for rule in item.enable_when),
        asked_late=any(safe.link_id in needed for safe in instrument.safety_items),
        missing=_missing(item),
    )


def _buttons(item: Item) -> tuple[Option, ...]:
    if item.maximum - item.minimum >= MOST_BUTTONS:
        return ()
    numbers = range(item.minimum, item.maximum + 1)
    return tuple(Option(code=str(number), label=str(number), weight=number) for number in numbers)


def _by_field(rule: Rule, reference: str, names: Mapping[tuple[str, str], str]) -> Rule:
    conditions = (replace(each, link_id=names[reference, each.link_id]) for each in rule.conditions)
    return replace(rule, conditions=tuple(conditions))


def _looks_at(rules: Sequence[Rule]) -> set[str]:
    return {condition.link_id for rule in rules for condition in rule.conditions}


def _missing(item: Item) -> Text:
    if isinstance(item.select, Text):
        return item.select
    if item.options or item.maximum - item.minimum < MOST_BUTTONS:
        return text("Select an answer to “%(question)s”", question=item.text)
    return text(
        "Enter a whole number from %(minimum)s to %(maximum)s for “%(question)s”",
        minimum=item.minimum,
        maximum=item.maximum,
        question=item.text,
    )


def _read(question: Question, value: str) -> int | None:
    """Return the weight a field value stands for. Raises Invalid for anything the form does not offer."""
    if value == DECLINED and question.may_decline:
        return None
    if question.options:
        for option in question.options:
            if value == str(option.weight):
                return option.weight
    elif _TYPED.fullmatch(value.strip(" ")) and question.minimum <= int(value) <= question.maximum:
        return int(value)
    raise Invalid(question.missing, field=question.name)
