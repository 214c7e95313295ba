"""The outbox row: which moves it may make, who goes first, and how messages due together are spread."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.domain.ids import PersonId
from checkin.domain.message import (
    FINAL,
    HELD,
    SETTLED,
    WAITING,
    MessageKind,
    MessageState,
    Reason,
    may_become,
    rank,
    reason_words,
    spread,
)

STATES = list(MessageState)
WAY_OF_A_DELIVERED_ONE = ["pending", "claimed", "attempting", "accepted", "receipted"]


def test_the_usual_way() -> None:
    way = [MessageState(name) for name in WAY_OF_A_DELIVERED_ONE]
    assert all(may_become(before, after) for before, after in zip(way, way[1:], strict=False))


@given(st.sampled_from(sorted(FINAL)), st.sampled_from(STATES))
def test_a_final_state_never_moves(final: MessageState, after: MessageState) -> None:
    assert not may_become(final, after)


@given(st.sampled_from(sorted(SETTLED)), st.sampled_from(STATES))
def test_only_a_later_report_moves_what_is_settled(settled: MessageState, after: MessageState) -> None:
    if may_become(settled, after):
        assert after in {MessageState.RECEIPTED, MessageState.FAILED}


@given(st.sampled_from(STATES), st.sampled_from(STATES))
def test_nothing_reaches_attempting_without_a_claim_or_claimed_without_waiting(
    before: MessageState, after: MessageState
) -> None:
    if may_become(before, after) and after is MessageState.ATTEMPTING:
        assert before is MessageState.CLAIMED
    if may_become(before, after) and after is MessageState.CLAIMED:
        assert before in WAITING


def test_waiting_held_and_settled_are_all_there_is() -> None:
    assert set(STATES) == WAITING | HELD | SETTLED
    assert len(WAITING) + len(HELD) + len(SETTLED) == len(STATES)


def test_every_state_is_reached_from_pending_and_reaches_an_end() -> None:
    def reached(start: MessageState) -> set[MessageState]:
        seen, fresh = {start}, {start}
        while fresh:
            fresh = {after for before in fresh for after in STATES if may_become(before, after)} - seen
            seen |= fresh
        return seen

    assert reached(MessageState.PENDING) == set(STATES)
    assert all(reached(state) & FINAL for state in STATES)


def test_a_call_that_began_is_not_cancelled_or_expired() -> None:
    assert not may_become(MessageState.ATTEMPTING, MessageState.CANCELLED)
    assert not may_become(MessageState.ATTEMPTING, MessageState.EXPIRED)
    assert not may_become(MessageState.ATTEMPTING, MessageState.PENDING)


def test_alerts_go_before_all_others() -> None:
    in_order = sorted(MessageKind, key=rank)
    assert in_order[0] is MessageKind.ALERT
    assert in_order[-2:] == [MessageKind.NOTICE, MessageKind.REMINDER]
    assert len({rank(kind) for kind in MessageKind}) == len(MessageKind)


people = st.uuids().map(PersonId)
widths = st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=2))


@given(people, widths)
def test_a_spread_is_inside_its_width_and_stays_the_same(person: PersonId, width: timedelta) -> None:
    delay = spread(person, width)
    assert timedelta(0) <= delay < width
    assert spread(PersonId(UUID(str(person))), width) == delay


def test_a_spread_does_not_change_between_releases() -> None:
    person = PersonId(UUID("0192f5c2-7c00-7000-8000-000000000001"))
    assert spread(person, timedelta(minutes=5)) == timedelta(seconds=241, microseconds=554253)


def test_without_width_there_is_no_delay() -> None:
    assert spread(PersonId(UUID(int=1)), timedelta(0)) == timedelta(0)


def test_many_people_are_spread_evenly() -> None:
    minutes = [0] * 10
    for number in range(5000):
        minutes[spread(PersonId(UUID(int=number)), timedelta(minutes=10)) // timedelta(minutes=1)] += 1
    assert min(minutes) > 400
    assert max(minutes) < 600


@pytest.mark.parametrize("reason", list(Reason))
def test_each_reason_has_its_own_words(reason: Reason) -> None:
    assert "%" not in reason_words(reason).message
    assert len({reason_words(other).message for other in Reason}) == len(Reason)


def test_a_channels_code_is_shown_as_it_is() -> None:
    assert reason_words("recipient 550 5.1.1").values == {"code": "recipient 550 5.1.1"}
