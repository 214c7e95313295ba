"""Tokens in links: each opens one thing, for one purpose, until one moment."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from checkin.domain.ids import ClinicId, PersonId


class Purpose(StrEnum):
    ANSWER = "answer"
    INVITE = "invite"
    RESET = "reset"
    UNSUBSCRIBE = "unsubscribe"
    CALENDAR = "calendar"


@dataclass(frozen=True, kw_only=True)
class Token:
    """What a link stands for: whom it is for, what it opens and until when."""

    id: UUID
    clinic_id: ClinicId
    person_id: PersonId
    purpose: Purpose
    object_id: UUID | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
