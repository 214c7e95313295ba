"""Answers survive: no network, a lying one, a lost reply, an ended sign-in, a failing server, two tabs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from browser.asking import let_pass, waiting
from browser.filling import answer_all, open_quickly
from browser.keeping import (
    NOTE,
    WAITS,
    come_back,
    fill_in,
    kept_at_last,
    left,
    only_posts,
    posts,
    ready,
    send_in_vain,
    sent_at_last,
)
from browser.people import House
from browser.phone import Phone
from browser.test_check_in_form import CALLS, numbers_on, stored, told_us, weights
from playwright.sync_api import Route, expect

from checkin.services.time_of_answer import stamp

Picture = Callable[..., None]
ANSWERS = [1] * 8 + [0]
LINKS = "**/c/*"


@pytest.fixture
def phone(make_phone: Callable[..., Phone]) -> Phone:
    """A phone that will complain about the connection it has not."""
    return make_phone()


@pytest.fixture(autouse=True)
def forget_the_connection(phone: Phone) -> object:
    """That a connection was gone stands in the console of every such test."""
    yield
    phone.complaints[:] = [
        one for one in phone.complaints if "net::ERR_" not in one and "status of 5" not in one
    ]


def test_what_is_acknowledged_is_gone_from_the_phone(phone: Phone, house: House) -> None:
    opened = fill_in(phone, house)
    phone.follow("Send my answers")
    assert phone.heading() == "Thank you. Saved."
    [saved] = stored(house, opened)
    assert (weights(saved), saved.note) == (ANSWERS, NOTE)
    assert left(phone.page) == []
    expect(phone.page.locator("#still-here .notice")).to_be_hidden()


def test_answered_offline_closed_and_opened_again_it_is_there_once(
    phone: Phone, house: House, picture: Picture
) -> None:
    opened = fill_in(phone, house)
    phone.context.set_offline(True)
    send_in_vain(phone)
    picture(phone, "offline-saved-on-this-phone")
    assert stored(house, opened) == []
    phone.context.set_offline(False)
    come_back(phone, "/sign-in")
    sent_at_last(phone.page)
    [saved] = stored(house, opened)
    assert (weights(saved), saved.note) == (ANSWERS, NOTE)
    expect(phone.page.locator("#still-here .notice")).to_be_hidden()


def test_it_goes_out_by_itself_while_the_page_stays_open(phone: Phone, house: House) -> None:
    opened = fill_in(phone, house)
    phone.context.set_offline(True)
    send_in_vain(phone)
    with phone.page.expect_navigation():
        phone.context.set_offline(False)
    assert phone.heading() == "Thank you. Saved."
    assert len(stored(house, opened)) == 1


def test_a_browser_that_believes_it_is_online_makes_no_difference(phone: Phone, house: House) -> None:
    phone.page.add_init_script("Object.defineProperty(Navigator.prototype, 'onLine', { get: () => true })")
    opened = fill_in(phone, house)
    phone.page.route(LINKS, lambda route: only_posts(route, "/c/") and route.abort())
    send_in_vain(phone)
    assert phone.page.evaluate("navigator.onLine") is True
    assert stored(house, opened) == []
    phone.page.unroute(LINKS)
    with phone.page.expect_navigation():  # no event tells that it works again: the clock does
        phone.page.clock.fast_forward(70_000)
    assert len(stored(house, opened)) == 1


def test_a_browser_that_believes_it_is_offline_sends_all_the_same(phone: Phone, house: House) -> None:
    phone.page.add_init_script("Object.defineProperty(Navigator.prototype, 'onLine', { get: () => false })")
    opened = fill_in(phone, house)
    phone.follow("Send my answers")
    assert len(stored(house, opened)) == 1


def test_a_reply_lost_after_the_commit_leads_to_the_same_receipt(phone: Phone, house: House) -> None:
    opened = fill_in(phone, house)
    lost: list[int] = []

    def lose(route: Route) -> None:
        if only_posts(route, "/c/"):
            lost.append(route.fetch().status)
            route.abort()

    phone.page.route(LINKS, lose)
    send_in_vain(phone)
    assert lost[0] == 200
    [saved] = stored(house, opened)
    assert len(left(phone.page)) == 1
    with phone.page.expect_navigation():
        phone.page.evaluate("() => { setTimeout(() => dispatchEvent(new Event('online')), 300); }")
        phone.page.unroute(LINKS)
    assert phone.heading() == "Thank you. Saved."
    assert [one.id for one in stored(house, opened)] == [saved.id]


@pytest.mark.parametrize("status", [500, 503])
def test_fault_22_a_server_that_fails_leaves_the_answers_on_the_phone(
    phone: Phone, house: House, status: int
) -> None:
    opened = fill_in(phone, house)
    phone.page.route(
        LINKS, lambda route: only_posts(route, "/c/") and route.fulfill(status=status, body="<p>")
    )
    send_in_vain(phone)
    assert stored(house, opened) == []
    phone.page.unroute(LINKS)
    come_back(phone, "/sign-in")
    sent_at_last(phone.page)
    assert len(stored(house, opened)) == 1


def test_somebody_elses_page_in_between_is_no_receipt(phone: Phone, house: House) -> None:
    """What a hotel's sign-in page answers with: 200 and a page, or even JSON."""
    opened = fill_in(phone, house)
    bodies = iter(["<h1>Welcome to our hotel</h1>", '{"key": "another", "words": ""}'])
    hotel = "<h1>Welcome</h1>"
    phone.page.route(
        LINKS, lambda route: only_posts(route, "/c/") and route.fulfill(body=next(bodies, hotel), status=200)
    )
    send_in_vain(phone)
    phone.page.evaluate("unsent.flush(true)")
    assert len(left(phone.page)) == 1
    phone.page.unroute(LINKS)
    come_back(phone, "/sign-in")
    sent_at_last(phone.page)
    assert len(stored(house, opened)) == 1


def test_whose_sign_in_has_ended_signs_in_to_send_it(phone: Phone, house: House, picture: Picture) -> None:
    phone.sign_in(house.asked)
    opened = waiting(house, house.asked)
    open_quickly(phone, f"/check-in/{opened.prompt_id}")
    answer_all(phone)
    ready(phone.page)
    phone.page.clock.resume()
    phone.context.clear_cookies()
    send_in_vain(phone)
    expect(phone.page.get_by_role("link", name="Sign in to send it.")).to_be_visible()
    picture(phone, "offline-sign-in-to-send")
    assert [one["state"] for one in left(phone.page)] == ["signed-out"]
    assert stored(house, opened) == []
    phone.sign_in(house.asked)
    sent_at_last(phone.page)
    assert [weights(one) for one in stored(house, opened)] == [ANSWERS]


def test_two_tabs_send_it_once(phone: Phone, house: House) -> None:
    opened = fill_in(phone, house)
    other = phone.context.new_page()
    other.goto(phone.url + "/sign-in")
    ready(other)
    phone.context.set_offline(True)
    send_in_vain(phone)
    sent = posts(phone)
    for page in (phone.page, other):  # each of them tries at the same time, and more than once
        page.evaluate("() => [300, 300, 310].forEach((ms) => setTimeout(() => unsent.flush(), ms))")
    phone.context.set_offline(False)
    sent_at_last(other)
    expect(phone.page.get_by_role("heading", name="Thank you. Saved.")).to_be_visible()
    assert len(stored(house, opened)) == 1
    answers = [one for one in sent if one.url.endswith(opened.secret)]
    assert len(answers) == 1


def test_thoughts_of_death_are_answered_before_any_network(
    phone: Phone, house: House, picture: Picture
) -> None:
    opened = fill_in(phone, house, suicide=1)
    phone.context.set_offline(True)
    phone.tap("Send my answers")
    expect(phone.page.get_by_role("heading", name="We are glad you told us")).to_be_focused()
    expect(phone.page.locator("#words")).to_have_text(
        "Your answers are not sent yet, so nobody has seen them."
    )
    expect(phone.page.get_by_role("status").first).to_contain_text(WAITS)
    assert numbers_on(phone) == CALLS
    picture(phone, "offline-glad-you-told-us")
    assert stored(house, opened) == []
    phone.context.set_offline(False)
    expect(phone.page.locator("#words")).to_contain_text("Your care team gets an alert about this.")
    told_us(phone, house, opened)
    assert numbers_on(phone) == CALLS  # the page stays: nobody is moved away from the numbers
    phone.follow("Continue")
    assert phone.heading() == "Thank you. Saved."


def test_fault_17_answered_offline_and_sent_nine_hours_later(
    phone: Phone, make_phone: Callable[..., Phone], house: House, picture: Picture
) -> None:
    """The clock of the phone and the rows of the prompt are set back, as if the night had passed."""
    opened = fill_in(phone, house, suicide=1)
    now = datetime.now(UTC)
    given_at = now - timedelta(hours=9)
    fetched = stamp(house.deps, opened.prompt_id, given_at - timedelta(minutes=2))
    phone.page.evaluate("(mark) => { document.querySelector('[name=fetched]').value = mark; }", fetched)
    phone.page.clock.set_system_time(given_at)
    phone.context.set_offline(True)
    phone.tap("Send my answers")
    expect(phone.page.get_by_role("heading", name="We are glad you told us")).to_be_focused()
    kept_at_last(phone.page)
    let_pass(house, opened, now)
    phone.page.clock.set_system_time(datetime.now(UTC))
    phone.context.set_offline(False)
    come_back(phone, "/sign-in")
    sent_at_last(phone.page)
    [saved] = stored(house, opened)
    assert abs(saved.answered_at - given_at) < timedelta(minutes=1)
    assert saved.received_at >= now
    assert saved.late
    staff = make_phone()
    staff.sign_in(house.staff)
    alert = staff.page.locator(".entry.urgent", has_text=opened.patient.name)
    expect(alert).to_contain_text("9 hours ago. Call the patient.")
    expect(alert).to_contain_text("The phone had no connection: the answer reached us 9 hours later.")
    alert.scroll_into_view_if_needed()
    picture(staff, "alert-answered-9-hours-ago", whole=False)


def test_other_answers_after_a_lost_reply_are_not_thrown_away(phone: Phone, house: House) -> None:
    opened = fill_in(phone, house)
    phone.page.route(LINKS, lambda route: only_posts(route, "/c/") and (route.fetch(), route.abort()))
    send_in_vain(phone)
    phone.page.go_back()
    expect(phone.page.locator("#check-in")).to_be_visible()
    phone.page.evaluate("document.getElementById('q1-4').checked = true")
    phone.page.go_forward()
    phone.page.clock.fast_forward(11_000)
    phone.page.unroute(LINKS)
    phone.page.clock.fast_forward(1000)
    phone.follow("Send my answers")
    assert phone.heading() == "Thank you. Saved."
    first, second = stored(house, opened)
    assert (first.secondary, second.secondary) == (False, True)
    assert (weights(first), weights(second)) == (ANSWERS, [3, *ANSWERS[1:]])


def test_what_can_never_be_taken_says_so(phone: Phone, house: House) -> None:
    from_nowhere = fill_in(phone, house)
    phone.page.evaluate("document.getElementById('check-in').setAttribute('action', '/c/unknown')")
    phone.follow("Send my answers")
    assert phone.heading() == "This check-in is closed"
    assert left(phone.page) == []
    assert stored(house, from_nowhere) == []


def test_what_was_refused_later_stays_until_it_is_removed(phone: Phone, house: House) -> None:
    phone.open("/sign-in")
    ready(phone.page)
    key = "a-key-of-no-check-in"
    phone.page.evaluate(f"unsent.put('{key}', '/c/unknown', 'key={key}').then(() => unsent.flush(true))")
    notice = phone.page.get_by_text("This could not be taken.")
    expect(notice).to_be_visible()
    phone.page.reload()
    expect(notice).to_be_visible()
    phone.tap("Remove it from this phone")
    expect(notice).to_be_hidden()
    assert left(phone.page) == []
