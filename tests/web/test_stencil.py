"""A stencil says what the template would have said, for any values, and keeps none of them."""

from collections.abc import Iterator, Mapping

import pytest
from flask import Flask, g, render_template
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jinja2 import ChoiceLoader, DictLoader, UndefinedError
from support.people import World

from checkin.domain.form import compose
from checkin.domain.instruments import builtin_instruments
from checkin.services.open_check_in import OpenForm
from checkin.storage.engine import Database
from checkin.web import check_in_pages, stencil
from checkin.web.check_in_pages import Filled, form_page
from checkin.web.stencil import fill

TEMPLATES = {
    "twice.html": '<a href="{{ url }}">{{ word }}</a> {{ word }}{% if loud %}!{% endif %}',
    "said.html": "<p>{{ said }}: {{ word }}</p>",
    "maybe.html": "{% if word|default(none) %}[{{ word }}]{% endif %}",
    "who.html": "{{ session.seed }} {{ word }}",
    "token.html": "{{ csrf_token() }} {{ word }}",
    "address.html": "{{ request.path }} {{ word }}",
    "reads.html": '<html lang="{{ lang }}">{{ home_url }} {{ word }}',
}
# Whatever somebody may write, markup and marks of other machinery among it.
WORDS = st.text() | st.sampled_from(
    ["", "<b>", "&amp;", '"', "'", "{{ word }}", "{% if %}", "%(word)s", "\ue000word\ue001", "word", "\0"]
)
ANY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """Pages are the same on every kind of database."""
    return sqlite_database


@pytest.fixture(autouse=True)
def asked(new_app: Flask) -> Iterator[Flask]:
    """A request for a check-in link, with the templates above beside the real ones; nothing cut yet."""
    loader = new_app.jinja_env.loader
    assert loader is not None
    new_app.jinja_env.loader = ChoiceLoader([DictLoader(TEMPLATES), loader])
    stencil._cut.cache_clear()
    with new_app.test_request_context("/c/secret", headers={"Accept-Language": "en"}):
        yield new_app
    stencil._cut.cache_clear()


@ANY
@given(word=WORDS, url=WORDS, loud=st.booleans())
def test_it_says_what_the_template_says(word: str, url: str, *, loud: bool) -> None:
    values = {"word": word, "url": url}
    assert fill("twice.html", values, loud=loud) == render_template("twice.html", loud=loud, **values)


def rendered(template: str, holes: Mapping[str, str], **fixed: object) -> str:
    """What ``fill`` gives, without a stencil."""
    return render_template(template, **fixed, **holes)


@ANY
@given(action=WORDS, thanks=WORDS, key=WORDS, fetched=WORDS, replaces=st.booleans())
def test_the_check_in_form_is_the_same_either_way(
    world: World, action: str, thanks: str, key: str, fetched: str, *, replaces: bool
) -> None:
    form = compose([builtin_instruments()["phq-style-24h"]])
    opened = OpenForm(
        form=form,
        clinic_id=world.clinic.id,
        prompt=None,
        fetched=fetched,
        minutes=2,
        settling=False,
        answered=False,
        may_change=False,
        following=None,
    )
    pages = []
    for make in (fill, rendered):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(check_in_pages, "fill", make)
            filled = Filled(values={}, errors={}, key=key)
            pages.append(form_page(opened, filled, action=action, thanks=thanks, replaces=replaces))
    assert pages[0] == pages[1]


@ANY
@given(
    holes=st.fixed_dictionaries(
        {}, optional={"next_at": WORDS.filter(bool), "change_url": WORDS.filter(bool)}
    ),
    already=st.booleans(),
)
def test_the_confirmation_is_the_same_either_way(holes: dict[str, str], *, already: bool) -> None:
    filled = fill("check_in/saved.html", holes, already=already)
    assert filled == render_template("check_in/saved.html", already=already, **holes)


@ANY
@given(word=WORDS, said=WORDS)
def test_what_somebody_wrote_is_never_taken_for_a_hole(word: str, said: str) -> None:
    filled = fill("said.html", {"word": word}, said=said)
    assert filled == render_template("said.html", said=said, word=word)


def test_nothing_of_one_visit_is_in_the_page_of_another() -> None:
    first = fill("twice.html", {"word": "first word", "url": "/first"}, loud=False)
    second = fill("twice.html", {"word": "second word", "url": "/second"}, loud=False)
    assert (first.count("first"), second.count("first"), second.count("second")) == (3, 0, 3)


def test_a_value_that_is_missing_is_another_page_than_one_that_is_there() -> None:
    assert [fill("maybe.html", holes) for holes in ({}, {"word": "x"}, {}, {"word": "y"})] == [
        "",
        "[x]",
        "",
        "[y]",
    ]


def test_it_is_rendered_once_for_each_look() -> None:
    for number in range(5):
        for loud in (True, False):
            fill("twice.html", {"word": str(number), "url": ""}, loud=loud)
    assert stencil._cut.cache_info().misses == 2


def test_readers_of_other_languages_get_pages_of_their_own(
    new_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("checkin.web.speech.LANGUAGES", ("en", "de"))
    pages = []
    for language in ("en", "de", "en"):
        with new_app.test_request_context("/c/secret", headers={"Accept-Language": language}):
            g.pop("reader", None)
            pages.append(fill("reads.html", {"word": "x"}).partition(">")[0])
    assert pages == ['<html lang="en"', '<html lang="de"', '<html lang="en"']


@pytest.mark.parametrize("template", ["who.html", "token.html", "address.html"])
def test_a_template_that_asks_who_reads_it_makes_no_stencil(template: str) -> None:
    with pytest.raises((UndefinedError, TypeError, AttributeError)):
        fill(template, {"word": "x"})


def test_a_value_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="no place for other"):
        fill("maybe.html", {"word": "x", "other": "y"})
