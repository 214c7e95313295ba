"""Readings: what the check-ins that stand say, one line of scores at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from checkin.domain.check_in import CheckIn, Line, Score
from checkin.domain.ids import CheckInId
from checkin.domain.instrument import Instrument


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One score on one line at the true time of its answering; ``value`` is on 0..``maximum``.

    ``early_form``: from the form without sleep and appetite, scaled up. ``late``: answered or received after
    the prompt's expiry. ``secondary``: another check-in for the same prompt was there first.
    """

    check_in_id: CheckInId
    answered_at: datetime
    received_at: datetime
    value: float
    maximum: float
    early_form: bool
    late: bool
    secondary: bool
    unprompted: bool


def uncorrected(check_ins: Sequence[CheckIn]) -> tuple[CheckIn, ...]:
    """Return the check-ins that no later one replaces, each once, in order of answering."""
    replaced = {check_in.corrects for check_in in check_ins}
    kept = {c.id: c for c in check_ins if not c.corrected and c.id not in replaced}
    return tuple(sorted(kept.values(), key=lambda check_in: (check_in.answered_at, check_in.id)))


def lines_of(check_ins: Sequence[CheckIn]) -> dict[str, tuple[Reading, ...]]:
    """Return the readings of every line, in the order of ``check_ins``, at most one a check-in and line."""
    lines: dict[str, list[Reading]] = {}
    for check_in in check_ins:
        for line, score in sorted(_one_score_a_line(check_in.scores).items()):
            lines.setdefault(line, []).append(_reading(check_in, score))
    return {line: tuple(readings) for line, readings in lines.items()}


def question_line(check_ins: Sequence[CheckIn], instrument: Instrument, link_id: str) -> tuple[Reading, ...]:
    """Return the answers to one question of an instrument as a line of its own, those left out left out."""
    (item,) = (item for item in instrument.items if item.link_id == link_id)
    found = []
    for check_in in check_ins:
        weight = check_in.answers.get(instrument.reference, {}).get(link_id)
        if weight is not None:
            score = Score(instrument=instrument.reference, line=link_id, value=weight, maximum=item.maximum)
            found.append(_reading(check_in, score))
    return tuple(found)


def _one_score_a_line(scores: tuple[Score, ...]) -> dict[str, Score]:
    """Two forms of one line in one check-in: the full one counts, not the one that was scaled up."""
    chosen: dict[str, Score] = {}
    for score in sorted(scores, key=lambda score: (score.prorated, score.instrument)):
        chosen.setdefault(score.instrument if score.line == Line.OWN else score.line, score)
    return chosen


def _reading(check_in: CheckIn, score: Score) -> Reading:
    return Reading(
        check_in_id=check_in.id,
        answered_at=check_in.answered_at,
        received_at=check_in.received_at,
        value=score.value,
        maximum=score.maximum,
        early_form=score.prorated,
        late=check_in.late,
        secondary=check_in.secondary,
        unprompted=check_in.prompt_id is None,
    )
