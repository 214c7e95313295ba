"""How one made-up patient feels, hour by hour, and what that makes of the questions of a form."""

from collections.abc import Sequence

import numpy as np

from checkin.demo.people import MadeUpPatient
from checkin.domain.form import Form, Question
from checkin.domain.simulator.compliance import TWELVE_STEPS, answers, draw_delay, draw_person
from checkin.domain.simulator.families import Profile
from checkin.domain.simulator.items import draw_answers
from checkin.domain.simulator.noise import draw_noise, swing
from checkin.domain.simulator.patient import SLOW_ITEMS_LAG, simulate
from checkin.domain.simulator.truth import lagged

# The simulator's topics, in its order, by the names our own forms give them.
_LINKS = ("interest", "mood", "sleep", "energy", "appetite", "self-worth", "concentration", "pace", "suicide")
_FROM, _UNTIL = -14 * 24, 60 * 24  # hours for which there is noise
_HIGHEST = 24  # above it, nine answers could not add up without thoughts of suicide
_SETTLED = 30.0  # hours after which an infusion leaves no side effects
_REMINDED = 0.4  # chance to answer after the reminder, having let the notice pass


class Course:
    """A true course with its noise. Hours count from the END of the first infusion."""

    def __init__(self, who: MadeUpPatient, infusions: Sequence[float], clock_hour: float) -> None:
        """``infusions`` are the hours of all given ones; ``clock_hour`` is the local time at hour 0."""
        simulated = simulate(
            who.kind,
            seed=who.seed,
            infusions=infusions or (0.0,),
            clock_hour=clock_hour,
            completion=who.answers,
        )
        self._who, self._infusions, self._clock_hour = who, infusions, clock_hour
        self._truth, self._family, self._profile = simulated.truth, simulated.family, simulated.profile
        hours = range(_FROM, _UNTIL)
        self._noise = draw_noise(hours, [self._since(hour) for hour in hours], self.stream("noise"))
        self._person = draw_person(who.answers, TWELVE_STEPS, self.stream("person"))

    def stream(self, *parts: object) -> np.random.Generator:
        """Random numbers that are the same for the same patient and parts, whatever was drawn before."""
        return np.random.default_rng([self._who.seed, *"/".join(map(str, (self._who.name, *parts))).encode()])

    def wait(self, hour: float, *, reminded: bool, rng: np.random.Generator) -> float | None:
        """Return after how many hours a contact at this hour is followed; None where it is not."""
        since, until = self._who.silent
        if since <= hour < until or not answers(self._person, max(hour, 0.0), None, rng):
            return None
        return None if reminded and rng.random() > _REMINDED else draw_delay(rng)

    def reply(
        self, form: Form, hour: float, rng: np.random.Generator, *, alarm: bool = False
    ) -> dict[str, str]:
        """Answer every question of a form, as submitted. ``alarm``: thoughts of suicide, now."""
        given = self._topics(form, hour, rng, alarm=alarm)
        return {question.name: str(self._answer(question, given, hour, rng)) for question in form.questions}

    def _topics(
        self, form: Form, hour: float, rng: np.random.Generator, *, alarm: bool
    ) -> dict[str, int | None]:
        early = not any(question.link_id == "sleep" for question in form.questions)
        thoughts = alarm or self._who.thoughts[0] <= hour < self._who.thoughts[1]
        total = self._total(hour)
        slow = float(lagged(self._truth, [hour], SLOW_ITEMS_LAG)[0])
        given = draw_answers(max(total, 4) if thoughts else total, int(thoughts), slow, early, rng)
        return dict(zip(_LINKS, given, strict=True))

    def _total(self, hour: float) -> int:
        at = np.array([hour])
        level = self._truth.level(at) + swing(self._family, self._clock_hour + at)
        noise = self._noise[min(max(int(hour) - _FROM, 0), len(self._noise) - 1)]
        return round(float(np.clip(level[0] + noise, 0, _HIGHEST)))

    def _answer(
        self, question: Question, given: dict[str, int | None], hour: float, rng: np.random.Generator
    ) -> int:
        """A topic's answer; for the other questions a small one, seldom, and where it can be expected."""
        known = given.get(question.link_id)
        if known is not None:
            return known
        high = self._profile is Profile.HYPOMANIA and "hypomania" in question.reference and 24 < hour < 200
        after = 0 <= self._since(hour) < _SETTLED and "urinary" not in question.reference
        likely = 0.8 if high else 0.25 if after and "hypomania" not in question.reference else 0.02
        return question.minimum + int(rng.random() < likely) + int(high and rng.random() < 0.4)

    def _since(self, hour: float) -> float:
        return min((hour - at for at in self._infusions if at <= hour), default=float("inf"))
