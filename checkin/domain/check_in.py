"""What a patient answered at one moment, asked or not. It stays as given; a correction is a new check-in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from checkin.domain.ids import CheckInId, InfusionId, PersonId, PromptId


class Line(StrEnum):
    """The chart line a score belongs to. Scores on different lines are never joined or compared."""

    PHQ_STYLE = "phq-style"
    OWN = "own"


@dataclass(frozen=True, kw_only=True)
class Score:
    """One instrument's total. ``value`` is on 0..``maximum``, already prorated where ``prorated`` says so.

    ``line`` is ``Line.PHQ_STYLE`` for the project's own short-recall forms; any other instrument has its own
    line, named by its ``instrument`` reference.
    """

    instrument: str
    line: str
    value: float
    maximum: float
    prorated: bool = False


@dataclass(frozen=True, kw_only=True)
class CheckIn:
    """``answered_at`` is the true time of answering, ``received_at`` when the server had it (aware UTC).

    ``answers`` maps instrument reference → item linkId → weight (an int), or None where the person
    chose not to say. ``late``: answered or received after the prompt's expiry. ``secondary``: another
    check-in for the same prompt was there first. ``corrects`` points to the check-in this one replaces;
    ``corrected`` says that a later one replaces it. ``safety`` is the highest answer to a suicide item,
    None if not asked.
    """

    id: CheckInId
    patient_id: PersonId
    infusion_id: InfusionId | None
    prompt_id: PromptId | None
    answered_at: datetime
    received_at: datetime
    answers: Mapping[str, Mapping[str, int | None]]
    scores: tuple[Score, ...]
    late: bool = False
    assisted: bool = False
    secondary: bool = False
    corrects: CheckInId | None = None
    corrected: bool = False
    note: str | None = None
    safety: int | None = None
