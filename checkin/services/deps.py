"""What services are given: built once in the composition root, never looked up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from checkin.channels.base import Alarm, Channel
from checkin.domain.message import LEASE, ChannelName
from checkin.storage.engine import Transaction, TransactionMaker
from checkin.storage.keyring import Keyring
from checkin.storage.lease import LeaseTime


@dataclass(frozen=True, kw_only=True)
class PasswordCost:
    """argon2id parameters: memory in KiB, passes and lanes (OWASP minimum: 47104 KiB at t=1, p=1)."""

    memory: int = 65536
    time: int = 3
    parallelism: int = 4


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """Limits and addresses that services need. Durations are how long something stays usable.

    ``mail_from`` is the address mails come from, empty where none are sent. ``metrics_token`` lets another
    machine read the figures; empty: none may. ``lease`` is how long a dispatcher may hold a message.
    ``invitations_a_day``: how many one patient may ask for; fewer go to one address, whoever asks.
    ``sends_per_second``: what is due at one moment is spread so that the providers get no more than this.
    """

    base_url: str
    mail_from: str = ""
    mail_channel: ChannelName = ChannelName.EMAIL
    sign_in_idle: timedelta = timedelta(minutes=30)
    patient_sign_in_idle: timedelta = timedelta(days=7)
    sign_in_absolute: timedelta = timedelta(hours=12)
    patient_sign_in_absolute: timedelta = timedelta(days=90)
    fresh: timedelta = timedelta(minutes=10)
    invitation: timedelta = timedelta(days=7)
    reset: timedelta = timedelta(minutes=60)
    resets_an_hour: int = 3
    resets_an_hour_from_one_address: int = 30
    codes_an_hour: int = 3
    invitations_a_day: int = 10
    invitations_a_day_to_one_address: int = 3
    unsubscribe: timedelta = timedelta(days=60)
    calendar: timedelta = timedelta(days=3650)
    late_grace: timedelta = timedelta(minutes=60)
    longest_delay: timedelta = timedelta(days=7)
    change_answers: timedelta = timedelta(minutes=15)
    lease: timedelta = LEASE
    sends_per_second: int = 400
    metrics_token: str = field(default="", repr=False)
    password_cost: PasswordCost = PasswordCost()


@dataclass(frozen=True, kw_only=True)
class Deps:
    """The collaborators. ``now`` is aware UTC and may jump; ``lease_now`` cannot.

    ``elapsed`` are seconds of a clock that no one can set and that goes on while the machine sleeps.

    ``alarm`` tells whoever runs the server that a channel needs a hand.
    """

    transaction: TransactionMaker
    reading: TransactionMaker
    now: Callable[[], datetime]
    lease_now: Callable[[Transaction], LeaseTime]
    elapsed: Callable[[], float]
    channels: Mapping[str, Channel]
    alarm: Alarm
    keys: Keyring
    settings: ServiceSettings
