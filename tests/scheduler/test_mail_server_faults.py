"""A mail server that is down, refuses, cannot be trusted or hangs: what becomes of the message."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from channels.outgoing import AMPLE_S, BRIEF_S, a_renderer
from flask import Flask
from peers.certificates import make_certificate
from peers.smtp import SmtpPeer, Trouble, closed_port
from support.asked import Asked
from support.channel import FakeChannel
from support.clock import Clock
from support.people import World
from support.routes import entering
from support.visitor import Visitor

from checkin.channels.base import ChannelError, Outgoing, Receipt
from checkin.channels.email import EmailChannel, SmtpSettings, TlsMode
from checkin.domain.message import ChannelName, Message, MessageKind, MessageState
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.heartbeat import beat
from checkin.services.remind import remind
from checkin.services.watch_over import ChannelWatch
from checkin.storage import messages
from checkin.storage.engine import Database

DISPATCHER = UUID(int=7)
S = MessageState


class Impatient:
    """The real channel, with little time for a call to a server that hangs."""

    name = ChannelName.EMAIL

    def __init__(self, channel: EmailChannel, peer: dict[str, Any] | None) -> None:
        self._channel = channel
        self._patience_s = BRIEF_S if Trouble.HANG in (peer or {}).values() else AMPLE_S

    def send(self, outgoing: Outgoing, *, timeout_s: float = 0) -> Receipt:
        return self._channel.send(outgoing, timeout_s=self._patience_s)


@dataclass(frozen=True, kw_only=True)
class Case:
    """What the server does, what becomes of a notice, and of a link that somebody waits for."""

    peer: dict[str, Any] | None
    tls: TlsMode = TlsMode.NONE
    trusted: bool = True
    notice: MessageState
    link: MessageState
    reason: str
    maybe_sent: bool = False


CASES = {
    "down": Case(peer=None, notice=S.RETRY, link=S.RETRY, reason="no_connection"),
    "busy for this recipient": Case(
        peer={"rcpt": "451 4.7.1 greylisted"}, notice=S.RETRY, link=S.RETRY, reason="recipient 451 4.7.1"
    ),
    "busy": Case(peer={"data": "452 4.3.1 full"}, notice=S.RETRY, link=S.RETRY, reason="content 452 4.3.1"),
    "refuses the content": Case(
        peer={"data": "554 5.7.1 no"}, notice=S.FAILED, link=S.FAILED, reason="content 554 5.7.1"
    ),
    "a certificate that nobody vouches for": Case(
        peer={},
        tls=TlsMode.STARTTLS,
        trusted=False,
        notice=S.RETRY,
        link=S.RETRY,
        reason="certificate_refused",
    ),
    "no encryption": Case(
        peer={}, tls=TlsMode.STARTTLS, notice=S.RETRY, link=S.RETRY, reason="not_supported"
    ),
    "hangs before the content": Case(
        peer={"rcpt": Trouble.HANG}, notice=S.RETRY, link=S.RETRY, reason="connection_lost"
    ),
    "takes it and hangs": Case(
        peer={"data": Trouble.HANG}, notice=S.UNCERTAIN, link=S.RETRY, reason="no_answer", maybe_sent=True
    ),
    "takes it and drops the line": Case(
        peer={"data": Trouble.DROP}, notice=S.UNCERTAIN, link=S.RETRY, reason="no_answer", maybe_sent=True
    ),
}


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def troubled(case: Case, deps: Deps, tmp_path: Path) -> Iterator[Deps]:
    """The house with a mail server that behaves like the case."""
    with ExitStack() as stack:
        certified = case.tls is not TlsMode.NONE and not case.trusted
        certificate = make_certificate(tmp_path) if certified else None
        peer: AbstractContextManager[SmtpPeer | None] = (
            nullcontext() if case.peer is None else SmtpPeer(certificate=certificate, **case.peer)
        )
        running = stack.enter_context(peer)
        settings = SmtpSettings(
            host="localhost",
            port=closed_port() if running is None else running.port,
            from_address="checkin@clinic.test",
            tls=case.tls,
        )
        channel = Impatient(EmailChannel(settings, a_renderer()), case.peer)
        yield replace(deps, channels={channel.name: channel})


def of(deps: Deps, person: UUID, kind: MessageKind) -> Message:
    with deps.reading() as tx:
        (found,) = (m for m in messages.messages_of(tx, person) if m.kind is kind)  # type: ignore[arg-type]
    return found


def test_fault_26_each_trouble_of_a_mail_server_has_its_own_outcome(
    case: Case, troubled: Deps, world: World, clock: Clock, database: Database, channel: FakeChannel
) -> None:
    Asked(troubled, database, world.patient, clock)
    remind(troubled)
    clock.advance(minutes=1)
    with troubled.transaction() as tx:
        messages.add_message(
            tx,
            clinic=world.clinic.id,
            person=world.staff.id,
            kind=MessageKind.RESET,
            channel=ChannelName.EMAIL,
            now=clock.now(),
        )
    assert deliver(troubled, DISPATCHER) == 2
    notice = of(troubled, world.patient.id, MessageKind.NOTICE)
    link = of(troubled, world.staff.id, MessageKind.RESET)
    assert (notice.state, link.state) == (case.notice, case.link)
    assert (notice.reason, link.reason) == (case.reason, case.reason)
    assert (notice.maybe_sent, link.maybe_sent) == (case.maybe_sent, case.maybe_sent)
    for message in (notice, link):
        if message.state is S.RETRY:
            assert message.due_at > clock.now(), "not at once: a server in trouble is left alone for a while"
    assert deliver(troubled, DISPATCHER) == 0


def test_fault_26_what_had_to_wait_goes_when_the_server_is_back(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel
) -> None:
    """No restart, no button: the next try comes by itself."""
    settings = SmtpSettings(
        host="localhost", port=closed_port(), from_address="checkin@clinic.test", tls=TlsMode.NONE
    )
    down = EmailChannel(settings, a_renderer())
    with deps.transaction() as tx:
        messages.add_message(
            tx,
            clinic=world.clinic.id,
            person=world.staff.id,
            kind=MessageKind.ALERT,
            channel=ChannelName.EMAIL,
            now=clock.now(),
            object_id=UUID(int=3),
        )
    broken = replace(deps, channels={down.name: down})
    for _ in range(3):
        deliver(broken, DISPATCHER)
        clock.set(of(deps, world.staff.id, MessageKind.ALERT).due_at)
    deliver(deps, DISPATCHER)
    assert [outgoing.possible_repeat for outgoing in channel.sent] == [False]
    assert of(deps, world.staff.id, MessageKind.ALERT).state is S.ACCEPTED


def an_alert(deps: Deps, world: World) -> None:
    with deps.transaction() as tx:
        messages.add_message(
            tx,
            clinic=world.clinic.id,
            person=world.staff.id,
            kind=MessageKind.ALERT,
            channel=ChannelName.EMAIL,
            now=deps.now(),
            object_id=UUID(int=3),
        )


def ticks(deps: Deps, clock: Clock, *, seconds: int) -> None:
    """A living scheduler for so long: it beats, sends and watches, every ten seconds."""
    watch = ChannelWatch(deps)
    for _ in range(seconds // 10):
        beat(deps, DISPATCHER)
        deliver(deps, DISPATCHER)
        watch.look()
        clock.advance(seconds=10)


@pytest.mark.parametrize(
    ("peer", "words"),
    [
        (None, "could not be reached"),
        ({"mail": Trouble.HANG}, "could not be reached"),
        ({"mail": "451 4.3.2 not now"}, "busy or holds mail back"),
        ({"data": Trouble.HANG}, "did not say whether it took it"),
    ],
)
def test_fault_07_a_mail_server_that_takes_nothing_shows_within_two_minutes(
    peer: dict[str, Any] | None,
    words: str,
    deps: Deps,
    app: Flask,
    world: World,
    clock: Clock,
    channel: FakeChannel,
) -> None:
    """Each call ends in time and the scheduler beats on: only what became of the calls shows it."""
    staff, alarms = entering(app, world)("staff"), list[str]()
    an_alert(deps, world)
    with ExitStack() as stack:
        port = closed_port() if peer is None else stack.enter_context(SmtpPeer(**peer)).port
        settings = SmtpSettings(
            host="localhost", port=port, from_address="checkin@clinic.test", tls=TlsMode.NONE
        )
        down = Impatient(EmailChannel(settings, a_renderer()), peer)
        ticks(replace(deps, channels={down.name: down}, alarm=alarms.append), clock, seconds=120)
    told = Visitor(app).get("/readyz")
    assert told.status_code == 503
    assert "E-mail: nothing goes out since 2026-03-10 16:00:00 UTC." in told.text
    assert words in told.text
    page = staff.get("/clinic").text
    assert "E-mail: nothing goes out since Tuesday 10 March, 12pm." in page
    assert words in page
    figures = Visitor(app).get("/metrics").text
    assert "checkin_channels_failing 1\n" in figures
    assert "checkin_oldest_tried_seconds 120\n" in figures
    assert len(alarms) == 1, "once, not at every look"
    ticks(deps, clock, seconds=120)
    assert Visitor(app).get("/readyz").text == "ready\n"
    assert "nothing goes out" not in staff.get("/clinic").text


def test_fault_07_what_is_wrong_with_one_address_or_over_is_no_trouble_of_the_server(
    deps: Deps, app: Flask, world: World, clock: Clock, channel: FakeChannel
) -> None:
    refused = ChannelError(permanent=False, reason="recipient 451 4.7.1")
    channel.fails(*[refused] * 9)
    an_alert(deps, world)
    ticks(deps, clock, seconds=120)
    assert Visitor(app).get("/readyz").text == "ready\n"
    # One hiccup is none either, nor is anything once something was taken again.
    channel.fails(ChannelError(permanent=False, reason="no_connection"))
    an_alert(deps, world)
    beat(deps, DISPATCHER)
    deliver(deps, DISPATCHER)
    assert Visitor(app).get("/readyz").text == "ready\n"
