"""Messages on the phone: subscribed at a push service of ours, shown by the worker, touched, opened."""

import json
import secrets
from collections.abc import Callable
from datetime import timedelta

import pytest
from browser.asking import Opened, waiting
from browser.keeping import fill_in, send_in_vain, sent_at_last
from browser.people import House, add_patient
from browser.phone import Phone
from browser.pushing import Subscriber, draw, registration_of, subscribed
from browser.test_check_in_form import stored
from peers.certificates import Certificate
from peers.push_service import PushService
from support.push import push_channel

from checkin.channels.base import Outgoing
from checkin.domain.ids import MessageId, new_id
from checkin.domain.message import MessageKind
from checkin.domain.push import topic_of
from checkin.services.subscribe import my_phones

Picture = Callable[..., None]


@pytest.fixture
def phone(make_phone: Callable[..., Phone]) -> Phone:
    return make_phone(service_workers="allow", permissions=["notifications"])


@pytest.fixture
def subscriber(phone: Phone, house: House, push_service: PushService) -> Subscriber:
    """Somebody who has just turned messages on."""
    return subscribed(phone, house, push_service)


def a_message(house: House, subscriber: Subscriber, kind: MessageKind) -> tuple[Opened, Outgoing]:
    """A message about a check-in that is open now, to where the phone said it can be reached."""
    opened = waiting(house, subscriber.patient)
    [phone] = my_phones(house.deps, subscriber.patient)
    now = house.deps.now()
    return opened, Outgoing(
        message_id=MessageId(new_id(now)),
        kind=kind,
        to_address=phone.address.to_json(),
        language="en",
        sender_name="Harbour",
        sent_at=now,
        zone=house.zone,
        link=f"{subscriber.phone.url}{opened.path}",
        minutes=2,
        expires_at=now + timedelta(hours=2),
        topic=topic_of(opened.prompt_id),
    )


def test_a_phone_subscribes_after_it_was_explained(
    subscriber: Subscriber, house: House, picture: Picture
) -> None:
    [phone] = my_phones(house.deps, subscriber.patient)
    assert phone.address.endpoint.endswith(subscriber.browser.path)
    assert phone.address.key == "test"
    picture(subscriber.phone, "push-on")
    subscriber.phone.open("/reminders")
    assert "last confirmed on" in subscriber.phone.words()


@pytest.mark.parametrize("kind", [MessageKind.NOTICE, MessageKind.REMINDER])
def test_a_push_is_shown_and_a_tap_leads_to_the_right_form(
    subscriber: Subscriber,
    house: House,
    push_service: PushService,
    push_certificate: Certificate,
    kind: MessageKind,
    picture: Picture,
) -> None:
    opened, outgoing = a_message(house, subscriber, kind)
    push_channel(push_service, push_certificate, []).send(outgoing)
    [taken] = subscriber.browser.waiting  # what the service holds, decrypted as the phone would
    assert taken.urgency == "normal"
    [shown] = subscriber.push(taken.content)
    assert shown["title"] == "Check-in"
    assert shown["body"].startswith(
        "Your check-in" if kind is MessageKind.REMINDER else "Your 2-minute check-in"
    )
    assert shown["tag"] == topic_of(opened.prompt_id)
    assert shown["buttons"] == ["Start", "Later"]
    assert shown["renotify"] is (kind is MessageKind.REMINDER)
    seen = json.dumps(shown).lower()
    for words in ("ketamine", "infusion", "depress", "mood", "harbour", "noor", "score"):
        assert words not in seen
    if kind is MessageKind.NOTICE:
        draw(subscriber.phone, [(shown["title"], shown["body"])], picture, "push-on-a-locked-phone")
    assert subscriber.tap() == (opened.path, 0)
    subscriber.phone.open(shown["data"])
    assert subscriber.phone.heading() == "Your check-in"


def test_the_second_button_leads_to_later(subscriber: Subscriber, house: House) -> None:
    opened = waiting(house, subscriber.patient)
    words = {"title": "Check-in", "body": "Ready.", "start": "Start", "later": "Later"}
    subscriber.push({**words, "path": opened.path, "tag": "one"})
    path, _ = subscriber.tap("/later")
    subscriber.phone.open(path)
    assert subscriber.phone.heading() == "Not now?"


def test_a_push_with_nothing_inside_is_shown_all_the_same(subscriber: Subscriber) -> None:
    [shown] = subscriber.push(None)
    assert (shown["title"], shown["body"], shown["data"], shown["buttons"]) == ("Check-in", "", "/", [])


def test_a_newer_message_about_the_same_check_in_takes_the_place_of_the_older(subscriber: Subscriber) -> None:
    for body in ("first", "second"):
        shown = subscriber.push({"title": "Check-in", "body": body, "path": "/c/x", "tag": "one"})
        assert [one["body"] for one in shown] == [body]


def test_the_offer_comes_after_the_first_check_in_only(phone: Phone, house: House) -> None:
    """By link as well as signed in: what it leads to asks to sign in first."""
    patient = add_patient(house, f"Ida {secrets.token_hex(4)}")
    for offered in (True, False):
        opened = waiting(house, patient)
        fill_in(phone, house, opened)
        phone.follow("Send my answers")
        assert ("Messages on this phone" in phone.words()) is offered
        if offered:
            phone.follow("See how it works")
            assert phone.heading() == "Sign in"
    phone.sign_in(patient)
    phone.open("/phone")
    assert "What you will see" in phone.words()
    phone.open(f"/check-in/{opened.prompt_id}/saved")
    assert "Messages on this phone" not in phone.words()


def test_background_sync_sends_with_no_page_open(phone: Phone, house: House) -> None:
    opened = fill_in(phone, house)
    session, registration = registration_of(phone)
    phone.context.set_offline(True)
    send_in_vain(phone)
    elsewhere = phone.context.new_page()
    elsewhere.goto("about:blank")
    session = phone.context.new_cdp_session(elsewhere)
    session.send("ServiceWorker.enable")
    assert stored(house, opened) == []
    phone.page.close()
    phone.page = elsewhere
    phone.context.set_offline(False)
    event = {"origin": phone.url, "registrationId": registration, "tag": "unsent", "lastChance": False}
    session.send("ServiceWorker.dispatchSyncEvent", event)
    for _ in range(200):
        if stored(house, opened):
            break
        elsewhere.wait_for_timeout(50)
    assert len(stored(house, opened)) == 1, "sent by the worker: no page of ours is open"
    phone.open("/sign-in")
    sent_at_last(phone.page)
    assert len(stored(house, opened)) == 1
    phone.complaints.clear()


def test_get_help_now_opens_offline_without_sign_in_and_without_script(
    phone: Phone, picture: Picture
) -> None:
    phone.open("/sign-in")
    phone.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    phone.context.set_offline(True)
    phone.page.close()
    phone.page = phone.context.new_page()
    phone.open("/help")
    assert phone.page.locator("script").count() == 0
    assert "Call\n911" in phone.words()
    assert "next looks" not in phone.words()
    assert "until" not in phone.words()
    picture(phone, "offline-help")
    phone.open("/chart")
    assert phone.heading() == "No connection"
    picture(phone, "offline-page")
    phone.follow("Get help now", inside="main")
    assert phone.heading() == "Get help now"
    phone.complaints.clear()


def test_the_numbers_come_from_the_phone_when_the_server_fails(phone: Phone) -> None:
    phone.open("/sign-in")
    phone.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    phone.page.reload()
    [worker] = phone.context.service_workers
    worker.evaluate("self.fetch = async () => new Response('down', { status: 503 })")
    phone.open("/help")
    assert phone.heading() == "Get help now"
    assert "Call\n911" in phone.words()
    phone.complaints.clear()


def test_the_home_screen_gets_a_neutral_name(phone: Phone) -> None:
    phone.open("/home-screen")
    manifest = phone.page.evaluate("fetch('/manifest.webmanifest').then((answer) => answer.json())")
    assert (manifest["name"], manifest["short_name"], manifest["start_url"]) == ("Check-in", "Check-in", "/")
    for icon in manifest["icons"]:
        assert f"{phone.page.evaluate(_WIDTH, icon['src'])}x" in icon["sizes"]
    phone.page.wait_for_selector("link[rel=manifest]", state="attached")
    assert phone.context.new_cdp_session(phone.page).send("Page.getAppManifest")["errors"] == []


_WIDTH = """async (source) => {
  const image = new Image();
  image.src = source;
  await image.decode();
  return image.naturalWidth;
}"""
