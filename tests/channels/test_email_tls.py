"""E-mail and encryption: only to a server that proves its name, and no settings that would leave it out."""

from pathlib import Path

import pytest
from channels.mail import EITHER_WAY, a_channel
from channels.outgoing import a_notice
from peers.certificates import Certificate, make_certificate
from peers.smtp import SmtpPeer

from checkin.channels.base import ChannelError
from checkin.channels.email import EmailChannel, SmtpSettings, TlsMode
from checkin.domain.delivery import Fault


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
