"""What the tests of several channels stand on: a certificate, and the providers that have it."""

from collections.abc import Iterator

import pytest
from channels import mail
from channels.outgoing import SENT_AT
from peers.certificates import Certificate, make_certificate
from peers.push_service import PushService
from peers.sms_gateway import TwilioGateway, WebhookGateway
from peers.smtp import SmtpPeer
from support.push import KEY, Alarms


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def alarms() -> Alarms:
    return []


@pytest.fixture
def service(certificate: Certificate) -> Iterator[PushService]:
    with PushService(certificate, KEY.public, now=SENT_AT.timestamp) as running:
        yield running


@pytest.fixture
def webhook(certificate: Certificate) -> Iterator[WebhookGateway]:
    with WebhookGateway(certificate) as running:
        yield running


@pytest.fixture
def twilio(certificate: Certificate) -> Iterator[TwilioGateway]:
    with TwilioGateway(certificate) as running:
        yield running


@pytest.fixture
def peer() -> Iterator[SmtpPeer]:
    with SmtpPeer() as running:
        yield running


@pytest.fixture(autouse=True)
def _rest() -> Iterator[None]:
    yield
    mail.rest()
