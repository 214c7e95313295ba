"""Instruments that are recognised by their LOINC codes, and what is published about them."""

from collections.abc import Iterable
from dataclasses import dataclass

from checkin.domain.instrument import Band
from checkin.domain.words import text

SUICIDE_ITEM = "44260-8"
DIFFICULTY_ITEM = "69722-7"
"""How difficult the problems made life: printed below the PHQ-9 and the GAD-7, never part of a total."""
SUBSCALE_TOTALS = frozenset({"55758-7"})
"""Totals of a part of another form (the PHQ-2 inside the PHQ-9), which are not the form's own."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """A published instrument: how many questions its total sums, and up to what.

    ``suicide_place`` is the place, from 1, of its question about suicide in instrument order.
    """

    name: str
    panel: str
    total: str
    items: int
    maximum: int
    suicide_place: int | None = None
    bands: tuple[Band, ...] = ()


PHQ_9 = Known(
    name="phq-9",
    panel="44249-1",
    total="44261-6",
    items=9,
    maximum=27,
    suicide_place=9,
    # Kroenke, Spitzer & Williams 2001, J Gen Intern Med 16:606; remission is a total below 5.
    bands=(
        Band(lowest=0, label=text("minimal: in the range of remission")),
        Band(lowest=5, label=text("mild")),
        Band(lowest=10, label=text("moderate")),
        Band(lowest=15, label=text("moderately severe")),
        Band(lowest=20, label=text("severe")),
    ),
)
GAD_7 = Known(name="gad-7", panel="69737-5", total="70274-6", items=7, maximum=21)
GAD_7_MISPRINT = "not at all sure"
"""A wording of the GAD-7's first answer that circulates by mistake; the original says only "Not at all"."""

KNOWN = (PHQ_9, GAD_7)


def known_by(codes: Iterable[str]) -> tuple[Known, ...]:
    """Return the instruments whose panel or total is among these LOINC codes."""
    found = set(codes)
    return tuple(known for known in KNOWN if {known.panel, known.total} & found)
