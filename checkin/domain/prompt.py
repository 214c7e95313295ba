"""Prompts: one planned ask each, unique per infusion and step."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from checkin.domain.ids import InfusionId, PersonId, PromptId
from checkin.domain.words import Text


class PromptState(StrEnum):
    """planned → open → answered, declined ("not today"), expired or cancelled; the last four are final."""

    PLANNED = "planned"
    OPEN = "open"
    ANSWERED = "answered"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


UNFINISHED = frozenset({PromptState.PLANNED, PromptState.OPEN})
SETTLED = frozenset({PromptState.ANSWERED, PromptState.DECLINED, PromptState.EXPIRED})
"""The patient had their say, or their time is over; what was cancelled may come back."""
NOT_SENT = "not_sent"
"""Why a prompt expired that nobody was told about: everything was off at its time. It is no silence."""
SUPERSEDED, DISCHARGED, INFUSION_CANCELLED = "superseded", "discharged", "infusion_cancelled"
"""Why a prompt was cancelled: the plan changed, the treatment here ended, or its infusion was cancelled.

What ``replan.kept_reason`` returns are further ones.
"""


@dataclass(frozen=True, kw_only=True)
class PlannedPrompt:
    """What the planner wants: the step's name and its four moments (aware UTC).

    opens_at <= due_at < remind_at < expires_at; ``remind_at`` is None where only the notice fits. ``zone`` is
    the patient's at ``due_at``.
    ``instruments`` are references as the protocol names them, in asking order; ``left_out`` is what people
    call those that are not imported.
    """

    step: str
    opens_at: datetime
    due_at: datetime
    remind_at: datetime | None
    expires_at: datetime
    zone: str
    instruments: tuple[str, ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class NotPlanned:
    """A step that will not be asked, and why, in words."""

    step: str
    reason: Text


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A prompt as it is kept.

    ``notified``: something was sent for it already. ``reminded``: so was the second contact. ``snoozed_at``:
    when the patient asked for the reminder to come at ``remind_at``.
    """

    id: PromptId
    patient_id: PersonId
    infusion_id: InfusionId
    step: str
    state: PromptState
    opens_at: datetime
    due_at: datetime
    remind_at: datetime | None
    expires_at: datetime
    zone: str
    instruments: tuple[str, ...]
    notified: bool = False
    reminded: bool = False
    snoozed_at: datetime | None = None
