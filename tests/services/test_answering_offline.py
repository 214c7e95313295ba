"""Answers that waited on a phone: both times are kept, and what was given in time counts, alerts too."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.asked import Asked, rows, stored
from support.care import decline, fill, submission
from support.clock import Clock
from support.people import World

from checkin.domain.prompt import PromptState
from checkin.services import answer_check_in as answering
from checkin.services import handle_alerts, open_check_in, record_infusion
from checkin.services.deps import Deps
from checkin.services.open_check_in import LinkOver, Over
from checkin.services.remind import remind
from checkin.services.time_of_answer import answered_at
from checkin.storage import prompts

MOMENTS = st.integers(1_750_000_000, 1_800_000_000).map(lambda at: datetime.fromtimestamp(at, UTC))
SPANS = st.timedeltas(timedelta(0), timedelta(days=4000))
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("tick", [False, True], ids=["before the scheduler's tick", "after it"])
def test_fault_17_answered_offline_and_sent_nine_hours_later(
    asked: Asked, deps: Deps, world: World, clock: Clock, tick: bool
) -> None:
    """The prompt is open for six hours, so it has expired and its link has ended when the answer comes."""
    stamp, answers = asked.open().fetched, asked.answers(safety=2)
    clock.advance(minutes=10)
    given_at = clock.now()
    clock.advance(hours=9)
    if tick:
        remind(deps)
    saved = asked.send(answers, fetched=stamp, waited=timedelta(hours=9))
    (kept,) = stored(deps, world.patient)
    assert (kept.answered_at, kept.received_at, kept.late) == (given_at, clock.now(), True)
    assert saved.safety
    assert asked.state() is (PromptState.EXPIRED if tick else PromptState.ANSWERED)
    clock.advance(minutes=1)
    [alert] = handle_alerts.open_alerts(deps, world.staff)
    assert (alert.alert.answered_at, alert.alert.opened_at) == (given_at, kept.received_at)
    assert alert.age.n == 9
    assert alert.delay is not None


def test_an_answer_that_came_at_once_has_no_delay(asked: Asked, deps: Deps, world: World) -> None:
    asked.send(asked.answers(safety=1))
    [alert] = handle_alerts.open_alerts(deps, world.staff)
    assert alert.delay is None


def test_fault_18_a_phone_cannot_put_an_answer_before_it_had_the_form(
    asked: Asked, deps: Deps, world: World, clock: Clock
) -> None:
    clock.advance(minutes=1)
    fetched, stamp, answers = clock.now(), asked.open().fetched, asked.answers()
    clock.advance(minutes=5)
    asked.send(answers, fetched=stamp, waited=timedelta(days=730))
    (kept,) = stored(deps, world.patient)
    assert fetched - SECOND < kept.answered_at <= fetched
    assert (kept.received_at, kept.late) == (clock.now(), False)


def test_without_our_stamp_the_opening_of_the_prompt_is_the_bound(
    asked: Asked, deps: Deps, world: World, clock: Clock
) -> None:
    asked.send(asked.answers(), waited=timedelta(days=730))
    (kept,) = stored(deps, world.patient)
    assert kept.answered_at == asked.prompt.opens_at


@pytest.mark.parametrize("late_by", [timedelta(0), SECOND])
def test_after_the_longest_delay_it_is_over(
    asked: Asked, deps: Deps, clock: Clock, late_by: timedelta
) -> None:
    stamp, answers = asked.open().fetched, asked.answers()
    longest = deps.settings.longest_delay
    clock.advance(minutes=10)
    clock.set(clock.now() + longest + late_by)
    if late_by:
        with pytest.raises(Over):
            asked.send(answers, fetched=stamp, waited=longest + late_by)
    else:
        asked.send(answers, fetched=stamp, waited=longest)
    assert rows(deps) == (0 if late_by else 1)


def test_what_was_answered_after_the_window_does_not_count_however_long_it_waited(
    asked: Asked, deps: Deps, clock: Clock
) -> None:
    stamp, answers = asked.open().fetched, asked.answers()
    clock.set(asked.prompt.expires_at + timedelta(hours=9))
    with pytest.raises(Over):
        asked.send(answers, fetched=stamp, waited=timedelta(hours=8, minutes=59))
    with pytest.raises(Over):
        asked.send(answers, fetched="", waited=timedelta(hours=12))
    with pytest.raises(LinkOver):
        asked.send(answers, fetched=stamp)
    assert rows(deps) == 0


def test_sent_twice_after_a_wait_it_is_the_same_receipt(asked: Asked, deps: Deps, clock: Clock) -> None:
    """The second try has waited longer."""
    stamp, answers = asked.open().fetched, asked.answers()
    clock.advance(hours=9)
    first = asked.send(answers, fetched=stamp, waited=timedelta(hours=9), key="k" * 20)
    clock.advance(hours=1)
    assert asked.send(answers, fetched=stamp, waited=timedelta(hours=10), key="k" * 20) == first
    assert rows(deps) == 1


def test_a_check_in_nobody_asked_for_keeps_both_times_too(deps: Deps, world: World, clock: Clock) -> None:
    opened = open_check_in.open_unprompted(deps, world.patient)
    clock.advance(hours=2)
    given_at = clock.now()
    clock.advance(hours=30)
    sent = submission(fill(opened.form), fetched=opened.fetched, waited=timedelta(hours=30))
    answering.answer_unprompted(deps, world.patient, sent)
    (kept,) = stored(deps, world.patient)
    assert (kept.answered_at, kept.received_at) == (given_at, clock.now())


@given(now=MOMENTS, waited=SPANS, fetched=st.none() | MOMENTS, back=SPANS)
def test_a_claimed_time_stays_between_what_we_know(
    now: datetime, waited: timedelta, fetched: datetime | None, back: timedelta
) -> None:
    earliest = now - back
    found = answered_at(now, waited, fetched, earliest)
    assert earliest <= found <= now
    assert fetched is None or found >= min(fetched, now)
    if fetched is None and waited <= back:
        assert found == now - waited


@pytest.mark.parametrize("ends", [PromptState.DECLINED, PromptState.CANCELLED])
def test_what_was_being_answered_when_the_prompt_ended_is_kept(
    asked: Asked, deps: Deps, world: World, clock: Clock, ends: PromptState
) -> None:
    """Somebody said "not today" in another tab, or the clinic took the infusion back: nothing is lost."""
    stamp, answers = asked.open().fetched, asked.answers(safety=1)
    clock.advance(minutes=1)
    if ends is PromptState.DECLINED:
        decline(deps, world.patient, asked.prompt.id)
    else:
        record_infusion.cancel(deps, world.staff, world.patient.id, asked.prompt.infusion_id)
    clock.advance(minutes=1)
    sent = {"key": "sent-twice-as-it-was", "fetched": stamp, "waited": timedelta(minutes=2)}
    assert asked.send(answers, **sent) == asked.send(answers, **sent)
    (kept,) = stored(deps, world.patient)
    assert (kept.prompt_id, kept.late) == (asked.prompt.id, False)
    assert kept.infusion_id == (asked.prompt.infusion_id if ends is PromptState.DECLINED else None)
    assert asked.state() is ends
    assert len(handle_alerts.open_alerts(deps, world.staff)) == 1


@pytest.mark.parametrize("ends", [PromptState.DECLINED, PromptState.CANCELLED])
def test_an_ended_prompt_takes_nothing_without_our_stamp(
    asked: Asked, deps: Deps, world: World, clock: Clock, ends: PromptState
) -> None:
    answers = asked.answers()
    with deps.transaction() as tx:
        prompts.close_prompt(tx, asked.prompt.id, ends, now=clock.now())
    for made_up in ("", "1.2"):
        with pytest.raises(Over):
            asked.send(answers, fetched=made_up)
    assert stored(deps, world.patient) == ()
