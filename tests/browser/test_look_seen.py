"""Dim and with larger text: what is chosen once is kept, and every kind of page is still in order."""

from collections.abc import Callable

from browser.asking import waiting
from browser.examine import faults
from browser.people import House
from browser.phone import Phone

Picture = Callable[..., None]
GROUND = "getComputedStyle(document.documentElement).backgroundColor"
DIM = "rgb(12, 17, 18)"


def _choose(phone: Phone, *names: str) -> None:
    phone.open("/account")
    for name in names:
        phone.page.get_by_label(name).check()
    phone.follow("Save", inside="main")


def test_pages_are_dim_and_large_and_in_order(
    make_phone: Callable[..., Phone], house: House, picture: Picture
) -> None:
    phone = make_phone()
    phone.sign_in(house.patient)
    _choose(phone, "Dim", "Larger text")
    picture(phone, "account-dim-large")
    form = waiting(house, house.patient).path
    for path in ("/home", "/chart", "/sharing", "/help", form):
        phone.open(path)
        assert phone.page.evaluate(GROUND) == DIM, path
        assert faults(phone) == [], path
    picture(phone, "check-in-dim-large", whole=False)
    phone.page.locator("#dim").uncheck()
    assert phone.page.evaluate(GROUND) != DIM, "the form goes by its switch"


def test_a_therapists_charts_are_dim_too(make_phone: Callable[..., Phone], house: House) -> None:
    phone = make_phone()
    phone.sign_in(house.therapist)
    _choose(phone, "Dim")
    for path in ("/patients", f"/patients/{house.patient.id}"):
        phone.open(path)
        assert phone.page.evaluate(GROUND) == DIM
        assert faults(phone, [person.name for person in house.everybody]) == []
    fan = "getComputedStyle(document.querySelector('svg.chart')).getPropertyValue('--chart-fan')"
    assert phone.page.evaluate(fan) == "#c3a9ea"
