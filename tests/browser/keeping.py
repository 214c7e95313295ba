"""What a phone keeps: the answers that are not sent yet, and everything that lies in its storage."""

import re
from typing import Any

from browser.asking import Opened, waiting
from browser.filling import answer_all, open_quickly
from browser.people import House
from browser.phone import Phone
from playwright.sync_api import Page, Request, Route, expect

NOTE = "the canary sang at a quarter past four"
WAITS = "Saved on this phone. Not sent yet."
HOW_MANY = re.compile(
    r"1 check-in saved on this phone, not sent yet\. "
    r"Answered: [A-Z][a-z]+day,? \d+ [A-Z][a-z]+,? (at )?\d+:\d\d\s[ap]m"
)
_READY = "() => typeof self.unsent?.flush === 'function'"
_UNTIL_EMPTY = """async () => { while ((await unsent.all()).length) {
  await new Promise((done) => addEventListener("unsent", done, { once: true })); } }"""
# Every value of every store as text: bytes as they lie there, and keys that no script can read out.
_STORED = """async () => {
  const shown = (value) => JSON.stringify(value, (name, one) => {
    if (one instanceof ArrayBuffer || ArrayBuffer.isView(one)) {
      return String.fromCharCode(...new Uint8Array(one.buffer ?? one));
    }
    return one instanceof CryptoKey ? `key ${one.extractable}` : one;
  });
  const found = [shown({ ...localStorage }), shown({ ...sessionStorage }), document.cookie];
  for (const { name } of await indexedDB.databases()) {
    const database = await new Promise((done) => {
      indexedDB.open(name).onsuccess = (event) => done(event.target.result); });
    for (const store of database.objectStoreNames) {
      const request = database.transaction(store).objectStore(store).getAll();
      await new Promise((done) => { request.onsuccess = done; });
      found.push(`${name}.${store} ${shown(request.result)}`);
    }
    database.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      found.push(`${request.url} ${await (await cache.match(request)).text()}`);
    }
  }
  return found;
}"""


def fill_in(phone: Phone, house: House, opened: Opened | None = None, *, suicide: int = 0) -> Opened:
    """Answer everything, with a note, up to the button that sends; the phone is ready to keep it."""
    opened = opened or waiting(house)
    open_quickly(phone, opened.path)
    answer_all(phone, suicide=suicide)
    phone.page.get_by_text("Add a note (optional)").tap()
    phone.page.get_by_label("Only people you have allowed").fill(NOTE)
    ready(phone.page)
    phone.page.clock.resume()
    return opened


def ready(page: Page) -> None:
    """Wait until the page can keep answers."""
    page.wait_for_function(_READY)


def send_in_vain(phone: Phone) -> None:
    """Touch Send while nothing gets through, and read that it is kept."""
    phone.tap("Send my answers")
    expect(phone.page.get_by_role("heading", name="Saved on this phone")).to_be_focused()
    expect(phone.page.get_by_role("status").first).to_contain_text(WAITS)
    expect(phone.page.get_by_role("status").first).to_contain_text(HOW_MANY)


def left(page: Page) -> list[dict[str, Any]]:
    """What is still to be sent, without what was answered."""
    ready(page)
    found: list[dict[str, Any]] = page.evaluate(
        "async () => (await unsent.all()).map(({ id, at, state }) => ({ id, at, state }))"
    )
    return found


def kept_at_last(page: Page) -> None:
    """Wait until something lies on the phone; thoughts of death are answered before it does."""
    ready(page)
    page.wait_for_function("async () => (await unsent.all()).length > 0")


def sent_at_last(page: Page) -> None:
    """Wait until nothing is left on the phone."""
    ready(page)
    page.evaluate(_UNTIL_EMPTY)


def storage(page: Page) -> list[str]:
    """Everything that lies in the browser's storage."""
    found: list[str] = page.evaluate(_STORED)
    return found


def come_back(phone: Phone, path: str = "/help") -> None:
    """Close the page and open the app anew, as one does later."""
    phone.page.close()
    phone.page = phone.context.new_page()
    phone.open(path)


def posts(phone: Phone) -> list[Request]:
    """What was sent for a check-in since now."""
    found: list[Request] = []
    phone.context.on("request", lambda one: found.append(one) if one.method == "POST" else None)
    return found


def only_posts(route: Route, act: str) -> bool:
    """Let everything pass that sends no answers; say whether this one does. ``act`` is part of its path."""
    if route.request.method == "POST" and act in route.request.url:
        return True
    route.continue_()
    return False
