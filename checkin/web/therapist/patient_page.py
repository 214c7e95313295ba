"""One patient's page in words: where they stand, what they answered, what was asked, what was given."""

from dataclasses import dataclass
from datetime import datetime

from checkin.charts.words import dose_words
from checkin.domain.clinic import next_reading
from checkin.domain.infusion import Infusion, InfusionState
from checkin.domain.need import Need, Rank, need
from checkin.domain.prompt import UNFINISHED
from checkin.domain.standing import change_words, score_words, span_words, standing
from checkin.domain.trajectory import hours_between
from checkin.domain.words import Moment, Text, text
from checkin.services.review_trajectory import Review
from checkin.web.therapist.answered import Answered, Mark, answered_of
from checkin.web.therapist.asked import Asked, asked_of, asked_words
from checkin.web.therapist.pictures import bands_of, titles_of
from checkin.web.therapist.triage import ICONS


@dataclass(frozen=True, kw_only=True)
class OpenAlert:
    """The oldest alert that nobody has put a name to; ``next_look``: when the clinic does, if not now."""

    age: Text
    next_look: datetime | None


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something to know at first sight: what it is, the figure itself, and what belongs to it."""

    name: Text
    figure: Text
    more: Text | None = None


@dataclass(frozen=True, kw_only=True)
class Given:
    """One infusion; ``number`` in its course, if it was given."""

    infusion: Infusion
    number: int | None
    dose: Text | None


@dataclass(frozen=True, kw_only=True)
class PatientPage:
    """What the page says, each list newest first. ``need`` leaves alerts out, which stand above everything;
    ``icon`` is None where nothing is flagged; ``marks`` are those that ``answered`` really has.
    """

    need: Need
    icon: str | None
    alert: OpenAlert | None
    facts: tuple[Fact, ...]
    answered: tuple[Answered, ...]
    marks: tuple[Mark, ...]
    asked: tuple[Asked, ...]
    asked_words: Text
    given: tuple[Given, ...]


def patient_page_of(review: Review, now: datetime) -> PatientPage:
    """Return the page of one patient as the reader may see it at ``now``."""
    found = need(review.trajectory, review.prompts, alert_raised_at=None, now=now, window=review.window)
    answered = answered_of(review, titles_of(review), bands_of(review))
    return PatientPage(
        need=found,
        icon=None if found.rank is Rank.STABLE else ICONS[found.rank],
        alert=_alert(review, now),
        facts=_facts(review, now),
        answered=answered,
        marks=tuple(mark for mark in Mark if any(mark in one.marks for one in answered)),
        asked=asked_of(review, now),
        asked_words=asked_words(review, now),
        given=_given(review),
    )


def _alert(review: Review, now: datetime) -> OpenAlert | None:
    if not review.alerts:
        return None
    oldest = min(alert.answered_at for alert in review.alerts)
    look = next_reading(review.clinic.settings, now)
    return OpenAlert(
        age=span_words(hours_between(oldest, now)),
        next_look=look if look is not None and look > now else None,
    )


def _facts(review: Review, now: datetime) -> tuple[Fact, ...]:
    found = [_last_score(review, now), _last_infusion(review, now), _next(review, now)]
    return tuple(fact for fact in found if fact is not None)


def _last_score(review: Review, now: datetime) -> Fact | None:
    here = standing(review.trajectory, now)
    if here is None or here.last is None or here.last_series is None or here.age is None:
        return None
    age = text("%(span)s ago", span=span_words(here.age))
    last = here.last
    if last.change is not None:
        change = change_words(last.change.shown, here.last_series)
        age = text("%(change)s, %(age)s", change=change, age=age)
    return Fact(name=text("Last score"), figure=score_words(last.value, last.maximum), more=age)


def _last_infusion(review: Review, now: datetime) -> Fact | None:
    here = standing(review.trajectory, now)
    if here is None:
        return None
    infusion = here.series.infusion
    words = text("ended %(at)s", at=Moment(at=infusion.at, zone=review.patient.zone))
    dose = dose_words(infusion)
    return Fact(
        name=text("Infusion %(number)s of this course", number=here.series.number),
        figure=text("%(span)s ago", span=span_words(here.hours)),
        more=words if dose is None else text("%(words)s, %(dose)s", words=words, dose=dose),
    )


def _next(review: Review, now: datetime) -> Fact | None:
    """What comes first: the next check-in or the next infusion."""
    due = [(prompt.due_at, text("Check-in")) for prompt in review.prompts if prompt.state in UNFINISHED]
    due += [(one.at, text("Infusion")) for one in review.infusions if one.state is InfusionState.PLANNED]
    coming = sorted((pair for pair in due if pair[0] > now), key=lambda pair: pair[0])
    if not coming:
        return None
    at, words = coming[0]
    return Fact(
        name=text("Next"),
        figure=words,
        more=text("planned for %(at)s", at=Moment(at=at, zone=review.patient.zone)),
    )


def _given(review: Review) -> tuple[Given, ...]:
    every = [series for course in review.trajectory.courses for series in course.series]
    numbers = {series.infusion.id: series.number for series in every}
    return tuple(
        Given(infusion=infusion, number=numbers.get(infusion.id), dose=dose_words(infusion))
        for infusion in reversed(review.infusions)
    )
