"""Clinics and their settings; settings are append-only rows, the newest one rules."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Column, Index, Integer, String, Table, Text, UniqueConstraint, func, insert, select

from checkin.domain.clinic import Clinic, ClinicSettings, HelpKind, HelpNumber, OpeningHours
from checkin.domain.errors import NotFound
from checkin.domain.ids import ClinicId, PersonId, new_id
from checkin.storage.engine import Transaction
from checkin.storage.schema import Instant, clinic_id, metadata, person_id, row_id

clinics = Table(
    "clinics",
    metadata,
    row_id(),
    Column("name", String(200), nullable=False),
    Column("created_at", Instant, nullable=False),
)

clinic_settings = Table(
    "clinic_settings",
    metadata,
    row_id(),
    clinic_id(),
    Column("revision", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
    person_id("changed_by", nullable=True),
    UniqueConstraint("clinic_id", "revision"),
    Index("ix_clinic_settings_newest", "clinic_id", "revision"),
)


def add_clinic(tx: Transaction, clinic: Clinic, now: datetime) -> None:
    """Store a new clinic with its first settings."""
    tx.execute(insert(clinics).values(id=clinic.id, name=clinic.name, created_at=now))
    add_settings(tx, clinic.id, clinic.settings, now=now, by=None)


def add_settings(
    tx: Transaction, clinic: ClinicId, settings: ClinicSettings, *, now: datetime, by: PersonId | None
) -> None:
    """Store new settings; the earlier ones stay. The caller holds the clinic's lock."""
    newest = select(func.coalesce(func.max(clinic_settings.c.revision), 0)).where(
        clinic_settings.c.clinic_id == clinic
    )
    tx.execute(
        insert(clinic_settings).values(
            id=new_id(now),
            clinic_id=clinic,
            revision=tx.execute(newest).scalar_one() + 1,
            content=json.dumps(_as_json(settings), sort_keys=True),
            changed_at=now,
            changed_by=by,
        )
    )


def lock_clinic(tx: Transaction, clinic: ClinicId) -> None:
    """Let one writer at a time change a clinic's people or settings; SQLite's write lock does by itself."""
    # Without key_share it would also hold up every row that refers to the clinic, and each one does.
    tx.execute(select(clinics.c.id).where(clinics.c.id == clinic).with_for_update(key_share=True))


def get_clinic(tx: Transaction, clinic: ClinicId) -> Clinic:
    """Return a clinic with its settings in force. Raises ``NotFound``."""
    found = _clinics(tx, clinics.c.id == clinic)
    if not found:
        raise NotFound
    return found[0]


def clinics_by_id(tx: Transaction, ids: Iterable[ClinicId]) -> Mapping[ClinicId, Clinic]:
    """Return several clinics with their settings in force."""
    return {clinic.id: clinic for clinic in _clinics(tx, clinics.c.id.in_(list(ids)))}


def oldest_clinic(tx: Transaction) -> ClinicId | None:
    """Return the clinic this install began with; None before there is one."""
    return tx.execute(select(clinics.c.id).order_by(clinics.c.id).limit(1)).scalar_one_or_none()


def all_clinics(tx: Transaction) -> tuple[Clinic, ...]:
    """Return every clinic of this install, oldest first."""
    return _clinics(tx)


def _clinics(tx: Transaction, *where: Any) -> tuple[Clinic, ...]:
    newest = (
        select(func.max(clinic_settings.c.revision))
        .where(clinic_settings.c.clinic_id == clinics.c.id)
        .correlate(clinics)
        .scalar_subquery()
    )
    rows = tx.execute(
        select(clinics.c.id, clinics.c.name, clinic_settings.c.content)
        .join(
            clinic_settings,
            (clinic_settings.c.clinic_id == clinics.c.id) & (clinic_settings.c.revision == newest),
        )
        .where(*where)
        .order_by(clinics.c.id)
    )
    return tuple(
        Clinic(id=ClinicId(row.id), name=row.name, settings=settings_from(row.content)) for row in rows
    )


def settings_from(content: str) -> ClinicSettings:
    """Read settings back from their stored form."""
    data = json.loads(content)
    return ClinicSettings(
        **{
            **data,
            "numbers": tuple(
                HelpNumber(
                    **{**n, "kind": HelpKind(n["kind"]), "verified_on": date.fromisoformat(n["verified_on"])}
                )
                for n in data["numbers"]
            ),
            "hours": tuple(
                OpeningHours(
                    weekday=h["weekday"],
                    since=time.fromisoformat(h["since"]),
                    until=time.fromisoformat(h["until"]),
                )
                for h in data["hours"]
            ),
        }
    )


def _as_json(settings: ClinicSettings) -> Mapping[str, Any]:
    return {
        "country": settings.country,
        "zone": settings.zone,
        "language": settings.language,
        "sender_name": settings.sender_name,
        "numbers": [
            {
                "kind": n.kind,
                "title": n.title,
                "number": n.number,
                "text_number": n.text_number,
                "always": n.always,
                "when": n.when,
                "verified_on": n.verified_on.isoformat(),
            }
            for n in settings.numbers
        ],
        "hours": [
            {"weekday": h.weekday, "since": h.since.isoformat(), "until": h.until.isoformat()}
            for h in settings.hours
        ],
        "thresholds": dict(settings.thresholds),
        "protocol": settings.protocol,
        "day_of_infusion_words": settings.day_of_infusion_words,
    }
