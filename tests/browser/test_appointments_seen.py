"""Agreeing an appointment as it is seen: hours, the times found, the choice on the phone, what both have."""

import re
from collections.abc import Callable

from browser.people import House
from browser.phone import PHONE, Phone

DESK = {"width": 1100, "height": 900}
SCHEMES = ("light", "dark")
Picture = Callable[..., None]


def _in_every_look(phone: Phone, picture: Picture, name: str) -> None:
    """Phone and desk, light and dark."""
    for place, size in (("phone", PHONE), ("desk", DESK)):
        phone.page.set_viewport_size(size)  # type: ignore[arg-type]
        for scheme in SCHEMES:
            phone.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            picture(phone, f"{name}-{place}-{scheme}", whole=place == "phone")
    phone.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    phone.page.emulate_media(color_scheme="light")


def _on_a_desk(phone: Phone, picture: Picture, name: str) -> None:
    phone.page.set_viewport_size(DESK)  # type: ignore[arg-type]
    picture(phone, name, whole=False)
    phone.page.set_viewport_size(PHONE)  # type: ignore[arg-type]


def test_from_free_times_to_an_agreed_appointment(
    make_phone: Callable[..., Phone], house: House, picture: Picture
) -> None:
    therapist, patient = make_phone(), make_phone()
    therapist.sign_in(house.therapist)
    therapist.follow("Appointments", inside="nav")
    therapist.follow("My hours")
    _on_a_desk(therapist, picture, "appointments-hours")
    therapist.open(f"/patients/{house.recent.id}/times")
    _in_every_look(therapist, picture, "slot-picker")
    ticked = therapist.page.locator("input[name=slots]:checked")
    assert 1 <= ticked.count() <= 3
    chosen = ticked.count()
    assert "%" in therapist.words()
    therapist.follow("Propose these times")
    assert f"{house.recent.name} gets a message." in therapist.words()

    patient.sign_in(house.recent)
    patient.open("/appointments")
    _in_every_look(patient, picture, "patient-choice")
    radios = patient.page.locator("input[name=slot]")
    assert (radios.count(), patient.page.locator("input[name=slot]:checked").count()) == (chosen, 0)
    radios.nth(1).tap()
    patient.follow("Take this time")
    assert "Your appointment is on" in patient.words()
    picture(patient, "patient-agreed")
    patient.follow(re.compile("^Cancel it"))
    assert patient.heading() == "Cancel this appointment?"
    patient.follow("Keep it")

    therapist.follow("Appointments", inside="nav")
    assert house.recent.name in therapist.words()
    picture(therapist, "therapist-appointments-phone")
    _on_a_desk(therapist, picture, "therapist-appointments-desk")
    therapist.follow(re.compile(f"^Move.*{house.recent.name}"))
    assert therapist.page.locator("input[name=slot]").count() > 3
    patient.follow(re.compile("^See them in my own calendar"))
    patient.follow("Make an address")
    picture(patient, "appointments-calendar")
