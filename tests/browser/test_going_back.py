"""Back to a page that asked whether all is right, without the browser's question about sending again."""

from collections.abc import Callable

import pytest
from browser.people import House
from browser.phone import Phone
from browser.states import STATES

CHECKS = {
    "invitation to confirm": "Invite your own therapist",
    "infusion to confirm": "Record an infusion",
    "own infusion to confirm": "I had an infusion",
}


@pytest.mark.parametrize("state", CHECKS)
def test_back_to_a_check_opens_the_form_it_came_from(
    state: str, phone_of: Callable[[str], Phone], house: House
) -> None:
    persona, reach, heading = STATES[state]
    phone = phone_of(persona)
    reach(phone, house)
    assert phone.heading() == heading
    phone.open("/help")
    phone.page.go_back()
    assert phone.heading() == CHECKS[state]
