"""A phone that takes messages: confirmed again and again, for one person, and until it is removed."""

import json
import secrets
from collections.abc import Callable

import pytest
from browser.keeping import ready
from browser.people import House, add_patient
from browser.phone import Phone
from browser.pushing import Subscriber, subscribed
from peers.push_service import PushService
from playwright.sync_api import expect

from checkin.services.subscribe import drop_phone, my_phones

Picture = Callable[..., None]


@pytest.fixture
def phone(make_phone: Callable[..., Phone]) -> Phone:
    return make_phone(service_workers="allow", permissions=["notifications"])


@pytest.fixture
def subscriber(phone: Phone, house: House, push_service: PushService) -> Subscriber:
    """Somebody who has just turned messages on."""
    return subscribed(phone, house, push_service)


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
    later.evaluate("dispatchEvent(new Event('pageshow'))")
    later.wait_for_timeout(200)
    assert not [url for url in asked if url.endswith("/phone/subscription")]  # once an hour
    later.clock.install()
    later.clock.fast_forward(3_600_000)
    with later.expect_response("**/phone/subscription") as confirmed:
        later.evaluate("dispatchEvent(new Event('pageshow'))")
    assert confirmed.value.ok


@pytest.mark.parametrize("lost", ["by the browser", "with its key"])
def test_a_subscription_that_was_lost_is_made_anew(subscriber: Subscriber, house: House, lost: str) -> None:
    """An iPhone drops it now and then; a clinic that changes its key cannot use the old one."""
    key = subscriber.phone.page.evaluate("localStorage.stub")
    old = f"localStorage.stub = {json.dumps(key[:-4] + 'AAAA')}"
    subscriber.phone.page.evaluate("delete localStorage.stub" if lost == "by the browser" else old)
    [phone] = my_phones(house.deps, subscriber.patient)
    drop_phone(house.deps, subscriber.patient, phone.id)
    later = subscriber.phone.context.new_page()
    later.on("response", lambda answer: told.append(answer.status) if "subscription" in answer.url else None)
    told: list[int] = []
    with later.expect_response(lambda answer: "subscription" in answer.url and answer.ok):
        later.goto(subscriber.phone.url + "/home")
    assert told == ([200] if lost == "by the browser" else [422, 200])
    [phone] = my_phones(house.deps, subscriber.patient)
    assert phone.address.key == "test"
    assert later.evaluate("localStorage.stub") == key


def test_a_phone_that_others_use_takes_messages_for_nobody_who_has_not_asked(
    subscriber: Subscriber, house: House
) -> None:
    somebody = add_patient(house, f"Bo {secrets.token_hex(4)}")
    phone = subscriber.phone
    phone.sign_in(somebody)
    phone.open("/home")
    ready(phone.page)
    phone.open("/phone")
    expect(phone.page.get_by_role("button", name="Show messages on this phone")).to_be_visible()
    expect(phone.page.get_by_text("This phone shows messages.")).to_be_hidden()
    assert my_phones(house.deps, somebody) == ()


def test_a_phone_is_removed_and_set_up_again(subscriber: Subscriber, house: House, picture: Picture) -> None:
    phone = subscriber.phone
    phone.open("/reminders")
    expect(phone.page.get_by_role("link", name="Set up this phone")).to_be_visible()
    picture(phone, "reminders-with-a-phone")
    phone.follow("Remove it")
    assert my_phones(house.deps, subscriber.patient) == ()
    phone.open("/home")
    ready(phone.page)
    phone.open("/reminders")
    assert my_phones(house.deps, subscriber.patient) == (), "what was removed does not come back by itself"
    phone.follow("Set up this phone")
    phone.tap("Show messages on this phone")
    expect(phone.page.get_by_text("This phone shows messages.")).to_be_visible()
    assert len(my_phones(house.deps, subscriber.patient)) == 1


def test_messages_are_not_called_on_when_the_server_does_not_know(
    subscriber: Subscriber, house: House
) -> None:
    phone = subscriber.phone
    phone.page.route("**/phone/subscription", lambda route: route.fulfill(status=500, body="<p>"))
    phone.open("/phone")
    expect(phone.page.get_by_text("That did not work just now.")).to_be_visible()
    expect(phone.page.get_by_text("This phone shows messages.")).to_be_hidden()
    phone.complaints.clear()
