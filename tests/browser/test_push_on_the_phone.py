"""Messages on the phone: subscribed at a push service of ours, shown by the worker, touched, opened."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from browser.asking import Opened, waiting
from browser.keeping import fill_in, ready, send_in_vain, sent_at_last
from browser.people import House, add_patient
from browser.phone import Phone
from browser.test_check_in_form import stored
from peers.certificates import Certificate
from peers.push_service import Browser, PushService
from playwright.sync_api import CDPSession, expect
from support.push import push_channel

from checkin.channels.base import Outgoing
from checkin.domain.ids import MessageId, new_id
from checkin.domain.message import MessageKind
from checkin.domain.person import Person
from checkin.domain.push import topic_of
from checkin.services.subscribe import drop_phone, my_phones

Picture = Callable[..., None]
# What stands in for the browser maker's push service: the browser subscribes, and remembers it in this tab.
_STUB = """(given) => {
  const plain = (text) => atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  const bytes = (text) => Uint8Array.from(plain(text), (one) => one.charCodeAt(0));
  const made = (key) => ({ options: { applicationServerKey: bytes(key).buffer },
    toJSON: () => ({ endpoint: given.endpoint, expirationTime: null,
      keys: { p256dh: given.p256dh, auth: given.auth } }) });
  PushManager.prototype.subscribe = async (options) => {
    if (!options.userVisibleOnly) throw new Error("every push must be shown");
    localStorage.stub = options.applicationServerKey;
    return made(localStorage.stub);
  };
  PushManager.prototype.getSubscription = async () => localStorage.stub ? made(localStorage.stub) : null;
}"""
# What is shown, as soon as something with that beginning of its body is; after ten seconds whatever is there.
_SHOWN = """async (begins) => {
  const registration = await navigator.serviceWorker.ready;
  for (let tries = 0; ; tries += 1) {
    const shown = (await registration.getNotifications()).map(
      ({ title, body, tag, data }) => ({ title, body, tag, data }));
    if (tries === 500 || shown.some((one) => one.body.startsWith(begins))) return shown;
    await new Promise((later) => setTimeout(later, 20));
  }
}"""
# A tap cannot be made from outside; the worker hears of it as it would, and where it leads is noted.
_TAP = """async () => {
  const [notification] = await registration.getNotifications();
  const led = [];
  clients.openWindow = async (path) => { led.push(path); };
  const event = new NotificationEvent("notificationclick", { notification });
  const waited = [];
  event.waitUntil = (work) => waited.push(work);
  dispatchEvent(event);
  await Promise.all(waited);
  return [led, (await registration.getNotifications()).length];
}"""


@dataclass
class Subscriber:
    """A patient with a phone whose browser is subscribed at ``service``."""

    phone: Phone
    patient: Person
    browser: Browser
    worker: CDPSession
    registration: str

    def push(self, content: dict[str, str]) -> None:
        """Hand the worker what the push service holds, as Chromium's own push does."""
        self.worker.send(
            "ServiceWorker.deliverPushMessage",
            {
                "origin": self.phone.url,
                "registrationId": self.registration,
                "data": json.dumps(content, ensure_ascii=False),
            },
        )


@pytest.fixture
def phone(make_phone: Callable[..., Phone]) -> Phone:
    return make_phone(service_workers="allow", permissions=["notifications"])


def a_stub(phone: Phone, service: PushService, name: str) -> Browser:
    """Let the browser of this phone subscribe at our service."""
    browser = service.browser(name)
    address = browser.address(service.url)
    given = {"endpoint": address.endpoint, "p256dh": address.p256dh, "auth": address.auth}
    phone.context.add_init_script(f"({_STUB})({json.dumps(given)})")
    return browser


def registration_of(phone: Phone) -> tuple[CDPSession, str]:
    """The worker's registration as the debugger names it."""
    phone.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    session = phone.context.new_cdp_session(phone.page)
    found: list[dict[str, Any]] = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
    session.send("ServiceWorker.enable")
    while not any(one["scopeURL"].startswith(phone.url) for one in found):
        phone.page.evaluate("0")  # lets events come in
    return session, next(str(one["registrationId"]) for one in found if one["scopeURL"].startswith(phone.url))


@pytest.fixture
def subscriber(phone: Phone, house: House, push_service: PushService) -> Subscriber:
    """Somebody who has just turned messages on."""
    patient = add_patient(house, f"Noor {secrets.token_hex(4)}")
    browser = a_stub(phone, push_service, patient.id.hex)
    phone.sign_in(patient)
    phone.open("/phone")
    phone.tap("Show messages on this phone")
    expect(phone.page.get_by_text("This phone shows messages.")).to_be_visible()
    worker, registration = registration_of(phone)
    return Subscriber(phone=phone, patient=patient, browser=browser, worker=worker, registration=registration)


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


def test_it_says_on_every_opening_that_it_still_is(subscriber: Subscriber, house: House) -> None:
    """The server lost it, or the push service said that it was gone: the next opening mends it."""
    [phone] = my_phones(house.deps, subscriber.patient)
    drop_phone(house.deps, subscriber.patient, phone.id)
    assert my_phones(house.deps, subscriber.patient) == ()
    later = subscriber.phone.context.new_page()  # as a new opening of the app
    with later.expect_response("**/phone/subscription") as confirmed:
        later.goto(subscriber.phone.url + "/home")
    assert confirmed.value.ok
    assert len(my_phones(house.deps, subscriber.patient)) == 1
    asked: list[str] = []
    later.on("request", lambda request: asked.append(request.url))
    later.reload()
    ready(later)
    assert not [url for url in asked if url.endswith("/phone/subscription")]  # once an opening


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
    subscriber.push(taken.content)
    [shown] = subscriber.phone.page.evaluate(_SHOWN, "")
    assert shown["title"] == "Check-in"
    assert shown["body"].startswith(
        "Your check-in" if kind is MessageKind.REMINDER else "Your 2-minute check-in"
    )
    assert shown["tag"] == topic_of(opened.prompt_id)
    seen = json.dumps(shown).lower()
    for words in ("ketamine", "infusion", "depress", "mood", "harbour", "noor", "score"):
        assert words not in seen
    if kind is MessageKind.NOTICE:
        _draw(subscriber.phone, shown, picture)
    [worker] = subscriber.phone.context.service_workers
    assert worker.evaluate(_TAP) == [[opened.path], 0]
    subscriber.phone.open(shown["data"])
    assert subscriber.phone.heading() == "Your check-in"


def test_a_newer_message_about_the_same_check_in_takes_the_place_of_the_older(subscriber: Subscriber) -> None:
    for body in ("first", "second"):
        subscriber.push({"title": "Check-in", "body": body, "path": "/c/x", "tag": "one"})
        assert [one["body"] for one in subscriber.phone.page.evaluate(_SHOWN, body)] == [body]


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
    phone.page.close()
    phone.page = elsewhere
    phone.context.set_offline(False)
    event = {"origin": phone.url, "registrationId": registration, "tag": "unsent", "lastChance": False}
    session.send("ServiceWorker.dispatchSyncEvent", event)
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


def _draw(phone: Phone, shown: dict[str, str], picture: Picture) -> None:
    """The words of the notice as a locked phone shows them."""
    page, phone.page = phone.page, phone.context.new_page()
    phone.page.set_content(
        '<meta name="viewport" content="width=device-width">'
        "<style>body{margin:0;height:740px;background:#20343a;font:16px sans-serif;color:#fff}"
        "time{display:block;text-align:center;font-size:64px;padding:90px 0 60px}"
        "div{margin:12px;padding:14px 16px;border-radius:18px;background:#fffd;color:#16262b}"
        "b{display:block}</style>"
        f"<time>9:41</time><div><b>{shown['title']}</b>{shown['body']}</div>"
    )
    picture(phone, "push-on-a-locked-phone")
    phone.page.close()
    phone.page = page
