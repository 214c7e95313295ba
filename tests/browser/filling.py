"""Answering a check-in with a finger, as fast as the page allows."""

from browser.phone import Phone
from playwright.sync_api import Locator, expect

# Longer than an answer stays in sight, and than the page takes no second tap.
_NEXT_MS = 700


def open_quickly(phone: Phone, address: str) -> None:
    """Open a check-in with a clock that only moves when it is told to: nothing is waited for."""
    phone.page.clock.install()
    phone.open(address)


def questions(phone: Phone) -> Locator:
    return phone.page.locator("fieldset.step")


def answer(phone: Phone, question: Locator, choice: int) -> None:
    """Tap one answer; the next question comes by itself."""
    question.get_by_role("radio").nth(choice).tap()
    phone.page.clock.run_for(_NEXT_MS)


def answer_all(phone: Phone, choice: int = 1, *, suicide: int = 0) -> None:
    """Tap through to the page with the button that sends."""
    count = questions(phone).count()
    for place in range(count):
        answer(phone, questions(phone).nth(place), suicide if place == count - 1 else choice)
    expect(phone.page.locator("#last")).to_be_visible()


def chosen(phone: Phone) -> list[str]:
    """The ids of the answers that are ticked, "q1-2" for the second of the first question."""
    found: list[str] = phone.page.evaluate("[...document.querySelectorAll('input:checked')].map((i) => i.id)")
    return found
