"""E-mail against a real mail server: what is sent, and what each way of failing is called."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from channels.outgoing import BRIEF_S, a_notice, a_renderer, time_for
from peers.certificates import Certificate, make_certificate
from peers.smtp import Answer, SmtpPeer, Trouble, closed_port, raw_peer

from checkin.channels.base import ChannelError, Uncertain
from checkin.channels.email import EmailChannel, SmtpSettings, TlsMode
from checkin.domain.delivery import Fault

EITHER_WAY = pytest.mark.parametrize("tls", [TlsMode.STARTTLS, TlsMode.TLS])


made: list[EmailChannel] = []


def a_channel(port: int, tls: TlsMode = TlsMode.NONE, **changes: Any) -> EmailChannel:
    settings = SmtpSettings(
        host="localhost", port=port, from_address="checkin@clinic.test", tls=tls, **changes
    )
    made.append(EmailChannel(settings, a_renderer()))
    return made[-1]


@pytest.fixture(autouse=True)
def _rest() -> Iterator[None]:
    yield
    while made:
        made.pop().rest()


@pytest.fixture
def peer() -> Iterator[SmtpPeer]:
    with SmtpPeer() as running:
        yield running


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
    assert caught.value.fault is fault
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


# Encryption


@EITHER_WAY
def test_it_is_sent_encrypted_to_a_server_that_proves_its_name(
    certificate: Certificate, tls: TlsMode
) -> None:
    with SmtpPeer(certificate=certificate, tls_from_start=tls is TlsMode.TLS) as proven:
        a_channel(proven.port, tls, ca_file=certificate.authority_file).send(a_notice())
    assert [taken.encrypted for taken in proven.taken] == [True]


@EITHER_WAY
def test_a_certificate_nobody_vouches_for_is_refused(certificate: Certificate, tls: TlsMode) -> None:
    with SmtpPeer(certificate=certificate, tls_from_start=tls is TlsMode.TLS) as stranger:
        refused(a_channel(stranger.port, tls), "certificate_refused")
    assert stranger.taken == []


@EITHER_WAY
@pytest.mark.parametrize("fault", [{"host": "mail.other.test"}, {"expired": True}])
def test_another_name_or_an_expired_certificate_is_refused(
    tmp_path: Path, tls: TlsMode, fault: dict[str, str | bool]
) -> None:
    wrong = make_certificate(tmp_path, **fault)  # type: ignore[arg-type]
    with SmtpPeer(certificate=wrong, tls_from_start=tls is TlsMode.TLS) as peer:
        refused(a_channel(peer.port, tls, ca_file=wrong.authority_file), "certificate_refused")
    assert peer.taken == []


def test_without_starttls_nothing_goes_out_in_the_clear(peer: SmtpPeer) -> None:
    refused(a_channel(peer.port, TlsMode.STARTTLS, user="clinic", password="s3same"), "not_supported")
    assert peer.taken == []


def test_it_signs_in(certificate: Certificate) -> None:
    with SmtpPeer(certificate=certificate, login=("clinic", "s3same")) as strict:
        trusted = {"tls": TlsMode.STARTTLS, "ca_file": certificate.authority_file, "user": "clinic"}
        a_channel(strict.port, **trusted, password="s3same").send(a_notice())  # type: ignore[arg-type]
        refused(a_channel(strict.port, **trusted, password="wrong"), "server 535")  # type: ignore[arg-type]
    assert [taken.user for taken in strict.taken] == ["clinic"]


def refused(channel: EmailChannel, reason: str) -> None:
    """It stays due, so that nothing is lost while somebody repairs the server or the settings."""
    with pytest.raises(ChannelError) as caught:
        channel.send(a_notice())
    assert (caught.value.fault, caught.value.reason) == (Fault.TEMPORARY, reason)


# Settings


@pytest.mark.parametrize("host", ["mail.clinic.test", "10.0.0.8", "localhost.evil.test", "::ffff:10.0.0.8"])
def test_plain_text_is_for_this_machine_only(host: str) -> None:
    with pytest.raises(ValueError, match="this machine only"):
        SmtpSettings(host=host, port=25, from_address="checkin@clinic.test", tls=TlsMode.NONE)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_plain_text_to_this_machine_is_allowed(host: str) -> None:
    assert SmtpSettings(host=host, port=25, from_address="checkin@clinic.test", tls=TlsMode.NONE).host == host


@pytest.mark.parametrize(
    "wrong",
    [{"host": ""}, {"port": 0}, {"port": 65536}, {"from_address": "Clinic <a@clinic.test>"}]
    + [{"from_address": "no address"}, {"from_address": "a@clinic.test\r\nBcc: b@evil.test"}],
)
def test_unusable_settings_are_refused(wrong: dict[str, object]) -> None:
    usual: dict[str, object] = {"host": "mail.clinic.test", "port": 587, "from_address": "a@clinic.test"}
    with pytest.raises(ValueError, match=r"mail server|address"):
        SmtpSettings(**{**usual, **wrong})  # type: ignore[arg-type]


def test_the_password_is_not_shown() -> None:
    settings = SmtpSettings(host="m.test", port=587, from_address="a@c.test", user="u", password="s3same")
    assert "s3same" not in repr(settings)


def test_it_does_not_ask_the_network_for_its_own_name(
    peer: SmtpPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise AssertionError("it looked up its own name")

    monkeypatch.setattr("smtplib.socket.getfqdn", fail)
    monkeypatch.setattr("smtplib.socket.gethostbyname", fail)
    a_channel(peer.port).send(a_notice())
    assert len(peer.taken) == 1
