"""Prompts whose moment has come: taken by one scheduler at a time, and what was done about them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from checkin.domain.ids import ClinicId, PromptId
from checkin.domain.prompt import Prompt, PromptState
from checkin.storage.engine import Transaction
from checkin.storage.prompts import prompt_from, prompts

_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class DuePrompt:
    """A prompt whose moment has come, with whom to tell."""

    prompt: Prompt
    clinic_id: ClinicId


def take_due(tx: Transaction, now: datetime, limit: int) -> tuple[DuePrompt, ...]:
    """Return planned prompts whose notice is due, locked against other schedulers."""
    return _take(tx, now, limit, prompts.c.state == PromptState.PLANNED.value)


def count_due(tx: Transaction, now: datetime) -> int:
    """Return how many planned prompts are due, with those that another scheduler has in hand."""
    due = (prompts.c.closed_at.is_(None), prompts.c.due_at <= now)
    planned = prompts.c.state == PromptState.PLANNED.value
    return tx.execute(select(func.count()).select_from(prompts).where(*due, planned)).scalar_one()


def take_unreminded(tx: Transaction, now: datetime, limit: int) -> tuple[DuePrompt, ...]:
    """Return open prompts whose one reminder is due."""
    state = prompts.c.state == PromptState.OPEN.value
    wanted = (prompts.c.reminder.is_(True), prompts.c.reminded.is_(False), prompts.c.remind_at <= now)
    return _take(tx, now, limit, state, *wanted)


def take_expired(tx: Transaction, now: datetime, limit: int) -> tuple[DuePrompt, ...]:
    """Return unfinished prompts whose time is over."""
    return _take(tx, now, limit, prompts.c.expires_at <= now)


def mark_open(tx: Transaction, opened: Collection[PromptId]) -> None:
    tx.execute(
        update(prompts)
        .where(prompts.c.id.in_(list(opened)), prompts.c.state == PromptState.PLANNED.value)
        .values(state=PromptState.OPEN.value, notified=True)
    )


def mark_reminded(tx: Transaction, reminded: Collection[PromptId]) -> None:
    tx.execute(update(prompts).where(prompts.c.id.in_(list(reminded))).values(reminded=True))


def put_off(tx: Transaction, prompt: Prompt, until: datetime) -> None:
    """Undo what was just marked of a prompt, and let its turn come again at ``until``, within its time."""
    remind_at = None
    if prompt.remind_at is not None:
        remind_at = min(max(prompt.remind_at, until), prompt.expires_at - _MOMENT)
    values: dict[str, Any] = {"state": prompt.state.value, "notified": prompt.notified, "reminded": False}
    values |= {"remind_at": remind_at}
    if prompt.state is PromptState.PLANNED:
        values |= {"due_at": min(until, (remind_at or prompt.expires_at) - _MOMENT)}
    tx.execute(update(prompts).where(prompts.c.id == prompt.id).values(values))


def snooze(tx: Transaction, prompt: PromptId, remind_at: datetime, *, now: datetime) -> None:
    """Let the reminder of an open prompt go at this moment."""
    chosen = {"remind_at": remind_at, "reminder": True, "snoozed_at": now}
    tx.execute(update(prompts).where(prompts.c.id == prompt).values(chosen))


def _take(tx: Transaction, now: datetime, limit: int, *where: Any) -> tuple[DuePrompt, ...]:
    """Unfinished prompts that are due and for which this holds, locked against other schedulers."""
    rows = tx.execute(
        select(prompts)
        .where(prompts.c.closed_at.is_(None), prompts.c.due_at <= now, *where)
        .order_by(prompts.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return tuple(DuePrompt(prompt=prompt_from(row), clinic_id=ClinicId(row.clinic_id)) for row in rows)
