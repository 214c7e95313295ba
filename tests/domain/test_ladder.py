"""The ladder: which channel is next, when one takes over, and that nobody is contacted more than twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.domain.errors import Invalid
from checkin.domain.ids import ClinicId, MessageId, PersonId, PromptId
from checkin.domain.ladder import (
    MOST_CONTACTS,
    RUNGS,
    Ladder,
    Push,
    contacts,
    counts,
    hand_over,
    next_channel,
    read_order,
)
from checkin.domain.message import ChannelName, Message, MessageKind, MessageState

NOW = datetime(2026, 3, 3, 18, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
PUSH, SMS, EMAIL = RUNGS
NOTICE, REMINDER = MessageKind.NOTICE, MessageKind.REMINDER
S = MessageState


def pushes(*opened: bool) -> tuple[Push, ...]:
    """Newest first, an hour apart, the newest of an hour ago."""
    return tuple(Push(sent_at=NOW - number * HOUR, opened=each) for number, each in enumerate(opened, 1))


def a_ladder(*order: ChannelName, live: set[ChannelName] | None = None, **more: object) -> Ladder:
    return Ladder(order=order or RUNGS, live=set(RUNGS) if live is None else live, **more)  # type: ignore[arg-type]


def a_message(channel: ChannelName = PUSH, state: S = S.ACCEPTED, **changes: object) -> Message:
    usual = Message(
        id=MessageId(UUID(int=1)),
        clinic_id=ClinicId(UUID(int=2)),
        person_id=PersonId(UUID(int=3)),
        prompt_id=PromptId(UUID(int=4)),
        kind=NOTICE,
        channel=channel,
        state=state,
        due_at=NOW,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


orders = st.permutations(RUNGS).flatmap(lambda order: st.integers(1, 3).map(lambda size: tuple(order[:size])))
live_sets = st.sets(st.sampled_from(RUNGS))
push_lists = st.lists(st.booleans(), max_size=5).map(lambda opened: pushes(*opened))
seen = st.none() | st.timedeltas(-6 * HOUR, 6 * HOUR).map(lambda ago: NOW + ago)
ladders = st.builds(Ladder, order=orders, live=live_sets, pushes=push_lists, phone_seen_at=seen)
messages_of_a_prompt = st.lists(
    st.builds(
        a_message,
        channel=st.sampled_from(RUNGS),
        state=st.sampled_from(MessageState),
        kind=st.sampled_from([NOTICE, REMINDER]),
        maybe_sent=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda message: (message.channel, message.kind),
)


# Which channel is next


@pytest.mark.parametrize(
    ("order", "live", "expected"),
    [
        ((), {PUSH, SMS, EMAIL}, PUSH),
        ((), {SMS, EMAIL}, SMS),
        ((), {EMAIL}, EMAIL),
        ((EMAIL, PUSH), {PUSH, SMS, EMAIL}, EMAIL),
        ((SMS,), {PUSH, EMAIL}, None),
        ((), set(), None),
    ],
)
def test_the_first_choice_over_which_something_arrives_is_used(
    order: tuple[ChannelName, ...], live: set[ChannelName], expected: ChannelName | None
) -> None:
    assert next_channel(a_ladder(*order, live=live)) is expected


@pytest.mark.parametrize(
    ("opened", "expected"),
    [
        ((), PUSH),
        ((False,), PUSH),
        ((False, False), SMS),
        ((True, False), PUSH),
        ((False, True), PUSH),
        ((False, False, True), SMS),
        ((True, False, False), PUSH),
    ],
)
def test_two_pushes_in_a_row_that_nobody_opened_move_the_next_contact_one_step_down(
    opened: tuple[bool, ...], expected: ChannelName
) -> None:
    assert next_channel(a_ladder(pushes=pushes(*opened))) is expected


def test_a_phone_on_which_the_app_was_opened_since_is_looked_at_again() -> None:
    unopened = pushes(False, False)
    assert next_channel(a_ladder(pushes=unopened, phone_seen_at=NOW)) is PUSH
    assert next_channel(a_ladder(pushes=unopened, phone_seen_at=NOW - HOUR)) is SMS
    assert next_channel(a_ladder(pushes=unopened, phone_seen_at=NOW - 5 * HOUR)) is SMS


def test_one_step_down_skips_what_is_dead_and_stays_where_there_is_no_step() -> None:
    unopened = pushes(False, False)
    assert next_channel(a_ladder(live={PUSH, EMAIL}, pushes=unopened)) is EMAIL
    assert next_channel(a_ladder(live={PUSH}, pushes=unopened)) is PUSH
    assert next_channel(a_ladder(SMS, PUSH, EMAIL, pushes=unopened)) is SMS


@given(ladders)
def test_the_next_channel_is_one_that_was_chosen_and_lives(ladder: Ladder) -> None:
    channel = next_channel(ladder)
    assert (channel is None) is (not set(ladder.order) & set(ladder.live))
    if channel is not None:
        assert channel in ladder.order
        assert channel in ladder.live
        above = ladder.usable[: ladder.usable.index(channel)]
        assert above == (() if not ladder.unlooked_at else above[:1])
        assert set(above) <= {PUSH}


@given(ladders)
def test_opening_any_of_the_last_two_pushes_leads_back_to_the_first_choice(ladder: Ladder) -> None:
    for place in range(min(2, len(ladder.pushes))):
        opened = list(ladder.pushes)
        opened[place] = replace(opened[place], opened=True)
        usable = ladder.usable
        assert next_channel(replace(ladder, pushes=opened)) == (usable[0] if usable else None)


# When one takes over from another


@pytest.mark.parametrize("state", [S.FAILED, S.UNCERTAIN])
def test_what_failed_or_is_uncertain_hands_over_one_step_down(state: S) -> None:
    ended = a_message(PUSH, state)
    assert hand_over(a_ladder(), ended, [ended]) is SMS
    assert hand_over(a_ladder(live={PUSH, EMAIL}), ended, [ended]) is EMAIL
    assert hand_over(a_ladder(live={PUSH}), ended, [ended]) is None


def test_the_last_rung_hands_over_to_the_first() -> None:
    ended = a_message(EMAIL, S.FAILED)
    assert hand_over(a_ladder(), ended, [ended]) is PUSH


def test_a_channel_that_is_no_longer_chosen_hands_over_to_the_first_choice() -> None:
    ended = a_message(PUSH, S.FAILED)
    assert hand_over(a_ladder(EMAIL, SMS), ended, [ended]) is EMAIL


def test_dead_channels_are_passed_until_one_lives() -> None:
    first, second = a_message(PUSH, S.FAILED), a_message(SMS, S.FAILED)
    assert hand_over(a_ladder(), second, [first, second]) is EMAIL
    third = a_message(EMAIL, S.FAILED)
    assert hand_over(a_ladder(), third, [first, second, third]) is None


def test_after_two_that_may_have_arrived_nothing_takes_over() -> None:
    first, second = a_message(PUSH, S.UNCERTAIN), a_message(SMS, S.UNCERTAIN)
    assert hand_over(a_ladder(), second, [first, second]) is None


def test_a_notice_does_not_come_after_its_reminder() -> None:
    notice, reminder = a_message(PUSH, S.FAILED), a_message(PUSH, S.CANCELLED, kind=REMINDER)
    assert hand_over(a_ladder(), notice, [notice, reminder]) is None
    failed = replace(reminder, state=S.FAILED)
    assert hand_over(a_ladder(), failed, [notice, failed]) is SMS


@given(ladders, messages_of_a_prompt, st.data())
def test_whatever_takes_over_is_new_chosen_alive_and_the_second_at_most(
    ladder: Ladder, of_prompt: list[Message], data: st.DataObject
) -> None:
    if not of_prompt:
        return
    ended = data.draw(st.sampled_from(of_prompt))
    channel = hand_over(ladder, ended, of_prompt)
    if channel is None:
        return
    assert ended.state in {S.FAILED, S.UNCERTAIN}
    assert channel in ladder.order
    assert channel in ladder.live
    assert channel not in {message.channel for message in of_prompt}
    assert contacts(of_prompt) + 1 <= MOST_CONTACTS


@pytest.mark.parametrize("state", list(MessageState))
def test_only_what_certainly_did_not_arrive_is_no_contact(state: S) -> None:
    assert counts(a_message(state=state)) is (state not in {S.FAILED, S.CANCELLED, S.EXPIRED})
    assert counts(a_message(state=state, maybe_sent=True))


outcomes = st.sampled_from([S.ACCEPTED, S.FAILED, S.UNCERTAIN, S.RECEIPTED])


@given(ladders, st.lists(outcomes, min_size=8, max_size=8), st.booleans())
def test_a_whole_prompt_is_two_contacts_at_most_each_once_and_ends(
    ladder: Ladder, drawn: list[S], reminds: bool
) -> None:
    """Notice, its hand-overs, the reminder if none took over, and its hand-overs, with any outcomes."""
    sent: list[Message] = []
    todo = [(NOTICE, next_channel(ladder))]
    while todo:
        kind, channel = todo.pop()
        if channel is None:
            break
        message = a_message(channel, drawn[len(sent)], kind=kind, maybe_sent=drawn[len(sent)] is S.UNCERTAIN)
        sent.append(message)
        after = hand_over(ladder, message, sent)
        if after is not None:
            todo.append((kind, after))
        elif reminds and len(sent) == 1:
            todo.append((REMINDER, next_channel(ladder)))
    assert contacts(sent) <= MOST_CONTACTS
    keys = [(message.channel, message.kind) for message in sent]
    assert len(set(keys)) == len(keys)
    assert [message.kind for message in sent] == sorted(message.kind for message in sent)
    for before, after_it in pairwise(sent):
        assert before.channel is not after_it.channel or after_it.kind is REMINDER


# The order


@given(orders)
def test_an_order_is_read_as_it_was_given(order: tuple[ChannelName, ...]) -> None:
    assert read_order(channel.value for channel in order) == order


@pytest.mark.parametrize("names", [[], ["carrier_pigeon"], ["sms", "console"], ["sms", ""]])
def test_an_order_of_nothing_or_of_something_else_is_refused(names: list[str]) -> None:
    with pytest.raises(Invalid):
        read_order(names)


def test_a_channel_named_twice_counts_where_it_comes_first() -> None:
    assert read_order(["sms", "email", "sms"]) == (SMS, EMAIL)
