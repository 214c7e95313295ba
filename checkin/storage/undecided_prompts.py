"""Conditional prompts: those about which nothing more can decide, and that they were decided about."""

from datetime import datetime

from sqlalchemy import ColumnElement, select, update

from checkin.domain.ids import ClinicId, PersonId
from checkin.domain.prompt import SETTLED, UNFINISHED, PromptState
from checkin.storage.engine import Transaction
from checkin.storage.prompts import prompts


def undecided_patients(tx: Transaction, now: datetime, limit: int) -> tuple[tuple[PersonId, ClinicId], ...]:
    """Return patients with a planned conditional prompt about which nothing more can decide."""
    rows = tx.execute(
        select(prompts.c.patient_id, prompts.c.clinic_id)
        .where(
            prompts.c.state == PromptState.PLANNED.value,
            prompts.c.closed_at.is_(None),  # said again, because what is unfinished has an index of its own
            *_decidable(now),
        )
        .distinct()
        .limit(limit)
    )
    return tuple((PersonId(row.patient_id), ClinicId(row.clinic_id)) for row in rows)


def mark_decided(tx: Transaction, patient: PersonId, now: datetime) -> None:
    """Note that those of the patient's conditional prompts were decided about that could be by ``now``."""
    tx.execute(update(prompts).where(prompts.c.patient_id == patient, *_decidable(now)).values(awaits=None))


def _decidable(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Prompts that await a step whose own prompt is settled, or whose time is up without one to answer."""
    decides = prompts.alias("decides")
    own = (decides.c.infusion_id == prompts.c.infusion_id, decides.c.step == prompts.c.awaits)

    def has(*states: PromptState) -> ColumnElement[bool]:
        return select(decides.c.id).where(*own, decides.c.state.in_([one.value for one in states])).exists()

    over = (prompts.c.awaits_until <= now) & ~has(*UNFINISHED)
    return prompts.c.awaits.is_not(None), has(*SETTLED) | over
