"""Fixtures of the browser tests: one server and one Chromium for all, a phone for each."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from browser.addresses import persona
from browser.chromium import NoChromium, launch
from browser.people import House, make_house
from browser.phone import Phone, open_phone
from browser.server import ROOT, Server, running_server
from peers.certificates import Certificate, make_certificate
from peers.push_service import PushService
from playwright.sync_api import Browser, expect, sync_playwright
from support.push import KEY, SUBJECT

SCREENS = ROOT / "docs" / "screens"
# A busy machine is no reason to fail; what is there at once is not waited for.
expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def push_certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("push"))


@pytest.fixture(scope="session")
def push_service(push_certificate: Certificate) -> Iterator[PushService]:
    """The one push service that the server knows."""
    with PushService(push_certificate, KEY.public) as service:
        yield service


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, push_service: PushService) -> Iterator[Server]:
    push = {
        "CHECKIN_PUSH_KEYS": f"{KEY.id}:{KEY.private}",
        "CHECKIN_PUSH_SUBJECT": SUBJECT,
        "CHECKIN_PUSH_SERVICES": f"localhost:{push_service.port}",
    }
    with running_server(tmp_path_factory.mktemp("served"), **push) as server:
        yield server


@pytest.fixture(scope="session")
def house(server: Server) -> House:
    """The clinic behind the server, what is over closed by the scheduler's jobs."""
    made = make_house(server.environment, datetime.now(UTC))
    server.flask("tick")
    return made


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        try:
            browser = launch(playwright)
        except NoChromium as missing:
            pytest.fail(str(missing))
        yield browser
        browser.close()


@pytest.fixture
def make_phone(chromium: Browser, server: Server) -> Iterator[Callable[..., Phone]]:
    """As many phones as a test needs; arguments as for a browser context."""
    with ExitStack() as held:
        yield lambda **context: held.enter_context(open_phone(chromium, server.url, **context))


@pytest.fixture
def phone(make_phone: Callable[..., Phone]) -> Phone:
    return make_phone()


@pytest.fixture(scope="session")
def phone_of(chromium: Browser, server: Server, house: House) -> Iterator[Callable[[str], Phone]]:
    """The phone of a persona, signed in since the first time it was asked for; others' are nobody's yet."""
    with ExitStack() as held:
        yield _phones(held, chromium, server, house)


@pytest.fixture(scope="session")
def plain_phone_of(chromium: Browser, server: Server, house: House) -> Iterator[Callable[[str], Phone]]:
    """The same with browsers that run no script."""
    with ExitStack() as held:
        yield _phones(held, chromium, server, house, java_script_enabled=False)


def _phones(
    held: ExitStack, chromium: Browser, server: Server, house: House, **context: object
) -> Callable[[str], Phone]:
    known: dict[str, Phone] = {}

    def phone_of(name: str) -> Phone:
        if name not in known:
            known[name] = held.enter_context(open_phone(chromium, server.url, **context))
            if (person := persona(name, house)) is not None:
                known[name].sign_in(person)
        return known[name]

    return phone_of


@pytest.fixture
def picture() -> Callable[..., None]:
    """Keeps what a phone shows in docs/screens, when TEST_SCREENS is set: a test leaves nothing behind."""
    wanted = bool(os.environ.get("TEST_SCREENS"))

    def picture(phone: Phone, name: str, **how: bool) -> None:
        if wanted:
            SCREENS.mkdir(parents=True, exist_ok=True)
            phone.picture(SCREENS / f"{name}.png", **how)

    return picture
