"""Prompts: one row per infusion and step, whatever is corrected later."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    bindparam,
    insert,
    select,
    text,
    true,
    update,
)

from checkin.domain.decision import Awaited
from checkin.domain.errors import NotFound
from checkin.domain.ids import ClinicId, InfusionId, PersonId, PromptId, new_id
from checkin.domain.prompt import UNFINISHED, PlannedPrompt, Prompt, PromptState
from checkin.storage.engine import Transaction
from checkin.storage.schema import Instant, clinic_id, metadata, row_id


def _unfinished_index(name: str, *columns: str) -> Index:
    """An index of the rows that are not finished; a query must ask for ``closed_at IS NULL`` to use it."""
    unfinished = text("closed_at IS NULL")
    return Index(name, *columns, sqlite_where=unfinished, postgresql_where=unfinished)


prompts = Table(
    "prompts",
    metadata,
    row_id(),
    clinic_id(),
    Column("patient_id", Uuid, ForeignKey("patients.person_id"), nullable=False),
    Column("infusion_id", Uuid, ForeignKey("infusions.id"), nullable=False),
    Column("step", String(60), nullable=False),
    Column("state", String(12), nullable=False),
    Column("opens_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("remind_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("instruments", Text, nullable=False),
    Column("notified", Boolean, nullable=False),
    Column("reminded", Boolean, nullable=False),
    Column("closed_at", Instant, nullable=True),
    Column("reason", String(200), nullable=True),
    # Without one only the notice goes, and ``remind_at`` says nothing.
    Column("reminder", Boolean, nullable=False, server_default=true()),
    # When the patient asked to be reminded later; ``remind_at`` then holds the moment they chose.
    Column("snoozed_at", Instant, nullable=True),
    # The step whose answer decides whether this one is asked at all, and until when that may come; the step
    # is empty once that is decided.
    Column("awaits", String(60), nullable=True),
    Column("awaits_until", Instant, nullable=True),
    UniqueConstraint("infusion_id", "step"),
    CheckConstraint(f"state IN ({', '.join(repr(s.value) for s in PromptState)})", name="state"),
    CheckConstraint("opens_at <= due_at AND due_at < remind_at AND remind_at < expires_at", name="order"),
    CheckConstraint(
        f"(closed_at IS NULL) = (state IN ({', '.join(repr(s.value) for s in sorted(UNFINISHED))}))",
        name="closed",
    ),
    Index("ix_prompts_patient", "patient_id", "due_at"),
    # What is still to come is found as quickly however many finished rows there are.
    _unfinished_index("ix_prompts_next", "patient_id", "due_at"),
    _unfinished_index("ix_prompts_due", "due_at"),
    Index(
        "ix_prompts_awaits",
        "awaits",
        sqlite_where=text("awaits IS NOT NULL"),
        postgresql_where=text("awaits IS NOT NULL"),
    ),
)

_UNSENT = [PromptState.PLANNED.value, PromptState.CANCELLED.value]

# What every answer runs is built once: putting a statement together takes longer than running it.
_CLOSE = (
    update(prompts)
    .where(prompts.c.id == bindparam("prompt"), prompts.c.closed_at.is_(None))
    .values(state=bindparam("to_state"), closed_at=bindparam("at"), reason=bindparam("because"))
)
_NEXT = (
    select(prompts)
    .where(
        prompts.c.patient_id == bindparam("patient"),
        prompts.c.closed_at.is_(None),
        prompts.c.expires_at > bindparam("now"),
    )
    .order_by(prompts.c.due_at)
    .limit(1)
)


def add_prompts(
    tx: Transaction,
    planned: Iterable[PlannedPrompt],
    *,
    clinic: ClinicId,
    patient: PersonId,
    infusion: InfusionId,
    now: datetime,
    awaits: Mapping[str, Awaited],
) -> None:
    """Store what the planner wants; ``awaits`` has, for a conditional step, the one that decides."""
    rows = [
        {
            "id": new_id(now),
            "clinic_id": clinic,
            "patient_id": patient,
            "infusion_id": infusion,
            "state": PromptState.PLANNED.value,
            "notified": False,
            "reminded": False,
            **_moments(prompt),
            **_awaited(awaits.get(prompt.step)),
        }
        for prompt in planned
    ]
    if rows:
        tx.execute(insert(prompts), rows)


def move_prompt(
    tx: Transaction,
    prompt: PromptId,
    planned: PlannedPrompt,
    *,
    queued: bool = False,
    awaited: Awaited | None = None,
) -> None:
    """Give an unsent prompt new moments; one that was cancelled comes back, one answered meanwhile stays.

    ``queued``: its notice is in the outbox and moves with it, so no other one is to be made. ``awaited``: the
    step that is still to decide about it.
    """
    moments = {**_moments(planned), **_awaited(awaited)}
    if queued:
        still = (prompts.c.id == prompt, prompts.c.state == PromptState.OPEN.value)
        tx.execute(update(prompts).where(*still).values(**moments, reminded=False))
        return
    tx.execute(
        update(prompts)
        .where(prompts.c.id == prompt, prompts.c.notified.is_(False), prompts.c.state.in_(_UNSENT))
        .values(**moments, state=PromptState.PLANNED.value, closed_at=None, reason=None)
    )


def close_prompt(
    tx: Transaction, prompt: PromptId, state: PromptState, *, now: datetime, reason: str = ""
) -> bool:
    """Put an unfinished prompt into a final state; False when it was final already."""
    values = {"prompt": prompt, "to_state": state.value, "at": now, "because": reason or None}
    return tx.execute(_CLOSE, values).rowcount == 1


def lock_prompt(tx: Transaction, prompt: PromptId) -> None:
    """Let one writer at a time decide what is sent about a prompt; SQLite's write lock does it by itself.

    To be taken before anything is written to its messages: answers and reminders take them in that order too.
    Where all that is sent to a person is stopped (``stop_reminders``, ``disable``) messages are locked alone.
    That is no harm, because who holds them waits for no prompt afterwards.
    """
    # Without key_share it would also hold up every row that refers to the prompt.
    tx.execute(select(prompts.c.id).where(prompts.c.id == prompt).with_for_update(key_share=True))


def lock_unfinished(tx: Transaction, patient: PersonId) -> None:
    """Lock all of a patient's prompts about which something may still be sent, as ``lock_prompt`` does."""
    mine = (prompts.c.patient_id == patient, prompts.c.closed_at.is_(None))
    tx.execute(select(prompts.c.id).where(*mine).with_for_update(key_share=True))


def get_prompt(tx: Transaction, prompt: PromptId) -> tuple[Prompt, ClinicId]:
    """Return a prompt and its clinic. Raises ``NotFound``."""
    row = tx.execute(select(prompts).where(prompts.c.id == prompt)).one_or_none()
    if row is None:
        raise NotFound
    return prompt_from(row), ClinicId(row.clinic_id)


def prompts_by_id(tx: Transaction, ids: Iterable[PromptId]) -> Mapping[PromptId, Prompt]:
    """Return several prompts in one statement."""
    rows = tx.execute(select(prompts).where(prompts.c.id.in_(list(ids))))
    return {PromptId(row.id): prompt_from(row) for row in rows}


def prompts_of(tx: Transaction, patient: PersonId) -> tuple[Prompt, ...]:
    """Return a patient's prompts in the order of their due moments."""
    return prompts_by_patient(tx, [patient]).get(patient, ())


def prompts_of_infusion(tx: Transaction, infusion: InfusionId) -> tuple[Prompt, ...]:
    rows = tx.execute(select(prompts).where(prompts.c.infusion_id == infusion).order_by(prompts.c.due_at))
    return tuple(prompt_from(row) for row in rows)


def prompts_by_patient(
    tx: Transaction, patients: Iterable[PersonId]
) -> Mapping[PersonId, tuple[Prompt, ...]]:
    """Return the prompts of several patients in one statement."""
    found: dict[PersonId, list[Prompt]] = {}
    wanted = select(prompts).where(prompts.c.patient_id.in_(list(patients)))
    for row in tx.execute(wanted.order_by(prompts.c.due_at, prompts.c.id)):
        found.setdefault(row.patient_id, []).append(prompt_from(row))
    return {patient: tuple(values) for patient, values in found.items()}


def next_prompt(tx: Transaction, patient: PersonId, now: datetime) -> Prompt | None:
    """Return the patient's next unfinished prompt that has not expired."""
    row = tx.execute(_NEXT, {"patient": patient, "now": now}).one_or_none()
    return None if row is None else prompt_from(row)


def next_planned_patient(tx: Transaction, after: PersonId | None) -> tuple[PersonId, ClinicId] | None:
    """Return the patient with prompts to come who follows another one, in the order of ids."""
    wanted = select(prompts.c.patient_id, prompts.c.clinic_id).where(prompts.c.closed_at.is_(None))
    if after is not None:
        wanted = wanted.where(prompts.c.patient_id > after)
    row = tx.execute(wanted.order_by(prompts.c.patient_id).limit(1)).one_or_none()
    return None if row is None else (PersonId(row.patient_id), ClinicId(row.clinic_id))


def _awaited(awaited: Awaited | None) -> dict[str, Any]:
    if awaited is None:
        return {"awaits": None, "awaits_until": None}
    return {"awaits": awaited.step, "awaits_until": awaited.window.until}


def _moments(planned: PlannedPrompt) -> dict[str, Any]:
    between = planned.due_at + (planned.expires_at - planned.due_at) / 2
    return {
        "step": planned.step,
        "opens_at": planned.opens_at,
        "due_at": planned.due_at,
        "reminder": planned.remind_at is not None,
        "remind_at": planned.remind_at or between,
        "expires_at": planned.expires_at,
        "zone": planned.zone,
        "instruments": "\n".join(planned.instruments),
    }


def prompt_from(row: Any) -> Prompt:
    """Build the value from a row that has the table's columns."""
    return Prompt(
        id=PromptId(row.id),
        patient_id=PersonId(row.patient_id),
        infusion_id=InfusionId(row.infusion_id),
        step=row.step,
        state=PromptState(row.state),
        opens_at=row.opens_at,
        due_at=row.due_at,
        remind_at=row.remind_at if row.reminder else None,
        expires_at=row.expires_at,
        zone=row.zone,
        instruments=tuple(row.instruments.split("\n")),
        notified=row.notified,
        reminded=row.reminded,
        snoozed_at=row.snoozed_at,
    )
