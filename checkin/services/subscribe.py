"""Subscribing a phone to pushes: its browser confirms on every open that it still takes them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from checkin.channels.base import TakesSubscriptions
from checkin.domain.errors import Invalid, NotFound
from checkin.domain.ids import new_id
from checkin.domain.message import ChannelName
from checkin.domain.person import Person
from checkin.domain.push import PushAddress, Subscription, device_from
from checkin.domain.words import text
from checkin.services.deps import Deps
from checkin.storage import audit, check_ins, subscriptions
from checkin.storage.engine import Transaction

MOST_PHONES = 8  # one person's; the ones not seen for longest make room


@dataclass(frozen=True, kw_only=True)
class PushKey:
    """What a browser subscribes with."""

    id: str
    public: str


def push_key(deps: Deps) -> PushKey | None:
    """Return the key to subscribe with, None where this install sends no pushes."""
    channel = deps.channels.get(ChannelName.WEB_PUSH)
    if not isinstance(channel, TakesSubscriptions):
        return None
    return PushKey(id=channel.key_id, public=channel.public_key)


def key_id_of(deps: Deps, public: str) -> str:
    """Return the id of our key with this public half, as browsers tell it; empty if it is not ours."""
    channel = deps.channels.get(ChannelName.WEB_PUSH)
    return (channel.key_of(public) or "") if isinstance(channel, TakesSubscriptions) else ""


def subscribe(
    deps: Deps, actor: Person, address: PushAddress, *, expires_at: datetime | None, user_agent: str
) -> Subscription:
    """Store this browser's subscription, or note that it is still there; called on every open.

    Raises ``NotFound`` where no pushes are sent and ``Invalid`` for a push service or a key that is not ours.
    """
    channel = deps.channels.get(ChannelName.WEB_PUSH)
    if not isinstance(channel, TakesSubscriptions):
        raise NotFound
    if not channel.takes(address):
        raise Invalid(text("We cannot send messages to this browser. Try another browser."), field="endpoint")
    now = deps.now()
    with deps.transaction() as tx:
        known = subscriptions.find_subscription(tx, actor.id, address.endpoint)
        subscription = Subscription(
            id=new_id(now) if known is None else known.id,
            clinic_id=actor.clinic_id,
            person_id=actor.id,
            address=address,
            device=device_from(user_agent),
            created_at=now if known is None else known.created_at,
            confirmed_at=now,
            expires_at=expires_at,
        )
        subscriptions.put_subscription(tx, subscription)
        if known is None or known.gone_at is not None:
            _note(tx, deps, actor, "phone_subscribed", subscription)
            _make_room(tx, deps, actor)
    return subscription


def my_phones(deps: Deps, actor: Person) -> tuple[Subscription, ...]:
    """Return the person's subscribed browsers, the one confirmed last first; those that ended say so."""
    now = deps.now()
    with deps.reading() as tx:
        found = subscriptions.subscriptions_of(tx, actor.id)
    return tuple(
        one if one.usable(now) else replace(one, gone_at=one.gone_at or one.expires_at) for one in found
    )


def may_offer(deps: Deps, actor: Person) -> bool:
    """Whether to offer messages on the phone: once, after the first check-in of somebody who has none yet."""
    if push_key(deps) is None:
        return False
    with deps.reading() as tx:
        first = check_ins.count_since(tx, actor.id, datetime.min.replace(tzinfo=UTC)) == 1
        return first and not subscriptions.subscriptions_of(tx, actor.id)


def drop_phone(deps: Deps, actor: Person, phone: UUID) -> None:
    """Send nothing more to one of the person's own browsers. Raises ``NotFound``."""
    with deps.transaction() as tx:
        mine = {one.id: one for one in subscriptions.subscriptions_of(tx, actor.id)}
        if phone not in mine:
            raise NotFound
        subscriptions.drop_subscriptions(tx, actor.id, [phone])
        _note(tx, deps, actor, "phone_dropped", mine[phone])


def _make_room(tx: Transaction, deps: Deps, actor: Person) -> None:
    for one in subscriptions.subscriptions_of(tx, actor.id)[MOST_PHONES:]:
        subscriptions.drop_subscriptions(tx, actor.id, [one.id])
        _note(tx, deps, actor, "phone_dropped", one)


def _note(tx: Transaction, deps: Deps, actor: Person, action: str, phone: Subscription) -> None:
    event = audit.Event(
        action=action,
        actor=actor.id,
        subject=actor.id,
        object_id=phone.id,
        private={"device": phone.device},
    )
    audit.record(tx, actor.clinic_id, event, deps.now())
