"""A telephone in somebody's hand: small, touched, with a console that has to stay silent."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Response
from support.people import PASSWORD

from checkin.domain.person import Person

PHONE = {"width": 360, "height": 740}
# A page that says "not found" or "there is a problem" says so in its status too, which the console repeats.
_ANSWERED = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")
_NO_WORKER = "Service Worker registration blocked by Playwright"


@dataclass
class Phone:
    """One browser with its own cookies. ``complaints`` are what the browser found wrong with our pages."""

    url: str
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    def open(self, address: str) -> Response:
        """Go to a page of ours, by path or by the link in a message; return the answer."""
        answer = self.page.goto(address if address.startswith("http") else self.url + address)
        assert answer is not None
        return answer

    def tap(self, words: str | re.Pattern[str], *, inside: str = "body") -> None:
        """Touch the link or button of these words, as a finger does."""
        self.control(words, inside=inside).tap()

    def follow(self, words: str | re.Pattern[str], *, inside: str = "body") -> None:
        """Touch what leads to another page, and wait until that has come."""
        with self.page.expect_navigation():
            self.tap(words, inside=inside)

    def control(self, words: str | re.Pattern[str], *, inside: str = "body") -> Locator:
        place, exact = self.page.locator(inside), isinstance(words, str)
        links = place.get_by_role("link", name=words, exact=exact)
        return links.or_(place.get_by_role("button", name=words, exact=exact))

    def heading(self) -> str:
        return self.page.locator("h1").inner_text().strip()

    def words(self) -> str:
        """What the page says, without frame and navigation."""
        return self.page.locator("main").inner_text()

    def sign_in(self, person: Person) -> None:
        """Sign in by the form, from nothing."""
        self.context.clear_cookies()
        self.open("/sign-in")
        self.page.get_by_label("E-mail").fill(person.email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.follow("Sign in", inside="main")

    def slow_down(self, *, milliseconds: int) -> None:
        """Let everything that comes from the server come so much later."""
        conditions = {
            "offline": False,
            "latency": milliseconds,
            "downloadThroughput": -1,
            "uploadThroughput": -1,
        }
        self.context.new_cdp_session(self.page).send("Network.emulateNetworkConditions", conditions)

    def picture(self, path: Path | str, *, whole: bool = True, sharp: bool = False) -> None:
        """The page as an image: the whole of it, or what stands on the screen."""
        self.page.screenshot(path=path, full_page=whole, scale="device" if sharp else "css")


@contextmanager
def open_phone(browser: Browser, url: str, **context: object) -> Iterator[Phone]:
    """A phone without cookies; it fails the test when the browser complained about a page.

    It has no worker unless ``service_workers="allow"``: most tests are about pages alone.
    """
    settings = {
        "service_workers": "block",
        "viewport": PHONE,
        "has_touch": True,
        "is_mobile": True,
        "locale": "en-GB",
        **context,
    }
    opened = browser.new_context(**settings)  # type: ignore[arg-type]
    opened.set_default_timeout(15_000)
    page = opened.new_page()
    phone = Phone(url=url, context=opened, page=page)
    page.on("console", lambda message: _listen(phone, message))
    page.on("pageerror", lambda error: phone.complaints.append(f"{page.url}: {error}"))
    try:
        yield phone
        assert phone.complaints == []
    finally:
        opened.close()


def _listen(phone: Phone, message: ConsoleMessage) -> None:
    if _ANSWERED.match(message.text) or message.text == _NO_WORKER:
        return
    if message.type in {"error", "warning"}:
        phone.complaints.append(f"{phone.page.url}: {message.text}")
