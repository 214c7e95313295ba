"""Check-ins as a list for the therapist: scores, what is special about each, and what the reader may see."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from checkin.domain.check_in import CheckIn, Line
from checkin.domain.ids import CheckInId
from checkin.domain.instrument import Band, Instrument, Item, Words, enabled_items
from checkin.domain.side_effect import bladder, still_unreal
from checkin.domain.standing import point_words, score_words, total_words
from checkin.domain.trajectory import Point, Series, Trajectory
from checkin.domain.words import Moment, Text, text
from checkin.services.review_trajectory import Review
from checkin.web.therapist.times import after_words, place_of

_SLOW = timedelta(minutes=2)  # a phone that was offline sends later; less than this is the way to the server


class Mark(Enum):
    """Something special about a check-in."""

    SAFETY = "safety"
    UNREAL = "unreal"
    BLADDER = "bladder"
    LATE = "late"
    SECOND = "second"
    REPLACED = "replaced"
    CHANGED = "changed"
    HELPED = "helped"
    UNPROMPTED = "unprompted"

    @property
    def word(self) -> Text:
        return _WORDS[self]

    @property
    def meaning(self) -> Text:
        return _MEANINGS[self]


_WORDS = {
    Mark.SAFETY: text("Suicide question above zero"),
    Mark.UNREAL: text("Unreal a day later"),
    Mark.BLADDER: text("Bladder or urine"),
    Mark.LATE: text("Late"),
    Mark.SECOND: text("Second answer"),
    Mark.REPLACED: text("Replaced"),
    Mark.CHANGED: text("Changed"),
    Mark.HELPED: text("With help"),
    Mark.UNPROMPTED: text("Not asked for"),
}
_MEANINGS = {
    Mark.SAFETY: text("A question about suicide was not answered with its lowest answer."),
    Mark.UNREAL: text(
        "Felt unreal or cut off 20 hours or more after an infusion. By then this is over as a rule: call."
    ),
    Mark.BLADDER: text(
        "Blood in the urine, or two other signs from the bladder. A clinician should look into it."
    ),
    Mark.LATE: text("Answered after the check-in had closed."),
    Mark.SECOND: text("The same check-in was answered before. The first answer is the one on the line."),
    Mark.REPLACED: text("The patient changed these answers. The later ones count."),
    Mark.CHANGED: text("These answers replace earlier ones."),
    Mark.HELPED: text("Somebody helped to fill it in."),
    Mark.UNPROMPTED: text("The patient checked in without being asked."),
}


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One question with its answer. ``concern``: a question about suicide, answered above its lowest."""

    question: Words
    answer: Words
    concern: bool


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """The answers to one form."""

    title: Words
    replies: tuple[Reply, ...]


@dataclass(frozen=True, kw_only=True)
class Answered:
    """One check-in. ``score`` is the PHQ-style one, ``others`` are pairs of a form's name and its score.

    ``received``: when it came in, where that was clearly later than the answer. ``sheets`` and ``note`` are
    empty unless the reader may see them.
    """

    at: datetime
    since: Text | None
    received: Text | None
    score: Text | None
    others: tuple[tuple[str, Text], ...]
    marks: tuple[Mark, ...]
    sheets: tuple[Sheet, ...]
    note: str | None


def answered_of(
    review: Review, titles: Mapping[str, str], bands: Mapping[str, Sequence[Band]]
) -> tuple[Answered, ...]:
    """Return every check-in, newest first. ``titles`` and ``bands`` are those of the lines of other forms."""
    points = dict(_points(review.trajectory))
    # A correction carries the time of the answers it replaces, and was received after them.
    newest = sorted(review.check_ins, key=lambda one: (one.answered_at, one.received_at), reverse=True)
    return tuple(_answered(review, check_in, points, titles, bands) for check_in in newest)


def marks_of(check_in: CheckIn, hours: float) -> tuple[Mark, ...]:
    """Return what is special about a check-in so many hours after an infusion, or (below zero) before it."""
    special = (
        (bool(check_in.safety), Mark.SAFETY),
        (still_unreal(check_in, hours), Mark.UNREAL),
        (bladder(check_in), Mark.BLADDER),
        (check_in.late, Mark.LATE),
        (check_in.secondary, Mark.SECOND),
        (check_in.corrected, Mark.REPLACED),
        (check_in.corrects is not None, Mark.CHANGED),
        (check_in.assisted, Mark.HELPED),
        (check_in.prompt_id is None, Mark.UNPROMPTED),
    )
    return tuple(mark for holds, mark in special if holds)


def _points(trajectory: Trajectory) -> Iterator[tuple[CheckInId, tuple[Point, Series]]]:
    # What lies before one infusion may lie after the one before it: named last there, with its change.
    every = [series for course in trajectory.courses for series in course.series]
    for series in reversed(every):
        placed = (*series.before, *series.secondary, *series.after)
        yield from ((point.check_in_id, (point, series)) for point in placed)


def _answered(
    review: Review,
    check_in: CheckIn,
    points: Mapping[CheckInId, tuple[Point, Series]],
    titles: Mapping[str, str],
    bands: Mapping[str, Sequence[Band]],
) -> Answered:
    zone = review.patient.zone
    place = place_of(check_in.answered_at, review.trajectory)
    slow = check_in.received_at - check_in.answered_at > _SLOW and check_in.corrects is None
    return Answered(
        at=check_in.answered_at,
        since=after_words(*place, review.trajectory) if place else None,
        received=text("Received on %(at)s", at=Moment(at=check_in.received_at, zone=zone)) if slow else None,
        score=_score(check_in, points),
        others=tuple(
            (
                titles.get(score.line, score.line),
                total_words(score.value, score.maximum, bands.get(score.line, ())),
            )
            for score in check_in.scores
            if score.line != Line.PHQ_STYLE
        ),
        marks=marks_of(check_in, place[0] if place else -1),
        sheets=tuple(_sheets(check_in, review.instruments)),
        note=check_in.note,
    )


def _score(check_in: CheckIn, points: Mapping[CheckInId, tuple[Point, Series]]) -> Text | None:
    if check_in.id in points:
        return point_words(*points[check_in.id])
    own = [score for score in check_in.scores if score.line == Line.PHQ_STYLE]
    return score_words(own[0].value, own[0].maximum) if own else None


def _sheets(check_in: CheckIn, instruments: Mapping[str, Instrument]) -> Iterator[Sheet]:
    for reference, given in check_in.answers.items():
        instrument = instruments.get(reference)
        if instrument is None:
            continue
        shown = [item for item in enabled_items(instrument, given) if item.link_id in given]
        replies = tuple(_reply(item, given[item.link_id]) for item in shown)
        yield Sheet(title=instrument.title, replies=replies)


def _reply(item: Item, weight: int | None) -> Reply:
    concern = item.safety and weight is not None and weight > item.minimum
    return Reply(question=item.text, answer=_answer(item, weight), concern=concern)


def _answer(item: Item, weight: int | None) -> Words:
    if weight is None:
        return text("Preferred not to say")
    return next((option.label for option in item.options if option.weight == weight), str(weight))
