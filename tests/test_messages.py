"""Collecting texts for translators: what is translated stays, what is new is asked for, and compiled."""

from gettext import GNUTranslations
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from scripts.messages import bring_in_line, collect

GERMAN = """msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgid "Save"
msgstr "Sichern"
"""


def _texts(*ids: str) -> Catalog:
    catalogue = Catalog(charset="utf-8")
    for one in ids:
        catalogue.add(one)
    return catalogue


def test_a_translation_keeps_its_words_and_takes_up_new_texts(tmp_path: Path) -> None:
    po = tmp_path / "de" / "LC_MESSAGES" / "messages.po"
    po.parent.mkdir(parents=True)
    po.write_text(GERMAN)
    assert bring_in_line(tmp_path, _texts("Save", "Home")) == {"de": 1}
    with po.open("rb") as file:
        assert {message.id for message in read_po(file) if message.id} == {"Save", "Home"}
    with po.with_suffix(".mo").open("rb") as compiled:
        german = GNUTranslations(compiled)
    assert (german.gettext("Save"), german.gettext("Home")) == ("Sichern", "Home")


def test_texts_of_python_templates_and_forms_are_all_there() -> None:
    texts = {message.id for message in collect() if isinstance(message.id, str)}
    assert {"Get help now", "Your scores and chart, and your infusions", "Not answered"} <= texts
