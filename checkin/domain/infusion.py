"""Infusions: one administered dose each. Time zero is the END of the infusion, in UTC."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from checkin.domain.ids import InfusionId, PersonId


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
