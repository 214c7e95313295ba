"""What happened to the patients of the clinic: infusions, and check-ins answered or missed after each."""

import heapq
import itertools
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from checkin.domain.form import Form, Question, compose
from checkin.domain.infusion import Dose, DoseUnit, InfusionState, Route
from checkin.domain.person import Person
from checkin.domain.prompt import Prompt
from checkin.services import answer_check_in, catalogue, record_infusion
from checkin.services.answer_check_in import Submission
from checkin.services.deps import Deps
from checkin.services.open_check_in import Over
from checkin.storage import prompts

Curve = Sequence[tuple[float, float]]
"""Hours since the infusion → score on 0-27, straight between the points."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """Infusions as days ago, and the scores around each; ``later`` are those after all but the first.

    Every ``misses_every``-th check-in is missed (0: none), and all from ``silent_after`` hours on.
    ``suicide_item`` is the answer to that question on the third day.
    """

    days_ago: tuple[float, ...]
    curve: Curve
    misses_every: int = 0
    silent_after: float = 10_000
    suicide_item: int = 0
    dose: str = "0.5"
    later: Curve | None = None


RESPONDS: Curve = ((-200, 19), (0, 18), (4, 12), (24, 7), (72, 6), (168, 9), (240, 13), (336, 15))
AGAIN: Curve = ((0, 13), (4, 9), (24, 5), (72, 3), (168, 6), (240, 10), (336, 13))
SLOWLY: Curve = ((-200, 16), (0, 16), (4, 16), (24, 14), (72, 9), (168, 8), (336, 9))
HARDLY: Curve = ((-200, 21), (0, 21), (4, 20), (24, 19), (72, 20), (336, 20))
WORSE: Curve = ((-200, 13), (0, 13), (4, 10), (24, 12), (72, 17), (168, 21), (336, 22))
COURSES = {
    "Nora Lindqvist": Course(days_ago=(20.17, 10.17), curve=RESPONDS, misses_every=7, later=AGAIN),
    "Amir Haddad": Course(days_ago=(12, 5), curve=SLOWLY, misses_every=6),
    "Beatriz Almeida": Course(days_ago=(9,), curve=HARDLY),
    "Chidi Okafor": Course(days_ago=(6,), curve=WORSE, suicide_item=1),
    "Grace Oyelaran": Course(days_ago=(8,), curve=RESPONDS, silent_after=60, dose="0.75"),
}


class Clock:
    """A clock that is set from one moment of the past to the next."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def live(
    deps: Deps,
    clock: Clock,
    staff: Person,
    zone: str,
    courses: list[tuple[Person, Course]],
    now: datetime,
) -> None:
    """Record every infusion and answer its prompts, each at its own moment."""
    coming: list[tuple[datetime, int, Callable[[], None]]] = []
    order = itertools.count()

    def later(at: datetime, act: Callable[[], None]) -> None:
        if at < now:
            heapq.heappush(coming, (at, next(order), act))

    def infuse(patient: Person, course: Course, planned: datetime) -> None:
        draft = record_infusion.Draft(
            state=InfusionState.GIVEN,
            at=planned,
            zone=zone,
            route=Route.INTRAVENOUS,
            dose=Dose(amount=Decimal(course.dose), unit=DoseUnit.MG_PER_KG),
        )
        recorded = record_infusion.record(deps, staff, patient.id, draft)
        if course.later is not None and planned > now - timedelta(days=course.days_ago[0] - 1):
            course = replace(course, curve=course.later)
        with deps.reading() as tx:
            found = prompts.prompts_of_infusion(tx, recorded.id)
        for place, prompt in enumerate(found, start=1):
            missed = course.misses_every and place % course.misses_every == 0
            hours = (prompt.due_at - planned).total_seconds() / 3600
            if not missed and hours <= course.silent_after:
                later(prompt.due_at + timedelta(minutes=20), _answering(deps, patient, course, prompt, hours))

    def check_in_before(patient: Person, course: Course, hours: float) -> None:
        with deps.reading() as tx:
            form = compose(catalogue.pick_instruments(tx, patient.clinic_id, ("phq-style-24h",)))
        answer_check_in.answer_unprompted(deps, patient, _submission(form, course, hours))

    for patient, course in courses:
        for days in course.days_ago:
            at = now - timedelta(days=days)
            for hours in (-26.0, -2.0) if days == course.days_ago[0] else ():
                later(
                    at + timedelta(hours=hours), lambda p=patient, c=course, h=hours: check_in_before(p, c, h)
                )
            later(at + timedelta(minutes=9), lambda p=patient, c=course, a=at: infuse(p, c, a))
    while coming:
        clock.at, _, act = heapq.heappop(coming)
        act()


def _answering(
    deps: Deps, patient: Person, course: Course, prompt: Prompt, hours: float
) -> Callable[[], None]:
    def answer() -> None:
        with deps.reading() as tx:
            form = compose(catalogue.pick_instruments(tx, patient.clinic_id, prompt.instruments))
        with suppress(Over):  # the next infusion came first
            answer_check_in.answer_prompt(deps, patient, prompt.id, _submission(form, course, hours))

    return answer


def _submission(form: Form, course: Course, hours: float) -> Submission:
    mood = [q for q in form.questions if "phq-style" in q.reference and not q.safety]
    level = _score_at(course.curve, hours) / 27
    answers = {question.name: str(question.minimum) for question in form.questions}
    answers |= _spread(mood, round(level * 3 * (len(mood) + 1)) - course.suicide_item)
    answers |= {
        q.name: str(course.suicide_item if 60 < hours < 90 else 0) for q in form.questions if q.safety
    }
    return Submission(key=secrets.token_hex(16), submitted=answers)


def _spread(questions: Sequence[Question], total: int) -> dict[str, str]:
    """Answers 0 to 3 that add up to ``total``, as even as can be."""
    total = max(0, min(total, 3 * len(questions)))
    each, rest = divmod(total, len(questions))
    return {q.name: str(each + (place < rest)) for place, q in enumerate(questions)}


def _score_at(curve: Curve, hours: float) -> float:
    for (since, first), (until, second) in itertools.pairwise(curve):
        if since <= hours <= until:
            return first + (second - first) * (hours - since) / (until - since)
    return curve[-1][1]
