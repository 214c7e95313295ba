"""Sign-ins: one browser in which a person has proved who they are."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from checkin.domain.ids import PersonId


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """One browser's sign-in. ``factors`` names what proved the person; ``ends_at`` is its absolute end."""

    id: UUID
    person_id: PersonId
    device: str
    factors: str
    created_at: datetime
    last_seen_at: datetime
    ends_at: datetime
