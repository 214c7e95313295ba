"""Plans in tests: moments written as a local clock shows them, plans read back the same way."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from courses import English

from checkin.domain.errors import Problems
from checkin.domain.ids import InfusionId, PersonId, PromptId
from checkin.domain.instruments import builtin_instruments
from checkin.domain.person import WakingHours, Zone
from checkin.domain.planner import Plan, plan
from checkin.domain.prompt import UNFINISHED, PlannedPrompt, Prompt, PromptState
from checkin.domain.protocol import Protocol, default_protocol, read_protocol
from checkin.domain.words import Text

NEW_YORK, BERLIN = "America/New_York", "Europe/Berlin"
OWN_FORMS = frozenset(builtin_instruments())
ALWAYS_AWAKE = WakingHours(since=time(0), until=time(23, 59))
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def at(written: str, zone: str) -> datetime:
    """The moment (UTC) of "2026-03-07 11:00" in a zone, worked out without the code under test."""
    return datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def shown(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%m-%d %H:%M}"


def living_in(zone: str, *moves: tuple[datetime, str]) -> tuple[Zone, ...]:
    return Zone(since=LONG_AGO, name=zone), *(Zone(since=since, name=name) for since, name in moves)


def make_plan(end: datetime, zones: Sequence[Zone], **changes: Any) -> Plan:
    """The plan of an infusion recorded at its end, by the default protocol; ``changes``: plan's arguments."""
    protocol: Protocol = changes.pop("protocol", default_protocol())
    arguments: dict[str, Any] = {
        "infusion_at": end,
        "planned": False,
        "now": end,
        "zones": zones,
        "waking": ALWAYS_AWAKE,
        "available": OWN_FORMS,
    }
    return plan(protocol, **(arguments | changes))


def agenda(plan: Plan) -> list[tuple[str, str, str, str]]:
    """Each prompt as (step, notice, reminder or "none", expiry), on the clock of the prompt's own zone."""
    return [
        (
            prompt.step,
            shown(prompt.due_at, prompt.zone),
            shown(prompt.remind_at, prompt.zone) if prompt.remind_at else "none",
            shown(prompt.expires_at, prompt.zone),
        )
        for prompt in plan.prompts
    ]


def due_in(plan: Plan) -> dict[str, str]:
    """When each step is due, on the clock of its prompt's own zone."""
    return {step: due for step, due, _, _ in agenda(plan)}


def reasons(plan: Plan) -> dict[str, str]:
    return {refused.step: refused.reason.message for refused in plan.not_planned}


def without_off(plan: Plan) -> dict[str, str]:
    """The reasons, but for the step that the default protocol has switched off."""
    return {step: reason for step, reason in reasons(plan).items() if step != "hour-2"}


def said(words: Text) -> str:
    return words.render(English())


def kept(prompts: Sequence[PlannedPrompt]) -> list[Prompt]:
    """The prompts as they are kept once they were planned."""
    return [
        Prompt(
            id=PromptId(UUID(int=number)),
            patient_id=PersonId(UUID(int=1)),
            infusion_id=InfusionId(UUID(int=2)),
            step=prompt.step,
            state=PromptState.PLANNED,
            opens_at=prompt.opens_at,
            due_at=prompt.due_at,
            remind_at=prompt.remind_at,
            expires_at=prompt.expires_at,
            zone=prompt.zone,
            instruments=prompt.instruments,
        )
        for number, prompt in enumerate(prompts)
    ]


def as_time_passes(prompts: Sequence[Prompt], now: datetime) -> list[Prompt]:
    """The kept prompts as the scheduler leaves them by ``now``: due ones notified, old ones expired."""
    return [_by(prompt, now) for prompt in prompts]


def _by(prompt: Prompt, now: datetime) -> Prompt:
    if prompt.state not in UNFINISHED or prompt.due_at > now:
        return prompt
    state = PromptState.EXPIRED if prompt.expires_at <= now else PromptState.OPEN
    return replace(prompt, state=state, notified=True)


SMALL = """\
name = "small"
version = "1"
title = "A small one"
most_per_day = 2
quiet = { since = "21:30", until = "08:00" }
reminder_share = 0.4
next_infusion_cancels = "rest"

[[steps]]
name = "hour-24"
due = { hours = 24 }
expires = { hours = 32 }
instruments = ["phq-style-24h"]
"""


def problems(document: str, instruments: frozenset[str] = OWN_FORMS) -> list[tuple[str | None, str]]:
    with pytest.raises(Problems) as refused:
        read_protocol(document, instruments=instruments)
    return [(item.field, said(item.text)) for item in refused.value.items]
