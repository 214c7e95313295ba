"""Patients who can be reached on every rung, with a fake channel for each."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from support.channel import FakeChannel
from support.clock import Clock

from checkin.channels.base import Outgoing
from checkin.domain.message import ChannelName, MessageKind
from checkin.domain.person import Person
from checkin.domain.push import Device, PushAddress, Subscription, to_base64url
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.remind import remind
from checkin.storage import phone_numbers, subscriptions

PUSH, SMS, EMAIL = ChannelName.WEB_PUSH, ChannelName.SMS, ChannelName.EMAIL
NUMBER = "+15550101234"
DISPATCHER = UUID(int=7)


class Reach:
    """The three channels of a house, and everything that went out over them in its order."""

    def __init__(self, deps: Deps, clock: Clock, email: FakeChannel) -> None:
        self.push, self.sms, self.email = KeyedChannel(PUSH), FakeChannel(SMS), email
        self.channels = {PUSH: self.push, SMS: self.sms, EMAIL: email}
        self.deps = replace(deps, channels=self.channels)
        self.clock = clock

    def tick(self, **later: float) -> None:
        """Let time pass, then let one scheduler do all there is to do, with what it spreads."""
        self.clock.advance(**later)
        remind(self.deps)
        self.clock.advance(seconds=1)
        while deliver(self.deps, DISPATCHER):
            pass

    @property
    def sent(self) -> list[tuple[datetime, ChannelName, Outgoing]]:
        return sorted(
            ((one.sent_at, name, one) for name, channel in self.channels.items() for one in channel.sent),
            key=lambda found: found[0],
        )

    @property
    def way(self) -> list[tuple[ChannelName, MessageKind]]:
        """Channel and kind of what was taken, in its order."""
        return [(name, one.kind) for _, name, one in self.sent]


class KeyedChannel(FakeChannel):
    """A push channel that browsers subscribe to with the key ``2026``."""

    key_id, public_key = "2026", "public"
    key_ids = frozenset({key_id})

    def key_of(self, public: str) -> str | None:
        return self.key_id if public == self.public_key else None

    def takes(self, address: PushAddress) -> bool:
        return address.key in self.key_ids


def subscribe_phone(
    deps: Deps, person: Person, *, endpoint: str | None = None, key: str = "2026"
) -> Subscription:
    """Subscribe a phone of this person, seen at this moment."""
    now = deps.now()
    point = b"\x04" + bytes(64)
    phone = Subscription(
        id=uuid4(),
        clinic_id=person.clinic_id,
        person_id=person.id,
        address=PushAddress(
            endpoint=endpoint or f"https://fcm.googleapis.com/send/{uuid4().hex}",
            p256dh=to_base64url(point),
            auth=to_base64url(bytes(16)),
            key=key,
        ),
        device=Device.ANDROID,
        created_at=now,
        confirmed_at=now,
    )
    with deps.transaction() as tx:
        subscriptions.put_subscription(tx, phone)
    return phone


def give_number(deps: Deps, person: Person, number: str = NUMBER) -> None:
    """Store a number that its owner has confirmed."""
    with deps.transaction() as tx:
        phone_numbers.set_number(tx, person.id, person.clinic_id, number, deps.now())
        phone_numbers.confirm_number(tx, person.id, deps.now())
