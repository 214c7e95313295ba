"""A phone that cannot keep, cannot lock, or hangs: what is said stays true, and the answers still go out."""

from collections.abc import Callable

import pytest
from browser.asking import waiting
from browser.filling import answer_all, open_quickly
from browser.keeping import fill_in, left, only_posts, ready
from browser.people import House, add_patient
from browser.phone import Phone
from browser.test_check_in_form import CALLS, numbers_on, stored, told_us, weights
from playwright.sync_api import expect

from checkin.domain.person import Person
from checkin.storage import check_ins

ANSWERS = [1] * 8 + [0]
WORRIED = [1] * 9
UNSEEN = "They are not sent yet, so nobody has seen them."
# What browsers of 2021 do not have.
OLD = """
  delete AbortSignal.timeout;
  delete self.BroadcastChannel;
  delete Array.prototype.findLastIndex;
  delete Crypto.prototype.randomUUID;
  Object.defineProperty(Navigator.prototype, "locks", { get: () => undefined });
"""
HANGS = "IDBFactory.prototype.open = () => ({});"
REFUSES = "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };"
BROKEN = {"hangs": HANGS, "refuses": REFUSES}
# Bytes that no key opens, as after a repair of the phone.
SPOIL = """async () => {
  await unsent.put("a-key-that-was-lost", "/nowhere", "q1=1");
  const database = await new Promise((done) => {
    indexedDB.open("unsent").onsuccess = (event) => done(event.target.result); });
  const store = database.transaction("answers", "readwrite").objectStore("answers");
  const one = await new Promise((done) => {
    store.get("a-key-that-was-lost").onsuccess = (event) => done(event.target.result); });
  one.data = new ArrayBuffer(64);
  await new Promise((done) => { store.put(one).onsuccess = done; });
  database.close();
  await unsent.flush(true);
}"""
# The browser has closed the connection, as Safari does behind a page that was away for long.
LOSE = """async () => {
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = () => { throw new DOMException("closed", "InvalidStateError"); };
  const failed = await unsent.all().then(() => false, () => true);
  IDBDatabase.prototype.transaction = transaction;
  return [failed, (await unsent.all()).length];
}"""


@pytest.fixture
def phone(make_phone: Callable[..., Phone]) -> Phone:
    return make_phone()


@pytest.fixture(autouse=True)
def forget_the_connection(phone: Phone) -> object:
    """That a connection was gone stands in the console."""
    yield
    phone.complaints[:] = [one for one in phone.complaints if "net::ERR_" not in one]


def check_ins_of(house: House, patient: Person) -> int:
    with house.deps.reading() as tx:
        return len(check_ins.check_ins_of(tx, patient.id))


def test_an_older_phone_keeps_and_sends_like_any_other(phone: Phone, house: House) -> None:
    phone.page.add_init_script(OLD)
    opened = fill_in(phone, house)
    phone.context.set_offline(True)
    phone.tap("Send my answers")
    expect(phone.page.get_by_role("heading", name="Saved on this phone")).to_be_focused()
    assert len(left(phone.page)) == 1
    with phone.page.expect_navigation():
        phone.context.set_offline(False)
    assert phone.heading() == "Thank you. Saved."
    assert [weights(one) for one in stored(house, opened)] == [ANSWERS]
    assert left(phone.page) == []


@pytest.mark.parametrize("how", BROKEN)
def test_without_storage_the_form_goes_to_the_server_by_itself(phone: Phone, house: House, how: str) -> None:
    phone.page.add_init_script(BROKEN[how])
    opened = waiting(house)
    open_quickly(phone, opened.path)
    answer_all(phone)
    with phone.page.expect_navigation():
        phone.tap("Send my answers")
        phone.page.clock.run_for(3100)
    assert phone.heading() == "Thank you. Saved."
    assert [weights(one) for one in stored(house, opened)] == [ANSWERS]


@pytest.mark.parametrize("how", BROKEN)
def test_thoughts_of_death_are_answered_without_storage_too_and_sent(
    phone: Phone, house: House, how: str
) -> None:
    phone.page.add_init_script(BROKEN[how])
    opened = waiting(house)
    open_quickly(phone, opened.path)
    answer_all(phone, suicide=1)
    phone.tap("Send my answers")
    expect(phone.page.get_by_role("heading", name="We are glad you told us")).to_be_focused()
    assert numbers_on(phone) == CALLS
    phone.page.clock.run_for(3100)
    expect(phone.page.locator("#words")).to_contain_text("Your care team gets an alert about this.")
    told_us(phone, house, opened)
    phone.follow("Continue")
    assert phone.heading() == "Thank you. Saved."


def test_thoughts_of_death_with_neither_storage_nor_network_claim_nothing(phone: Phone, house: House) -> None:
    phone.page.add_init_script(REFUSES)
    opened = waiting(house)
    open_quickly(phone, opened.path)
    answer_all(phone, suicide=1)
    phone.context.set_offline(True)
    phone.tap("Send my answers")
    expect(phone.page.locator("#words")).to_have_text(
        f"Your answers could not be saved on this phone. {UNSEEN}"
    )
    assert numbers_on(phone) == CALLS
    expect(phone.page.get_by_role("button", name="Send again")).to_be_visible()
    assert stored(house, opened) == []
    phone.context.set_offline(False)
    phone.follow("Send again")
    assert phone.heading() == "We are glad you told us"
    told_us(phone, house, opened)


def test_signing_out_does_not_wait_for_a_storage_that_hangs(phone: Phone, house: House) -> None:
    phone.page.add_init_script(HANGS)
    phone.sign_in(house.asked)
    phone.page.clock.install()
    phone.open("/account")
    with phone.page.expect_navigation():
        phone.tap("Sign out", inside="main")
        for _ in range(3):
            phone.page.wait_for_timeout(300)
            phone.page.clock.run_for(3100)
    assert phone.heading() == "Sign in"


def test_signing_out_in_vain_keeps_what_is_not_sent(phone: Phone, house: House) -> None:
    phone.sign_in(house.asked)
    phone.open("/account")
    ready(phone.page)
    phone.page.evaluate("unsent.put('a-key-that-cannot-be-sent', '/nowhere', 'q1=1')")
    phone.page.once("dialog", lambda dialog: dialog.accept())
    phone.page.route("**/sign-out", lambda route: route.fulfill(status=503, body="<h1>Not saved yet</h1>"))
    phone.follow("Sign out", inside="main")
    phone.page.unroute("**/sign-out")
    phone.open("/account")
    assert phone.heading() == "Account"
    assert len(left(phone.page)) == 1
    phone.complaints[:] = [one for one in phone.complaints if "status of 503" not in one]


def test_a_connection_that_was_closed_is_opened_anew(phone: Phone, house: House) -> None:
    phone.open("/sign-in")
    ready(phone.page)
    phone.page.evaluate("unsent.put('a-key-that-cannot-be-sent', '/nowhere', 'q1=1')")
    assert phone.page.evaluate(LOSE) == [True, 1]


def test_what_nobody_can_read_any_more_can_be_removed(phone: Phone, house: House) -> None:
    phone.open("/sign-in")
    ready(phone.page)
    phone.page.evaluate(SPOIL)
    expect(phone.page.get_by_text("This could not be taken.")).to_be_visible()
    phone.tap("Remove it from this phone")
    expect(phone.page.get_by_text("This could not be taken.")).to_be_hidden()
    assert left(phone.page) == []


def test_a_note_that_is_too_long_does_not_hide_that_nothing_was_sent(
    phone: Phone, house: House, picture: Callable[..., None]
) -> None:
    opened = fill_in(phone, house, suicide=1)
    assert phone.page.locator("#note").get_attribute("maxlength") == "1000"
    phone.page.evaluate("document.getElementById('note').value = 'x'.repeat(1001)")
    phone.tap("Send my answers")
    expect(phone.page.locator("#words")).to_have_text(
        "Your answers are not sent yet, so nobody has seen them. Use at most 1000 characters in your note."
    )
    assert numbers_on(phone) == CALLS
    assert stored(house, opened) == []
    picture(phone, "told-and-refused")
    expect(phone.page.get_by_role("link", name="Continue")).to_be_visible()
    phone.follow("Send again")
    assert phone.page.title().startswith("Error: ")
    phone.page.locator("#note").fill("x")
    ready(phone.page)
    phone.tap("Send my answers")
    expect(phone.page.locator("#words")).to_contain_text("Your care team gets an alert about this.")
    told_us(phone, house, opened)
    assert [weights(one) for one in stored(house, opened)] == [WORRIED]


def test_whose_sign_in_has_ended_and_who_thinks_of_death_is_told_both(phone: Phone, house: House) -> None:
    patient = add_patient(house, "Juno Told")
    phone.sign_in(patient)
    opened = waiting(house, patient)
    open_quickly(phone, f"/check-in/{opened.prompt_id}")
    answer_all(phone, suicide=1)
    ready(phone.page)
    phone.page.clock.resume()
    phone.context.clear_cookies()
    phone.tap("Send my answers")
    expect(phone.page.get_by_role("heading", name="We are glad you told us")).to_be_focused()
    expect(phone.page.get_by_role("link", name="Sign in to send it.")).to_be_visible()
    expect(phone.page.locator("#words")).to_have_text(
        "Your answers are not sent yet, so nobody has seen them."
    )
    assert numbers_on(phone) == CALLS
    phone.follow("Continue")
    assert phone.heading() == "Sign in"
    assert stored(house, opened) == []


def test_answers_that_have_gone_from_the_phone_are_not_said_to_have_arrived(
    phone: Phone, house: House
) -> None:
    opened = fill_in(phone, house, suicide=1)
    phone.context.set_offline(True)
    phone.tap("Send my answers")
    expect(phone.page.locator("#still-here .notice")).to_be_visible()
    phone.page.evaluate("unsent.clear().then(() => unsent.flush(true))")
    expect(phone.page.locator("#words")).to_contain_text("Your answers are no longer on this phone.")
    assert "alert" not in phone.page.locator("#words").inner_text()
    assert stored(house, opened) == []


def test_another_tab_that_sends_them_says_so_to_this_one(phone: Phone, house: House) -> None:
    opened = fill_in(phone, house, suicide=1)
    other = phone.context.new_page()
    other.goto(phone.url + "/sign-in")
    ready(other)
    phone.page.bring_to_front()
    phone.page.route("**/c/*", lambda route: only_posts(route, "/c/") and route.abort())
    phone.tap("Send my answers")
    expect(phone.page.locator("#still-here .notice")).to_be_visible()
    other.evaluate("unsent.flush(true)")
    expect(phone.page.locator("#words")).to_contain_text("Your care team gets an alert about this.")
    told_us(phone, house, opened)


def test_on_a_shared_phone_answers_wait_for_the_one_who_gave_them(phone: Phone, house: House) -> None:
    """A check-in that nobody asked for could be anybody's: it must not become that of who signs in next."""
    one, two = (add_patient(house, name) for name in ("Ola Shared", "Pia Shared"))
    phone.sign_in(one)
    open_quickly(phone, "/check-in")
    answer_all(phone)
    ready(phone.page)
    phone.page.clock.resume()
    phone.context.set_offline(True)
    phone.tap("Send my answers")
    expect(phone.page.get_by_role("heading", name="Saved on this phone")).to_be_focused()
    phone.context.clear_cookies()
    phone.context.set_offline(False)
    phone.sign_in(two)
    ready(phone.page)
    phone.page.evaluate("unsent.flush(true)")
    assert [one["state"] for one in left(phone.page)] == ["signed-out"]
    assert check_ins_of(house, two) == 0
    phone.sign_in(one)
    phone.page.evaluate("unsent.flush(true)")
    assert left(phone.page) == []
    assert (check_ins_of(house, one), check_ins_of(house, two)) == (1, 0)
