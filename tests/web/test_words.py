"""Every word on every page goes through the catalogue: in a made-up language nothing stays English."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask import Flask
from support.pages import INVITED, every_page, furnish
from support.people import World, email_of
from support.visitor import Visitor

from checkin.domain.instruments import builtin_instruments
from checkin.domain.protocol import default_protocol
from checkin.services.deps import Deps
from checkin.storage.engine import Database
from checkin.web import speech
from scripts.messages import collect

_MARK = "⟦{}⟧"
# Typed in by people of the clinic, or the names of units.
_TYPED = ("Harbour", "Our clinic", "America/New York", "Check-in", "heart rate steady throughout", "mg/kg")
_SILENT = {"script", "style", "option", "title"}


class _Words(HTMLParser):
    """Collects what a reader sees or hears: text, and the attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.append(tag)
        self.found += [v for name, v in attrs if name in {"aria-label", "placeholder", "title"} and v]

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not _SILENT.intersection(self._open[-1:]) and data.strip():
            self.found.append(data.strip())


def _mark(message: str) -> str:
    return _MARK.format(message)


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """Words do not depend on the database."""
    return sqlite_database


@pytest.fixture(scope="module")
def catalogues(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a catalogue in which every text is put between marks."""
    folder = tmp_path_factory.mktemp("translations")
    target = folder / "de" / "LC_MESSAGES" / "messages.mo"
    target.parent.mkdir(parents=True)
    marked = Catalog(locale="de")
    for message in collect():
        if not message.id:
            continue
        several = isinstance(message.id, (tuple, list))
        words = tuple(_mark(one) for one in message.id) if several else _mark(message.id)
        marked.add(message.id, words, context=message.context)
    with target.open("wb") as file:
        write_mo(file, marked)
    return folder


def _data(world: World) -> list[str]:
    """What is data on a page and not words of ours."""
    people = [value for person in world.everybody for value in (person.name, person.email)]
    return [
        *people,
        INVITED,
        email_of(INVITED),
        world.clinic.name,
        *_TYPED,
        *sorted(_names(), key=len, reverse=True),
    ]


def _names() -> set[str]:
    """Names of forms and protocols, which are the same in every language."""
    protocol = default_protocol()
    return {*builtin_instruments(), protocol.reference, protocol.title}


def _english(page: str, data: list[str]) -> list[str]:
    """Texts that have letters of ours outside the marks."""
    parser = _Words()
    parser.feed(page)
    left = []
    for words in parser.found:
        rest = words
        while (shorter := re.sub(r"⟦[^⟦⟧]*⟧", "", rest)) != rest:
            rest = shorter
        for value in data:
            rest = rest.replace(value, "")
        if re.search(r"[A-Za-z]{2,}", rest):
            left.append(words)
    return left


def test_no_page_has_a_word_outside_the_catalogue(
    new_app: Flask,
    sqlite_database: Database,
    deps: Deps,
    world: World,
    catalogues: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(speech, "LANGUAGES", ("de",))
    monkeypatch.setattr(speech, "spoken_moment", lambda at, zone, language: "⟦a moment⟧")
    new_app.extensions["babel"].translation_directories = [str(catalogues)]
    pages = every_page(new_app, furnish(sqlite_database, deps, world))
    left: dict[str, list[str]] = {}
    for person in (world.patient, world.therapist, world.staff, None):
        visitor = Visitor(new_app)
        if person is not None:
            visitor.sign_in(person)
        for page in pages:
            if page.endpoint in {"static"}:
                continue
            answer = visitor.get(page.path, headers={"Accept-Language": "de"})
            if answer.mimetype == "text/html" and answer.status_code < 300:
                found = _english(answer.text, _data(world))
                if found:
                    left.setdefault(page.endpoint, []).extend(found)
    assert not left, left
