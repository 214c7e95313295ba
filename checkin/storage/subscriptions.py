"""Push subscriptions: which browsers take pushes for whom; what opens them is sealed with their own key."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    LargeBinary,
    Row,
    String,
    Table,
    UniqueConstraint,
    delete,
    insert,
    select,
    update,
)

from checkin.domain.ids import ClinicId, PersonId
from checkin.domain.push import Device, PushAddress, Subscription
from checkin.storage.data_keys import KEY_COLUMNS, data_keys, get_key, key_from
from checkin.storage.engine import Transaction
from checkin.storage.schema import Instant, SealedBytes, clinic_id, metadata, person_id, row_id

push_subscriptions = Table(
    "push_subscriptions",
    metadata,
    row_id(),
    clinic_id(),
    person_id("person_id", index=True),
    Column("endpoint", SealedBytes, nullable=False),
    Column("endpoint_hash", LargeBinary(32), nullable=False),
    Column("p256dh", SealedBytes, nullable=False),
    Column("auth", SealedBytes, nullable=False),
    # The id of our own key that the browser subscribed with: with another one nothing arrives.
    Column("server_key", String(40), nullable=False),
    Column("device", String(20), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("confirmed_at", Instant, nullable=False),
    Column("gone_at", Instant, nullable=True),
    Column("expires_at", Instant, nullable=True),
    UniqueConstraint("endpoint_hash"),
    CheckConstraint(f"device IN ({', '.join(repr(d.value) for d in Device)})", name="device"),
)


def put_subscription(tx: Transaction, subscription: Subscription) -> None:
    """Store a subscription, or what has changed of the one with the same id.

    Whoever had the same endpoint before loses it: a browser that is passed on belongs to its new person.
    """
    hashed = _endpoint_hash(tx, subscription.address.endpoint)
    same = push_subscriptions.c.endpoint_hash == hashed
    tx.execute(delete(push_subscriptions).where(same, push_subscriptions.c.id != subscription.id))
    values = {**_sealed(tx, subscription), "endpoint_hash": hashed, "confirmed_at": subscription.confirmed_at}
    values |= {"gone_at": subscription.gone_at, "expires_at": subscription.expires_at}
    values |= {"server_key": subscription.address.key, "device": subscription.device.value}
    known = update(push_subscriptions).where(push_subscriptions.c.id == subscription.id).values(values)
    if tx.execute(known).rowcount == 0:
        tx.execute(
            insert(push_subscriptions).values(
                id=subscription.id,
                clinic_id=subscription.clinic_id,
                person_id=subscription.person_id,
                created_at=subscription.created_at,
                **values,
            )
        )


def find_subscription(tx: Transaction, person: PersonId, endpoint: str) -> Subscription | None:
    """Return this person's subscription of that browser, gone ones too."""
    hashed = _endpoint_hash(tx, endpoint)
    found = _subscriptions(
        tx, push_subscriptions.c.person_id == person, push_subscriptions.c.endpoint_hash == hashed
    )
    return found[0] if found else None


def subscriptions_of(tx: Transaction, person: PersonId) -> tuple[Subscription, ...]:
    """Return all of a person's subscriptions, gone ones too, the one confirmed last first."""
    return _subscriptions(tx, push_subscriptions.c.person_id == person)


def lost_devices(tx: Transaction, person: PersonId) -> tuple[Device, ...]:
    """Return what those phones are that the push service says it cannot reach any more."""
    wanted = select(push_subscriptions.c.device).where(
        push_subscriptions.c.person_id == person, push_subscriptions.c.gone_at.is_not(None)
    )
    return tuple(Device(device) for device in tx.execute(wanted).scalars())


def mark_gone(tx: Transaction, person: PersonId, endpoint: str, now: datetime) -> bool:
    """Note that the push service ended it; False if that is known, or the browser has since come back."""
    ended = (
        update(push_subscriptions)
        .where(
            push_subscriptions.c.person_id == person,
            push_subscriptions.c.endpoint_hash == _endpoint_hash(tx, endpoint),
            push_subscriptions.c.gone_at.is_(None),
        )
        .values(gone_at=now)
    )
    return tx.execute(ended).rowcount == 1


def drop_subscriptions(tx: Transaction, person: PersonId, ids: Iterable[UUID]) -> int:
    """Delete these subscriptions of a person; return how many there were."""
    wanted = push_subscriptions.c.id.in_(list(ids))
    return tx.execute(
        delete(push_subscriptions).where(push_subscriptions.c.person_id == person, wanted)
    ).rowcount


def _subscriptions(tx: Transaction, *where: Any) -> tuple[Subscription, ...]:
    rows = tx.execute(
        select(push_subscriptions, *KEY_COLUMNS)
        .join(data_keys, data_keys.c.person_id == push_subscriptions.c.person_id)
        .where(*where)
        .order_by(push_subscriptions.c.confirmed_at.desc(), push_subscriptions.c.id.desc())
    )
    return tuple(_subscription_from(tx, row) for row in rows)


def _endpoint_hash(tx: Transaction, endpoint: str) -> bytes:
    return tx.keys.hash("push_endpoint", endpoint)


_SEALED = ("endpoint", "p256dh", "auth")


def _sealed(tx: Transaction, subscription: Subscription) -> dict[str, Any]:
    key = get_key(tx, subscription.person_id)
    return {
        name: key.seal(
            getattr(subscription.address, name), table="push_subscriptions", row=subscription.id, column=name
        )
        for name in _SEALED
    }


def _subscription_from(tx: Transaction, row: Row[Any]) -> Subscription:
    key = key_from(tx, row.key_id, row.master, row.wrapped)
    opened = {
        name: key.open(getattr(row, name), table="push_subscriptions", row=row.id, column=name)
        for name in _SEALED
    }
    return Subscription(
        id=row.id,
        clinic_id=ClinicId(row.clinic_id),
        person_id=PersonId(row.person_id),
        address=PushAddress(**opened, key=row.server_key),
        device=Device(row.device),
        created_at=row.created_at,
        confirmed_at=row.confirmed_at,
        gone_at=row.gone_at,
        expires_at=row.expires_at,
    )
