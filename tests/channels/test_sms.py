"""Texts against real gateways: what arrives, and what each refusal is called."""

from datetime import timedelta
from typing import Any

import pytest
from channels.outgoing import AMPLE_S, SENT_AT, time_for
from channels.sms_words import ID, NUMBER, a_text, written
from peers.certificates import Certificate
from peers.https import Reply, Trouble
from peers.sms_gateway import TwilioGateway, WebhookGateway
from support.push import CALLBACK, Alarms, twilio_channel, webhook_channel

from checkin.channels.base import ChannelError, Gone, Stopped, Uncertain
from checkin.channels.sms import SmsChannel
from checkin.domain.delivery import Fault
from checkin.domain.message import MessageKind


@pytest.fixture(params=["webhook", "twilio"])
def gateway(request: pytest.FixtureRequest) -> WebhookGateway | TwilioGateway:
    """Each of the two, for what must hold with both."""
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


def channel_of(
    gateway: WebhookGateway | TwilioGateway, certificate: Certificate, alarms: Alarms
) -> SmsChannel:
    if isinstance(gateway, TwilioGateway):
        return twilio_channel(gateway, certificate, alarms)
    return webhook_channel(gateway, certificate, alarms)


@pytest.fixture
def channel(gateway: WebhookGateway | TwilioGateway, certificate: Certificate, alarms: Alarms) -> SmsChannel:
    return channel_of(gateway, certificate, alarms)


def test_a_text_arrives_whole(
    webhook: WebhookGateway, twilio: TwilioGateway, certificate: Certificate
) -> None:
    ours = webhook_channel(webhook, certificate, []).send(a_text())
    (text,) = webhook.texts.values()
    assert (text.to, text.sender, text.words, text.lasts_s) == (NUMBER, "Northside", written(), 7200)
    assert (text.id, ours.provider_id) == (str(ID), "gw-1")
    theirs = twilio_channel(twilio, certificate, []).send(a_text())
    (text,) = twilio.texts
    assert (text.to, text.sender, text.words, text.lasts_s) == (NUMBER, "+15550100", written(), 7200)
    assert theirs.provider_id == text.id
    assert twilio.callbacks == [f"{CALLBACK}?message={ID}"]


def test_a_messaging_service_can_be_the_sender(twilio: TwilioGateway, certificate: Certificate) -> None:
    service = "MG" + "0" * 32
    twilio_channel(twilio, certificate, [], sender=service).send(a_text(expires_at=None))
    assert [(text.sender, text.lasts_s) for text in twilio.texts] == [(service, None)]


def test_a_long_window_is_cut_to_what_the_provider_takes(
    twilio: TwilioGateway, certificate: Certificate
) -> None:
    twilio_channel(twilio, certificate, []).send(a_text(expires_at=SENT_AT + timedelta(days=2)))
    assert twilio.texts[0].lasts_s == 36_000


def refused(channel: SmsChannel, *, timeout_s: float = AMPLE_S, **changes: Any) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        channel.send(a_text(**changes), timeout_s=timeout_s)
    return caught.value


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": MessageKind.INVITATION}, "kind_not_sent_here"),
        ({"kind": MessageKind.RESET}, "kind_not_sent_here"),
        ({"expires_at": SENT_AT}, "window_over"),
        ({"to_address": "ada@home.test"}, "address_invalid"),
        ({"to_address": "07700 900123"}, "address_invalid"),
    ],
)
def test_what_is_never_sent(
    gateway: WebhookGateway, channel: SmsChannel, changes: dict[str, Any], reason: str
) -> None:
    error = refused(channel, **changes)
    assert (error.permanent, error.reason) == (True, reason)
    assert gateway.connections == 0


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_lost_answer_is_uncertain_because_it_was_taken(
    gateway: WebhookGateway | TwilioGateway, channel: SmsChannel, trouble: Trouble
) -> None:
    gateway.answers = [trouble]
    assert isinstance(refused(channel, timeout_s=time_for(trouble)), Uncertain)
    assert len(gateway.texts) == 1


@pytest.mark.parametrize("status", [502, 504])
def test_somebody_in_between_who_gave_up_waiting_leaves_it_uncertain(
    gateway: WebhookGateway, channel: SmsChannel, status: int
) -> None:
    gateway.answers = [Reply(status=status)]
    assert isinstance(refused(channel), Uncertain)


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_busy_or_broken_gateway_is_tried_again_when_it_says(
    gateway: WebhookGateway, channel: SmsChannel, alarms: Alarms, status: int
) -> None:
    gateway.answers = [Reply(status=status, headers={"Retry-After": "90"})]
    error = refused(channel)
    assert (type(error), error.fault) == (ChannelError, Fault.TEMPORARY)
    assert error.retry_after == timedelta(seconds=90)
    assert alarms == []


@pytest.mark.parametrize("status", [401, 403])
def test_a_gateway_that_does_not_know_us_raises_an_alarm_and_the_text_waits(
    gateway: WebhookGateway, channel: SmsChannel, alarms: Alarms, status: int
) -> None:
    gateway.answers = [Reply(status=status)]
    error = refused(channel)
    assert (error.fault, error.reason, alarms) == (Fault.TEMPORARY, f"sms {status}", [f"sms {status}"])


def test_a_redirect_is_not_followed(gateway: WebhookGateway, channel: SmsChannel, alarms: Alarms) -> None:
    gateway.answers = [Reply(status=302, headers={"Location": f"{gateway.url}/elsewhere"})]
    assert refused(channel).permanent
    assert alarms == ["sms 302"]
    assert len(gateway.requests) == 1


@pytest.mark.parametrize(
    ("code", "gone"),
    [(21211, True), (21614, True), (21610, True), (30006, True), (21408, False), (30003, False), (1, False)],
)
def test_twilio_says_which_numbers_are_dead(
    twilio: TwilioGateway, certificate: Certificate, code: int, gone: bool
) -> None:
    body = b'{"code": %d, "message": "The number +15550101234 is odd"}' % code
    twilio.answers = [Reply(status=400, body=body)]
    error = refused(twilio_channel(twilio, certificate, []))
    assert (isinstance(error, Gone), error.permanent) == (gone, True)
    assert isinstance(error, Stopped) is (code == 21610)
    assert NUMBER not in error.reason
    assert error.reason.startswith("sms 400")


@pytest.mark.parametrize(
    ("body", "gone", "reason"),
    [
        (b'{"error": "number_unknown"}', True, "sms 422 number_unknown"),
        (b'{"error": "opted_out"}', True, "sms 422 opted_out"),
        (b'{"error": "too_long"}', False, "sms 422 too_long"),
        (b'{"error": "no such number +15550101234"}', False, "sms 422"),
        (b"[" * 100_000, False, "sms 422"),
        (b"<html>", False, "sms 422"),
        (b"[]", False, "sms 422"),
    ],
)
def test_a_gateway_says_which_numbers_are_dead(
    webhook: WebhookGateway, certificate: Certificate, body: bytes, gone: bool, reason: str
) -> None:
    webhook.answers = [Reply(status=422, body=body)]
    error = refused(webhook_channel(webhook, certificate, []))
    assert (isinstance(error, Gone), error.permanent, error.reason) == (gone, True, reason)
    assert isinstance(error, Stopped) is (b"opted_out" in body)


def test_the_same_text_again_is_the_same_to_the_gateway(
    webhook: WebhookGateway, certificate: Certificate
) -> None:
    channel = webhook_channel(webhook, certificate, [])
    channel.send(a_text())
    channel.send(a_text(possible_repeat=True))
    assert len(webhook.requests) == 2
    assert len(webhook.texts) == 1
