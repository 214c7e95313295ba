"""A phone that takes pushes: its browser subscribed at a service of ours, and what its worker shows."""

import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

from browser.people import House, add_patient
from browser.phone import Phone
from peers.push_service import Browser, PushService
from playwright.sync_api import CDPSession, Worker, expect

from checkin.domain.person import Person

# What stands in for the browser maker's push service: the browser subscribes, and remembers it in this tab.
STUB = """(given) => {
  const plain = (text) => atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  const bytes = (text) => Uint8Array.from(plain(text), (one) => one.charCodeAt(0));
  const made = (key) => ({ options: { applicationServerKey: bytes(key).buffer },
    toJSON: () => ({ endpoint: given.endpoint, expirationTime: null,
      keys: { p256dh: given.p256dh, auth: given.auth } }),
    unsubscribe: async () => delete localStorage.stub });
  PushManager.prototype.subscribe = async (options) => {
    if (!options.userVisibleOnly) throw new Error("every push must be shown");
    localStorage.stub = options.applicationServerKey;
    return made(localStorage.stub);
  };
  PushManager.prototype.getSubscription = async () => localStorage.stub ? made(localStorage.stub) : null;
}"""
# Notes when the worker has shown the next push. Asking again and again what is shown is no way to wait for
# it: a list read while Chromium puts a notification up makes it forget that one.
HEAR = """() => {
  self.shown = new Promise((done, failed) => {
    setTimeout(() => failed(new Error("the worker shows nothing")), 15000);
    registration.showNotification = (...given) => {
      const showing = ServiceWorkerRegistration.prototype.showNotification.apply(registration, given);
      showing.then(done, failed);
      return showing;
    };
  });
}"""
SHOWN = """async () => {
  await self.shown;
  return (await registration.getNotifications()).map(({ title, body, tag, data, actions, renotify }) =>
    ({ title, body, tag, data, renotify, buttons: actions.map((one) => one.title) }));
}"""
# A tap cannot be made from outside; the worker hears of it as it would, and where it leads is noted.
TAP = """async (action) => {
  const [notification] = await registration.getNotifications();
  const led = [];
  clients.openWindow = async (path) => { led.push(path); };
  const event = new NotificationEvent("notificationclick", { notification, action });
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
    debugger: CDPSession
    registration: str

    @property
    def worker(self) -> Worker:
        [worker] = self.phone.context.service_workers
        return worker

    def push(self, content: dict[str, Any] | None) -> list[dict[str, Any]]:
        """Hand the worker what the push service holds, as Chromium's own push does; None: nothing inside.

        Returns all that the phone shows once the worker has shown it.
        """
        self.worker.evaluate(HEAR)
        self.debugger.send(
            "ServiceWorker.deliverPushMessage",
            {
                "origin": self.phone.url,
                "registrationId": self.registration,
                "data": "" if content is None else json.dumps(content, ensure_ascii=False),
            },
        )
        shown: list[dict[str, Any]] = self.worker.evaluate(SHOWN)
        return shown

    def tap(self, action: str = "") -> tuple[str, int]:
        """Touch what is shown, or this button of it; return where it leads and how many are shown then."""
        [led], left = self.worker.evaluate(TAP, action)
        return led, left


def a_stub(phone: Phone, service: PushService, name: str) -> Browser:
    """Let the browser of this phone subscribe at our service."""
    browser = service.browser(name)
    address = browser.address(service.url)
    given = {"endpoint": address.endpoint, "p256dh": address.p256dh, "auth": address.auth}
    phone.context.add_init_script(f"({STUB})({json.dumps(given)})")
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


def subscribed(phone: Phone, house: House, service: PushService) -> Subscriber:
    """A new patient who has turned messages on; the phone must allow workers and notifications."""
    patient = add_patient(house, f"Noor {secrets.token_hex(4)}")
    browser = a_stub(phone, service, patient.id.hex)
    phone.sign_in(patient)
    phone.open("/phone")
    phone.tap("Show messages on this phone")
    expect(phone.page.get_by_text("This phone shows messages.")).to_be_visible()
    debugger, registration = registration_of(phone)
    return Subscriber(
        phone=phone, patient=patient, browser=browser, debugger=debugger, registration=registration
    )


def draw(phone: Phone, cards: Iterable[tuple[str, str]], picture: Callable[..., None], name: str) -> None:
    """Keep a picture of the words of notices or texts, as a locked phone shows them: from whom, and what."""
    page, phone.page = phone.page, phone.context.new_page()
    shown = "".join(f"<div><b>{escape(title)}</b>{escape(body)}</div>" for title, body in cards)
    phone.page.set_content(
        '<meta name="viewport" content="width=device-width">'
        "<style>body{margin:0;height:740px;background:#20343a;font:16px sans-serif;color:#fff}"
        "time{display:block;text-align:center;font-size:64px;padding:90px 0 60px}"
        "div{margin:12px;padding:14px 16px;border-radius:18px;background:#fffd;color:#16262b}"
        f"b{{display:block}}</style><time>9:41</time>{shown}"
    )
    picture(phone, name)
    phone.page.close()
    phone.page = page
