"""What goes on while processes are killed: prompts fall due, people answer, some of them alarmingly."""

import random
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPException

from support.care import a_link, open_prompts
from support.people import World
from support.server import Phone

from checkin.domain.message import ChannelName, MessageKind
from checkin.domain.person import Person
from checkin.storage import messages
from checkin.storage.engine import Database

_OPEN_H = 0.75  # of the fast clock: every prompt comes to its end within a run
# What a phone sees of a server that dies or is not there, and of a link whose time is over.
_LOST = (OSError, HTTPException, AssertionError, StopIteration)


@dataclass
class Answer:
    """An answer on a phone until it is acknowledged; it is sent again with the same key."""

    link: str
    alarming: bool
    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    def send(self, port: int) -> bool:
        """Try once; whether it was acknowledged."""
        phone = Phone(port, dict(self.cookies))
        try:
            if not self.fields:
                self.action, self.fields = phone.open_check_in(self.link)
                last = max((n for n in self.fields if n.startswith("q")), key=lambda n: int(n[1:]))
                self.fields[last] = "2" if self.alarming else "0"
                self.cookies = dict(phone.cookies)
            status, _text, _ = phone.ask("POST", self.action, self.fields)
        except _LOST:
            return False
        return status == 303


class Load:
    """The work of one run. ``acknowledged``: submission key → whether it must raise an alert."""

    def __init__(self, database: Database, world: World, now: Callable[[], datetime], seed: str) -> None:
        self.acknowledged: dict[str, bool] = {}
        self.tried = 0
        self._database, self._world, self._now = database, world, now
        self._random = random.Random(seed)
        self._open: list[str] = []
        self._phones: list[Answer] = []
        self._under_way: list[tuple[Answer, Future[bool]]] = []
        self._pool = ThreadPoolExecutor(8)

    def fall_due(self) -> None:
        """New prompts, and a link that somebody of the staff asked for."""
        now = self._now()
        for patient in self._random.sample([self._world.patient, self._world.other_patient], 2):
            for prompt in open_prompts(
                self._database, patient, now, number=self._random.randint(1, 2), hours=_OPEN_H
            ):
                if self._random.random() < 0.6:
                    self._open.append(a_link(self._database, patient, prompt, now))
        if self._random.random() < 0.5:
            self._ask_for_a_link(self._random.choice([self._world.staff, self._world.colleague]))

    def answer(self, port: int) -> None:
        """Send what is not acknowledged, and new answers, all at once and without waiting."""
        self.collect()
        while len(self._phones) < 4 and self._open:
            link = self._open.pop(self._random.randrange(len(self._open)))
            self._phones.append(Answer(link, alarming=self._random.random() < 0.3))
        for phone in self._phones:
            self.tried += 1
            self._under_way.append((phone, self._pool.submit(phone.send, port)))
        self._phones = []

    def collect(self, *, wait: bool = False) -> None:
        """Note what was acknowledged; the rest will be sent again."""
        open_still = []
        for phone, sent in self._under_way:
            if not wait and not sent.done():
                open_still.append((phone, sent))
            elif sent.result():
                self.acknowledged[phone.fields["key"]] = phone.alarming
            else:
                self._phones.append(phone)
        self._under_way = open_still

    def finish(self, port: int) -> list[str]:
        """Send until all is acknowledged; return the links that could not be answered."""
        for _ in range(5):
            self.collect(wait=True)
            if not self._phones:
                break
            phones, self._phones = self._phones, []
            self._under_way = [(phone, self._pool.submit(phone.send, port)) for phone in phones]
        self.collect(wait=True)
        self._pool.shutdown()
        return [phone.link for phone in self._phones]

    def _ask_for_a_link(self, person: Person) -> None:
        with self._database.transaction() as tx:
            messages.add_message(
                tx,
                clinic=person.clinic_id,
                person=person.id,
                kind=MessageKind.RESET,
                channel=ChannelName.EMAIL,
                now=self._now(),
            )
