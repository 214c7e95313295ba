"""E-mail against a real mail server: what is sent, and what each way of failing is called."""

from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from email.policy import default

import pytest
from channels.mail import EITHER_WAY, a_channel
from channels.outgoing import BRIEF_S, a_notice, a_renderer, time_for
from peers.smtp import Answer, SmtpPeer, Trouble, closed_port, raw_peer

from checkin.channels.base import ChannelError, Uncertain
from checkin.channels.email import EmailChannel, TlsMode
from checkin.domain.delivery import Fault

# Sending


def test_a_message_arrives_whole(peer: SmtpPeer) -> None:
    receipt = a_channel(peer.port).send(a_notice())
    (taken,) = peer.taken
    mail = message_from_bytes(taken.content, policy=default)
    assert (taken.sender, taken.recipients) == ("checkin@clinic.test", ("ada@home.test",))
    assert mail["Message-ID"] == receipt.provider_id
    assert mail.get_content_type() == "multipart/alternative"
    text, html = mail.iter_parts()
    words = a_renderer().render(a_notice(), EmailChannel.name)
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().splitlines() == words.text.splitlines()
    assert html.get_content().splitlines() == words.html.splitlines()


def test_sending_the_same_message_again_keeps_its_id(peer: SmtpPeer) -> None:
    channel = a_channel(peer.port)
    assert channel.send(a_notice()) == channel.send(a_notice(possible_repeat=True))
    assert len(peer.taken) == 2


def test_the_one_before_leaves_no_trace_in_the_next(peer: SmtpPeer) -> None:
    channel = a_channel(peer.port)
    channel.send(a_notice())
    channel.send(a_notice(to_address="bob@home.test"))
    assert [taken.recipients for taken in peer.taken] == [("ada@home.test",), ("bob@home.test",)]
    assert b"ada@home.test" not in peer.taken[1].content


def test_a_line_that_begins_with_a_dot_arrives(peer: SmtpPeer) -> None:
    a_channel(peer.port).send(a_notice(sender_name=". Dot and Company"))
    mail = message_from_bytes(peer.taken[0].content, policy=default)
    body = mail.get_body(("plain",))
    assert body is not None
    assert ". Dot and Company" in body.get_content().splitlines()


def test_messages_share_a_connection_until_it_rests(peer: SmtpPeer) -> None:
    channel = a_channel(peer.port)
    for _ in range(3):
        channel.send(a_notice())
    assert (len(peer.taken), peer.connections) == (3, 1)
    channel.rest()
    channel.send(a_notice())
    assert (len(peer.taken), peer.connections) == (4, 2)


def test_messages_side_by_side_have_a_connection_each(peer: SmtpPeer) -> None:
    channel = a_channel(peer.port)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: channel.send(a_notice()), range(40)))
    assert len(peer.taken) == 40
    assert 1 <= peer.connections <= 4


@pytest.mark.parametrize("trouble", [Trouble.DROP, "421 4.4.2 Too long idle", "452 4.3.1 Too many messages"])
def test_a_connection_that_the_server_has_ended_costs_nothing(peer: SmtpPeer, trouble: Answer) -> None:
    """Nothing was sent on it yet, so the message goes over a fresh one, at once and once."""
    channel = a_channel(peer.port)
    channel.send(a_notice())
    peer.once("mail", trouble)
    channel.send(a_notice(to_address="bob@home.test"))
    assert [taken.recipients for taken in peer.taken] == [("ada@home.test",), ("bob@home.test",)]
    assert peer.connections == 2


def test_after_a_refusal_the_next_message_has_a_fresh_connection(peer: SmtpPeer) -> None:
    channel = a_channel(peer.port)
    channel.send(a_notice())
    peer.once("rcpt", "550 5.1.1 Nobody")
    with pytest.raises(ChannelError):
        channel.send(a_notice())
    channel.send(a_notice())
    assert (len(peer.taken), peer.connections) == (2, 2)


def test_a_lost_answer_on_a_kept_connection_is_as_uncertain_as_on_a_fresh_one(peer: SmtpPeer) -> None:
    channel = a_channel(peer.port)
    channel.send(a_notice())
    peer.once("data", Trouble.DROP)
    with pytest.raises(Uncertain):
        channel.send(a_notice())
    assert len(peer.taken) == 2  # not once more over another connection


@pytest.mark.parametrize(
    "name",
    [
        "Northside\r\nBcc: eve@evil.test",
        "Northside\nSubject: won\r\n\r\nbody",
        "Northside\u2028Bcc: eve@evil.test\x85Bcc: eve@evil.test\x0bBcc: x@evil.test",
        "eve@evil.test, " * 20,
        '"<eve@evil.test>" <eve@evil.test>, ',
    ],
)
def test_a_name_cannot_add_a_header_or_an_address(peer: SmtpPeer, name: str) -> None:
    a_channel(peer.port).send(a_notice(sender_name=name))
    (taken,) = peer.taken
    mail = message_from_bytes(taken.content, policy=default)
    assert taken.recipients == ("ada@home.test",)
    assert mail["Bcc"] is None
    assert len(mail.get_all("Subject", [])) == 1
    assert [a.addr_spec for a in mail["From"].addresses] == ["checkin@clinic.test"]


@pytest.mark.parametrize(
    "address",
    ["", "ada", "ada@", "ada@home.test\r\nBcc: eve@evil.test", "ada@home.test,eve@evil.test", "a b@home.test"]
    + [
        "<ada@home.test>",
        "ada@ho..me.test",
        f"ada@{'x' * 64}.test",
        "ada\x85@home.test",
        "ada\x90@home.test",
        "ada\udc80@home.test",
        "ada@@home.test",
    ],
)
def test_an_impossible_address_is_refused_before_any_connection(peer: SmtpPeer, address: str) -> None:
    with pytest.raises(ChannelError) as caught:
        a_channel(peer.port).send(a_notice(to_address=address))
    assert (caught.value.permanent, caught.value.reason) == (True, "address_invalid")
    assert peer.connections == 0


def test_a_domain_in_another_script_goes_in_its_wire_form(peer: SmtpPeer) -> None:
    a_channel(peer.port).send(a_notice(to_address="ada@bücher.test"))
    assert peer.taken[0].recipients == ("ada@xn--bcher-kva.test",)


def test_a_mailbox_in_another_script_needs_a_server_that_can() -> None:
    with SmtpPeer(international=True) as able:
        a_channel(able.port).send(a_notice(to_address="zoë@home.test"))
    assert able.taken[0].recipients == ("zoë@home.test",)
    assert "To: zoë@home.test".encode() in able.taken[0].content
    with SmtpPeer() as unable, pytest.raises(ChannelError) as caught:
        a_channel(unable.port).send(a_notice(to_address="zoë@home.test"))
    assert (caught.value.permanent, caught.value.reason) == (True, "address_not_supported")


# Failing


@pytest.mark.parametrize(
    ("step", "called"),
    [("mail", "sender"), ("rcpt", "recipient"), ("begin", "content"), ("data", "content")],
)
@pytest.mark.parametrize(
    ("answer", "code", "fault"),
    [
        ("451 4.7.1 Try later, ada@home.test", "451 4.7.1", Fault.TEMPORARY),
        ("421 Busy", "421", Fault.TEMPORARY),
        ("550 5.1.1 No ada@home.test here", "550 5.1.1", Fault.PERMANENT),
        ("554 5.7.999999 Odd", "554", Fault.PERMANENT),
    ],
)
def test_a_refusal_is_temporary_or_permanent_by_its_code_and_says_nothing_private(
    step: str, called: str, answer: str, code: str, fault: Fault
) -> None:
    with SmtpPeer(**{step: answer}) as refusing, pytest.raises(ChannelError) as caught:  # type: ignore[arg-type]
        a_channel(refusing.port).send(a_notice())
    # A sender who is refused is us: whatever the code, it waits until somebody has mended it.
    assert caught.value.fault is (Fault.TEMPORARY if step == "mail" else fault)
    assert caught.value.reason == f"{called} {code}"
    assert refusing.taken == []


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_lost_answer_to_the_content_is_uncertain_because_it_was_taken(trouble: Trouble) -> None:
    with SmtpPeer(data=trouble) as silent, pytest.raises(Uncertain) as caught:
        a_channel(silent.port).send(a_notice(), timeout_s=time_for(trouble))
    assert caught.value.fault is Fault.UNKNOWN
    assert len(silent.taken) == 1


def test_an_answer_that_means_nothing_is_uncertain() -> None:
    with SmtpPeer(data="299 Perhaps") as odd, pytest.raises(Uncertain):
        a_channel(odd.port).send(a_notice())


@pytest.mark.parametrize("step", ["mail", "rcpt"])
@pytest.mark.parametrize("trouble", list(Trouble))
def test_trouble_before_the_content_is_known_to_have_sent_nothing(step: str, trouble: Trouble) -> None:
    with SmtpPeer(**{step: trouble}) as troubled, pytest.raises(ChannelError) as caught:  # type: ignore[arg-type]
        a_channel(troubled.port).send(a_notice(), timeout_s=time_for(trouble))
    assert caught.value.fault is Fault.TEMPORARY
    assert troubled.taken == []


@EITHER_WAY
def test_nobody_there(tls: TlsMode) -> None:
    with pytest.raises(ChannelError) as caught:
        a_channel(closed_port(), tls).send(a_notice())
    assert (caught.value.fault, caught.value.reason) == (Fault.TEMPORARY, "no_connection")


@pytest.mark.parametrize("tls", list(TlsMode))
@pytest.mark.parametrize(
    "greeting", [b"", b"554 No service\r\n", b"421 Full\r\n", b"HTTP/1.1 400\r\n", b"220 x\r\n"]
)
def test_a_server_that_is_no_use_now_is_tried_later(greeting: bytes, tls: TlsMode) -> None:
    with raw_peer(greeting) as port, pytest.raises(ChannelError) as caught:
        a_channel(port, tls).send(a_notice(), timeout_s=BRIEF_S)
    assert caught.value.fault is Fault.TEMPORARY


def test_all_steps_share_the_time_limit(peer: SmtpPeer) -> None:
    with pytest.raises(ChannelError) as caught:
        a_channel(peer.port).send(a_notice(), timeout_s=1e-9)
    assert caught.value.fault is Fault.TEMPORARY
    assert peer.taken == []
