"""Every page, as everybody who may open it: accessible, light, and big enough to touch."""

from collections.abc import Callable

import pytest
from browser.addresses import Address, every_address, path_of
from browser.examine import (
    FIRST_VIEW_BYTES,
    FIRST_VIEW_REQUESTS,
    LIST_BYTES,
    PAGE_BYTES,
    TOO_WIDE,
    faults,
    first_view,
    scripts,
    weight,
)
from browser.people import House
from browser.phone import Phone
from browser.states import STATES

CARE = {"staff", "therapist"}
SENDABLE = "form:has(button:not([type=button]))"
# What pages begin with.
SCRIPTS = {"/static/checkin.js"}


def _in_order(phone: Phone, house: House, persona: str) -> None:
    phone.complaints.clear()
    assert faults(phone, [person.name for person in house.everybody]) == []
    assert scripts(phone) <= SCRIPTS
    source = phone.page.content()
    assert weight(source) <= (LIST_BYTES if persona in CARE else PAGE_BYTES)
    if persona not in CARE:
        requests, size = first_view(phone, source)
        assert requests <= FIRST_VIEW_REQUESTS
        assert size <= FIRST_VIEW_BYTES
    assert phone.complaints == []


@pytest.mark.parametrize("address", every_address(), ids=str)
def test_every_page_is_in_order(address: Address, phone_of: Callable[[str], Phone], house: House) -> None:
    phone = phone_of(address.persona)
    answer = phone.open(path_of(address, house))
    assert answer.status == 200
    if "html" not in answer.headers["content-type"]:
        pytest.skip("no page: read by the page's own script")
    _in_order(phone, house, address.persona)


@pytest.mark.parametrize("address", every_address(), ids=str)
def test_every_page_works_without_script(
    address: Address, plain_phone_of: Callable[[str], Phone], house: House
) -> None:
    """It is whole, fits, and each of its forms has a button that sends it."""
    phone = plain_phone_of(address.persona)
    answer = phone.open(path_of(address, house))
    assert answer.status == 200
    if "html" not in answer.headers["content-type"]:
        pytest.skip("no page: read by the page's own script")
    assert phone.page.locator("h1").count() == 1
    assert phone.heading()
    assert phone.page.evaluate(TOO_WIDE) <= 0
    assert phone.page.locator("form").count() == phone.page.locator(SENDABLE).count()
    assert phone.complaints == []


@pytest.mark.parametrize("state", STATES)
def test_every_answer_to_a_form_is_in_order(
    state: str, phone_of: Callable[[str], Phone], house: House
) -> None:
    persona, reach, heading = STATES[state]
    phone = phone_of(persona)
    reach(phone, house)
    assert heading in phone.heading()
    _in_order(phone, house, persona)
