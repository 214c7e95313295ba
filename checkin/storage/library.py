"""What a clinic imported: instruments and protocols, versioned and never edited."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, String, Table, Text, UniqueConstraint, insert, select

from checkin.domain.ids import ClinicId, PersonId, new_id
from checkin.storage.engine import Transaction
from checkin.storage.schema import Instant, clinic_id, metadata, person_id, row_id

instruments = Table(
    "instruments",
    metadata,
    row_id(),
    clinic_id(),
    Column("reference", String(400), nullable=False),
    Column("document", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("imported_at", Instant, nullable=False),
    person_id("imported_by", nullable=True),
    UniqueConstraint("clinic_id", "reference"),
)

protocols = Table(
    "protocols",
    metadata,
    row_id(),
    clinic_id(),
    Column("reference", String(120), nullable=False),
    Column("document", Text, nullable=False),
    Column("imported_at", Instant, nullable=False),
    person_id("imported_by", nullable=True),
    UniqueConstraint("clinic_id", "reference"),
)


@dataclass(frozen=True, kw_only=True)
class ImportedInstrument:
    """A questionnaire file as it came, and the choices made while importing it (JSON)."""

    reference: str
    document: str
    options: str


@dataclass(frozen=True, kw_only=True)
class ImportedProtocol:
    """A protocol file as it came."""

    reference: str
    document: str


def add_instrument(
    tx: Transaction, clinic: ClinicId, imported: ImportedInstrument, *, now: datetime, by: PersonId | None
) -> None:
    """Store an instrument. Raises ``IntegrityError`` when this version is there already."""
    tx.execute(
        insert(instruments).values(
            id=new_id(now),
            clinic_id=clinic,
            reference=imported.reference,
            document=imported.document,
            options=imported.options,
            imported_at=now,
            imported_by=by,
        )
    )


def instruments_of(
    tx: Transaction, clinic: ClinicId, *, by: datetime | None = None
) -> tuple[ImportedInstrument, ...]:
    """Return a clinic's instruments in the order of import, those there were ``by`` a moment."""
    wanted = select(instruments).where(instruments.c.clinic_id == clinic)
    if by is not None:
        wanted = wanted.where(instruments.c.imported_at <= by)
    rows = tx.execute(wanted.order_by(instruments.c.id))
    return tuple(
        ImportedInstrument(reference=row.reference, document=row.document, options=row.options)
        for row in rows
    )


def add_protocol(
    tx: Transaction, clinic: ClinicId, imported: ImportedProtocol, *, now: datetime, by: PersonId | None
) -> None:
    """Store a protocol. Raises ``IntegrityError`` when this version is there already."""
    tx.execute(
        insert(protocols).values(
            id=new_id(now),
            clinic_id=clinic,
            reference=imported.reference,
            document=imported.document,
            imported_at=now,
            imported_by=by,
        )
    )


def protocols_of(tx: Transaction, clinic: ClinicId) -> tuple[ImportedProtocol, ...]:
    """Return a clinic's protocols in the order of import."""
    rows = tx.execute(select(protocols).where(protocols.c.clinic_id == clinic).order_by(protocols.c.id))
    return tuple(ImportedProtocol(reference=row.reference, document=row.document) for row in rows)
