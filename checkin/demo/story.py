"""Time in the demo: weeks of it pass in seconds, in the right order, with the scheduler's work between."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from uuid import uuid4

from checkin.channels.base import SEND_TIMEOUT_S, Outgoing, Receipt
from checkin.domain.ids import PersonId
from checkin.domain.message import ChannelName
from checkin.domain.prompt import UNFINISHED
from checkin.services.deliver import deliver
from checkin.services.deps import Deps, PasswordCost
from checkin.services.remind import remind
from checkin.services.settle_conditions import settle_conditions
from checkin.storage import prompts
from checkin.storage.engine import Transaction

_SPREAD = timedelta(seconds=31)  # after a due moment all its messages are due
_QUICK = PasswordCost(memory=8, time=1, parallelism=1)  # made-up people, and thirty of them at once


class Postbox:
    """A channel that keeps what it is given until somebody looks."""

    name = ChannelName.CONSOLE

    def __init__(self) -> None:
        self._waiting: list[Outgoing] = []

    def send(self, outgoing: Outgoing, *, timeout_s: float = SEND_TIMEOUT_S) -> Receipt:
        self._waiting.append(outgoing)
        return Receipt(provider_id=str(outgoing.message_id))

    def empty(self) -> list[Outgoing]:
        """Return what has come, and forget it."""
        taken, self._waiting = self._waiting, []
        return taken


class Story:
    """What happens, each thing at its moment. ``readers``: by address, who looks at messages that arrive.

    All of it is one transaction of the database: an interrupted demo leaves nothing behind.
    """

    def __init__(self, deps: Deps, tx: Transaction, *, begins: datetime, ends: datetime) -> None:
        self.now = begins
        self.readers: dict[str, Callable[[Outgoing], None]] = {}
        self._ends, self._dispatcher, self._postbox = ends, uuid4(), Postbox()
        self._waiting: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()
        self._looked: set[datetime] = set()

        @contextmanager
        def inside() -> Iterator[Transaction]:
            with tx.connection.begin_nested():
                yield tx

        self.deps = replace(
            deps,
            transaction=inside,
            reading=inside,
            now=lambda: self.now,
            channels={self._postbox.name: self._postbox},
            settings=replace(deps.settings, mail_channel=self._postbox.name, password_cost=_QUICK),
        )

    def at(self, moment: datetime, act: Callable[[], None]) -> None:
        """Let something happen at a moment; what would come after the end does not."""
        if moment <= self._ends:
            heappush(self._waiting, (moment, next(self._order), act))

    def tell(self) -> None:
        """Let everything happen in its order, and what follows from it."""
        while self._waiting:
            moment, _, act = heappop(self._waiting)
            self.now = max(self.now, moment)
            act()
        self.now = self._ends

    def watch(self, patient: PersonId) -> None:
        """Let the scheduler look at each moment at which a patient's prompt falls due or ends."""
        with self.deps.reading() as tx:
            planned = [prompt for prompt in prompts.prompts_of(tx, patient) if prompt.state in UNFINISHED]
        moments = {at for one in planned for at in (one.due_at, one.remind_at, one.expires_at) if at}
        for moment in sorted(moments - self._looked):
            self._looked.add(moment)
            self.at(max(moment, self.now), self._remind)

    def _remind(self) -> None:
        while remind(self.deps) or settle_conditions(self.deps):
            pass
        self.send_soon()

    def send_soon(self) -> None:
        """Let the scheduler deliver once everything that is due now may go."""
        self.at(self.now + _SPREAD, self._deliver)

    def _deliver(self) -> None:
        while deliver(self.deps, self._dispatcher):
            pass
        for outgoing in self._postbox.empty():
            if outgoing.to_address in self.readers:
                self.readers[outgoing.to_address](outgoing)
