"""Alerts: safety work items. They stay open until a named person acknowledges them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from checkin.domain.ids import AlertId, CheckInId, ClinicId, PersonId


class AlertKind(StrEnum):
    SUICIDE_ITEM = "suicide_item"


class AlertState(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, kw_only=True)
class Alert:
    """``answered_at`` is when the answer was given, ``opened_at`` when the server had it (aware UTC)."""

    id: AlertId
    clinic_id: ClinicId
    patient_id: PersonId
    check_in_id: CheckInId
    kind: AlertKind
    state: AlertState
    answered_at: datetime
    opened_at: datetime
    acknowledged_by: PersonId | None = None
    acknowledged_at: datetime | None = None
