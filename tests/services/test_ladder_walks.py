"""Random lives of a patient on the ladder: whatever happens in whatever order, what was agreed holds."""

import tempfile
from collections import Counter
from datetime import time
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.care import a_link, fill, open_prompts, submission
from support.channel import FakeChannel
from support.clock import Clock
from support.databases import Rows, copied_sqlite, put
from support.house import make_deps
from support.people import NEW_YORK, World
from support.phones import DISPATCHER, EMAIL, NUMBER, PUSH, SMS, Reach, give_number, subscribe_phone

from checkin.channels.base import ChannelError, Gone, Uncertain
from checkin.domain.ladder import MOST_CONTACTS, contacts
from checkin.domain.message import SETTLED, Message, MessageState
from checkin.domain.prompt import Prompt, PromptState
from checkin.domain.snooze import Later, TooLate
from checkin.services import note_opened, put_off, set_reminders
from checkin.services.answer_check_in import answer_by_link
from checkin.services.deliver import deliver
from checkin.services.open_check_in import LinkOver, Over, open_by_link
from checkin.services.remind import remind
from checkin.storage import messages, pauses, phone_numbers, prompts
from checkin.storage.engine import Database

OUTCOMES = {
    "taken": None,
    "gone": Gone(reason="gone"),
    "lost": Uncertain(reason="timeout"),
    "busy": ChannelError(permanent=False, reason="busy"),
    "refused": ChannelError(permanent=True, reason="refused"),
}

minutes = st.integers(1, 150)
rungs = st.sampled_from([PUSH, SMS, EMAIL])
orders = st.permutations(["web_push", "sms", "email"]).flatmap(
    lambda order: st.integers(1, 3).map(lambda size: tuple(order[:size]))
)
steps = st.one_of(
    st.tuples(st.just("wait"), minutes),
    st.tuples(st.just("wait"), minutes),
    st.tuples(st.just("next"), st.tuples(rungs, st.sampled_from(sorted(OUTCOMES)))),
    st.tuples(st.just("off"), st.integers(1, 11)),
    st.tuples(st.just("order"), orders),
    st.tuples(st.just("later"), st.sampled_from(Later)),
    st.tuples(st.just("ask"), st.integers(2, 12)),
    st.tuples(
        st.sampled_from(["open", "answer", "not today", "pause", "resume", "stop", "start", "phone"]),
        st.none(),
    ),
)


class Walk:
    """A patient with a phone, a number and a mailbox; each call to a provider is judged when it is made."""

    def __init__(self, database: Database, world: World) -> None:
        self.clock, email = Clock(), FakeChannel()
        self.database, self.patient = database, world.patient
        self.reach = Reach(make_deps(database, self.clock, email), self.clock, email)
        self.deps = self.reach.deps
        self.phone = subscribe_phone(self.deps, world.patient)
        give_number(self.deps, world.patient)
        self.outcomes: dict[str, list[str]] = {PUSH: [], SMS: [], EMAIL: []}
        self.stopped = False
        for name, channel in self.reach.channels.items():
            channel.meanwhile = lambda outgoing, name=name: self.judge(name, outgoing.message_id)  # type: ignore[misc]
        self.prompt = self.ask(6)

    def judge(self, name: str, message_id: UUID) -> None:
        """What must hold whenever something leaves."""
        with self.deps.reading() as tx:
            mine = {one.id: one for one in messages.messages_of(tx, self.patient.id)}
            message = mine[message_id]  # type: ignore[index]
            assert message.prompt_id is not None
            prompt, _ = prompts.get_prompt(tx, message.prompt_id)
        mine_now = set_reminders.my_reminders(self.deps, self.patient)
        assert message.state is MessageState.ATTEMPTING
        assert prompt.state is PromptState.OPEN, "never after an answer, a no or the end"
        assert self.clock.now() < prompt.expires_at
        assert not mine_now.paused
        assert name in mine_now.patient.channels
        assert not (name == SMS and self.stopped)
        local = self.clock.now().astimezone(ZoneInfo(NEW_YORK)).time()
        assert time(8) <= local < time(21, 30), "nobody is disturbed at night"
        error = OUTCOMES[self.outcomes[name].pop(0)] if self.outcomes[name] else None
        if error is not None:
            raise error

    def ask(self, hours: int) -> Prompt:
        (prompt,) = open_prompts(self.database, self.patient, self.clock.now(), hours=hours)
        self.link = a_link(self.database, self.patient, prompt, self.clock.now())
        return prompt

    def wait(self, passed: int) -> None:
        for _ in range(passed // 30 + 1):
            self.clock.advance(minutes=min(passed, 30))
            while remind(self.deps):
                pass
            self.clock.advance(seconds=1)
            while deliver(self.deps, DISPATCHER):
                pass

    def do(self, act: str, with_what: object) -> None:
        door = put_off.by_link(self.deps, self.link)
        try:
            if act == "wait":
                self.wait(with_what)  # type: ignore[arg-type]
            elif act == "off":  # the machine, for so many hours
                self.clock.advance(hours=with_what)  # type: ignore[arg-type]
            elif act == "next":
                name, outcome = with_what  # type: ignore[misc]
                self.outcomes[name].append(outcome)
            elif act == "order":
                set_reminders.choose_channels(self.deps, self.patient, with_what)  # type: ignore[arg-type]
            elif act == "later":
                put_off.put_off(self.deps, door, with_what)  # type: ignore[arg-type]
            elif act == "ask":
                self.prompt = self.ask(with_what)  # type: ignore[arg-type]
            else:
                getattr(self, f"_{act.replace(' ', '_')}")()
        except (Over, LinkOver, TooLate):
            pass

    def _open(self) -> None:
        note_opened.opened_in_app(self.deps, self.patient, self.prompt.id)

    def _answer(self) -> None:
        form = open_by_link(self.deps, self.link).form
        if form:
            answer_by_link(self.deps, self.link, submission(fill(form)))

    def _not_today(self) -> None:
        put_off.decline(self.deps, put_off.by_link(self.deps, self.link))

    def _pause(self) -> None:
        with self.deps.transaction() as tx:  # without the plan anew, which knows nothing of these prompts
            pauses.add_pause(tx, self.patient.id, self.patient.clinic_id, self.clock.now(), None)

    def _resume(self) -> None:
        with self.deps.transaction() as tx:
            pauses.end_pauses(tx, self.patient.id, self.clock.now())

    def _stop(self) -> None:
        self.stopped = True
        with self.deps.transaction() as tx:
            phone_numbers.stop_texts(tx, NUMBER, self.clock.now())

    def _start(self) -> None:
        self.stopped = False
        with self.deps.transaction() as tx:
            phone_numbers.restart_texts(tx, NUMBER)

    def _phone(self) -> None:
        subscribe_phone(self.deps, self.patient, endpoint=self.phone.address.endpoint)

    def by_prompt(self) -> list[list[Message]]:
        with self.deps.reading() as tx:
            asked = prompts.prompts_of(tx, self.patient.id)
            return [list(messages.messages_of_prompt(tx, one.id)) for one in asked]


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(steps, max_size=14))
def test_whatever_happens_in_whatever_order_what_was_agreed_holds(
    sqlite_template: Path, stored_world: tuple[World, Rows], walk: list[tuple[str, object]]
) -> None:
    world, rows = stored_world
    with tempfile.TemporaryDirectory() as folder, copied_sqlite(sqlite_template, Path(folder)) as database:
        put(database, rows)
        patient = Walk(database, world)
        for act, with_what in walk:
            patient.do(act, with_what)
        patient.wait(900)  # until everything is over
        for of_prompt in patient.by_prompt():
            assert contacts(of_prompt) <= MOST_CONTACTS
            assert max(Counter((one.channel, one.kind) for one in of_prompt).values(), default=0) <= 1
            assert all(one.state in SETTLED for one in of_prompt), "everything comes to rest"
        sent = Counter(one.message_id for _, _, one in patient.reach.sent)
        assert max(sent.values(), default=0) <= 1, "what a provider took is never given to it again"
