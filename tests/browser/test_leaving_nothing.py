"""What lies in the storage of the browser: nothing to read while it waits, nothing after signing out."""

from collections.abc import Callable

import pytest
from browser.asking import waiting
from browser.keeping import NOTE, fill_in, left, ready, send_in_vain, storage
from browser.people import House
from browser.phone import Phone


@pytest.fixture
def phone(make_phone: Callable[..., Phone]) -> Phone:
    return make_phone()


def test_signing_out_warns_and_then_leaves_nothing(phone: Phone, house: House) -> None:
    phone.sign_in(house.asked)
    phone.open("/account")
    ready(phone.page)
    phone.page.evaluate("unsent.put('a-key-that-cannot-be-sent', '/nowhere', 'q1=1')")
    phone.page.once("dialog", lambda dialog: dialog.dismiss())
    with phone.page.expect_event("dialog") as asked:
        phone.tap("Sign out", inside="main")
    words = "Check-ins on this phone are not sent yet. If you sign out, they are deleted."
    assert asked.value.message == words
    assert len(left(phone.page)) == 1
    phone.page.once("dialog", lambda dialog: dialog.accept())
    phone.follow("Sign out", inside="main")
    assert phone.heading() == "Sign in"
    assert left(phone.page) == []


def test_nothing_in_the_browsers_storage_can_be_read(make_phone: Callable[..., Phone], house: House) -> None:
    """Neither while it waits nor afterwards: no answer, note, name, drug, score, nor the link itself."""
    phone = make_phone(service_workers="allow")
    phone.sign_in(house.asked)
    opened = fill_in(phone, house, waiting(house, house.asked))
    phone.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    phone.context.set_offline(True)
    send_in_vain(phone)
    found = storage(phone.page)
    kept = "".join(one for one in found if one.startswith("unsent."))
    assert '"data"' in kept
    assert "key false" in kept
    assert any("/offline/help" in one for one in found)
    canaries = [
        NOTE,
        opened.secret,
        "q1=",
        "q9=",
        opened.patient.name,
        opened.patient.email,
        str(opened.prompt_id),
    ]
    canaries += ["ketamine", "Ketamine", "infusion", "PHQ", "depress", "of 27"]
    assert {canary for canary in canaries if canary in "\n".join(found)} == set()
    with phone.page.expect_navigation():
        phone.context.set_offline(False)
    assert phone.heading() == "Thank you. Saved."
    after = storage(phone.page)
    assert "unsent.answers []" in after
    assert {canary for canary in canaries if canary in "\n".join(after)} == set()
    phone.open("/account")
    ready(phone.page)
    phone.follow("Sign out", inside="main")
    signed_out = storage(phone.page)
    assert "unsent.answers []" in signed_out
    assert {canary for canary in canaries if canary in "\n".join(signed_out)} == set()
    phone.complaints.clear()
