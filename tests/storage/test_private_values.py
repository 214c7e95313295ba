"""What is private stands nowhere in clear, and no row's private value can be passed off as another's."""

from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Table, delete, select, update
from support.care import NOTE, a_link, an_infusion, fill, open_prompts, submission
from support.clock import Clock
from support.databases import LOOKUP, MASTER, dump
from support.house import url_of
from support.people import PASSWORD, World

from checkin.domain.ids import PersonId
from checkin.domain.person import Role
from checkin.services import answer_check_in, invite_people, open_check_in
from checkin.services.deps import Deps
from checkin.services.sign_in import WrongSignIn, sign_in
from checkin.services.throttle import Browser
from checkin.storage import check_ins, infusions, people
from checkin.storage.check_ins import check_ins as check_ins_table
from checkin.storage.data_keys import data_keys
from checkin.storage.engine import Database, open_database
from checkin.storage.infusions import infusions as infusions_table
from checkin.storage.keyring import Keyring, Unreadable
from checkin.storage.people import people as people_table

DOSE_NOTE = "heart rate steady throughout"


@pytest.fixture
def used(database: Database, deps: Deps, world: World, clock: Clock) -> list[str]:
    """A database in which something was done by everybody; gives the secrets that were made on the way."""
    an_infusion(deps, world.staff, world.patient)
    (prompt,) = open_prompts(database, world.patient, clock.now())
    link = a_link(database, world.patient, prompt, clock.now())
    form = open_check_in.open_by_link(deps, link).form
    answers = submission(fill(form, weight=3, safety=2), note=NOTE)
    answer_check_in.answer_by_link(deps, link, answers)
    invited = invite_people.invite(
        deps,
        world.staff,
        name="Gwendolyn Pepperell",
        email="gwen@example.net",
        role=Role.PATIENT,
        on_paper=True,
    )
    browser = Browser(address="203.0.113.77", description="Some browser")
    opened = sign_in(deps, email=world.therapist.email, password=PASSWORD, browser=browser)
    with pytest.raises(WrongSignIn):
        sign_in(deps, email="ghost@example.net", password="my other password", browser=browser)
    assert invited.secret
    return [link, invited.secret, opened.token, opened.device.partition(".")[2]]


def canaries(world: World) -> list[str]:
    """Words that may stand in no table, file or log."""
    names = [part for person in world.everybody for part in person.name.split()]
    emails = [person.email for person in world.everybody]
    answers = ['"interest": 3', '"suicide": 2', '"safety": 2', '"weight"', "mg/kg", "intravenous"]
    others = ["Gwendolyn", "Pepperell", "gwen@", "ghost@", "203.0.113.77", PASSWORD, "my other password"]
    return [*names, *emails, *answers, *others, NOTE, DOSE_NOTE, MASTER.hex(), LOOKUP.hex()]


def test_no_table_holds_a_private_word_in_clear(database: Database, world: World, used: list[str]) -> None:
    shown = repr(dump(database))
    found = [
        word for word in [*canaries(world), *used] if word in shown or repr(word.encode())[2:-1] in shown
    ]
    assert found == []
    assert "Harbour House" in shown  # what is public is found, so the search works


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_raw_sqlite_files_hold_no_private_word(database: Database, world: World, used: list[str]) -> None:
    path = Path(str(database.engine.url.database))
    raw = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    assert [word for word in [*canaries(world), *used] if word.encode() in raw] == []
    assert b"Harbour House" in raw


SEALED = [
    (people_table, "name"),
    (people_table, "email"),
    (infusions_table, "treatment"),
    (infusions_table, "note"),
    (check_ins_table, "answers"),
    (check_ins_table, "note"),
]


def read_all(database: Database, world: World, table: Table) -> object:
    """Read everybody's rows of a table the way the program does."""
    ids: list[PersonId] = [world.patient.id, world.other_patient.id]
    with database.reading() as tx:
        if table is people_table:
            return people.people_by_id(tx, ids)
        if table is infusions_table:
            return infusions.infusions_by_patient(tx, ids)
        return check_ins.check_ins_by_patient(tx, ids)


@pytest.fixture
def two_records(database: Database, deps: Deps, world: World, clock: Clock) -> None:
    """Two patients with an infusion and two check-ins each, notes in all of them."""
    for patient in (world.patient, world.other_patient):
        an_infusion(deps, world.staff, patient)
        an_infusion(deps, world.staff, patient, hours_ago=100)
        form = open_check_in.open_unprompted(deps, patient).form
        for number in (1, 2):
            sent = submission(fill(form, weight=number), note=f"{NOTE} {number}")
            answer_check_in.answer_unprompted(deps, patient, sent)


@pytest.mark.usefixtures("two_records")
@pytest.mark.parametrize(("table", "column"), SEALED, ids=lambda value: getattr(value, "name", value))
@pytest.mark.parametrize("whose", ["another person's", "another row's"])
def test_a_value_swapped_between_rows_is_refused(
    database: Database, world: World, table: Table, column: str, whose: str
) -> None:
    mine: UUID
    theirs: UUID
    if table is people_table:
        mine, theirs = world.patient.id, world.other_patient.id
    else:
        same, other = table.c.patient_id == world.patient.id, table.c.patient_id == world.other_patient.id
        mine, own = ids_of(database, table, same)[:2]
        theirs = own if whose == "another row's" else ids_of(database, table, other)[0]
    read_all(database, world, table)
    with database.transaction() as tx:
        value = tx.execute(select(table.c[column]).where(table.c.id == theirs)).scalar_one()
        tx.execute(update(table).where(table.c.id == mine).values({column: value}))
    with pytest.raises(Unreadable):
        read_all(database, world, table)


@pytest.mark.usefixtures("two_records")
@pytest.mark.parametrize("table", [people_table, infusions_table, check_ins_table], ids=lambda t: t.name)
def test_values_swapped_between_the_columns_of_a_row_are_refused(
    database: Database, world: World, table: Table
) -> None:
    first, second = [column for each, column in SEALED if each is table]
    of_patient = table.c.id if table is people_table else table.c.patient_id
    row = ids_of(database, table, of_patient == world.patient.id)[0]
    with database.transaction() as tx:
        found = list(tx.execute(select(table.c[first], table.c[second]).where(table.c.id == row)).one())
        tx.execute(update(table).where(table.c.id == row).values({first: found[1], second: found[0]}))
    with pytest.raises(Unreadable):
        read_all(database, world, table)


@pytest.mark.usefixtures("two_records")
def test_with_a_wrong_master_key_nothing_is_readable(database: Database, world: World) -> None:
    stranger = open_database(url_of(database), Keyring({"test": bytes(reversed(MASTER))}, "test", LOOKUP))
    try:
        for table in (people_table, infusions_table, check_ins_table):
            with pytest.raises(Unreadable):
                read_all(stranger, world, table)
    finally:
        stranger.engine.dispose()


@pytest.mark.usefixtures("two_records")
def test_destroying_a_persons_key_leaves_the_others_readable(database: Database, world: World) -> None:
    with database.transaction() as tx:
        tx.execute(delete(data_keys).where(data_keys.c.person_id == world.other_patient.id))
    with database.reading() as tx:
        assert len(check_ins.check_ins_of(tx, world.patient.id)) == 2
        with pytest.raises(KeyError):
            check_ins.check_ins_of(tx, world.other_patient.id)


def ids_of(database: Database, table: Table, where: object) -> list[UUID]:
    with database.reading() as tx:
        rows = tx.execute(select(table.c.id).where(where).order_by(table.c.id))  # type: ignore[arg-type]
        return list(rows.scalars())
