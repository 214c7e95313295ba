"""The audit trail: a row changed, removed or slipped in is found out; parallel writers keep one chain."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, insert, select, update
from support.clock import NOON
from support.people import World
from support.threads import together

from checkin.domain.ids import ClinicId
from checkin.storage import audit
from checkin.storage.audit import ChainBroken, Event, audit_events, audit_heads
from checkin.storage.data_keys import get_key
from checkin.storage.engine import Database, Transaction


def write(database: Database, clinic: ClinicId, number: int = 10, **event: object) -> None:
    for index in range(number):
        with database.transaction() as tx:
            made = Event(action=f"act-{index}", **event)  # type: ignore[arg-type]
            audit.record(tx, clinic, made, NOON + timedelta(seconds=index))


def verify(database: Database, clinic: ClinicId) -> int:
    with database.reading() as tx:
        return audit.verify_chain(tx, clinic)


def test_an_untouched_chain_holds_from_the_first_event_on(database: Database, world: World) -> None:
    assert verify(database, world.clinic.id) == 0
    write(database, world.clinic.id, 7, actor=world.staff.id, subject=world.patient.id, private={"a": 1})
    assert verify(database, world.clinic.id) == 7


EDITS = {
    "another action": {"action": "nothing"},
    "another actor": {"actor_id": UUID(int=5)},
    "no actor": {"actor_id": None},
    "another subject": {"subject_id": UUID(int=5)},
    "another object": {"object_id": UUID(int=5)},
    "another moment": {"at": NOON + timedelta(days=1)},
    "another place": {"sequence": 99},
    "no private values": {"private": None},
    "another hash": {"hash": bytes(32)},
    "another predecessor": {"previous": bytes(range(32))},
}


PLACES = (1, 5, 10)  # the first, one in the middle, the last


class Undo(Exception):
    """Ends a transaction without leaving a trace."""


@pytest.mark.parametrize("values", EDITS.values(), ids=EDITS.keys())
def test_an_edited_event_is_found(database: Database, world: World, values: dict[str, object]) -> None:
    write(database, world.clinic.id, subject=world.patient.id, actor=world.staff.id, private={"a": 1})
    for sequence in PLACES:
        with suppress(Undo), database.transaction() as tx:
            tx.execute(update(audit_events).where(audit_events.c.sequence == sequence).values(values))
            with pytest.raises(ChainBroken):
                audit.verify_chain(tx, world.clinic.id)
            raise Undo
    assert verify(database, world.clinic.id) == 10


def test_a_deleted_event_is_found(database: Database, world: World) -> None:
    write(database, world.clinic.id)
    for sequence in PLACES:
        with suppress(Undo), database.transaction() as tx:
            tx.execute(delete(audit_events).where(audit_events.c.sequence == sequence))
            with pytest.raises(ChainBroken):
                audit.verify_chain(tx, world.clinic.id)
            raise Undo
    assert verify(database, world.clinic.id) == 10


def test_emptying_the_trail_is_found(database: Database, world: World) -> None:
    write(database, world.clinic.id)
    with database.transaction() as tx:
        tx.execute(delete(audit_events))
    with pytest.raises(ChainBroken):
        verify(database, world.clinic.id)


def insert_event(tx: Transaction, clinic: ClinicId, sequence: int, previous: bytes) -> bytes:
    event = Event(action="slipped in")
    digest = audit._digest(previous, clinic, sequence, NOON, event, None)
    row = {"id": uuid4(), "clinic_id": clinic, "sequence": sequence, "at": NOON, "action": event.action}
    tx.execute(insert(audit_events).values(**row, previous=previous, hash=digest))
    return digest


def test_an_event_put_in_between_is_found(database: Database, world: World) -> None:
    """Even one whose own hash is right, with the later ones moved up."""
    write(database, world.clinic.id)
    with database.transaction() as tx:
        for sequence in range(10, 5, -1):
            tx.execute(
                update(audit_events).where(audit_events.c.sequence == sequence).values(sequence=sequence + 1)
            )
        before = tx.execute(select(audit_events.c.hash).where(audit_events.c.sequence == 5)).scalar_one()
        insert_event(tx, world.clinic.id, 6, bytes(before))
        tx.execute(update(audit_heads).where(audit_heads.c.clinic_id == world.clinic.id).values(sequence=11))
    with pytest.raises(ChainBroken):
        verify(database, world.clinic.id)


def test_an_event_put_at_the_end_is_found(database: Database, world: World) -> None:
    write(database, world.clinic.id)
    with database.transaction() as tx:
        last = tx.execute(select(audit_events.c.hash).where(audit_events.c.sequence == 10)).scalar_one()
        insert_event(tx, world.clinic.id, 11, bytes(last))
    with pytest.raises(ChainBroken):
        verify(database, world.clinic.id)


def test_the_chain_of_one_clinic_knows_nothing_of_the_other(database: Database, world: World) -> None:
    write(database, world.clinic.id, 3)
    write(database, world.elsewhere.id, 5)
    with database.transaction() as tx:
        tx.execute(delete(audit_events).where(audit_events.c.clinic_id == world.elsewhere.id))
    assert verify(database, world.clinic.id) == 3
    with pytest.raises(ChainBroken):
        verify(database, world.elsewhere.id)


def test_an_event_moved_to_another_clinic_is_found(database: Database, world: World) -> None:
    write(database, world.clinic.id, 1)
    with database.transaction() as tx:
        tx.execute(update(audit_events).values(clinic_id=world.elsewhere.id))
        head = tx.execute(
            select(audit_heads.c.hash).where(audit_heads.c.clinic_id == world.clinic.id)
        ).scalar_one()
        tx.execute(
            update(audit_heads)
            .where(audit_heads.c.clinic_id == world.elsewhere.id)
            .values(sequence=1, hash=bytes(head))
        )
    with pytest.raises(ChainBroken):
        verify(database, world.elsewhere.id)


@pytest.mark.parametrize("clinics", [1, 2], ids=["one clinic", "two clinics"])
def test_events_written_at_the_same_time_form_one_chain(
    database: Database, world: World, clinics: int
) -> None:
    ids = [world.clinic.id, world.elsewhere.id][:clinics]

    def act(index: int) -> None:
        for _ in range(5):
            write(database, ids[index % clinics], 1, subject=world.patient.id, private={"n": index})

    assert together(8, act) == [None] * 8
    assert sum(verify(database, clinic) for clinic in ids) == 40


def test_a_transaction_that_fails_leaves_no_event(database: Database, world: World) -> None:
    with suppress(Undo), database.transaction() as tx:
        audit.record(tx, world.clinic.id, Event(action="undone"), NOON)
        raise Undo
    assert verify(database, world.clinic.id) == 0


def test_many_events_at_once_are_the_same_chain_as_one_by_one(database: Database, world: World) -> None:
    events = [Event(action=f"act-{index}", subject=world.patient.id, private={"n": 1}) for index in range(50)]
    with database.transaction() as tx:
        audit.record_all(tx, world.clinic.id, events, NOON)
        audit.record_all(tx, world.clinic.id, [], NOON)
    assert verify(database, world.clinic.id) == 50


Owner = Callable[[World], Event]


@pytest.mark.parametrize(
    ("event", "owner"),
    [
        (lambda w: Event(action="a", actor=w.staff.id, subject=w.patient.id, private={"n": 1}), "patient"),
        (lambda w: Event(action="a", actor=w.staff.id, private={"n": 1}), "staff"),
    ],
    ids=["the subject's", "without a subject the actor's"],
)
def test_private_values_are_sealed_with_the_key_of(
    database: Database, world: World, event: Owner, owner: str
) -> None:
    with database.transaction() as tx:
        audit.record(tx, world.clinic.id, event(world), NOON)
    with database.reading() as tx:
        (entry,) = audit.events_of(tx, world.clinic.id, limit=1)
        assert entry.private is not None
        key = get_key(tx, getattr(world, owner).id)
        opened = key.open(entry.private, table="audit_events", row=entry.id, column="private")
    assert opened == '{"n": 1}'


def test_the_newest_events_come_first_and_pages_go_on(database: Database, world: World) -> None:
    write(database, world.clinic.id, 10, subject=world.patient.id)
    with database.reading() as tx:
        first = audit.events_of(tx, world.clinic.id, limit=4)
        second = audit.events_of(tx, world.clinic.id, limit=4, before=first[-1].sequence)
        about = audit.events_about(tx, world.patient.id, actions=("act-3", "act-5"), limit=10)
        nobody = audit.events_about(tx, world.other_patient.id, actions=("act-3",), limit=10)
    assert [entry.sequence for entry in (*first, *second)] == [10, 9, 8, 7, 6, 5, 4, 3]
    assert [entry.action for entry in about] == ["act-5", "act-3"]
    assert nobody == ()
