"""The look: what keeps every page light, private, legible in each scheme, and usable without script."""

import gzip
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Blueprint, Flask, render_template
from jinja2 import StrictUndefined

from checkin.domain.form import DECLINED, Form, compose
from checkin.domain.instruments import builtin_instruments
from checkin.web import speech

ROOT = Path(__file__).parent.parent
STYLE = (ROOT / "static/checkin.css").read_text()
OWN_SCRIPTS = sorted((ROOT / "static").glob("*.js"))
PAGES = [path for path in (ROOT / "templates").rglob("*.html") if "messages" not in path.parts]

TEXT_PAIRS = [
    *("ink/paper", "ink/surface", "ink/soft", "ink/warn-soft", "ink/danger-soft"),
    *("muted/paper", "muted/surface", "accent/paper", "accent/surface", "accent-ink/accent"),
    *("button-ink/button", "warn/warn-soft", "danger/danger-soft", "danger/paper", "danger-ink/danger"),
]
SHAPE_PAIRS = ["edge/paper", "edge/surface", "focus/paper", "focus/surface", "accent/soft", "warn/paper"]
HEALTH = re.compile(r"depress|ketamine|infusion|mood|suicid|phq|score", re.IGNORECASE)


def weight(text: str) -> int:
    return len(gzip.compress(text.encode(), 6))


def test_style_and_scripts_are_small() -> None:
    assert weight(STYLE) <= 5 * 1024
    assert {
        path.name: lines for path in OWN_SCRIPTS if (lines := len(path.read_text().splitlines())) > 130
    } == {}


def test_nothing_moves_and_nothing_comes_from_elsewhere() -> None:
    assert not re.search(r"\b(animation|transition|@keyframes|@import|@font-face|url\()", STYLE)
    for script in OWN_SCRIPTS:
        assert not re.search(r"innerHTML|https?:|eval\(", script.read_text()), script


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_obeys_the_content_security_policy(page: Path) -> None:
    source = re.sub(r"\{#.*?#\}", "", page.read_text(), flags=re.DOTALL)
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", source)
    assert not re.search(r"""(src|href|action)=["'](https?:)?//""", source)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", source))


def declared(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): ([^;}]+);", block))


def schemes() -> Mapping[str, dict[str, str]]:
    """The colour tokens as each reader gets them, by the cascade of the sheet."""
    blocks = re.findall(r"(?::root|:is\(\.dim[^{]*) \{([^}]*--paper[^}]*)\}", STYLE)
    light, dark, dim, contrast, dim_contrast, dark_contrast = (declared(block) for block in blocks[:6])
    dark, dim = light | dark, light | dim
    return {
        "light": light,
        "dark": dark,
        "dim": dim,
        "dark, then dim": dark | dim,
        "more contrast": light | contrast,
        "dim, more contrast": dim | dim_contrast,
        "dark, more contrast": dark | contrast | dark_contrast,
    }


def luminance(tokens: Mapping[str, str], name: str) -> float:
    value = tokens[name]
    while reference := re.fullmatch(r"var\(--([a-z-]+)\)", value):
        value = tokens[reference[1]]
    digits = value.removeprefix("#")
    digits = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(tokens: Mapping[str, str], pair: str) -> float:
    """The ratio of WCAG 2.2, 1 to 21."""
    low, high = sorted(luminance(tokens, name) for name in pair.split("/"))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", schemes())
def test_ink_can_be_read_on_its_ground(scheme: str) -> None:
    tokens = schemes()[scheme]
    assert {pair: ratio for pair in TEXT_PAIRS if (ratio := contrast(tokens, pair)) < 4.5} == {}
    assert {pair: ratio for pair in SHAPE_PAIRS if (ratio := contrast(tokens, pair)) < 3} == {}


def test_more_contrast_is_more() -> None:
    known = schemes()
    for name in ("light", "dim", "dark"):
        more = known["more contrast" if name == "light" else f"{name}, more contrast"]
        assert contrast(more, "ink/paper") > contrast(known[name], "ink/paper")


class Elements(HTMLParser):
    """The start tags of a page in order, each as (name, attributes)."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag == name]


@pytest.fixture
def app() -> Iterator[Flask]:
    app = Flask("look", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.jinja_env.undefined = StrictUndefined
    speech.install(app)
    help_now = Blueprint("help", __name__)
    help_now.add_url_rule("/help", "show", lambda: "")
    app.register_blueprint(help_now)
    with app.test_request_context():
        yield app


def check_in(form: Form, **values: object) -> str:
    return render_template(
        "check_in/form.html",
        **{
            "form": form,
            "values": {},
            "errors": {},
            "action": "/answer",
            "thanks": "/saved",
            "csrf": "token",
            "key": "0" * 32,
            "fetched": "",
            "minutes": 1,
            "count": len(form.questions),
            "note_allowed": True,
            "note_length": 1000,
            **values,
        },
    )


@pytest.mark.parametrize("name", builtin_instruments())
def test_a_check_in_is_one_light_form_with_nothing_chosen(app: Flask, name: str) -> None:
    form = compose([builtin_instruments()[name]])
    page = check_in(form)
    elements = Elements(page)
    assert weight(page) <= 8 * 1024
    assert len(elements.all("h1")) == len(elements.all("form")) == 1
    assert not [field for field in elements.all("input") if "checked" in field]
    labelled = {label["for"] for label in elements.all("label")}
    assert {field["id"] for field in elements.all("input") if field.get("type") != "hidden"} <= labelled
    radios = [field for field in elements.all("input") if field.get("type") == "radio"]
    offered = {(each.name, str(option.weight)) for each in form.questions for option in each.options}
    offered |= {(each.name, DECLINED) for each in form.questions if each.may_decline}
    assert {(field["name"], field["value"]) for field in radios} == offered


def test_an_error_keeps_the_answers_and_leads_to_its_question(app: Flask) -> None:
    form = compose([builtin_instruments()["phq-style-24h"]])
    errors = {"q3": "Select three", "q2": "Select two"}
    page = check_in(form, values={"q1": "2", "note": "<b>"}, errors=errors)
    elements = Elements(page)
    assert [field["id"] for field in elements.all("input") if "checked" in field] == ["q1-3"]
    assert [link["href"] for link in elements.all("a") if "#q" in (link["href"] or "")] == ["#q2-1", "#q3-1"]
    assert "<title>Error:" in page
    assert "&lt;b&gt;" in page


def test_a_title_says_nothing_about_health() -> None:
    for page in PAGES:
        for title in re.findall(r"\{% block title %\}(.*?)\{% endblock %\}", page.read_text()):
            assert not HEALTH.search(title), page
