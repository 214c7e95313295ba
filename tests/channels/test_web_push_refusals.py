"""What a push service may answer: what each refusal is called, and what becomes of the subscription."""

from datetime import timedelta

import pytest
from channels.outgoing import time_for
from channels.pushes import a_push, refused
from peers.certificates import Certificate
from peers.https import Reply, Trouble
from peers.push_service import PushService
from support.push import Alarms, push_channel

from checkin.channels.base import Gone, Uncertain
from checkin.domain.delivery import Fault


@pytest.mark.parametrize("status", [404, 410])
def test_fault_24_a_subscription_that_ended_is_a_dead_address(
    service: PushService, certificate: Certificate, alarms: Alarms, status: int
) -> None:
    service.answers = [Reply(status=status)]
    error = refused(push_channel(service, certificate, alarms), a_push(service))
    assert isinstance(error, Gone)
    assert (error.fault, error.reason) == (Fault.PERMANENT, f"push {status}")
    assert alarms == []


@pytest.mark.parametrize("status", [400, 401, 403, 413, 301, 307])
def test_fault_25_what_is_about_us_raises_an_alarm_and_keeps_the_subscription(
    service: PushService, certificate: Certificate, alarms: Alarms, status: int
) -> None:
    service.answers = [Reply(status=status, headers={"Location": f"{service.url}/elsewhere"})]
    error = refused(push_channel(service, certificate, alarms), a_push(service))
    assert not isinstance(error, Gone)
    assert (error.fault, error.reason) == (Fault.PERMANENT, f"push {status}")
    assert alarms == [f"push {status}"]
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("120", timedelta(minutes=2)),
        ("0", timedelta(0)),
        ("Wed, 04 Mar 2026 00:00:00 GMT", timedelta(minutes=30)),
        ("Tue, 03 Mar 2026 22:00:00 GMT", timedelta(0)),
        ("99999999", timedelta(days=1)),
        ("soon", None),
        ("-5", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_fault_25_a_busy_service_says_when_to_come_back(
    service: PushService,
    certificate: Certificate,
    alarms: Alarms,
    status: int,
    header: str | None,
    expected: timedelta | None,
) -> None:
    service.answers = [Reply(status=status, headers={} if header is None else {"Retry-After": header})]
    error = refused(push_channel(service, certificate, alarms), a_push(service))
    assert (error.fault, error.reason) == (Fault.TEMPORARY, f"push {status}")
    assert error.retry_after == expected
    assert alarms == []


@pytest.mark.parametrize("status", [500, 502, 504, 599])
def test_fault_25_a_broken_service_is_tried_again(
    service: PushService, certificate: Certificate, status: int
) -> None:
    service.answers = [Reply(status=status), Reply(status=201)]
    channel = push_channel(service, certificate, [])
    assert refused(channel, a_push(service)).fault is Fault.TEMPORARY
    channel.send(a_push(service))
    assert len(service.browser().waiting) == 1


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_lost_answer_is_uncertain_and_sent_again_it_shows_once(
    service: PushService, certificate: Certificate, trouble: Trouble
) -> None:
    service.answers = [trouble, Reply(status=201)]
    channel = push_channel(service, certificate, [])
    assert isinstance(refused(channel, a_push(service), time_for(trouble)), Uncertain)
    channel.send(a_push(service))
    assert len(service.requests) == 2
    assert len(service.browser().waiting) == 1
