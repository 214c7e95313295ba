"""Pages that come after something was sent, or only for somebody whom something has happened to."""

import re
import secrets
from collections.abc import Callable
from datetime import timedelta

from browser.addresses import invited
from browser.asking import answered, waiting
from browser.people import House, add_patient
from browser.phone import Phone
from support import care

from checkin.domain.clock import to_local
from checkin.domain.person import Person
from checkin.domain.token import Purpose
from checkin.services import manage_people
from checkin.services.answer_check_in import answer_unprompted
from checkin.services.open_check_in import open_unprompted

Reach = Callable[[Phone, House], None]

# Sends the form past its own checks, as it goes without script: what is not chosen stays empty.
SUBMIT = "document.querySelector('main form').submit()"
CHOOSE = """(last) => {
  const questions = [...document.querySelectorAll("fieldset.step")];
  questions.forEach((question, place) => {
    const choices = question.querySelectorAll("input[type=radio]");
    choices[place === questions.length - 1 ? last : 0].checked = true;
  });
}"""


def _sign_in_wrongly(phone: Phone, house: House) -> None:
    phone.open("/sign-in")
    phone.page.get_by_label("E-mail").fill(f"{secrets.token_hex(4)}@example.org")
    phone.page.get_by_label("Password").fill("not this one at all")
    phone.follow("Sign in", inside="main")


def _send_empty(path: str) -> Reach:
    def reach(phone: Phone, house: House) -> None:
        phone.open(path)
        _submit(phone)

    return reach


def _ask_for_reset(phone: Phone, house: House) -> None:
    phone.open("/reset")
    phone.page.get_by_label("E-mail").fill(f"{secrets.token_hex(4)}@example.org")
    phone.follow("Send me the link")


def _come_too_late(phone: Phone, house: House) -> None:
    phone.open("/reset")
    phone.context.clear_cookies()
    _submit(phone)


def _choose_a_weak_password(phone: Phone, house: House) -> None:
    phone.open(f"/welcome/{_token(house, invited(house), Purpose.INVITE)}")
    phone.page.get_by_label("New password").fill("short")
    phone.follow("Save and sign in")


def _arrive(phone: Phone, house: House) -> None:
    phone.open(f"/welcome/{_token(house, invited(house), Purpose.INVITE)}")
    phone.page.get_by_label("New password").fill("marble cactus violin thunder")
    phone.follow("Save and sign in")


def _stop_reminders(phone: Phone, house: House) -> None:
    phone.open(f"/stop/{_token(house, add_patient(house, 'Quiet Person'), Purpose.UNSUBSCRIBE)}")
    phone.follow("Stop reminders")


def _leave_out_answers(phone: Phone, house: House) -> None:
    phone.open(waiting(house).path)
    _submit(phone)


def _tell_us(path: Callable[[House], str]) -> Reach:
    def reach(phone: Phone, house: House) -> None:
        phone.open(path(house))
        phone.page.evaluate(CHOOSE, 2)
        _submit(phone)

    return reach


def _record(person: Callable[[House], Person], ago: timedelta, *buttons: str) -> Reach:
    """Type in an infusion that ended so long ago, then touch these buttons."""

    def reach(phone: Phone, house: House) -> None:
        ended = to_local(house.deps.now() - ago, house.zone)
        phone.open(f"/patients/{person(house).id}/infusions/new")
        phone.page.get_by_label("Day").fill(ended.date().isoformat())
        phone.page.get_by_label("Time it ended").fill(f"{ended:%H:%M}")
        for button in ("Continue", *buttons):
            phone.follow(button, inside="main")

    return reach


def _invite_on_paper(phone: Phone, house: House) -> None:
    phone.open("/clinic/people/invite")
    phone.page.get_by_label("Name").fill("Paula Paper")
    phone.page.get_by_role("textbox", name="E-mail").fill(f"{secrets.token_hex(4)}@example.org")
    phone.page.get_by_label("Therapist").check()
    phone.page.get_by_label("On paper, to hand over now").check()
    phone.follow("Invite", inside="main")


def _name_no_therapist(phone: Phone, house: House) -> None:
    phone.open("/sharing")
    phone.follow("Invite your own therapist")
    _submit(phone)


def _invite_a_therapist(phone: Phone, house: House) -> None:
    phone.open("/sharing/therapist")
    phone.page.get_by_label("Name").fill("Cleo Marsh")
    phone.page.get_by_role("textbox", name="E-mail").fill("cleo@example.org")
    for place, question in enumerate(phone.page.locator("fieldset").all()):
        question.get_by_role("radio", name="Yes" if place < 3 else "No").check()
    phone.follow("Continue")


def _leave_out_hours(phone: Phone, house: House) -> None:
    phone.open("/preferences")
    phone.page.get_by_label("Remind me from").fill("")
    phone.follow("Save", inside="main")


def _break_settings(phone: Phone, house: House) -> None:
    phone.open("/clinic/settings")
    phone.page.get_by_label("Country").fill("")
    phone.page.get_by_label("Name that messages come from").fill("")
    phone.follow("Save", inside="main")


def _half_a_day(phone: Phone, house: House) -> None:
    """Something wrong inside of a field that is made of others."""
    phone.open("/clinic/settings")
    phone.page.locator("#hours-6-since").fill("09:00")
    phone.page.locator("#hours-6-until").fill("")
    phone.follow("Save", inside="main")


def _choose_no_time(phone: Phone, house: House) -> None:
    phone.open("/appointments")
    phone.follow("Take this time")


def _tick_no_time(phone: Phone, house: House) -> None:
    phone.open(f"/patients/{house.recent.id}/times")
    ticked = phone.page.locator("input[name=slots]:checked")
    while ticked.count():
        ticked.first.uncheck()
    phone.follow("Propose these times")


def _break_hours(phone: Phone, house: House) -> None:
    phone.open("/hours")
    phone.page.get_by_label("Length of an appointment in minutes").fill("5")
    phone.page.get_by_label("From Monday", exact=True).fill("20:00")
    phone.follow("Save my hours")


def _make_an_address(phone: Phone, house: House) -> None:
    phone.open("/account/calendar")
    phone.follow(re.compile("^Make a"), inside="main")


def _at_home(prepare: Callable[[House, Person], object]) -> Reach:
    def reach(phone: Phone, house: House) -> None:
        patient = add_patient(house, f"Newcomer {secrets.token_hex(4)}")
        prepare(house, patient)
        phone.sign_in(patient)

    return reach


def _open(path: Callable[[House], str]) -> Reach:
    return lambda phone, house: _opened(phone, path(house))


def _opened(phone: Phone, path: str) -> None:
    phone.open(path)


def _submit(phone: Phone) -> None:
    with phone.page.expect_navigation():
        phone.page.evaluate(SUBMIT)


def _token(house: House, person: Person, purpose: Purpose) -> str:
    return care.a_token(house.database, person, purpose, house.deps.now(), lasts=timedelta(minutes=50))


def _change_what_nobody_asked_for(phone: Phone, house: House) -> None:
    form = open_unprompted(house.deps, house.asked).form
    answer_unprompted(house.deps, house.asked, care.submission(care.fill(form)))
    phone.open("/check-in/change")


def _waiting_for_asked(house: House) -> str:
    return f"/check-in/{waiting(house, house.asked).prompt_id}"


STATES: dict[str, tuple[str, Reach, str]] = {
    "sign-in refused": ("stranger", _sign_in_wrongly, "Sign in"),
    "sign-in left empty": ("stranger", _send_empty("/sign-in"), "Sign in"),
    "reset asked for": ("stranger", _ask_for_reset, "Look at your e-mail"),
    "form sent too late": ("stranger", _come_too_late, "Please send it again"),
    "invitation over": ("stranger", _open(lambda house: "/welcome/unknown"), "This link no longer works"),
    "reset link over": ("stranger", _open(lambda house: "/reset/unknown"), "This link no longer works"),
    "weak password": ("stranger", _choose_a_weak_password, "Welcome"),
    "page not there": ("stranger", _open(lambda house: "/nothing"), "Page not found"),
    "first hours": ("newcomer", _arrive, "When may we remind you?"),
    "reminders stopped": ("stranger", _stop_reminders, "Reminders are stopped"),
    "check-in closed": ("stranger", _open(lambda house: "/c/unknown"), "This check-in is closed"),
    "answers left out": ("stranger", _leave_out_answers, "Your check-in"),
    "answered before": ("stranger", _open(lambda house: answered(house).path), "Already saved"),
    "told by link": ("stranger", _tell_us(lambda house: waiting(house).path), "We are glad you told us"),
    "unprompted to change": ("asked", _change_what_nobody_asked_for, "Your check-in"),
    "told signed in": ("asked", _tell_us(_waiting_for_asked), "We are glad you told us"),
    "sharing has to wait": ("asked", _open(lambda house: "/sharing"), "Who can see this"),
    "therapist not named": ("patient", _name_no_therapist, "Invite your own therapist"),
    "invitation to confirm": ("patient", _invite_a_therapist, "Check before you give access"),
    "no hours": ("patient", _leave_out_hours, "When to remind me"),
    "nothing to do": ("newcomer", _at_home(lambda house, patient: None), "Nothing to do now"),
    "check-in ready": ("newcomer", _at_home(lambda house, patient: waiting(house, patient)), "is ready"),
    "discharged": (
        "newcomer",
        _at_home(lambda house, patient: manage_people.discharge(house.deps, house.staff, patient.id)),
        "Check-ins have ended",
    ),
    "infusion without a time": (
        "staff",
        lambda phone, house: _send_empty(f"/patients/{house.patient.id}/infusions/new")(phone, house),
        "Record an infusion",
    ),
    "infusion to confirm": (
        "staff",
        _record(lambda house: house.patient, timedelta(hours=2)),
        "Check before you record it",
    ),
    "own infusion to confirm": (
        "patient",
        _record(lambda house: house.patient, timedelta(hours=2)),
        "Check before you record it",
    ),
    "infusion recorded before": (
        "staff",
        _record(lambda house: house.patient, timedelta(days=5, hours=1)),
        "This may be recorded already",
    ),
    "invitation on paper": ("staff", _invite_on_paper, "Invitation on paper"),
    "time not chosen": ("patient", _choose_no_time, "Appointments"),
    "times not ticked": ("therapist", _tick_no_time, "Find a time"),
    "hours that cannot be": ("therapist", _break_hours, "My hours"),
    "calendar address": ("therapist", _make_an_address, "In my own calendar"),
    "settings that cannot be": ("staff", _break_settings, "Settings"),
    "settings with half a day": ("staff", _half_a_day, "Settings"),
    "password not given again": ("staff", _send_empty("/account/confirm"), "Your password again"),
    "sent after the end": ("stranger", _open(lambda house: "/sign-in?unsent=1"), "Sign in"),
}
