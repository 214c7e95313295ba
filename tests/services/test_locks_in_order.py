"""Whoever decides about a prompt locks it before its messages, so that nobody waits for each other."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import update
from support.care import an_infusion, open_prompts, prompts_of
from support.channel import FakeChannel
from support.clock import Clock
from support.locks import watch_writers
from support.meetings import book, more_patients
from support.people import World
from support.phones import DISPATCHER, NUMBER, SMS, Reach, give_number

from checkin.channels.base import Outgoing
from checkin.domain.appointment import floor_to_cell
from checkin.domain.ids import PromptId
from checkin.domain.message import LEASE, Message, MessageState, Reason
from checkin.domain.prompt import Prompt, PromptState
from checkin.services import give_number as giving
from checkin.services import set_reminders
from checkin.services.deliver import deliver, recover
from checkin.services.deps import Deps
from checkin.services.manage_people import disable
from checkin.services.plan_prompts import bring_in_line
from checkin.services.remind import remind
from checkin.services.take_bounce import take_bounce
from checkin.storage import audit, messages, patients, people, prompts, receipts
from checkin.storage.all_tables import metadata
from checkin.storage.engine import Database, Transaction

S = MessageState


@pytest.fixture
def database(empty_postgresql: Database) -> Database:
    """On SQLite there is one lock for all that is written."""
    return empty_postgresql


class Turns:
    """Somebody who has locked prompts, or something else, and goes on once another one waits."""

    def __init__(self, database: Database, patch: pytest.MonkeyPatch) -> None:
        self._database = database
        self._until_one_waits = watch_writers(database, patch)

    def run(
        self, locked: list[PromptId], other: Callable[[], object], goes_on: Callable[[Transaction], object]
    ) -> object:
        """Let both come to their end; return what ``other`` does."""
        return self.after(lambda tx: [prompts.lock_prompt(tx, prompt) for prompt in locked], other, goes_on)

    def after(
        self,
        begins: Callable[[Transaction], object],
        other: Callable[[], object],
        goes_on: Callable[[Transaction], object],
    ) -> object:
        """The same with whatever else is locked in the beginning."""
        with ThreadPoolExecutor(1) as pool:
            with self._database.transaction() as tx:
                begins(tx)
                running: Future[object] = pool.submit(other)
                self._until_one_waits()
                goes_on(tx)
            return running.result(timeout=30)


@pytest.fixture
def turns(database: Database, monkeypatch: pytest.MonkeyPatch) -> Turns:
    return Turns(database, monkeypatch)


@contextmanager
def dying(channel: FakeChannel) -> Iterator[None]:
    """A dispatcher that ends in the middle of a call."""

    def die(_outgoing: Outgoing) -> None:
        raise SystemExit

    channel.meanwhile = die
    with pytest.raises(SystemExit):
        yield
    channel.meanwhile = lambda outgoing: None


@pytest.fixture
def reach(deps: Deps, world: World, clock: Clock, channel: FakeChannel) -> Reach:
    """A patient who gets mail first, and texts where that fails."""
    made = Reach(deps, clock, channel)
    give_number(made.deps, world.patient)
    with deps.transaction() as tx:
        tx.execute(update(metadata.tables["patients"]).values(channels="email sms"))
    return made


def noticed(reach: Reach, database: Database, world: World) -> tuple[Prompt, Message]:
    """An open prompt and its notice, which is due."""
    (prompt,) = open_prompts(database, world.patient, reach.clock.now())
    remind(reach.deps)
    reach.clock.advance(minutes=1)
    (notice,) = of(reach.deps, prompt.id)
    return prompt, notice


def of(deps: Deps, prompt: PromptId) -> tuple[Message, ...]:
    with deps.reading() as tx:
        return messages.messages_of_prompt(tx, prompt)


def cancel(tx: Transaction, deps: Deps, prompt: PromptId) -> int:
    return messages.cancel_for_prompts(tx, [prompt], reason=Reason.ANSWERED, now=deps.now())


def test_one_that_cannot_be_prepared_and_an_answer_do_not_wait_for_each_other(
    turns: Turns, reach: Reach, database: Database, world: World
) -> None:
    prompt, notice = noticed(reach, database, world)
    with reach.deps.transaction() as tx:
        people.mark_email_gone(tx, world.patient.id, world.patient.email, reach.deps.now())
    turns.run(
        [prompt.id],
        lambda: deliver(reach.deps, DISPATCHER),
        lambda tx: cancel(tx, reach.deps, prompt.id),
    )
    assert [(one.id, one.state) for one in of(reach.deps, prompt.id)] == [(notice.id, S.CANCELLED)]


def test_one_that_was_left_behind_and_its_report_do_not_wait_for_each_other(
    turns: Turns, reach: Reach, database: Database, world: World, clock: Clock
) -> None:
    prompt, notice = noticed(reach, database, world)
    with dying(reach.email):
        deliver(reach.deps, DISPATCHER)
    clock.advance(seconds=LEASE.total_seconds())
    turns.run(
        [prompt.id],
        lambda: recover(reach.deps),
        lambda tx: receipts.receive(tx, notice.id, S.RECEIPTED, reason=None, now=reach.deps.now()),
    )
    assert [(one.id, one.state) for one in of(reach.deps, prompt.id)] == [(notice.id, S.RECEIPTED)]


def test_a_pause_and_a_scheduler_do_not_wait_for_each_other(
    turns: Turns, deps: Deps, world: World, clock: Clock
) -> None:
    """The one takes back what waits and all that is planned, the other has taken several prompts in hand."""
    an_infusion(deps, world.staff, world.patient)
    remind(deps)
    first, *others = prompts_of(deps, world.patient)
    (notice,) = of(deps, first.id)
    turns.run(
        [first.id, *(other.id for other in others)],
        lambda: set_reminders.pause(deps, world.patient, timedelta(days=30)),
        lambda tx: cancel(tx, deps, first.id),
    )
    assert [(one.id, one.reason) for one in of(deps, first.id)] == [(notice.id, Reason.ANSWERED)]
    assert {one.state for one in prompts_of(deps, world.patient)} >= {PromptState.OPEN, PromptState.CANCELLED}


def test_another_number_and_a_text_with_a_code_do_not_wait_for_each_other(
    turns: Turns, deps: Deps, world: World
) -> None:
    """A dispatcher takes the message and then, for its code, the number."""
    giving.give_number(deps, world.patient, NUMBER)

    def take(tx: Transaction) -> None:
        now, lease_now = deps.now(), deps.lease_now(tx)
        messages.claim(tx, dispatcher=DISPATCHER, now=now, lease_now=lease_now, lease=LEASE, limit=1)

    turns.after(
        take,
        lambda: giving.give_number(deps, world.patient, "+15550105678"),
        lambda tx: giving.fresh_code(tx, deps, world.patient.id),
    )
    with deps.reading() as tx:
        states = [one.state for one in messages.messages_of(tx, world.patient.id)]
    assert sorted(states) == [S.CANCELLED, S.PENDING]


def test_mail_that_came_back_and_an_answer_do_not_wait_for_each_other(
    turns: Turns, reach: Reach, database: Database, world: World
) -> None:
    """What both write down goes to one chain, which they lock after the prompt."""
    prompt, notice = noticed(reach, database, world)
    deliver(reach.deps, DISPATCHER)
    answered = audit.Event(action="answered", subject=world.patient.id)
    turns.run(
        [prompt.id],
        lambda: take_bounce(reach.deps, world.patient.email, message=notice.id),
        lambda tx: audit.record(tx, world.clinic.id, answered, reach.deps.now()),
    )
    assert [(one.channel, one.state) for one in of(reach.deps, prompt.id)] == [
        (notice.channel, S.FAILED),
        (SMS, S.PENDING),
    ]


def test_what_fails_hands_over_also_when_another_was_taken_in_the_same_turn(
    reach: Reach, database: Database, world: World
) -> None:
    """The outcomes of one turn are written down apart, and none is forgotten."""
    prompt, notice = noticed(reach, database, world)
    (another,) = open_prompts(database, world.other_patient, reach.clock.now())
    remind(reach.deps)
    with reach.deps.transaction() as tx:
        people.mark_email_gone(tx, world.patient.id, world.patient.email, reach.deps.now())
    reach.clock.advance(minutes=1)
    assert deliver(reach.deps, DISPATCHER, at_once=2) == 3, "two at once, then the text"
    assert [(one.channel, one.state) for one in of(reach.deps, prompt.id)] == [
        (notice.channel, S.FAILED),
        (SMS, S.ACCEPTED),
    ]
    assert [one.state for one in of(reach.deps, another.id)] == [S.ACCEPTED]


def test_a_therapist_closed_out_and_an_answer_do_not_wait_for_each_other(
    turns: Turns, deps: Deps, world: World
) -> None:
    """Whoever answers has locked a prompt, and goes on to the audit: so the acts are written down last."""
    treated = sorted(more_patients(deps, world, 2), key=lambda one: one.id)
    for number, patient in enumerate(treated):
        an_infusion(deps, world.staff, patient)
        due_at = [p.due_at for p in prompts_of(deps, patient) if p.due_at > deps.now()][number]
        book(deps, world.therapist, patient, floor_to_cell(due_at))
        with deps.transaction() as tx:
            patients.lock_patient(tx, patient.id)
            bring_in_line(tx, deps, world.clinic, patients.get_patient(tx, patient.id, world.clinic.id))
    before = prompts_of(deps, treated[-1])
    turns.run(
        [prompt.id for prompt in before],
        lambda: disable(deps, world.staff, world.therapist.id),
        lambda tx: audit.record(tx, world.clinic.id, audit.Event(action="answered"), deps.now()),
    )
    assert prompts_of(deps, treated[-1]) != before, "they are where they were without the appointment"
