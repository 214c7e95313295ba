"""Who can sign in, as what, and how patients want to be reached."""

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum

from checkin.domain.ids import ClinicId, PersonId
from checkin.domain.ladder import RUNGS
from checkin.domain.message import ChannelName


class Role(StrEnum):
    """What a person may be, several at once."""

    PATIENT = "patient"
    THERAPIST = "therapist"
    STAFF = "staff"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who can sign in. ``disabled_at`` set: the sign-in is closed; ``ready``: a password is set.

    ``email_gone_at``: since when mail to this address comes back, if it does.
    """

    id: PersonId
    clinic_id: ClinicId
    name: str
    email: str
    roles: frozenset[Role]
    language: str
    ready: bool
    disabled_at: datetime | None = None
    email_gone_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class WakingHours:
    """The local hours in which a patient may be reminded; ``until`` is later on the same day."""

    since: time
    until: time


@dataclass(frozen=True, kw_only=True)
class Zone:
    """The zone a patient is in from ``since`` on (UTC) until the next entry."""

    since: datetime
    name: str


@dataclass(frozen=True, kw_only=True)
class Patient:
    """A person under treatment, with what the planner and the reminders need to know.

    ``zones`` is never empty and ordered by ``since``. ``channels``: how they want to be reached, first choice
    first. ``quiet_agreed_at``: when they agreed to messages in the clinic's quiet hours, if they did.
    ``refused_zone``: where their phone was when they said that their reminders stay by ``zone``.
    """

    person: Person
    zones: tuple[Zone, ...]
    waking: WakingHours
    reminders: bool
    set_up_at: datetime | None
    discharged_at: datetime | None
    channels: tuple[ChannelName, ...] = RUNGS
    quiet_agreed_at: datetime | None = None
    refused_zone: str | None = None

    @property
    def id(self) -> PersonId:
        return self.person.id

    @property
    def zone(self) -> str:
        return self.zones[-1].name
