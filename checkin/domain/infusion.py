"""Infusions: one administered dose each. Time zero is the END of the infusion, in UTC."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from checkin.domain.ids import InfusionId, PersonId

FORGOTTEN = timedelta(hours=12)
"""A planned infusion that nobody confirmed this long after its planned end does not count (assumed)."""
COURSE_GAP = timedelta(days=14)
"""Infusions at most this far apart are one course: the check-ins after an infusion end on day 14."""

_T = TypeVar("_T")


class InfusionState(StrEnum):
    PLANNED = "planned"
    GIVEN = "given"
    CANCELLED = "cancelled"


class Route(StrEnum):
    INTRAVENOUS = "intravenous"
    INTRAMUSCULAR = "intramuscular"
    SUBCUTANEOUS = "subcutaneous"
    NASAL = "nasal"
    ORAL = "oral"
    SUBLINGUAL = "sublingual"
    OTHER = "other"


class DoseUnit(StrEnum):
    MG = "mg"
    MG_PER_KG = "mg/kg"


@dataclass(frozen=True, kw_only=True)
class Dose:
    """An amount with its unit, greater than zero."""

    amount: Decimal
    unit: DoseUnit


@dataclass(frozen=True, kw_only=True)
class Infusion:
    """``at`` is the END of a given infusion and the planned end of a planned one (aware UTC);
    ``zone`` is where it was recorded; ``revision`` grows with each correction, from 1."""

    id: InfusionId
    patient_id: PersonId
    state: InfusionState
    at: datetime
    zone: str
    route: Route | None = None
    dose: Dose | None = None
    note: str | None = None
    recorded_by: PersonId | None = None
    protocol: str = ""
    revision: int = 1

    def counts(self, now: datetime) -> bool:
        """Whether it was given, or is planned and may still turn out to have been given."""
        if self.state is InfusionState.PLANNED:
            return now < self.at + FORGOTTEN
        return self.state is InfusionState.GIVEN


def courses_of(infusions: Iterable[Infusion]) -> list[list[Infusion]]:
    """Return the given ones of one patient course by course, earliest first; the others are left out."""
    given = (infusion for infusion in infusions if infusion.state is InfusionState.GIVEN)
    ordered = sorted(given, key=lambda infusion: (infusion.at, infusion.id))
    return split(ordered, lambda before, after: after.at - before.at > COURSE_GAP)


def split(ordered: Iterable[_T], apart: Callable[[_T, _T], bool]) -> list[list[_T]]:
    """Cut a sequence wherever two that follow each other are ``apart``; none of the parts is empty."""
    parts: list[list[_T]] = []
    for one in ordered:
        if not parts or apart(parts[-1][-1], one):
            parts.append([])
        parts[-1].append(one)
    return parts
