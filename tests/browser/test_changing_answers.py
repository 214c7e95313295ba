"""Answers that were saved before: changed too late, or sent once more, on a phone that keeps them."""

from datetime import UTC, datetime, timedelta

import pytest
from browser.asking import Opened, answered, waiting
from browser.filling import answer_all, open_quickly
from browser.keeping import ready
from browser.people import House
from browser.phone import Phone
from browser.test_check_in_form import stored, told_us, weights
from playwright.sync_api import expect
from sqlalchemy import update
from support import care

from checkin.services.answer_check_in import answer_by_link
from checkin.services.open_check_in import open_by_link
from checkin.services.time_of_answer import stamp
from checkin.storage.check_ins import check_ins


@pytest.mark.parametrize("offline", [False, True], ids=["sent at once", "without a connection"])
def test_a_change_that_comes_too_late_is_kept_beside_and_the_alert_is_real(
    phone: Phone, house: House, offline: bool
) -> None:
    opened = answered(house)
    open_quickly(phone, f"{opened.path}/change")
    answer_all(phone, 2, suicide=1)
    ready(phone.page)
    _let_sixteen_minutes_pass(house, opened, phone)
    phone.page.clock.resume()
    phone.context.set_offline(offline)
    phone.tap("Send my answers")
    expect(phone.page.get_by_role("heading", name="We are glad you told us")).to_be_focused()
    phone.context.set_offline(False)
    expect(phone.page.locator("#words")).to_contain_text("Your care team gets an alert about this.")
    first, second = stored(house, opened)
    assert (second.secondary, second.corrects, weights(second)) == (True, None, [2] * 8 + [1])
    told_us(phone, house, opened, second)
    phone.follow("Continue")
    assert "Both are kept." in phone.words()
    phone.complaints.clear()  # that the connection was gone


def _let_sixteen_minutes_pass(house: House, opened: Opened, phone: Phone) -> None:
    """Put the first answers and the form with which they are changed so far back."""
    long_ago = datetime.now(UTC) - timedelta(minutes=16)
    with house.database.transaction() as tx:
        mine = check_ins.c.prompt_id == opened.prompt_id
        tx.execute(update(check_ins).where(mine).values(answered_at=long_ago, received_at=long_ago))
    mark = stamp(house.deps, opened.prompt_id, long_ago)
    phone.page.evaluate("(mark) => { document.querySelector('[name=fetched]').value = mark; }", mark)


def test_other_answers_under_a_used_key_are_told_that_they_were_saved_already(
    phone: Phone, house: House
) -> None:
    opened = waiting(house)
    open_quickly(phone, opened.path)
    key = phone.page.locator("[name=key]").input_value()
    form = open_by_link(house.deps, opened.secret).form
    answer_by_link(house.deps, opened.secret, care.submission(care.fill(form, weight=3), key=key))
    answer_all(phone)
    phone.follow("Send my answers")
    assert phone.heading() == "Already saved"
    assert len(stored(house, opened)) == 1
