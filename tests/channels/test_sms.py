"""Texts against real gateways: what is written, what each answer is called, which callbacks are believed."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from channels.outgoing import a_notice, a_renderer
from channels.test_rendering import PRIVATE, UNKIND
from hypothesis import given
from hypothesis import strategies as st
from peers.certificates import Certificate, make_certificate
from peers.https import Reply, Trouble
from peers.sms_gateway import SECRET, TwilioGateway, WebhookGateway, twilio_call, webhook_call
from support.push import CALLBACK, Alarms, twilio_channel, webhook_channel

from checkin.channels.base import (
    Callback,
    ChannelError,
    DeliveryReport,
    Forged,
    Gone,
    IncomingText,
    Uncertain,
)
from checkin.channels.sms import SmsChannel, one_segment
from checkin.channels.sms_twilio import TwilioSettings, sign
from checkin.channels.sms_webhook import WebhookSettings
from checkin.domain.delivery import Fault
from checkin.domain.ids import MessageId
from checkin.domain.message import MessageKind
from checkin.domain.texting import ONE_SEGMENT, segments, septets

SHORT_S = 0.3
SENT_AT = datetime(2026, 3, 3, 23, 30, tzinfo=UTC)
LINK = "https://checkin.test/c/" + "s3cret-x" * 4
NUMBER = "+15550101234"
ID = MessageId(UUID("0192f5c2-7c00-7000-8000-000000000001"))
SAID = [MessageKind.NOTICE, MessageKind.REMINDER, MessageKind.ALERT]


def a_text(**changes: Any) -> Any:
    usual = {"to_address": NUMBER, "link": LINK, "unsubscribe_link": None}
    return a_notice(**{**usual, **changes})


def written(**changes: Any) -> str:
    return one_segment(a_text(**changes), a_renderer())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def alarms() -> Alarms:
    return []


@pytest.fixture
def webhook(certificate: Certificate) -> Iterator[WebhookGateway]:
    with WebhookGateway(certificate) as running:
        yield running


@pytest.fixture
def twilio(certificate: Certificate) -> Iterator[TwilioGateway]:
    with TwilioGateway(certificate) as running:
        yield running


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


# Words


def test_a_notice_reads_so() -> None:
    assert written() == f"Northside: your check-in is ready: {LINK} Reply STOP to end."


def test_a_reminder_and_an_alert_read_so() -> None:
    assert written(kind=MessageKind.REMINDER) == (
        f"Northside: your check-in is still open: {LINK} Reply STOP to end."
    )
    assert written(kind=MessageKind.ALERT) == f"Northside: case 4821 waits for you. Sign in: {LINK}"
    assert "You may have had this already." in written(kind=MessageKind.ALERT, possible_repeat=True)


@pytest.mark.parametrize("kind", SAID)
@pytest.mark.parametrize("repeat", [True, False])
def test_canaries_nothing_private_and_nothing_unkind_is_said(kind: MessageKind, repeat: bool) -> None:
    words = written(kind=kind, possible_repeat=repeat)
    assert not re.search(PRIVATE, words, re.IGNORECASE)
    assert not re.search(UNKIND, words, re.IGNORECASE)
    assert "ada" not in words


@given(st.text(max_size=300), st.sampled_from(SAID), st.booleans())
def test_it_is_one_segment_whatever_the_sender_is_called(name: str, kind: MessageKind, repeat: bool) -> None:
    words = written(sender_name=name, kind=kind, possible_repeat=repeat)
    assert segments(words) == 1
    assert septets(words) is not None
    assert LINK in words


def test_a_long_name_is_cut_before_anything_else() -> None:
    words = written(sender_name="The Northside Check-in Team of the Old Harbour " * 3)
    assert words.startswith("The Northside Check-in Team of the")
    assert words.endswith("Reply STOP to end.")
    assert ONE_SEGMENT - 1 <= len(words) <= ONE_SEGMENT


def test_a_name_in_another_script_gives_way() -> None:
    assert written(sender_name="日本") == f"Your check-in is ready: {LINK} Reply STOP to end."


def test_a_link_that_is_too_long_still_goes_out_whole() -> None:
    long = "https://checkin.test/c/" + "x" * 200
    assert long in written(link=long)


# Sending


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


def refused(channel: SmsChannel, **changes: Any) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        channel.send(a_text(**changes), timeout_s=SHORT_S)
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
    assert isinstance(refused(channel), Uncertain)
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


def test_the_same_text_again_is_the_same_to_the_gateway(
    webhook: WebhookGateway, certificate: Certificate
) -> None:
    channel = webhook_channel(webhook, certificate, [])
    channel.send(a_text())
    channel.send(a_text(possible_repeat=True))
    assert len(webhook.requests) == 2
    assert len(webhook.texts) == 1


# Callbacks


def test_webhook_reports_and_texts_are_read(webhook: WebhookGateway, certificate: Certificate) -> None:
    def read(content: object) -> object:
        call = webhook_call(content, SENT_AT.timestamp())
        callback = Callback(url=CALLBACK, headers=call.headers, body=call.body)
        return webhook_channel(webhook, certificate, []).read(callback, SENT_AT)

    status = {"type": "status", "id": str(ID), "status": "delivered"}
    assert read(status) == DeliveryReport(message_id=ID, delivered=True, reason="sms delivered")
    assert read({**status, "status": "failed", "code": "number_gone"}) == DeliveryReport(
        message_id=ID, delivered=False, reason="sms failed number_gone", gone=True
    )
    failed = read({**status, "status": "failed", "code": "no +15550101234"})
    assert failed == DeliveryReport(message_id=ID, delivered=False, reason="sms failed")
    assert read({"type": "text", "from": NUMBER, "text": "STOP"}) == IncomingText(number=NUMBER, words="STOP")
    for other in ({**status, "status": "queued"}, {"type": "text"}, [], None, "x", {"type": "status"}):
        assert read(other) is None
    with pytest.raises(Forged):
        read({**status, "id": "1 OR 1=1"})


def test_twilio_reports_and_texts_are_read(twilio: TwilioGateway, certificate: Certificate) -> None:
    channel = twilio_channel(twilio, certificate, [])

    def read(url: str, **form: str) -> object:
        call = twilio_call(url, form)
        return channel.read(Callback(url=url, headers=call.headers, body=call.body), SENT_AT)

    url = f"{CALLBACK}?message={ID}"
    assert read(url, MessageStatus="delivered", To=NUMBER) == DeliveryReport(
        message_id=ID, delivered=True, reason="sms delivered"
    )
    assert read(url, MessageStatus="undelivered", ErrorCode="30005") == DeliveryReport(
        message_id=ID, delivered=False, reason="sms undelivered 30005", gone=True
    )
    assert read(url, MessageStatus="failed", ErrorCode="30003") == DeliveryReport(
        message_id=ID, delivered=False, reason="sms failed 30003"
    )
    assert read(url, MessageStatus="sent") is None
    assert read(CALLBACK, From=NUMBER, Body="Stop é", SmsStatus="received") == IncomingText(
        number=NUMBER, words="Stop é"
    )
    for wrong in (CALLBACK, f"{CALLBACK}?message=1"):
        with pytest.raises(Forged):
            read(wrong, MessageStatus="delivered")


def test_the_signature_is_the_one_in_twilios_documentation() -> None:
    """The worked example of https://www.twilio.com/docs/usage/security, "Validating signatures"."""
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert sign("12345", url, list(form.items())) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    # A field that comes several times is signed once for each of its values, as in Twilio's own libraries.
    repeated = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), *[("Digits", "1234")] * 2]
    assert sign("12345", url, repeated) == "IK+Dwps556ElfBT0I3Rgjkr1wJU="


@pytest.mark.parametrize("change", ["body", "signature", "url", "none", "other secret"])
def test_fault_27_a_callback_nobody_vouches_for_is_not_believed(
    twilio: TwilioGateway, certificate: Certificate, change: str
) -> None:
    url, form = f"{CALLBACK}?message={ID}", {"MessageStatus": "delivered"}
    call = twilio_call(url, form)
    headers, body = dict(call.headers), call.body
    if change == "body":
        body = body.replace(b"delivered", b"undelivered")
    elif change == "signature":
        headers["X-Twilio-Signature"] = "A" + headers["X-Twilio-Signature"][1:]
    elif change == "url":
        url = url.replace(str(ID)[-1], "7")
    elif change == "none":
        del headers["X-Twilio-Signature"]
    else:
        headers["X-Twilio-Signature"] = twilio_call(url, {**form, "x": "y"}).headers["X-Twilio-Signature"]
    with pytest.raises(Forged):
        twilio_channel(twilio, certificate, []).read(Callback(url=url, headers=headers, body=body), SENT_AT)


@pytest.mark.parametrize("change", ["body", "signature", "time", "none", "é", "old", "early"])
def test_fault_27_a_gateways_callback_must_be_signed_and_fresh(
    webhook: WebhookGateway, certificate: Certificate, change: str
) -> None:
    moved = {"old": -301, "early": 301}.get(change, 0)
    call = webhook_call({"type": "status", "id": str(ID), "status": "delivered"}, SENT_AT.timestamp() + moved)
    headers, body = dict(call.headers), call.body
    name = "Checkin-Signature"
    if change == "body":
        body += b" "
    elif change == "signature":
        headers[name] = headers[name][:-1] + ("0" if headers[name][-1] != "0" else "1")
    elif change == "time":
        headers[name] = headers[name].replace("t=1", "t=2", 1)
    elif change == "none":
        del headers[name]
    elif change == "é":
        headers[name] = "é" * 20
    channel = webhook_channel(webhook, certificate, [])
    with pytest.raises(Forged):
        channel.read(Callback(url=CALLBACK, headers=headers, body=body), SENT_AT)


def test_headers_are_found_however_they_are_written(
    webhook: WebhookGateway, certificate: Certificate
) -> None:
    call = webhook_call({"type": "text", "from": NUMBER, "text": "x"}, SENT_AT.timestamp())
    headers = {name.upper(): value for name, value in call.headers.items()}
    news = webhook_channel(webhook, certificate, []).read(
        Callback(url=CALLBACK, headers=headers, body=call.body), SENT_AT + timedelta(minutes=5)
    )
    assert isinstance(news, IncomingText)


# Settings


@pytest.mark.parametrize(
    "wrong",
    [{"url": "http://gateway.test/send"}, {"url": "https:///send"}, {"url": "https://u:p@gateway.test/"}]
    + [{"url": "https://gateway.test/\x00"}, {"secret": "short"}, {"sender": "More than eleven"}]
    + [{"sender": "+0123"}, {"sender": ""}],
)
def test_unusable_gateway_settings_are_refused(wrong: dict[str, str]) -> None:
    usual = {"url": "https://gateway.test/send", "sender": "Northside", "secret": SECRET}
    assert SECRET not in repr(WebhookSettings(**usual))
    with pytest.raises(ValueError, match=r"gateway|must be"):
        WebhookSettings(**{**usual, **wrong})


@pytest.mark.parametrize(
    "wrong",
    [{"url": "http://api.test"}, {"url": "https://api.test/path"}, {"account": ""}, {"account": "A/B"}]
    + [{"token": "short"}, {"sender": "Ünited"}],
)
def test_unusable_twilio_settings_are_refused(wrong: dict[str, str]) -> None:
    usual = {"url": "https://api.test", "account": "AC1", "token": SECRET, "sender": "12345"}
    usual["callback_url"] = CALLBACK
    assert SECRET not in repr(TwilioSettings(**usual))
    with pytest.raises(ValueError, match=r"provider|must be"):
        TwilioSettings(**{**usual, **wrong})
