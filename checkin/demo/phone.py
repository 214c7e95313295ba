"""The phone of one made-up patient: what comes in, and what is answered, when and how."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from numpy.random import Generator

from checkin.channels.base import Outgoing
from checkin.demo.course import Course
from checkin.demo.people import Habit, MadeUpPatient
from checkin.demo.story import Story
from checkin.domain.errors import Refusal
from checkin.domain.message import OF_A_PROMPT, MessageKind
from checkin.domain.person import Person
from checkin.domain.prompt import Prompt
from checkin.services.answer_check_in import Saved, answer_by_link, answer_unprompted
from checkin.services.open_check_in import OpenForm, open_by_link, open_unprompted
from checkin.services.put_off import decline, signed_in
from checkin.services.submission import Submission

_HOUR = timedelta(hours=1)
_SECOND_THOUGHTS = timedelta(minutes=4)
_LATE_BY = timedelta(minutes=10)
_IN_THE_CLINIC = "pre-dose"  # a nurse helps with this one


class Phone:
    """``first`` is hour 0 of the course; ``worried`` is called when thoughts of suicide were answered."""

    def __init__(
        self, who: MadeUpPatient, course: Course, story: Story, first: datetime, worried: Callable[[], None]
    ) -> None:
        self._who, self._course, self._story, self._first = who, course, story, first
        self._worried = worried
        self._unusual = dict(who.habits)
        self._sent = 0

    def receive(self, outgoing: Outgoing, owner: Person) -> None:
        """Look at a message; what follows from it happens later."""
        if outgoing.kind not in OF_A_PROMPT or outgoing.link is None:
            return
        secret = outgoing.link.rpartition("/")[2]
        opened = open_by_link(self._story.deps, secret)
        if opened.prompt is not None:
            self._decide(secret, opened.prompt, owner, reminded=outgoing.kind is MessageKind.REMINDER)

    def _decide(self, secret: str, prompt: Prompt, owner: Person, *, reminded: bool) -> None:
        rng = self._course.stream(prompt.step, self._infusion_day(prompt), reminded)
        habit = self._unusual.pop(prompt.step, None)
        if habit is Habit.DECLINES:
            decline(self._story.deps, signed_in(self._story.deps, owner, prompt.id))
            return
        if habit is Habit.LATE:
            fetched = open_by_link(self._story.deps, secret)
            self._story.at(
                prompt.expires_at + _LATE_BY, partial(self._send, secret, prompt, rng, fetched=fetched)
            )
            return
        wait = self._course.wait(self._hour(prompt.due_at), reminded=reminded, rng=rng)
        if habit is Habit.CHANGES:
            wait = wait or 0.3
        answers_at = self._story.now + (wait or 0.0) * _HOUR
        if wait is not None and answers_at < prompt.expires_at:
            self._story.at(answers_at, partial(self._send, secret, prompt, rng))
            if habit is Habit.CHANGES:
                self._story.at(
                    answers_at + _SECOND_THOUGHTS, partial(self._send, secret, prompt, rng, changes=True)
                )

    def _send(
        self,
        secret: str,
        prompt: Prompt,
        rng: Generator,
        *,
        fetched: OpenForm | None = None,
        changes: bool = False,
    ) -> None:
        deps = self._story.deps
        try:
            opened = fetched or open_by_link(deps, secret)
        except Refusal:  # the next infusion came first
            return
        if opened.answered != changes:  # the notice was answered before the reminder
            return
        hour = self._hour(self._story.now)
        submission = Submission(
            key=rng.bytes(16).hex(),
            submitted=self._course.reply(opened.form, hour, rng),
            note=self._note(),
            assisted=prompt.step == _IN_THE_CLINIC,
            fetched=opened.fetched,
            changes=changes,
        )
        if answer_by_link(deps, secret, submission).safety:
            self._worried()

    def tell(self, owner: Person, hour: float, *, alarm: bool = False) -> Saved:
        """Send a check-in that nobody asked for."""
        opened = open_unprompted(self._story.deps, owner)
        rng = self._course.stream("unasked", hour)
        submission = Submission(
            key=rng.bytes(16).hex(), submitted=self._course.reply(opened.form, hour, rng, alarm=alarm)
        )
        return answer_unprompted(self._story.deps, owner, submission)

    def _note(self) -> str:
        self._sent += 1
        return self._who.notes.get(self._sent, "")

    def _hour(self, at: datetime) -> float:
        return (at - self._first) / _HOUR

    def _infusion_day(self, prompt: Prompt) -> int:
        """Tells the same step of two infusions apart."""
        return round(self._hour(prompt.due_at) / 24)
