"""Fault 14: the infusion's time is corrected while its message is in each of its states."""

from datetime import timedelta
from uuid import UUID

import pytest
from support.care import given, prompts_of
from support.channel import FakeChannel
from support.clock import Clock
from support.people import World

from checkin.channels.base import ChannelError, Outgoing, Uncertain
from checkin.domain.infusion import Infusion
from checkin.domain.message import Message, MessageState, Reason
from checkin.domain.prompt import Prompt, PromptState
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.record_infusion import correct, record
from checkin.services.remind import remind
from checkin.storage import messages

DISPATCHER = UUID(int=7)
S = MessageState


class Edited:
    """An infusion whose first check-in is due now, and what becomes of it when its END is corrected."""

    def __init__(self, deps: Deps, clock: Clock, world: World, channel: FakeChannel) -> None:
        self.deps, self.clock, self.world, self.channel = deps, clock, world, channel
        self.infusion: Infusion = record(
            deps, world.staff, world.patient.id, given(clock.now() - timedelta(hours=1))
        )
        clock.set(self.prompt.due_at)
        remind(deps)
        clock.advance(seconds=1)

    @property
    def prompt(self) -> Prompt:
        return next(one for one in prompts_of(self.deps, self.world.patient) if one.step == "hour-4")

    @property
    def message(self) -> Message:
        with self.deps.reading() as tx:
            return messages.messages_of_prompt(tx, self.prompt.id)[0]

    def correct(self, **later: float) -> None:
        """The END was so much later than it was recorded first."""
        draft = given(self.infusion.at + timedelta(**later))
        staff, patient = self.world.staff, self.world.patient.id
        self.infusion = correct(
            self.deps, staff, patient, self.infusion.id, draft, revision=self.infusion.revision
        )

    def live_on(self) -> None:
        for _ in range(12):
            self.clock.advance(minutes=30)
            remind(self.deps)
            self.clock.advance(seconds=5)
            while deliver(self.deps, DISPATCHER):
                pass

    def notices(self) -> int:
        """How many notices of this check-in the provider has taken."""
        with self.deps.reading() as tx:
            ids = {one.id for one in messages.messages_of_prompt(tx, self.prompt.id)}
        return sum(one.message_id in ids and one.kind.value == "notice" for one in self.channel.sent)


@pytest.fixture
def edited(deps: Deps, clock: Clock, world: World, channel: FakeChannel) -> Edited:
    return Edited(deps, clock, world, channel)


def test_fault_14_a_waiting_notice_moves_with_its_prompt(edited: Edited) -> None:
    """It waits for a mail server that is down; the infusion ended an hour later than was typed."""
    assert edited.message.state is S.PENDING
    before = edited.prompt
    edited.correct(hours=1)
    assert edited.prompt.due_at == before.due_at + timedelta(hours=1)
    assert (edited.message.state, edited.message.due_at) == (S.PENDING, edited.prompt.due_at)
    assert deliver(edited.deps, DISPATCHER) == 0, "not before its new time"
    edited.live_on()
    assert edited.notices() == 1


def test_fault_14_a_notice_that_is_tried_again_moves_too(edited: Edited) -> None:
    edited.channel.fails(ChannelError(permanent=False, reason="busy"))
    deliver(edited.deps, DISPATCHER)
    assert edited.message.state is S.RETRY
    edited.correct(hours=1)
    assert (edited.message.state, edited.message.due_at) == (S.PENDING, edited.prompt.due_at)
    edited.live_on()
    assert edited.notices() == 1


def test_fault_14_who_had_claimed_it_finds_that_it_moved(edited: Edited) -> None:
    with edited.deps.transaction() as tx:
        (queued,) = messages.claim(
            tx,
            dispatcher=DISPATCHER,
            now=edited.clock.now(),
            lease_now=edited.deps.lease_now(tx),
            lease=timedelta(minutes=2),
            limit=1,
        )
    edited.correct(hours=1)
    with edited.deps.transaction() as tx:
        assert not messages.move_message(tx, queued.message, S.ATTEMPTING, now=edited.clock.now())
    edited.live_on()
    assert edited.notices() == 1


@pytest.mark.parametrize("outcome", ["accepted", "uncertain", "failed"])
def test_fault_14_what_was_sent_stays_sent_and_is_not_sent_again(edited: Edited, outcome: str) -> None:
    errors = {
        "accepted": None,
        "uncertain": Uncertain(reason="timeout"),
        "failed": ChannelError(permanent=True, reason="no"),
    }
    edited.channel.fails(errors[outcome])
    deliver(edited.deps, DISPATCHER)
    assert edited.message.state == outcome
    moments = (edited.prompt.due_at, edited.prompt.remind_at)
    edited.correct(hours=1)
    assert (edited.prompt.due_at, edited.prompt.remind_at) == moments or outcome == "failed"
    edited.live_on()
    assert edited.notices() == (outcome == "accepted")


def test_fault_14_a_correction_in_the_middle_of_the_call_changes_nothing_about_it(edited: Edited) -> None:
    def correct_meanwhile(_outgoing: Outgoing) -> None:
        edited.channel.fails()
        assert edited.message.state is S.ATTEMPTING
        edited.correct(hours=1)

    edited.channel.meanwhile = correct_meanwhile
    deliver(edited.deps, DISPATCHER)
    assert edited.message.state is S.ACCEPTED
    edited.live_on()
    assert edited.notices() == 1


@pytest.mark.parametrize("sent", [True, False])
def test_fault_14_what_no_longer_fits_is_cancelled_before_it_is_sent(edited: Edited, sent: bool) -> None:
    """The infusion ended a day earlier: its fourth hour is long over."""
    if sent:
        deliver(edited.deps, DISPATCHER)
    edited.correct(days=-1)
    assert edited.prompt.state is PromptState.CANCELLED
    assert sent or (edited.message.state, edited.message.reason) == (S.CANCELLED, Reason.SUPERSEDED)
    edited.live_on()
    assert edited.notices() == sent
