"""What providers of texts call back: how it is read, which calls are believed, and unusable settings."""

from datetime import timedelta

import pytest
from channels.outgoing import SENT_AT
from channels.sms_words import ID, NUMBER
from peers.certificates import Certificate
from peers.sms_gateway import SECRET, TwilioGateway, WebhookGateway, twilio_call, webhook_call
from support.push import CALLBACK, twilio_channel, webhook_channel

from checkin.channels.base import Callback, DeliveryReport, Forged, IncomingText
from checkin.channels.sms_twilio import TwilioSettings, sign
from checkin.channels.sms_webhook import WebhookSettings


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
