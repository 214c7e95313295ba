"""The ladder from end to end: real pushes into the browser that nobody touches, then a real mail that is."""

from collections.abc import Callable
from email import message_from_bytes
from email.policy import default

import pytest
from browser.people import House
from browser.phone import Phone
from browser.pushing import Subscriber, draw, subscribed
from browser.sending import Post, asked, post
from channels.outgoing import a_notice, a_renderer
from peers.certificates import Certificate
from peers.push_service import PushService
from peers.smtp import SmtpPeer
from support.push import push_channel

from checkin.channels.email import EmailChannel, SmtpSettings, TlsMode
from checkin.domain.message import ChannelName, MessageKind, MessageState
from checkin.services.set_reminders import choose_channels

Picture = Callable[..., None]
PRIVATE = ("ketamine", "infusion", "depress", "mood", "score", "phq", "suicid")


@pytest.fixture
def subscriber(make_phone: Callable[..., Phone], house: House, push_service: PushService) -> Subscriber:
    """Somebody who has pushes first and mail after them."""
    phone = make_phone(service_workers="allow", permissions=["notifications"])
    found = subscribed(phone, house, push_service)
    choose_channels(house.deps, found.patient, ["web_push", "email"])
    return found


def shown_but_not_touched(subscriber: Subscriber, sender: Post) -> str:
    """Let the phone show what the push service holds for it; return the words.

    The worker tells the server that they were shown, which is not yet that they were opened.
    """
    [taken] = subscriber.browser.waiting
    [shown] = subscriber.push(taken.content)
    for _ in range(200):
        if sender.sent_to(subscriber.patient)[-1].state is MessageState.RECEIPTED:
            break
        subscriber.phone.page.wait_for_timeout(50)
    assert sender.sent_to(subscriber.patient)[-1].state is MessageState.RECEIPTED
    return str(shown["body"])


def seen(phone: Phone, content: bytes, picture: Picture) -> str:
    """Look at a mail as the phone's reader shows it; return where its button leads."""
    mail = message_from_bytes(content, policy=default)
    body = mail.get_body(("html",))
    assert body is not None
    page, phone.page = phone.page, phone.context.new_page()
    phone.page.set_content(body.get_content())
    said = f"{mail['Subject']} {phone.page.inner_text('body')}".lower()
    assert {word for word in PRIVATE if word in said} == set()
    picture(phone, "message-email")
    link = phone.page.get_by_role("link", name="Start").get_attribute("href")
    phone.page.close()
    phone.page = page
    assert link is not None
    return link


def test_two_pushes_that_nobody_opens_make_way_for_a_mail(
    subscriber: Subscriber,
    house: House,
    push_service: PushService,
    push_certificate: Certificate,
    picture: Picture,
) -> None:
    patient = subscriber.patient
    with SmtpPeer() as peer:
        settings = SmtpSettings(
            host="localhost", port=peer.port, from_address="checkin@clinic.test", tls=TlsMode.NONE
        )
        mail = EmailChannel(settings, a_renderer())
        push = push_channel(push_service, push_certificate, [])
        sender = post(house, {ChannelName.WEB_PUSH: push, ChannelName.EMAIL: mail})
        first = asked(house, patient)
        sender.go()
        words = [shown_but_not_touched(subscriber, sender)]
        sender.remind_now(first)
        words.append(shown_but_not_touched(subscriber, sender))
        assert words == [
            "Your 2-minute check-in is ready.",
            "Your check-in is still open. It takes about 2 minutes.",
        ]
        asked(house, patient)
        sender.go()
        [taken] = [one for one in peer.taken if one.recipients == (patient.email,)]
    ways = [(one.channel, one.kind, one.opened) for one in sender.sent_to(patient)]
    assert ways == [
        (ChannelName.WEB_PUSH, MessageKind.NOTICE, False),
        (ChannelName.WEB_PUSH, MessageKind.REMINDER, False),
        (ChannelName.EMAIL, MessageKind.NOTICE, False),
    ]
    assert len(subscriber.browser.waiting) == 1, "no third push"
    link = seen(subscriber.phone, taken.content, picture)
    phone = subscriber.phone
    with phone.page.expect_response(lambda answer: answer.url.endswith("/opened")):
        phone.open(link)
    assert phone.heading() == "Your check-in"
    assert sender.sent_to(patient)[-1].opened


def test_texts_and_notices_on_a_locked_phone_say_nothing(phone: Phone, picture: Picture) -> None:
    """The words that the templates give, one after the other as they would come."""
    cards = []
    for kind in (MessageKind.NOTICE, MessageKind.REMINDER):
        message = a_notice(kind=kind, sender_name="Harbour", link="https://c.example/c/Tm0x4Qd7RkPw2sVb")
        [text] = a_renderer().lines(message, ChannelName.SMS, "body")
        title, body = a_renderer().lines(message, ChannelName.WEB_PUSH, "title", "body")
        cards.append([("+1 555 0100", text), (title, body)])
    texts, notices = zip(*cards, strict=True)
    for name, shown in (("message-sms", texts), ("push-reminder-on-a-locked-phone", notices[1:])):
        draw(phone, shown, picture, name)
        said = " ".join(words for card in shown for words in card).lower()
        assert {word for word in PRIVATE if word in said} == set()
