"""Several real dispatchers at one outbox: all goes once, also when one of them is killed or frozen."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest
from chaos.processes import Grown, Nursery
from chaos.times import FastClock
from peers.certificates import make_certificate
from peers.sms_gateway import SECRET, WebhookGateway
from peers.smtp import Hold, SmtpPeer
from support.care import open_prompts
from support.channel import FakeChannel
from support.clock import NOON, Clock
from support.house import environment, url_of
from support.people import World
from support.phones import NUMBER, give_number

from checkin.channels.base import Outgoing
from checkin.domain.ids import new_id
from checkin.domain.message import SETTLED, ChannelName, Message, MessageKind, MessageState, Reason, rank
from checkin.domain.person import Person
from checkin.services.deliver import deliver, recover
from checkin.services.deps import Deps
from checkin.services.remind import remind
from checkin.storage import messages, patients
from checkin.storage.engine import Database

DUE, ENOUGH, DISPATCHERS = 10_000, 500, 3
FASTER = 60.0  # a minute of backing off passes in a second
LEASE_S = 3.0  # long enough that only who is killed or frozen loses it, also on a busy machine
AN_ALERT = UUID(int=3)


def fill(
    database: Database, person: Person, number: int, *, kind: MessageKind = MessageKind.RESET
) -> set[UUID]:
    """Put so many due messages into the outbox."""
    rows = [
        {
            "id": new_id(NOON),
            "clinic_id": person.clinic_id,
            "person_id": person.id,
            "object_id": AN_ALERT if kind is MessageKind.ALERT else None,
            "kind": kind.value,
            "channel": ChannelName.EMAIL.value,
            "rank": rank(kind),
            "state": MessageState.PENDING.value,
            "due_at": NOON,
            "attempts": 0,
            "token": 0,
            "maybe_sent": False,
            "created_at": NOON,
        }
        for _ in range(number)
    ]
    with database.transaction() as tx:
        tx.execute(messages.messages.insert(), rows)
    return {row["id"] for row in rows}  # type: ignore[misc]


def found(database: Database, *people: Person) -> dict[UUID, Message]:
    with database.reading() as tx:
        return {one.id: one for person in people for one in messages.messages_of(tx, person.id)}


@contextmanager
def senders(
    database: Database, folder: Path, mail: SmtpPeer, since: datetime, *, lease_s: float, **more: str
) -> Iterator[Nursery]:
    """Where processes come from that are `flask scheduler`, with a quick clock that begins at ``since``."""
    settings = environment(
        url_of(database),
        CHECKIN_MAIL=f"smtp://127.0.0.1:{mail.port}",
        CHECKIN_MAIL_FROM="checkin@example.org",
        **more,
    )
    clock = FastClock(started=time.monotonic(), begin=since.timestamp(), times=FASTER)
    with Nursery(folder, settings, clock, lease_s=lease_s) as nursery:
        yield nursery


@pytest.mark.slow
def test_fault_04_what_several_processes_sent_is_what_they_took_each_once_and_the_rest_still_waits(
    database: Database, world: World, tmp_path: Path
) -> None:
    due = fill(database, world.staff, DUE)
    with SmtpPeer() as mail, senders(database, tmp_path, mail, NOON, lease_s=60) as nursery:
        for number in range(DISPATCHERS):
            nursery.grow(f"dispatcher {number}")
        mail.wait_for(ENOUGH)
        for process in nursery.people.values():
            process.stop()
        assert [nursery.log_of(name) for name in nursery.people] == [""] * DISPATCHERS
    rows = found(database, world.staff)
    taken = {id for id, message in rows.items() if message.attempts}
    assert Counter(one.message_id for one in mail.taken) == Counter(taken)
    assert {rows[id].state for id in taken} == {MessageState.ACCEPTED}
    assert {rows[id].state for id in due - taken} == {MessageState.PENDING}
    assert len({rows[id].claimed_by for id in taken}) == DISPATCHERS, "they really were at it together"


@dataclass(frozen=True, kw_only=True)
class Struck:
    """A dispatcher in the middle of its calls: the server has each mail whole, it does not know.

    ``notice`` must not go twice by mail; ``repeated``, of which one is ``alert``, goes until it is known to
    have been taken.
    """

    nursery: Nursery
    one: Grown
    mail: SmtpPeer
    texts: WebhookGateway
    held: Hold
    notice: UUID
    alert: UUID
    repeated: set[UUID]

    @property
    def under_way(self) -> int:
        return len(self.repeated) + 1

    def wait_until_others_took_over(self, *, sent: int = 0) -> None:
        """Until all that may go again went again, and the patient was told by text."""
        self.mail.wait_for(self.under_way + sent + len(self.repeated))
        self.texts.wait_for(1)

    def judge(self, rows: Mapping[UUID, Message], patient: Sequence[Message]) -> None:
        """What the rules say of those that were under way."""
        times = Counter(taken.message_id for taken in self.mail.taken)
        for id in self.repeated:
            assert (times[id], rows[id].state, rows[id].maybe_sent) == (2, MessageState.ACCEPTED, True)
        alerts = [taken.content for taken in self.mail.taken if taken.message_id == self.alert]
        marked = [b"You may have had this message already" in content for content in alerts]
        assert marked == [False, True], "an alert says when it may be a repeat"
        notice, text = patient
        assert (times[notice.id], notice.state) == (1, MessageState.UNCERTAIN)
        assert (notice.id, notice.reason) == (self.notice, Reason.LEASE_ENDED)
        assert (text.channel, text.state, text.kind) == (ChannelName.SMS, MessageState.ACCEPTED, notice.kind)
        assert [(one.id, one.to) for one in self.texts.texts.values()] == [(str(text.id), NUMBER)]


@pytest.fixture
def struck(
    database: Database,
    world: World,
    deps: Deps,
    clock: Clock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Struck]:
    """One dispatcher has taken an alert, two links that somebody waits for and a patient's notice."""
    give_number(deps, world.patient)
    with database.transaction() as tx:
        order = [ChannelName.EMAIL, ChannelName.SMS]
        patients.change_ladder(tx, world.patient.id, channels=order, quiet_agreed_at=None)
    open_prompts(database, world.patient, clock.now())
    remind(deps)
    (notice,) = found(database, world.patient)
    (alert,) = fill(database, world.staff, 1, kind=MessageKind.ALERT)
    repeated = {alert, *fill(database, world.staff, 2)}
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.authority_file))
    with ExitStack() as stack:
        mail = stack.enter_context(SmtpPeer())
        texts = stack.enter_context(WebhookGateway(certificate))
        gateway = {"SMS": texts.url, "SMS_FROM": "Checkin", "SMS_SECRET": SECRET}
        nursery = stack.enter_context(
            senders(
                database,
                tmp_path,
                mail,
                clock.advance(minutes=1),
                lease_s=LEASE_S,
                **{f"CHECKIN_{name}": value for name, value in gateway.items()},
            )
        )
        held = mail.hold("data", len(repeated) + 1)
        one = nursery.grow("the one struck")
        held.wait_for(len(repeated) + 1)
        yield Struck(
            nursery=nursery,
            one=one,
            mail=mail,
            texts=texts,
            held=held,
            notice=notice,
            alert=alert,
            repeated=repeated,
        )


@pytest.mark.slow
def test_fault_04_a_dispatcher_killed_amid_its_calls_costs_nothing_and_doubles_what_may_be_doubled(
    struck: Struck, database: Database, world: World
) -> None:
    """Two others work beside it, and take over when its lease has ended."""
    others = [struck.nursery.grow(f"other {number}") for number in range(2)]
    more = fill(database, world.colleague, 100)
    struck.mail.wait_for(struck.under_way + len(more))
    struck.one.kill()
    struck.wait_until_others_took_over(sent=len(more))
    for one in others:
        one.stop()
    rows = found(database, world.staff, world.colleague)
    struck.judge(rows, list(found(database, world.patient).values()))
    times = Counter(taken.message_id for taken in struck.mail.taken)
    assert {(times[id], rows[id].state) for id in more} == {(1, MessageState.ACCEPTED)}


@pytest.mark.slow
def test_fault_05_a_process_frozen_amid_its_calls_wakes_to_messages_that_are_no_longer_its_own(
    struck: Struck, database: Database, world: World
) -> None:
    """It hears that all was taken, after its lease: what others have written down stays, and it goes on."""
    os.kill(struck.one.pid, signal.SIGSTOP)
    other = struck.nursery.grow("other")
    struck.wait_until_others_took_over()
    other.stop()
    before = found(database, world.staff, world.patient)
    assert {message.state for message in before.values()} <= SETTLED
    struck.judge(before, list(found(database, world.patient).values()))
    struck.held.let_go()
    os.kill(struck.one.pid, signal.SIGCONT)
    fill(database, world.colleague, 1)
    struck.mail.wait_for(len(struck.mail.taken) + 1)
    struck.one.stop()
    assert struck.nursery.log_of(struck.one.name) == ""
    assert found(database, world.staff, world.patient) == before
    struck.judge(before, list(found(database, world.patient).values()))
    assert [one.state for one in found(database, world.colleague).values()] == [MessageState.ACCEPTED]


def test_fault_05_a_sleeper_looks_again_before_it_sends(
    database: Database, world: World, deps: Deps, clock: Clock, channel: FakeChannel
) -> None:
    """It is frozen between its claim and the call; when it wakes, another one has sent the message."""
    fill(database, world.staff, 2)
    clock.advance(minutes=1)
    me, other = UUID(int=1), UUID(int=2)

    def sleep(_outgoing: Outgoing) -> None:
        channel.fails()
        clock.advance(minutes=3)
        while recover(deps):
            pass
        while deliver(deps, other):
            pass

    channel.meanwhile = sleep
    deliver(deps, me, limit=2)
    counts = Counter(outgoing.message_id for outgoing in channel.sent)
    rows = found(database, world.staff)
    twice = [rows[message] for message, count in counts.items() if count > 1]
    assert all(message.maybe_sent for message in twice), "only what was under way in its sleep may repeat"
    assert len(counts) == 2
    assert {message.state for message in rows.values()} <= {MessageState.ACCEPTED, MessageState.RETRY}
