"""Whether a message is still sent, when it is tried again, and that nobody is written to more than agreed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.domain.delivery import (
    BACKOFF,
    POISON_PAUSE,
    Backoff,
    Decision,
    Fate,
    Fault,
    OnUncertain,
    Outcome,
    after_error,
    after_lease_end,
    fate,
    on_uncertain,
)
from checkin.domain.ids import ClinicId, MessageId, PersonId, PromptId
from checkin.domain.message import (
    OF_A_PROMPT,
    SETTLED,
    ChannelName,
    Message,
    MessageKind,
    MessageState,
    Reason,
    may_become,
)
from checkin.domain.prompt import UNFINISHED, PromptState

NOW = datetime(2026, 3, 3, 18, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def a_message(**changes: object) -> Message:
    """A notice on its first attempt, with two hours left."""
    usual = Message(
        id=MessageId(UUID(int=1)),
        clinic_id=ClinicId(UUID(int=2)),
        person_id=PersonId(UUID(int=3)),
        prompt_id=PromptId(UUID(int=4)),
        kind=MessageKind.NOTICE,
        channel=ChannelName.EMAIL,
        state=MessageState.ATTEMPTING,
        due_at=NOW,
        not_after=NOW + 2 * HOUR,
        attempts=1,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


kinds = st.sampled_from(MessageKind)
faults = st.sampled_from(Fault)
jitters = st.floats(0, 1, exclude_max=True)
windows = st.none() | st.timedeltas(timedelta(seconds=1), timedelta(days=8)).map(lambda left: NOW + left)
attempting = st.builds(
    a_message,
    kind=kinds,
    channel=st.sampled_from(ChannelName),
    not_after=windows,
    attempts=st.integers(1, 60),
    maybe_sent=st.booleans(),
)


# Just before the send


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        (PromptState.PLANNED, Fate(decision=Decision.SEND)),
        (PromptState.OPEN, Fate(decision=Decision.SEND)),
        (PromptState.ANSWERED, Fate(decision=Decision.CANCEL, reason=Reason.ANSWERED)),
        (PromptState.DECLINED, Fate(decision=Decision.CANCEL, reason=Reason.DECLINED)),
        (PromptState.CANCELLED, Fate(decision=Decision.CANCEL, reason=Reason.SUPERSEDED)),
        (PromptState.EXPIRED, Fate(decision=Decision.EXPIRE, reason=Reason.WINDOW_OVER)),
        (None, Fate(decision=Decision.CANCEL, reason=Reason.SUPERSEDED)),
    ],
)
def test_a_notice_follows_its_prompt(prompt: PromptState | None, expected: Fate) -> None:
    assert fate(a_message(), NOW, prompt) == expected


@pytest.mark.parametrize(
    ("now", "decision"),
    [
        (NOW + 2 * HOUR - timedelta(microseconds=1), Decision.SEND),
        (NOW + 2 * HOUR, Decision.EXPIRE),
        (NOW + 8 * HOUR, Decision.EXPIRE),
    ],
)
def test_nothing_is_sent_from_the_end_of_the_window_on(now: datetime, decision: Decision) -> None:
    assert fate(a_message(), now, PromptState.OPEN).decision is decision


def test_a_late_alert_is_still_sent() -> None:
    alert = a_message(kind=MessageKind.ALERT, prompt_id=None, not_after=None)
    assert fate(alert, NOW + timedelta(days=400)).decision is Decision.SEND


@given(kinds, st.sampled_from(PromptState) | st.none(), st.sampled_from(Reason))
def test_a_person_who_said_stop_gets_nothing(
    kind: MessageKind, prompt: PromptState | None, why: Reason
) -> None:
    stopped = fate(a_message(kind=kind), NOW, prompt, stopped=why)
    assert stopped == Fate(decision=Decision.CANCEL, reason=why)


@given(attempting, st.sampled_from(PromptState) | st.none(), st.timedeltas(-48 * HOUR, 48 * HOUR))
def test_what_is_sent_is_wanted_and_in_time_and_all_else_has_a_reason(
    message: Message, prompt: PromptState | None, later: timedelta
) -> None:
    now = NOW + later
    decided = fate(message, now, prompt)
    if decided.decision is Decision.SEND:
        assert message.not_after is None or now < message.not_after
        assert prompt in UNFINISHED or (prompt is None and message.kind not in OF_A_PROMPT)
    assert (decided.reason is None) is (decided.decision is Decision.SEND)


# After an error


def test_a_temporary_error_is_tried_again_after_a_pause() -> None:
    outcome = after_error(a_message(), Fault.TEMPORARY, "content 451", NOW, 0.5)
    expected = NOW + timedelta(seconds=45)
    assert outcome == Outcome(state=MessageState.RETRY, next_at=expected, reason="content 451")


def test_a_permanent_error_ends_it() -> None:
    outcome = after_error(a_message(), Fault.PERMANENT, "recipient 550", NOW, 0.5)
    assert outcome == Outcome(state=MessageState.FAILED, reason="recipient 550")


@pytest.mark.parametrize("kind", sorted(OF_A_PROMPT))
@pytest.mark.parametrize("channel", sorted(set(ChannelName) - {ChannelName.WEB_PUSH}))
def test_a_contact_that_may_have_arrived_is_not_repeated(kind: MessageKind, channel: ChannelName) -> None:
    assert on_uncertain(kind, channel) is OnUncertain.OTHER_CHANNEL
    outcome = after_error(a_message(kind=kind, channel=channel), Fault.UNKNOWN, "no_answer", NOW, 0.5)
    assert outcome == Outcome(state=MessageState.UNCERTAIN, reason="no_answer", maybe_sent=True)


@pytest.mark.parametrize("kind", list(MessageKind))
def test_a_push_that_may_have_arrived_is_sent_again_because_it_replaces_itself(kind: MessageKind) -> None:
    push = a_message(kind=kind, channel=ChannelName.WEB_PUSH)
    outcome = after_error(push, Fault.UNKNOWN, "no_answer", NOW, 0.5)
    assert (outcome.state, outcome.maybe_sent) == (MessageState.RETRY, True)


@pytest.mark.parametrize("channel", [ChannelName.SMS, ChannelName.EMAIL, ChannelName.WEB_PUSH])
def test_an_alert_is_repeated_on_every_channel(channel: ChannelName) -> None:
    assert on_uncertain(MessageKind.ALERT, channel) is OnUncertain.REPEAT


@pytest.mark.parametrize(
    ("wait", "pause"), [(None, 45), (0, 45), (10, 45), (600, 600)], ids=["none", "zero", "short", "long"]
)
def test_a_provider_that_asks_to_wait_is_left_alone_for_so_long(wait: int | None, pause: int) -> None:
    asked = None if wait is None else timedelta(seconds=wait)
    outcome = after_error(a_message(), Fault.TEMPORARY, "push 429", NOW, 0.5, retry_after=asked)
    assert outcome.next_at == NOW + timedelta(seconds=pause)


def test_a_wait_that_outlasts_the_window_is_the_end() -> None:
    outcome = after_error(a_message(), Fault.TEMPORARY, "push 429", NOW, 0.5, retry_after=2 * HOUR)
    assert outcome.state is MessageState.FAILED


@pytest.mark.parametrize("kind", [MessageKind.ALERT, MessageKind.INVITATION, MessageKind.RESET])
def test_an_alert_or_a_link_that_may_have_arrived_is_sent_again_marked(kind: MessageKind) -> None:
    outcome = after_error(a_message(kind=kind), Fault.UNKNOWN, "no_answer", NOW, 0.5)
    assert outcome.state is MessageState.RETRY
    assert outcome.maybe_sent


def test_the_mark_of_a_possible_repeat_outlives_later_errors() -> None:
    alert = a_message(kind=MessageKind.ALERT, maybe_sent=True)
    assert after_error(alert, Fault.TEMPORARY, "no_connection", NOW, 0.5).maybe_sent
    assert after_lease_end(replace(alert, state=MessageState.CLAIMED), NOW, 0.5).maybe_sent


def test_a_fault_of_ours_is_pushed_an_hour_ahead() -> None:
    outcome = after_error(a_message(), Fault.UNEXPECTED, Reason.UNEXPECTED, NOW, 0.5)
    assert outcome.next_at == NOW + POISON_PAUSE


def test_without_time_for_another_try_it_has_failed() -> None:
    message = a_message(not_after=NOW + timedelta(seconds=45))
    assert after_error(message, Fault.TEMPORARY, "content 451", NOW, 0.5).state is MessageState.FAILED
    in_time = replace(message, not_after=NOW + timedelta(seconds=46))
    assert after_error(in_time, Fault.TEMPORARY, "content 451", NOW, 0.5).state is MessageState.RETRY


@given(attempting, faults, jitters)
def test_a_retry_lies_in_the_future_and_inside_the_window(
    message: Message, fault: Fault, jitter: float
) -> None:
    outcome = after_error(message, fault, "code", NOW, jitter)
    assert (outcome.next_at is not None) is (outcome.state is MessageState.RETRY)
    if outcome.next_at is not None:
        assert outcome.next_at > NOW
        assert message.not_after is None or outcome.next_at < message.not_after
        assert message.attempts < BACKOFF[message.kind].attempts or message.kind is MessageKind.ALERT


@given(attempting, faults, jitters, st.sampled_from([MessageState.CLAIMED, MessageState.ATTEMPTING]))
def test_every_outcome_is_a_move_the_row_may_make(
    message: Message, fault: Fault, jitter: float, state: MessageState
) -> None:
    held = replace(message, state=state)
    assert may_become(state, after_error(held, fault, "code", NOW, jitter).state)
    assert may_become(state, after_lease_end(held, NOW, jitter).state)


@given(kinds, windows, st.lists(st.tuples(faults, jitters), min_size=50, max_size=50))
def test_every_message_comes_to_rest_and_a_contact_arrives_once_at_most(
    kind: MessageKind, not_after: datetime | None, errors: list[tuple[Fault, float]]
) -> None:
    message, now, may_have_arrived = a_message(kind=kind, not_after=not_after), NOW, 0
    for fault, jitter in errors:
        outcome = after_error(message, fault, "code", now, jitter)
        may_have_arrived += fault is Fault.UNKNOWN
        if outcome.next_at is None:
            break
        now = outcome.next_at
        message = replace(message, attempts=message.attempts + 1, maybe_sent=outcome.maybe_sent)
    if kind is MessageKind.ALERT:
        assert outcome.state in SETTLED or message.attempts == 51, "until somebody puts a name to it"
        return
    assert outcome.state in SETTLED
    assert message.attempts <= BACKOFF[kind].attempts
    assert outcome.maybe_sent is (may_have_arrived > 0)
    assert kind not in OF_A_PROMPT or may_have_arrived <= 1


@given(st.sampled_from(list(BACKOFF.values())), st.integers(1, 100), jitters, jitters)
def test_pauses_grow_to_their_limit_and_jitter_takes_at_most_half(
    backoff: Backoff, attempt: int, one: float, other: float
) -> None:
    pause = backoff.pause(attempt, one)
    assert backoff.first / 2 <= pause <= backoff.most
    assert pause <= 2 * backoff.pause(attempt, other)
    assert backoff.pause(attempt, one) <= backoff.pause(attempt + 1, one)


def test_two_that_failed_together_do_not_come_back_together() -> None:
    tries = {after_error(a_message(), Fault.TEMPORARY, "code", NOW, jitter).next_at for jitter in (0.1, 0.9)}
    assert len(tries) == 2


# After a lease has ended


def test_a_claimed_message_goes_back_and_is_due_at_once() -> None:
    outcome = after_lease_end(a_message(state=MessageState.CLAIMED), NOW, 0.5)
    assert outcome == Outcome(state=MessageState.PENDING, next_at=NOW, reason=Reason.LEASE_ENDED)


def test_nobody_knows_about_one_whose_call_had_begun() -> None:
    outcome = after_lease_end(a_message(), NOW, 0.5)
    assert outcome == Outcome(state=MessageState.UNCERTAIN, reason=Reason.LEASE_ENDED, maybe_sent=True)


@pytest.mark.parametrize("kind", list(MessageKind))
def test_one_that_stops_every_sender_that_takes_it_is_given_up(kind: MessageKind) -> None:
    poison = a_message(kind=kind, state=MessageState.CLAIMED, attempts=BACKOFF[kind].attempts)
    ended = MessageState.RETRY if kind is MessageKind.ALERT else MessageState.FAILED
    assert after_lease_end(poison, NOW, 0.5).state is ended


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("attempts", [1, 48, 1000])
def test_an_alert_is_never_given_up(fault: Fault, attempts: int) -> None:
    alert = a_message(kind=MessageKind.ALERT, prompt_id=None, not_after=None, attempts=attempts)
    outcome = after_error(alert, fault, "recipient 550 5.1.1", NOW, 0.99)
    assert outcome.state is MessageState.RETRY
    assert outcome.next_at is not None
    assert outcome.next_at <= NOW + (POISON_PAUSE if fault is Fault.UNEXPECTED else timedelta(minutes=5))
