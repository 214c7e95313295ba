"""Identifiers: time-ordered UUIDs (version 7), each kind its own type."""

import secrets
from datetime import UTC, datetime
from typing import NewType
from uuid import UUID

ClinicId = NewType("ClinicId", UUID)
PersonId = NewType("PersonId", UUID)
InfusionId = NewType("InfusionId", UUID)
PromptId = NewType("PromptId", UUID)
CheckInId = NewType("CheckInId", UUID)
AlertId = NewType("AlertId", UUID)
MessageId = NewType("MessageId", UUID)
GrantId = NewType("GrantId", UUID)
AppointmentId = NewType("AppointmentId", UUID)

_RANDOM_BITS = 74


def new_id(now: datetime, random_bits: int | None = None) -> UUID:
    """Return a version 7 UUID (RFC 9562): 48 bits of milliseconds, then 74 random bits.

    Pass ``random_bits`` to make the id repeatable, as the demo data does.
    """
    bits = secrets.randbits(_RANDOM_BITS) if random_bits is None else random_bits
    milliseconds = int(now.timestamp() * 1000) & ((1 << 48) - 1)
    high, low = bits >> 62 & 0xFFF, bits & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)


def made_at(made: UUID) -> datetime:
    """Return when a version 7 UUID was made (aware UTC), to the millisecond."""
    return datetime.fromtimestamp((made.int >> 80) / 1000, UTC)
