"""Messages that really go out: the scheduler's steps on the house's rows, with peers behind its channels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from browser.people import House
from sqlalchemy import select, update
from support.care import open_prompts
from support.channel import FakeChannel

from checkin.channels.base import Channel
from checkin.domain.message import ChannelName, MessageKind, MessageState
from checkin.domain.person import Person
from checkin.domain.prompt import Prompt
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.remind import remind
from checkin.storage import messages, prompts

_SPREAD = timedelta(minutes=1)  # longer than those due together are spread over


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A message; ``opened``: the patient's own device has said so."""

    channel: ChannelName
    kind: MessageKind
    state: MessageState
    opened: bool


@dataclass(frozen=True, kw_only=True)
class Post:
    """A scheduler of the house that sends over these channels.

    Its clock is a minute ahead while it delivers: what it spreads over the next moments goes at once.
    """

    deps: Deps
    house: House

    def go(self) -> None:
        """Do all there is to do."""
        while remind(self.deps):
            pass
        later = replace(self.deps, now=lambda: datetime.now(UTC) + _SPREAD)
        while deliver(later, uuid4()):
            pass

    def remind_now(self, prompt: Prompt) -> None:
        """Let the time of the reminder have come, and send it."""
        with self.house.deps.transaction() as tx:
            mine = prompts.prompts.c.id == prompt.id
            tx.execute(update(prompts.prompts).where(mine).values(remind_at=datetime.now(UTC)))
        self.go()

    def sent_to(self, patient: Person) -> list[Sent]:
        """What went out to them, in the order of making."""
        made = messages.messages
        with self.house.deps.reading() as tx:
            rows = tx.execute(select(made).where(made.c.person_id == patient.id).order_by(made.c.id))
            return [
                Sent(
                    channel=ChannelName(row.channel),
                    kind=MessageKind(row.kind),
                    state=MessageState(row.state),
                    opened=row.opened_at is not None,
                )
                for row in rows
            ]


def post(house: House, channels: Mapping[str, Channel]) -> Post:
    """That scheduler."""
    settings = replace(house.deps.settings, mail_channel=ChannelName.EMAIL)
    others = {name: FakeChannel(name) for name in ChannelName}  # take what waits for everybody else
    deps = replace(
        house.deps,
        channels={**others, **channels},
        settings=settings,
    )
    return Post(deps=deps, house=house)


def asked(house: House, patient: Person) -> Prompt:
    """A prompt that is due now, without a link: that is made with the message."""
    [prompt] = open_prompts(house.database, patient, house.deps.now())
    return prompt
