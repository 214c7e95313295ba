"""The charts as eyes, fingers, printers and high contrast get them."""

import re
from collections.abc import Callable

import pytest
from browser.people import House
from browser.phone import PHONE, Phone
from playwright.sync_api import expect

Picture = Callable[..., None]
PAPER = {"width": 718, "height": 1047}  # A4 within margins of 1 cm, at 96 points an inch
DESK = {"width": 1100, "height": 900}
CHARTS = [("patient", lambda house: "/chart"), ("therapist", lambda house: f"/patients/{house.patient.id}")]
STYLE = "(element, name) => getComputedStyle(element)[name]"


@pytest.fixture(params=CHARTS, ids=lambda chart: chart[0])
def chart(request: pytest.FixtureRequest, phone_of: Callable[[str], Phone], house: House) -> Phone:
    """A phone that shows a chart."""
    persona, path = request.param
    phone = phone_of(persona)
    phone.open(path(house))
    return phone


def _style(phone: Phone, selector: str, name: str) -> str:
    return str(phone.page.locator(selector).filter(visible=True).first.evaluate(STYLE, name))


def _keep(phone: Phone, picture: Picture, name: str) -> None:
    phone.page.locator("figure").first.evaluate("(figure) => figure.scrollIntoView({ block: 'center' })")
    picture(phone, name, whole=False)


def test_in_forced_colours_the_line_has_the_colour_of_text(
    chart: Phone, picture: Picture, request: pytest.FixtureRequest
) -> None:
    chart.page.emulate_media(forced_colors="active", color_scheme="dark")
    ink = _style(chart, "h1", "color")
    assert ink == "rgb(255, 255, 255)"
    assert _style(chart, "svg.chart .line", "stroke") == ink
    assert _style(chart, "svg.chart .infusion path", "stroke") == ink
    assert _style(chart, "svg.chart text", "fill") == ink
    _keep(chart, picture, f"forced-colours-{request.node.callspec.id}")
    chart.page.emulate_media(forced_colors="none", color_scheme="light")


def test_on_paper_it_is_black_with_its_table(
    chart: Phone, picture: Picture, request: pytest.FixtureRequest
) -> None:
    chart.page.set_viewport_size(PAPER)  # type: ignore[arg-type]
    chart.page.emulate_media(media="print", color_scheme="dark")
    assert _style(chart, "svg.chart .line", "stroke") == "rgb(0, 0, 0)"
    assert _style(chart, "body", "color") == "rgb(0, 0, 0)"
    for part in ("header.top", "nav.places", "footer"):
        expect(chart.page.locator(part)).to_be_hidden()
    table = chart.page.locator("figure ~ details table").first
    expect(table).to_be_visible()
    assert chart.page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]
    _keep(chart, picture, f"print-{request.node.callspec.id}")
    chart.page.emulate_media(media="screen", color_scheme="light")
    chart.page.set_viewport_size(PHONE)  # type: ignore[arg-type]


def test_in_the_dark_it_is_dark(chart: Phone, picture: Picture, request: pytest.FixtureRequest) -> None:
    before = _style(chart, "svg.chart .line", "stroke")
    chart.page.emulate_media(color_scheme="dark")
    assert _style(chart, "svg.chart .line", "stroke") != before
    _keep(chart, picture, f"dark-{request.node.callspec.id}")
    chart.page.emulate_media(color_scheme="light")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_point_that_is_touched_says_what_it_is(
    size: dict[str, int], phone_of: Callable[[str], Phone], house: House
) -> None:
    phone = phone_of("therapist")
    phone.page.set_viewport_size(size)  # type: ignore[arg-type]
    phone.open(f"/patients/{house.patient.id}")
    drawn = phone.page.locator("#scores svg.chart").filter(visible=True)
    expect(drawn).to_have_count(1)
    points = drawn.locator(".spot")
    for place in (0, points.count() - 1):
        point = points.nth(place)
        expect(point.locator(".readout")).to_be_hidden()
        point.tap()
        expect(point.locator(".readout")).to_be_visible()
        assert re.search(r"\d+ of \d+", point.get_attribute("aria-label") or "")
    expect(drawn.locator(".readout").filter(visible=True)).to_have_count(1)
    assert "#" not in phone.page.url, "going back leads to the page before"
    phone.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
