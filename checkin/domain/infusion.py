"""Infusions: one administered dose each. Time zero is the END of the infusion, in UTC."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from checkin.domain.ids import InfusionId, PersonId

FORGOTTEN = timedelta(hours=12)
"""A planned infusion that nobody confirmed this long after its planned end does not count (assumed)."""


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
