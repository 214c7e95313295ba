"""The one way out to other servers: which addresses are refused, and that no call outlasts its time."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from channels.outgoing import AMPLE_S, BRIEF_S, a_notice, time_for
from peers.certificates import Certificate, make_certificate
from peers.https import HttpsPeer, Reply, Trouble
from peers.push_service import PushService
from peers.smtp import closed_port
from support.push import KEY, Alarms, a_client, push_channel

from checkin.channels.base import ChannelError, Uncertain
from checkin.channels.https import Answer, HttpsClient, IpAddress, alarming, public

INSIDE = [
    *("127.0.0.1", "127.8.8.8", "10.0.0.8", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
    *("0.0.0.1", "255.255.255.255", "224.0.0.1", "192.0.2.7", "::1", "::", "fe80::1", "fc00::7", "ff02::1"),
    *("::ffff:10.0.0.8", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:8", "2002:7f00:1::"),
]
OUTSIDE = ["142.250.74.110", "17.188.143.34", "2607:f8b0:4005:80a::200a", "::ffff:142.250.74.110"]
NOW = datetime(2026, 3, 3, 23, 30, tzinfo=UTC)


@pytest.fixture
def peer(certificate: Certificate) -> Iterator[HttpsPeer]:
    with HttpsPeer(certificate) as running:
        yield running


def post(client: HttpsClient, url: str, timeout_s: float = AMPLE_S) -> Answer:
    return client.post(url, headers={"X-Own": "yes"}, body=b"content", timeout_s=timeout_s)


def failed(client: HttpsClient, url: str, timeout_s: float = AMPLE_S) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        post(client, url, timeout_s)
    return caught.value


# Where it goes


@pytest.mark.parametrize("written", INSIDE)
def test_addresses_of_this_network_are_not_public(written: str) -> None:
    assert not public(ip_address(written))


@pytest.mark.parametrize("written", OUTSIDE)
def test_addresses_of_the_internet_are_public(written: str) -> None:
    assert public(ip_address(written))


@pytest.mark.parametrize("written", INSIDE)
def test_fault_44_a_name_that_leads_inside_is_not_called(
    peer: HttpsPeer, certificate: Certificate, written: str
) -> None:
    client = a_client(certificate, may_reach=public, resolve=lambda _host, _port: [ip_address(written)])
    error = failed(client, peer.url)
    assert (error.permanent, error.reason) == (True, "address_not_public")
    assert peer.connections == 0


def test_fault_44_one_inner_address_among_outer_ones_is_enough_to_refuse(
    peer: HttpsPeer, certificate: Certificate
) -> None:
    mixed = [ip_address("142.250.74.110"), ip_address("127.0.0.1")]
    client = a_client(certificate, may_reach=public, resolve=lambda _host, _port: mixed)
    assert failed(client, peer.url).reason == "address_not_public"
    assert peer.connections == 0


def test_fault_44_a_name_that_changes_after_the_look_gains_nothing(
    peer: HttpsPeer, certificate: Certificate
) -> None:
    """The name is asked for once a send, and the connection goes to the address that was looked at."""
    asked: list[str] = []

    def rebinding(host: str, _port: int) -> list[IpAddress]:
        asked.append(host)
        return [ip_address("127.0.0.1" if len(asked) == 1 else "10.0.0.8")]

    client = a_client(certificate, resolve=rebinding, may_reach=lambda address: address.is_loopback)
    assert post(client, peer.url).status == 200
    assert asked == ["localhost"]
    assert failed(client, peer.url).reason == "address_not_public"
    assert peer.connections == 1


def test_fault_44_a_redirect_is_an_answer_and_not_followed(certificate: Certificate) -> None:
    with HttpsPeer(certificate) as inner:
        away = Reply(status=307, headers={"Location": f"{inner.url}/steal"})
        with HttpsPeer(certificate, away) as outer:
            assert post(a_client(certificate), outer.url).status == 307
        assert inner.connections == 0


@pytest.mark.parametrize("services", [("*.push.apple.com",), ()])
def test_fault_44_the_list_is_looked_at_again_when_sending(
    certificate: Certificate, services: tuple[str, ...]
) -> None:
    """A subscription that was stored while another list held is refused at the send."""
    alarms: Alarms = []
    with PushService(certificate, KEY.public) as service:
        address = service.browser().address(service.url)
        channel = push_channel(service, certificate, alarms, services=services)
        with pytest.raises(ChannelError) as caught:
            channel.send(a_notice(to_address=address.to_json()))
        assert service.connections == 0
    assert (caught.value.permanent, caught.value.reason) == (True, "push_service_not_listed")
    assert alarms == ["push_service_not_listed"]


def test_fault_44_a_listed_name_that_leads_inside_raises_an_alarm(certificate: Certificate) -> None:
    alarms: Alarms = []
    with PushService(certificate, KEY.public) as service:
        address = service.browser().address(service.url)
        with pytest.raises(ChannelError):
            push_channel(service, certificate, alarms, may_reach=public).send(
                a_notice(to_address=address.to_json())
            )
        assert service.connections == 0
    assert alarms == ["address_not_public"]


def test_without_being_told_otherwise_only_the_internet_is_reached(certificate: Certificate) -> None:
    with HttpsPeer(certificate) as peer:
        error = failed(HttpsClient(ca_file=certificate.authority_file), peer.url)
        assert error.reason == "address_not_public"
        assert peer.connections == 0


def test_the_next_address_of_a_name_is_tried(peer: HttpsPeer, certificate: Certificate) -> None:
    both = [ip_address("::1"), ip_address("127.0.0.1")]
    assert post(a_client(certificate, resolve=lambda _host, _port: both), peer.url).status == 200


# What it sends and reads


def test_a_request_arrives_as_it_was_given(peer: HttpsPeer, certificate: Certificate) -> None:
    peer.answers = [Reply(status=201, headers={"X-Answer": "1"}, body=b"taken")]
    answer = post(a_client(certificate), f"{peer.url}/a/b?c=d")
    (request,) = peer.requests
    assert (request.path, request.body, request.headers["x-own"]) == ("/a/b?c=d", b"content", "yes")
    assert request.headers["host"] == f"localhost:{peer.port}"
    assert (answer.status, answer.body, answer.headers["x-answer"]) == (201, b"taken", "1")


def test_a_long_answer_is_cut(peer: HttpsPeer, certificate: Certificate) -> None:
    peer.answers = [Reply(status=200, body=b"x" * 1_000_000)]
    assert len(post(a_client(certificate), peer.url).body) == 64 * 1024


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb"])
def test_a_header_cannot_begin_another(peer: HttpsPeer, certificate: Certificate, value: str) -> None:
    with pytest.raises(ValueError, match="Invalid header"):
        a_client(certificate).post(peer.url, headers={"X-Own": value}, body=b"", timeout_s=1)
    assert peer.requests == []


# What goes wrong


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_lost_answer_is_uncertain_and_not_waited_for_without_end(
    peer: HttpsPeer, certificate: Certificate, trouble: Trouble
) -> None:
    peer.answers = [trouble]
    assert isinstance(failed(a_client(certificate), peer.url, time_for(trouble)), Uncertain)
    assert len(peer.requests) == 1


def test_nobody_there(certificate: Certificate) -> None:
    error = failed(a_client(certificate), f"https://localhost:{closed_port()}")
    assert (error.permanent, error.reason) == (False, "no_connection")


def test_a_name_that_does_not_exist_is_tried_later(certificate: Certificate) -> None:
    def unknown(_host: str, _port: int) -> list[IpAddress]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    error = failed(a_client(certificate, resolve=unknown), "https://push.test")
    assert (error.permanent, error.reason) == (False, "no_connection")


def test_without_time_nothing_is_sent(peer: HttpsPeer, certificate: Certificate) -> None:
    error = failed(a_client(certificate), peer.url, timeout_s=1e-9)
    assert (type(error), error.permanent) == (ChannelError, False)
    assert peer.requests == []


def test_a_server_that_speaks_no_tls_is_tried_later(certificate: Certificate) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = failed(a_client(certificate), f"https://localhost:{silent.getsockname()[1]}", BRIEF_S)
    assert (type(error), error.permanent) == (ChannelError, False)


@pytest.mark.parametrize("fault", [{"host": "other.test"}, {"expired": True}])
def test_another_name_or_an_expired_certificate_is_refused(
    tmp_path: Path, fault: dict[str, str | bool]
) -> None:
    wrong, alarms = make_certificate(tmp_path, **fault), []  # type: ignore[arg-type,var-annotated]
    with HttpsPeer(wrong) as peer:
        with alarming(alarms.append):
            error = failed(a_client(wrong), peer.url)
        with pytest.raises(ChannelError), alarming(alarms.append):
            post(a_client(wrong), peer.url)
        assert peer.requests == []
    assert (error.permanent, error.reason) == (False, "certificate_refused")
    assert alarms == ["certificate_refused"]


def test_a_stranger_s_certificate_is_refused(peer: HttpsPeer) -> None:
    client = HttpsClient(may_reach=lambda _: True, resolve=lambda _h, _p: [ip_address("127.0.0.1")])
    assert failed(client, peer.url).reason == "certificate_refused"
    assert peer.requests == []
