"""Words in and around charts, and how much room they take."""

from collections.abc import Sequence

from checkin.domain.infusion import DoseUnit, Infusion
from checkin.domain.words import Text, ntext, text

TEXT_SIZE = 13.5
"""Units of a 360 wide drawing: still 12 px in a box of 328 px."""
_LETTER, _BOLD_LETTER = 0.56, 0.64
"""The mean width of a letter as a part of the text size, on the generous side for common system fonts."""


def width_of(words: str, *, bold: bool = False) -> float:
    """Return about how wide a text will be, in the units of the drawing."""
    return len(words) * TEXT_SIZE * (_BOLD_LETTER if bold else _LETTER)


def tick_words(hours: float, *, plain: bool) -> Text:
    """Name a place on an axis, which lies on a whole hour or day: "12 h", "3 d"; ``plain``: "12 hours".

    How long something took is said by ``span_words``.
    """
    whole, days = round(hours), round(hours / 24)
    if plain:
        if hours < 24:
            return ntext("%(n)s hour", "%(n)s hours", whole)
        return ntext("%(n)s day", "%(n)s days", days)
    return text("%(hours)s h", hours=whole) if hours <= 24 else text("%(days)s d", days=days)


def in_a_row(parts: Sequence[Text], between: str = " ") -> Text:
    """Return several sentences (or words, with something ``between``) as one text; at least one."""
    names = [f"part{index}" for index in range(len(parts))]
    pattern = between.join(f"%({name})s" for name in names)
    return text(pattern, **dict(zip(names, parts, strict=True)))


def dose_words(infusion: Infusion) -> Text | None:
    """Return "0.5 mg/kg", or None where no dose was recorded."""
    if infusion.dose is None:
        return None
    amount = f"{infusion.dose.amount:f}"
    if infusion.dose.unit is DoseUnit.MG_PER_KG:
        return text("%(amount)s mg/kg", amount=amount)
    return text("%(amount)s mg", amount=amount)
