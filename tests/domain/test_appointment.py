"""An appointment's way: offered, picked once, moved or cancelled before it begins, each change numbered."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.domain.appointment import (
    CELL,
    Appointment,
    AppointmentState,
    NotFree,
    agree,
    cancel,
    cells,
    floor_to_cell,
    move,
    offer,
)
from checkin.domain.clock import Interval
from checkin.domain.errors import Conflict, Invalid
from checkin.domain.ids import AppointmentId, ClinicId, PersonId

NOW = datetime(2026, 3, 10, 16, tzinfo=UTC)
S = AppointmentState


def at(hours: float, minutes: float = 50) -> Interval:
    since = NOW + timedelta(hours=hours)
    return Interval(since=since, until=since + timedelta(minutes=minutes))


def proposed(*options: Interval) -> Appointment:
    return offer(
        id=AppointmentId(UUID(int=1)),
        clinic_id=ClinicId(UUID(int=2)),
        therapist_id=PersonId(UUID(int=3)),
        patient_id=PersonId(UUID(int=4)),
        options=options,
        zone="America/New_York",
        now=NOW,
    )


def agreed() -> Appointment:
    return agree(proposed(at(24), at(30)), at(30).since, NOW)


def test_offering_orders_the_times_and_drops_doubles() -> None:
    made = proposed(at(30), at(24), at(30))
    assert (made.state, made.options, made.slot, made.sequence) == (S.PROPOSED, (at(24), at(30)), None, 0)


@pytest.mark.parametrize("options", [(), (at(1), at(2), at(3), at(4)), (at(1), at(0)), (at(-1),)])
def test_none_too_many_and_begun_ones_are_refused(options: tuple[Interval, ...]) -> None:
    with pytest.raises(Invalid):
        proposed(*options)


def test_picking_takes_one_of_those_offered() -> None:
    picked = agreed()
    assert (picked.state, picked.slot, picked.sequence) == (S.AGREED, at(30), 0)
    assert picked.open_options(NOW) == ()


def test_what_was_not_offered_has_begun_or_was_picked_already_is_not_free() -> None:
    one = proposed(at(24), at(30))
    for appointment, since, now in (
        (one, at(25).since, NOW),
        (one, at(24).since, at(24).since),
        (agreed(), at(24).since, NOW),
        (cancel(one, NOW), at(24).since, NOW),
    ):
        with pytest.raises(NotFree):
            agree(appointment, since, now)
    assert one.open_options(at(24).since) == (at(30),)


def test_moving_keeps_the_id_and_counts() -> None:
    once = move(agreed(), at(40), NOW)
    twice = move(once, at(41), NOW + timedelta(hours=1))
    assert (once.state, once.slot, once.sequence) == (S.MOVED, at(40), 1)
    assert (twice.id, twice.slot, twice.sequence) == (once.id, at(41), 2)
    assert twice.changed_at == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("appointment", "slot", "now"),
    [
        (proposed(at(24)), at(30), NOW),
        (agreed(), at(30), NOW),
        (agreed(), at(0), NOW),
        (agreed(), at(40), at(30).since),
        (cancel(agreed(), NOW), at(40), NOW),
    ],
)
def test_what_cannot_be_moved(appointment: Appointment, slot: Interval, now: datetime) -> None:
    with pytest.raises(Conflict):
        move(appointment, slot, now)


def test_cancelling_counts_only_what_calendars_know() -> None:
    assert cancel(proposed(at(24)), NOW).sequence == 0
    off = cancel(move(agreed(), at(40), NOW), NOW)
    assert (off.state, off.slot, off.sequence) == (S.CANCELLED, at(40), 2)
    for over, now in ((off, NOW), (agreed(), at(30).since)):
        with pytest.raises(Conflict):
            cancel(over, now)


quarters = st.integers(-5000, 5000).map(lambda index: NOW + CELL * index)
slots = st.builds(
    lambda since, minutes: Interval(since=since, until=since + timedelta(minutes=minutes)),
    quarters,
    st.integers(1, 240),
)


@given(slots, slots)
def test_two_slots_share_a_cell_whenever_they_overlap(one: Interval, other: Interval) -> None:
    if one.since < other.until and other.since < one.until:
        assert set(cells(one)) & set(cells(other))


@given(slots)
def test_cells_cover_a_slot_and_no_more_than_its_last_quarter(slot: Interval) -> None:
    taken = cells(slot)
    assert taken[0] == slot.since
    assert taken[-1] < slot.until <= taken[-1] + CELL
    assert all(after - before == CELL for before, after in zip(taken, taken[1:], strict=False))


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_cell_begins_at_a_quarter(at: datetime) -> None:
    floor = floor_to_cell(at)
    assert floor <= at < floor + CELL
    assert (floor.timestamp() % 900, floor.microsecond) == (0, 0)
