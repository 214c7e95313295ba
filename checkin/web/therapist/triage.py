"""The list by need as the page shows it: groups by rank, every row in words with its small picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from checkin.charts.sparkline import sparkline
from checkin.charts.svg import Svg
from checkin.domain.ids import PersonId
from checkin.domain.need import Rank
from checkin.domain.standing import span_words, standing
from checkin.domain.words import Text, Translator, text
from checkin.services.review_trajectory import Row
from checkin.web.therapist.times import after_words
from checkin.web.therapist.window import window_words

# A heading says what the people under it have in common, and nothing that would be a verdict on anybody.
HEADINGS = {
    Rank.ALERT: text("Open alert"),
    Rank.WORSE: text("Worse"),
    Rank.SILENT: text("Not answering"),
    Rank.FADING: text("Response fading"),
    Rank.STABLE: text("Nothing flagged"),
}
ICONS = {
    Rank.ALERT: "alert",
    Rank.WORSE: "up",
    Rank.SILENT: "clock",
    Rank.FADING: "fading",
    Rank.STABLE: "level",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One patient: why here, how long since the infusion, the last score with its age, the course, what its
    window does, and when the two next meet.
    """

    patient_id: PersonId
    name: str
    reason: Text
    since: Text | None
    score: Text | None
    age: Text | None
    window: Text | None
    meets: Text | None
    spark: Svg


@dataclass(frozen=True, kw_only=True)
class Group:
    """The patients of one rank, in the order of their need."""

    rank: Rank
    lines: tuple[Line, ...]

    @property
    def heading(self) -> Text:
        return HEADINGS[self.rank]

    @property
    def icon(self) -> str:
        return ICONS[self.rank]


def groups(rows: Sequence[Row], *, now: datetime, to: Translator) -> tuple[Group, ...]:
    """Return rows, which are in the order of need already, gathered by rank."""
    return tuple(
        Group(rank=rank, lines=tuple(_line(row, now, to) for row in found))
        for rank, found in groupby(rows, key=lambda row: row.need.rank)
    )


def _line(row: Row, now: datetime, to: Translator) -> Line:
    here = standing(row.trajectory, now)
    answered = here is not None and here.last is not None
    return Line(
        patient_id=row.patient.id,
        name=row.patient.person.name,
        reason=row.need.reason,
        since=None if here is None else after_words(here.hours, here.series, row.trajectory),
        score=here.words if here is not None and answered else None,
        age=None if here is None or here.age is None else text("%(span)s ago", span=span_words(here.age)),
        window=window_words(row.window, now, row.patient.zone),
        meets=None if row.meets is None else text("Next appointment: %(at)s", at=row.meets),
        spark=sparkline(row.trajectory, to=to),
    )
