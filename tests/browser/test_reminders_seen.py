"""Reminders as they are seen: putting a check-in off, and the one question about a journey."""

import re
import secrets
from collections.abc import Callable

import pytest
from browser.asking import waiting
from browser.keeping import ready
from browser.people import House, add_patient
from browser.phone import Phone
from browser.sending import asked, post
from playwright.sync_api import Route, expect
from support.channel import FakeChannel
from support.phones import subscribe_phone

from checkin.domain.message import ChannelName
from checkin.services.remind import remind
from checkin.services.set_reminders import my_reminders

Make = Callable[..., Phone]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_check_in_is_put_off_from_its_link(
    make_phone: Make, house: House, picture: Callable[..., None], scheme: str
) -> None:
    opened = waiting(house)
    remind(house.deps)
    phone = make_phone(color_scheme=scheme)
    phone.open(opened.path)
    later = phone.page.get_by_role("link", name="Not now?")
    phone.page.locator("#q1 .choice").first.click()
    expect(phone.page.locator("#q2")).to_be_visible()
    expect(later).to_be_hidden()
    phone.page.go_back()
    later.click()
    picture(phone, f"later-{scheme}")
    phone.page.get_by_role("button", name="In 30 minutes").click()
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("We will remind you")
    picture(phone, f"later-done-{scheme}")


def test_a_phone_elsewhere_asks_once_and_remembers_the_no(
    make_phone: Make, house: House, picture: Callable[..., None]
) -> None:
    patient = add_patient(house, f"Traveller {secrets.token_hex(4)}")
    subscribe_phone(house.deps, patient)
    phone = make_phone(timezone_id="Pacific/Kiritimati")
    phone.sign_in(patient)
    phone.open("/home")
    question = phone.page.get_by_role("heading", name="Are you travelling?")
    expect(question).to_be_visible()
    picture(phone, "travel")
    phone.page.get_by_role("button", name="The time at home").click()
    phone.page.wait_for_load_state("networkidle")
    expect(question).to_be_hidden()
    assert my_reminders(house.deps, patient).patient.refused_zone == "Pacific/Kiritimati"
    phone.open("/reminders")
    picture(phone, "reminders")


def test_a_phone_at_home_is_not_asked(make_phone: Make, house: House) -> None:
    patient = add_patient(house, f"Homebody {secrets.token_hex(4)}")
    phone = make_phone(timezone_id=my_reminders(house.deps, patient).patient.zone)
    phone.sign_in(patient)
    phone.open("/home")
    phone.page.wait_for_load_state("networkidle")
    assert phone.page.locator("#travel [name=zone]").input_value() == "", "it was not filled in to be asked"
    expect(phone.page.get_by_role("heading", name="Are you travelling?")).to_be_hidden()


def test_a_zone_that_the_phone_does_not_know_breaks_nothing(make_phone: Make, house: House) -> None:
    patient = waiting(house).patient
    phone = make_phone(timezone_id="Pacific/Kiritimati")
    phone.sign_in(patient)

    def elsewhere(route: Route) -> None:
        page = route.fetch()
        route.fulfill(response=page, body=re.sub('data-zone="[^"]*"', 'data-zone="Mars/Base"', page.text()))

    phone.page.route("**/home", elsewhere)
    phone.open("/home")
    ready(phone.page)
    expect(phone.page.get_by_role("heading", name="Are you travelling?")).to_be_hidden()
    assert phone.page.locator("link[rel=manifest]").count() == 1, "the rest of the script has run"


def test_opening_a_link_in_a_browser_is_told_and_a_look_at_it_is_not(make_phone: Make, house: House) -> None:
    patient = add_patient(house, f"Lou {secrets.token_hex(4)}")
    mail = FakeChannel()
    sender = post(house, {ChannelName.EMAIL: mail})
    asked(house, patient)
    sender.go()
    [link] = [one.link for one in mail.sent if one.to_address == patient.email]
    assert link is not None
    scanner = make_phone(java_script_enabled=False)
    for look in (scanner.context.request.get, scanner.context.request.head):
        assert look(link).status == 200
    scanner.open(link)
    assert [one.opened for one in sender.sent_to(patient)] == [False]
    phone = make_phone()
    with phone.page.expect_response(lambda answer: answer.url.endswith("/opened")) as told:
        phone.open(link)
    assert (told.value.request.method, told.value.status) == ("POST", 204)
    assert [one.opened for one in sender.sent_to(patient)] == [True]
