"""The check-in's form in a hand: one question at a time, nothing sent twice, nothing lost."""

from collections.abc import Callable

from browser.asking import Opened, waiting
from browser.examine import faults
from browser.filling import answer, answer_all, chosen, open_quickly, questions
from browser.people import House
from browser.phone import Phone
from browser.server import ROOT
from browser.states import CHOOSE, SUBMIT
from playwright.sync_api import Request, expect

from checkin.domain.check_in import CheckIn
from checkin.storage import alerts, check_ins
from checkin.web.scripts import PARTS

SMALLEST = {"width": 360, "height": 640}
STATIC = ROOT / "static"
NINE = [*(f"q{place}-2" for place in range(1, 9)), "q9-1"]


def without_keeping(phone: Phone) -> None:
    """As in a browser that cannot keep anything: the form goes to the server by itself."""
    served_without(phone, "queue.js", "keep.js", "phone.js")


def served_without(phone: Phone, *left_out: str) -> None:
    """Let the script come without these parts of it."""
    parts = [(STATIC / part).read_text() for part in PARTS if part not in left_out]
    phone.page.route(
        "**/checkin.js*", lambda route: route.fulfill(body="\n".join(parts), content_type="text/javascript")
    )


def stored(house: House, opened: Opened) -> list[CheckIn]:
    """What the server has for this prompt."""
    with house.deps.reading() as tx:
        return [c for c in check_ins.check_ins_of(tx, opened.patient.id) if c.prompt_id == opened.prompt_id]


def weights(check_in: CheckIn) -> list[int | None]:
    return [weight for items in check_in.answers.values() for weight in items.values()]


def test_one_question_at_a_time_and_nothing_to_scroll(phone: Phone, house: House) -> None:
    opened = waiting(house)
    phone.page.set_viewport_size(SMALLEST)  # type: ignore[arg-type]
    open_quickly(phone, opened.path)
    for place in range(9):
        question = questions(phone).nth(place)
        assert questions(phone).filter(visible=True).count() == 1
        assert phone.page.locator("#where").inner_text() == f"Question {place + 1} of 9"
        assert phone.page.evaluate("scrollY") == 0
        lowest = question.get_by_role("radio").last.bounding_box()
        assert lowest is not None
        assert lowest["y"] + lowest["height"] <= SMALLEST["height"]
        answer(phone, question, 0)
    phone.follow("Send my answers")
    assert phone.heading() == "Thank you. Saved."
    [saved] = stored(house, opened)
    assert weights(saved) == [0] * 9


def test_back_shows_the_answer_given_and_can_change_it(phone: Phone, house: House) -> None:
    opened = waiting(house)
    open_quickly(phone, opened.path)
    for place in range(3):
        answer(phone, questions(phone).nth(place), 1)
    phone.page.go_back()
    expect(questions(phone).nth(2)).to_be_visible()
    assert chosen(phone) == ["q1-2", "q2-2", "q3-2"]
    phone.page.clock.run_for(1000)
    phone.tap("Back")
    expect(questions(phone).nth(1)).to_be_visible()
    phone.page.clock.run_for(1000)
    answer(phone, questions(phone).nth(1), 3)
    assert chosen(phone) == ["q1-2", "q2-4", "q3-2"]
    expect(questions(phone).nth(2)).to_be_visible()
    assert stored(house, opened) == []


def test_continue_asks_for_the_answer_first(phone: Phone, house: House) -> None:
    open_quickly(phone, waiting(house).path)
    phone.page.clock.run_for(1000)
    phone.tap("Continue")
    expect(phone.page.get_by_role("alert")).to_have_text("Choose an answer first, then Continue.")
    expect(questions(phone).nth(0)).to_be_visible()


def test_a_second_tap_on_the_button_sends_nothing_more(phone: Phone, house: House) -> None:
    opened = waiting(house)
    open_quickly(phone, opened.path)
    answer_all(phone)
    phone.page.clock.resume()
    phone.slow_down(milliseconds=400)
    sent: list[Request] = []
    phone.page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    with phone.page.expect_navigation():
        phone.page.evaluate("() => [0, 100, 200].forEach((ms) => setTimeout(() => send.click(), ms))")
    assert phone.heading() == "Thank you. Saved."
    assert len(sent) == 1
    assert len(stored(house, opened)) == 1


def test_without_script_it_is_one_page(make_phone: Callable[..., Phone], house: House) -> None:
    plain, opened = make_phone(java_script_enabled=False), waiting(house)
    plain.open(opened.path)
    for place in range(9):
        expect(questions(plain).nth(place)).to_be_visible()
        if place != 4:
            questions(plain).nth(place).get_by_role("radio").nth(1 if place < 8 else 0).tap()
    plain.page.get_by_text("Add a note (optional)").tap()
    plain.page.get_by_label("Only people you have allowed").fill("slept badly")
    plain.page.get_by_label("Someone is helping me").tap()
    plain.follow("Send my answers")
    assert plain.page.title().startswith("Error: ")
    summary = plain.page.get_by_role("alert")
    expect(summary).to_contain_text("There is a problem")
    expect(summary.get_by_role("link")).to_have_count(1)
    expect(summary.get_by_role("link")).to_have_attribute("href", "#q5-1")
    assert chosen(plain) == [*(c for c in NINE if not c.startswith("q5")), "assisted"]
    questions(plain).nth(4).get_by_role("radio").nth(1).tap()
    plain.follow("Send my answers")
    assert plain.heading() == "Thank you. Saved."
    [saved] = stored(house, opened)
    assert (weights(saved), saved.note, saved.assisted) == ([1] * 8 + [0], "slept badly", True)


def test_the_one_page_is_in_order_too(phone: Phone, house: House) -> None:
    served_without(phone, "form.js")
    phone.open(waiting(house).path)
    expect(questions(phone).filter(visible=True)).to_have_count(9)
    assert faults(phone) == []


def test_answers_outlive_a_form_token_that_does_not(phone: Phone, house: House) -> None:
    opened = waiting(house)
    without_keeping(phone)
    open_quickly(phone, opened.path)
    answer_all(phone)
    phone.context.clear_cookies()
    phone.follow("Send my answers")
    expect(phone.page.locator("#problem")).to_contain_text("Your answers are still here")
    assert chosen(phone) == NINE
    assert stored(house, opened) == []
    phone.page.clock.run_for(1000)
    phone.follow("Send my answers")
    assert phone.heading() == "Thank you. Saved."
    assert len(stored(house, opened)) == 1


def test_answers_outlive_a_connection_that_breaks(phone: Phone, house: House) -> None:
    opened = waiting(house)
    without_keeping(phone)
    open_quickly(phone, opened.path)
    answer_all(phone)
    phone.context.set_offline(True)
    phone.tap("Send my answers")
    expect(phone.page.locator("#check-in")).to_have_count(0)  # the browser's own words stand there
    phone.context.set_offline(False)
    phone.page.go_back()
    expect(phone.page.locator("h1")).to_have_text("Your check-in")
    assert chosen(phone) == NINE
    phone.page.clock.run_for(1000)
    phone.tap("Continue")
    phone.page.clock.run_for(1000)
    phone.follow("Send my answers")
    assert phone.heading() == "Thank you. Saved."
    assert len(stored(house, opened)) == 1
    phone.complaints.clear()  # that the connection was gone


def test_the_thanks_load_again_and_the_link_says_what_happened(
    phone: Phone, make_phone: Callable[..., Phone], house: House
) -> None:
    opened = waiting(house)
    open_quickly(phone, opened.path)
    answer_all(phone)
    phone.follow("Send my answers")
    thanks = phone.page.url
    phone.page.reload()
    assert phone.heading() == "Thank you. Saved."
    phone.open(opened.path)
    assert phone.heading() == "Already saved"
    phone.page.go_back()
    assert phone.heading() == "Thank you. Saved."
    somebody_else = make_phone()
    somebody_else.open(thanks)
    assert "next check-in" not in somebody_else.words()
    assert len(stored(house, opened)) == 1


def test_answers_can_be_changed_by_whoever_has_the_link(phone: Phone, house: House) -> None:
    opened = waiting(house)
    open_quickly(phone, opened.path)
    answer_all(phone, 1)
    phone.follow("Send my answers")
    phone.follow("Change my answers")
    assert "replaces the answers you sent before" in phone.words()
    assert chosen(phone) == []
    phone.page.clock.run_for(1000)
    answer_all(phone, 2)
    phone.follow("Send my answers")
    assert phone.heading() == "Thank you. Saved."
    first, second = stored(house, opened)
    assert (weights(second), second.corrects) == ([2] * 8 + [0], first.id)


def test_somebody_signed_in_sees_what_was_answered_and_changes_it(
    phone_of: Callable[[str], Phone], house: House
) -> None:
    opened, phone = waiting(house, house.asked), phone_of("asked")
    phone.open(f"/check-in/{opened.prompt_id}")
    phone.page.evaluate(CHOOSE, 0)
    with phone.page.expect_navigation():
        phone.page.evaluate(SUBMIT)
    phone.follow("Change my answers")
    assert chosen(phone) == [f"q{place}-1" for place in range(1, 10)]
    questions(phone).nth(0).get_by_role("radio").nth(2).tap()
    with phone.page.expect_navigation():
        phone.page.evaluate(SUBMIT)
    assert phone.heading() == "Thank you. Saved."
    first, second = stored(house, opened)
    assert (weights(second), second.corrects) == ([2] + [0] * 8, first.id)


def told_us(phone: Phone, house: House, opened: Opened, saved: CheckIn | None = None) -> None:
    """The answers are saved, and the care team has its alert."""
    if saved is None:
        [saved] = stored(house, opened)
    with house.deps.reading() as tx:
        [alert] = [a for a in alerts.open_alerts(tx, house.clinic.id) if a.patient_id == opened.patient.id]
    assert alert.check_in_id == saved.id


def numbers_on(phone: Phone) -> list[str | None]:
    """What the page offers to call, each shown as it is dialled."""
    calls = phone.page.locator("main a[href^='tel:']").filter(visible=True)
    numbers = [(link.get_attribute("href"), link.inner_text()) for link in calls.all()]
    assert all("".join(filter(str.isdigit, words)) in (href or "") for href, words in numbers)
    return [href for href, _ in numbers]


CALLS = ["tel:911", "tel:988", "tel:+15550100"]


def test_whoever_thinks_of_death_is_answered_before_anything_else(phone: Phone, house: House) -> None:
    opened = waiting(house)
    open_quickly(phone, opened.path)
    answer_all(phone, 0, suicide=1)
    phone.tap("Send my answers")
    expect(phone.page.get_by_role("heading", name="We are glad you told us")).to_be_focused()
    expect(phone.page.locator("#words")).to_contain_text("Your care team gets an alert about this.")
    told_us(phone, house, opened)
    assert numbers_on(phone) == CALLS
    assert faults(phone) == []
    phone.follow("Continue")
    assert phone.heading() == "Thank you. Saved."


def test_so_is_whoever_thinks_of_death_without_keeping(phone: Phone, house: House) -> None:
    opened = waiting(house)
    without_keeping(phone)
    open_quickly(phone, opened.path)
    answer_all(phone, 0, suicide=1)
    phone.follow("Send my answers")
    assert phone.heading() == "We are glad you told us"
    assert "Your answers are saved." in phone.words()
    told_us(phone, house, opened)
    phone.follow("Get help now", inside="main")
    assert phone.heading() == "Get help now"
    assert numbers_on(phone) == CALLS
    phone.page.go_back()
    phone.follow("Continue")
    assert phone.heading() == "Thank you. Saved."
