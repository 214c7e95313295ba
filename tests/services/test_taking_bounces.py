"""Mail that came back: the address gets no more check-ins, staff see it, and the next channel takes over."""

from uuid import uuid4

import pytest
from channels.test_bounce import a_report
from support.asked import Asked
from support.channel import FakeChannel
from support.clock import Clock
from support.command import run
from support.people import World

from checkin.channels.base import Gone
from checkin.domain.ids import MessageId
from checkin.domain.message import ChannelName, Message, MessageKind, MessageState
from checkin.services.contact import ladders_of
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.remind import remind
from checkin.services.take_bounce import take_bounce
from checkin.storage import audit, messages, people
from checkin.storage.engine import Database


def sent_to(deps: Deps, world: World) -> tuple[Message, ...]:
    with deps.reading() as tx:
        return messages.messages_of(tx, world.patient.id)


def usable(deps: Deps, world: World) -> tuple[ChannelName, ...]:
    with deps.reading() as tx:
        return ladders_of(tx, deps, [world.patient.id])[world.patient.id].usable


@pytest.fixture
def notified(deps: Deps, database: Database, world: World, clock: Clock, channel: FakeChannel) -> Message:
    """A notice that the mail server has taken."""
    Asked(deps, database, world.patient, clock)
    remind(deps)
    clock.advance(minutes=1)
    deliver(deps, uuid4())
    (message,) = sent_to(deps, world)
    assert message.state is MessageState.ACCEPTED
    return message


@pytest.mark.parametrize("named", [True, False])
def test_what_came_back_has_failed_and_the_address_is_dead(
    deps: Deps, world: World, notified: Message, named: bool
) -> None:
    assert usable(deps, world) == (ChannelName.EMAIL,)
    assert take_bounce(deps, world.patient.email.upper(), message=notified.id if named else None)
    (message,) = sent_to(deps, world)
    assert (message.state, message.reason) == (MessageState.FAILED, "bounced")
    assert usable(deps, world) == ()


def test_the_same_bounce_twice_changes_and_notes_nothing_more(
    deps: Deps, world: World, notified: Message
) -> None:
    for _ in range(2):
        assert take_bounce(deps, world.patient.email, message=notified.id)
    with deps.reading() as tx:
        events = [entry.action for entry in audit.events_of(tx, world.clinic.id, limit=9)]
    assert events.count("address_gone") == 1


def test_an_address_of_nobody_and_a_message_of_somebody_else_change_nothing(
    deps: Deps, world: World, notified: Message
) -> None:
    assert not take_bounce(deps, "nobody@example.org", message=notified.id)
    assert not take_bounce(deps, world.other_patient.email, message=notified.id)
    assert not take_bounce(deps, world.patient.email, message=MessageId(uuid4()))
    assert sent_to(deps, world)[0].state is MessageState.ACCEPTED
    assert usable(deps, world) == (ChannelName.EMAIL,), "a forged mail silences nobody"


def test_the_next_check_in_is_not_mailed_but_a_link_that_somebody_waits_for_is(
    deps: Deps, database: Database, world: World, clock: Clock, channel: FakeChannel, notified: Message
) -> None:
    take_bounce(deps, world.patient.email, message=notified.id)
    channel.sent.clear()
    Asked(deps, database, world.patient, clock)
    remind(deps)
    with deps.transaction() as tx:
        messages.add_message(
            tx,
            clinic=world.clinic.id,
            person=world.patient.id,
            kind=MessageKind.RESET,
            channel=ChannelName.EMAIL,
            now=clock.now(),
        )
    clock.advance(minutes=1)
    deliver(deps, uuid4())
    assert [outgoing.kind for outgoing in channel.sent] == [MessageKind.RESET]
    notices = [m for m in sent_to(deps, world) if m.kind is MessageKind.NOTICE]
    assert [m.state for m in notices] == [MessageState.FAILED] * 2


def test_a_mail_server_that_knows_nobody_there_is_believed_at_once(
    deps: Deps, database: Database, world: World, clock: Clock, channel: FakeChannel
) -> None:
    Asked(deps, database, world.patient, clock)
    remind(deps)
    clock.advance(minutes=1)
    channel.fails(Gone(reason="recipient 550 5.1.1"))
    deliver(deps, uuid4())
    assert usable(deps, world) == ()
    assert [m.state for m in sent_to(deps, world)] == [MessageState.FAILED]


def test_another_address_starts_afresh(deps: Deps, world: World, notified: Message) -> None:
    take_bounce(deps, world.patient.email)
    with deps.transaction() as tx:
        people.change_contact(tx, world.patient.id, name="Perpetua", email=world.patient.email)
    assert usable(deps, world) == ()
    with deps.transaction() as tx:
        people.change_contact(tx, world.patient.id, name="Perpetua", email="new@example.org")
    assert usable(deps, world) == (ChannelName.EMAIL,)


def test_the_command_takes_an_address_or_the_mail_that_came_back(
    deps: Deps, database: Database, world: World, notified: Message
) -> None:
    assert "Nobody here" in run("bounce", "nobody@example.org", database=database).output
    mail = a_report(
        recipient=f"rfc822; {world.patient.email}", original=f"Message-ID: <{notified.id}@x.test>"
    )
    typed = mail.decode().split("\r\n")
    assert "Noted." in run("bounce", "-", database=database, typed=typed).output
    assert usable(deps, world) == ()
    told = run("bounce", "-", database=database, typed=["Subject: hello", "", "no bounce"])
    assert (told.exit_code, "Nothing was changed" in told.output) == (0, True)
