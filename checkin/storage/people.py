"""People: who can sign in, under which roles; names and addresses are sealed with the person's own key."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    LargeBinary,
    Row,
    String,
    Table,
    UniqueConstraint,
    insert,
    select,
    update,
)

from checkin.domain.errors import NotFound
from checkin.domain.ids import ClinicId, PersonId, new_id
from checkin.domain.person import Person, Role
from checkin.storage.data_keys import KEY_COLUMNS, data_keys, get_key, key_from, store_key
from checkin.storage.engine import Transaction
from checkin.storage.keyring import DataKey
from checkin.storage.schema import Instant, SealedBytes, clinic_id, metadata, row_id

people = Table(
    "people",
    metadata,
    row_id(),
    clinic_id(),
    Column("name", SealedBytes, nullable=False),
    Column("email", SealedBytes, nullable=False),
    Column("email_hash", LargeBinary(32), nullable=False),
    Column("is_patient", Boolean, nullable=False),
    Column("is_therapist", Boolean, nullable=False),
    Column("is_staff", Boolean, nullable=False),
    # Offered to every patient of the clinic as a therapist; false for one whom a patient brought along.
    Column("is_listed", Boolean, nullable=False),
    Column("language", String(12), nullable=False),
    Column("password", String(200), nullable=True),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant, nullable=True),
    # Since when mail to this address comes back; another address starts without it.
    Column("email_gone_at", Instant, nullable=True),
    UniqueConstraint("email_hash"),
    Index("ix_people_clinic", "clinic_id", "is_patient"),
    CheckConstraint("is_patient OR is_therapist OR is_staff", name="has_a_role"),
)

PERSON_COLUMNS = (
    people.c.id,
    people.c.clinic_id,
    people.c.name,
    people.c.email,
    people.c.is_patient,
    people.c.is_therapist,
    people.c.is_staff,
    people.c.language,
    people.c.password,
    people.c.disabled_at,
    people.c.email_gone_at,
    *KEY_COLUMNS,
)
_ROLES = {
    Role.PATIENT: people.c.is_patient,
    Role.THERAPIST: people.c.is_therapist,
    Role.STAFF: people.c.is_staff,
}


def normal_email(email: str) -> str:
    """The form in which an address is compared."""
    return email.strip().casefold()


def add_person(tx: Transaction, person: Person, now: datetime, *, listed: bool = True) -> None:
    """Store a new person with a data key; ``listed`` offers a therapist to all patients.

    Raises ``IntegrityError`` when the e-mail is taken.
    """
    wrapped = tx.keys.new_key(new_id(now))
    key = tx.keys.open(wrapped)
    tx.execute(
        insert(people).values(
            id=person.id,
            clinic_id=person.clinic_id,
            language=person.language,
            created_at=now,
            is_listed=listed,
            **_contact(tx, key, person.id, person.name, person.email),
            **{f"is_{role.value}": role in person.roles for role in Role},
        )
    )
    store_key(tx, wrapped, person.id, person.clinic_id, now)


def change_contact(tx: Transaction, person: PersonId, *, name: str, email: str) -> None:
    """Set name and e-mail. Raises ``IntegrityError`` when the e-mail is taken."""
    values = _contact(tx, get_key(tx, person), person, name, email)
    another = people.c.email_hash != values["email_hash"]
    tx.execute(update(people).where(people.c.id == person, another).values(email_gone_at=None))
    tx.execute(update(people).where(people.c.id == person).values(values))


def mark_email_gone(tx: Transaction, person: PersonId, email: str, at: datetime) -> bool:
    """Note that mail to this address comes back; False if that is known, or if it is another one by now."""
    hashed = tx.keys.hash("email", normal_email(email))
    theirs = (people.c.id == person) & (people.c.email_hash == hashed) & people.c.email_gone_at.is_(None)
    return tx.execute(update(people).where(theirs).values(email_gone_at=at)).rowcount == 1


def try_email_again(tx: Transaction, person: PersonId) -> None:
    """Take the address for one that works until mail comes back again."""
    tx.execute(update(people).where(people.c.id == person).values(email_gone_at=None))


def _contact(tx: Transaction, key: DataKey, person: PersonId, name: str, email: str) -> dict[str, Any]:
    return {
        "name": key.seal(name, table="people", row=person, column="name"),
        "email": key.seal(email, table="people", row=person, column="email"),
        "email_hash": tx.keys.hash("email", normal_email(email)),
    }


def set_password(tx: Transaction, person: PersonId, password_hash: str) -> None:
    tx.execute(update(people).where(people.c.id == person).values(password=password_hash))


def set_disabled(tx: Transaction, person: PersonId, at: datetime | None) -> None:
    tx.execute(update(people).where(people.c.id == person).values(disabled_at=at))


def add_role(tx: Transaction, person: PersonId, role: Role) -> None:
    """Give a person one more role."""
    tx.execute(update(people).where(people.c.id == person).values({_ROLES[role]: True}))


def lock_person(tx: Transaction, person: PersonId) -> None:
    """Let one writer at a time change a person; SQLite's write lock does it by itself."""
    # Without key_share it would also hold up every row that refers to the person.
    tx.execute(select(people.c.id).where(people.c.id == person).with_for_update(key_share=True))


def find_by_email(tx: Transaction, email: str) -> tuple[Person, str | None] | None:
    """Return the person with this e-mail and the password hash, or None."""
    hashed = tx.keys.hash("email", normal_email(email))
    row = tx.execute(_selection().where(people.c.email_hash == hashed)).one_or_none()
    return None if row is None else (person_from(tx, row), row.password)


def get_person(tx: Transaction, person: PersonId, clinic: ClinicId) -> Person:
    """Return a person of this clinic. Raises ``NotFound``."""
    row = tx.execute(_selection().where(people.c.id == person, people.c.clinic_id == clinic)).one_or_none()
    if row is None:
        raise NotFound
    return person_from(tx, row)


def get_password(tx: Transaction, person: PersonId) -> str | None:
    return tx.execute(select(people.c.password).where(people.c.id == person)).scalar_one()


def people_by_id(tx: Transaction, ids: Iterable[PersonId]) -> Mapping[PersonId, Person]:
    """Return several people in one statement."""
    rows = tx.execute(_selection().where(people.c.id.in_(list(ids))))
    return {PersonId(row.id): person_from(tx, row) for row in rows}


def people_of(tx: Transaction, clinic: ClinicId, role: Role | None = None) -> tuple[Person, ...]:
    """Return everybody of a clinic, or those with a role, in the order of joining."""
    wanted = _selection().where(people.c.clinic_id == clinic).order_by(people.c.id)
    if role is not None:
        wanted = wanted.where(_ROLES[role])
    return tuple(person_from(tx, row) for row in tx.execute(wanted))


def listed_therapists(tx: Transaction, clinic: ClinicId) -> tuple[Person, ...]:
    """Return the therapists whom the clinic offers to all its patients."""
    wanted = _selection().where(
        people.c.clinic_id == clinic,
        people.c.is_therapist,
        people.c.is_listed,
        people.c.disabled_at.is_(None),
    )
    return tuple(person_from(tx, row) for row in tx.execute(wanted.order_by(people.c.id)))


def _selection() -> Any:
    return select(*PERSON_COLUMNS).join(data_keys, data_keys.c.person_id == people.c.id)


def person_from(tx: Transaction, row: Row[Any]) -> Person:
    """Build the value from a row that has ``PERSON_COLUMNS``."""
    key = key_from(tx, row.key_id, row.master, row.wrapped)
    flags = ((Role.PATIENT, row.is_patient), (Role.THERAPIST, row.is_therapist), (Role.STAFF, row.is_staff))
    return Person(
        id=PersonId(row.id),
        clinic_id=ClinicId(row.clinic_id),
        name=key.open(row.name, table="people", row=row.id, column="name"),
        email=key.open(row.email, table="people", row=row.id, column="email"),
        roles=frozenset(role for role, held in flags if held),
        language=row.language,
        ready=row.password is not None,
        disabled_at=row.disabled_at,
        email_gone_at=row.email_gone_at,
    )
