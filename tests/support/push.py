"""Channels with real peers behind them, and the alarms they raise."""

from ipaddress import IPv4Address, ip_address
from typing import Any

from channels.outgoing import a_renderer
from peers.certificates import Certificate
from peers.push_service import PushService
from peers.sms_gateway import ACCOUNT, SECRET, TwilioGateway, WebhookGateway

from checkin.channels import push_crypto
from checkin.channels.https import HttpsClient, IpAddress, anywhere
from checkin.channels.sms import SmsChannel
from checkin.channels.sms_twilio import TwilioProvider, TwilioSettings
from checkin.channels.sms_webhook import WebhookProvider, WebhookSettings
from checkin.channels.vapid_key import VapidKey, new_vapid_key
from checkin.channels.web_push import PushSettings, WebPushChannel

KEY = new_vapid_key("test")
SUBJECT = "mailto:ops@checkin.test"
CALLBACK = "http://127.0.0.1:8000/texts/callback"
LOOPBACK = ip_address("127.0.0.1")
Alarms = list[str]


def at_home(_host: str, _port: int) -> list[IpAddress]:
    """Every name is this machine."""
    return [IPv4Address("127.0.0.1")]


def a_client(certificate: Certificate, **changes: Any) -> HttpsClient:
    """A client that trusts our authority and may stay on this machine."""
    usual: dict[str, Any] = {
        "may_reach": anywhere,
        "resolve": at_home,
        "ca_file": certificate.authority_file,
    }
    return HttpsClient(**{**usual, **changes})


def push_channel(
    service: PushService,
    certificate: Certificate,
    alarms: Alarms,
    *,
    keys: tuple[VapidKey, ...] = (KEY,),
    services: tuple[str, ...] | None = None,
    **client: Any,
) -> WebPushChannel:
    """The channel with one push service on its list."""
    listed = (f"localhost:{service.port}",) if services is None else services
    settings = PushSettings(keys=keys, subject=SUBJECT, services=listed)
    return WebPushChannel(
        settings, a_renderer(), a_client(certificate, **client), lambda: push_crypto, alarm=alarms.append
    )


def webhook_channel(gateway: WebhookGateway, certificate: Certificate, alarms: Alarms) -> SmsChannel:
    settings = WebhookSettings(url=f"{gateway.url}/send?v=1", sender="Northside", secret=SECRET)
    return SmsChannel(WebhookProvider(settings, a_client(certificate)), a_renderer(), alarm=alarms.append)


def twilio_channel(
    gateway: TwilioGateway, certificate: Certificate, alarms: Alarms, *, sender: str = "+15550100"
) -> SmsChannel:
    settings = TwilioSettings(
        url=gateway.url, account=ACCOUNT, token=SECRET, sender=sender, callback_url=CALLBACK
    )
    return SmsChannel(TwilioProvider(settings, a_client(certificate)), a_renderer(), alarm=alarms.append)
