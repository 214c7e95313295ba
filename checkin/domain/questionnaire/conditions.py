"""When a question is asked: FHIR's enableWhen turned into rules over weights."""

from collections.abc import Iterator, Mapping

from checkin.domain.instrument import Condition, Item, Kind, Operator, Rule
from checkin.domain.questionnaire.answer_lists import whole_number
from checkin.domain.questionnaire.fhir_json import Json, Unreadable, brief, extensions, objects
from checkin.domain.questionnaire.tree import ENABLE_EXPRESSION
from checkin.domain.words import text


def rules(conditional: tuple[Json, ...], before: Mapping[str, Item]) -> Iterator[Rule]:
    """Yield the rules of the elements, all of which must hold.

    ``before`` are the questions asked earlier, by linkId: a condition may only look back. Raises Unreadable
    for anything that cannot be decided from their answers.
    """
    for element in conditional:
        if any(extensions(element, ENABLE_EXPRESSION)):
            raise Unreadable(text("Whether it is asked depends on a formula (enableWhenExpression)."))
        conditions = tuple(_condition(entry, before) for entry in objects(element, "enableWhen"))
        behaviour = element.get("enableBehavior")
        if len(conditions) > 1 and behaviour not in ("all", "any"):
            raise Unreadable(text("It has several enableWhen but no enableBehavior."))
        if conditions:
            yield Rule(conditions=conditions, any_of=behaviour == "any")


def _condition(entry: Json, before: Mapping[str, Item]) -> Condition:
    question = entry.get("question")
    item = before.get(question) if isinstance(question, str) else None
    if item is None:
        raise Unreadable(
            text("Its enableWhen looks at %(item)s, which is not asked before it.", item=brief(question))
        )
    try:
        operator = Operator(str(entry.get("operator")))
    except ValueError:
        raise Unreadable(text("Its enableWhen has an unknown operator.")) from None
    value = _truth(entry) if operator is Operator.EXISTS else _weight(entry, item, operator)
    if value is None:
        words = text(
            "Its enableWhen compares %(item)s with something it cannot be answered with.", item=item.link_id
        )
        raise Unreadable(words)
    return Condition(link_id=item.link_id, operator=operator, value=value)


def _weight(entry: Json, item: Item, operator: Operator) -> int | None:
    """Return what a condition compares an answer with, as a weight; None where it cannot be one."""
    ordered = operator not in (Operator.EQUAL, Operator.NOT_EQUAL)
    number = whole_number(entry.get("answerInteger", entry.get("answerDecimal")))
    if item.kind is Kind.INTEGER:
        return number
    if item.kind is Kind.BOOLEAN:
        return None if ordered else _truth(entry)
    coding = entry.get("answerCoding")
    code = coding.get("code") if isinstance(coding, Mapping) else entry.get("answerString")
    if number is None and ordered:
        return None  # codes have no order in FHIR, even where their weights have one
    wanted = code if number is None else str(number)
    return next((option.weight for option in item.options if option.code == wanted), None)


def _truth(entry: Json) -> int | None:
    value = entry.get("answerBoolean")
    return int(value) if isinstance(value, bool) else None
