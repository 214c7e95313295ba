"""Messages in the reader's language: all words go through the catalogue, and none can break a message."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from channels.outgoing import ROOT, a_notice, a_renderer
from channels.said import Page

from checkin.channels.rendering import Rendered, Renderer
from checkin.domain.message import ChannelName, MessageKind

Words = dict[str | tuple[str, ...], str | tuple[str, ...]]


def write_catalogue(folder: Path, locale: str, words: Words) -> None:
    catalogue = Catalog(locale=locale)
    for message, translation in words.items():
        catalogue.add(message, translation)
    path = folder / locale / "LC_MESSAGES" / "messages.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, catalogue)


def in_language(renderer: Renderer, language: str) -> Rendered:
    return renderer.render(a_notice(language=language), ChannelName.EMAIL)


def test_a_reader_gets_the_own_language_and_its_way_with_time(tmp_path: Path) -> None:
    write_catalogue(
        tmp_path,
        "de",
        {
            "Your check-in is ready": "Deine Fragen sind da",
            "You can answer until %(moment)s.": "Du kannst bis %(moment)s antworten.",
            "EEEE d MMMM, h:mma": "EEEE, d. MMMM, HH:mm",
            ("It takes about %(num)s minute.", "It takes about %(num)s minutes."): (
                "Es dauert etwa %(num)s Minute.",
                "Es dauert etwa %(num)s Minuten.",
            ),
        },
    )
    renderer = a_renderer(tmp_path)
    for language in ("de", "de-AT", "de_CH"):
        words = in_language(renderer, language)
        assert words.subject == "Deine Fragen sind da"
        assert "Du kannst bis Dienstag, 3. März, 20:30 antworten." in words.text
        assert "Es dauert etwa 2 Minuten." in words.text
        assert str(Page(words.html).attributes["html"]["lang"]).startswith("de")


def test_a_translation_cannot_break_the_subject(tmp_path: Path) -> None:
    write_catalogue(tmp_path, "de", {"Your check-in is ready": "Deine Fragen\nsind da"})
    assert in_language(a_renderer(tmp_path), "de").subject == "Deine Fragen sind da"


def test_a_language_written_from_the_right_says_so(tmp_path: Path) -> None:
    write_catalogue(tmp_path, "ar", {"Start": "ابدأ"})
    words = in_language(a_renderer(tmp_path), "ar")
    assert Page(words.html).attributes["html"] == {"lang": "ar", "dir": "rtl"}


@pytest.mark.parametrize("language", ["xx", "de", "", "../../etc", "en\0", "tlh-Latn-QO-x-y"])
def test_without_a_catalogue_all_of_it_is_english(language: str) -> None:
    words = in_language(a_renderer(), language)
    assert words == in_language(a_renderer(), "en")
    assert Page(words.html).attributes["html"]["lang"] == "en-GB"


def test_every_word_goes_through_the_catalogue(tmp_path: Path) -> None:
    """A catalogue that brackets every message leaves no word of a template outside brackets."""
    found = extract_from_dir(
        ROOT / "templates" / "messages",
        method_map=[("**.txt", "jinja2"), ("**.html", "jinja2")],
        options_map={"**.txt": {"newstyle_gettext": "true"}, "**.html": {"newstyle_gettext": "true"}},
    )
    bracketed: Words = {}
    for _, _, message, _, _ in found:
        bracketed[message] = f"⟦{message}⟧" if isinstance(message, str) else tuple(f"⟦{m}⟧" for m in message)
    write_catalogue(tmp_path, "en_AU", bracketed)
    renderer, name = a_renderer(tmp_path), "Northside"
    for kind in MessageKind:
        words = renderer.render(
            a_notice(kind=kind, language="en_AU", possible_repeat=True), ChannelName.EMAIL
        )
        for said in (words.subject, words.text, Page(words.html).text):
            assert "⟦" in said
            outside = re.sub(r"⟦[^⟧]*⟧|https?://\S+", "", said).replace(name, "")
            assert not re.search(r"\w", outside), outside
