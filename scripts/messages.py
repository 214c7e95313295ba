"""Collect every text a person can read into translations/messages.pot, and bring translations in line.

Python marks its texts with text() and ntext(), templates with _() and {% trans %}; built-in forms are FHIR
files and name their own. Translations are translations/LANGUAGE/LC_MESSAGES/messages.po.
"""

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from checkin.domain.instruments import own_texts

ROOT = Path(__file__).parent.parent
METHODS = [
    ("checkin/**.py", "python"),
    ("templates/**.html", "jinja2"),
    ("templates/**.txt", "jinja2"),
]
KEYWORDS = {**DEFAULT_KEYWORDS, "text": None, "ntext": (1, 2), "_l": None}


def collect() -> Catalog:
    """Return the catalogue of all texts, untranslated."""
    catalogue = Catalog(project="checkin", charset="utf-8")
    found = extract_from_dir(
        ROOT,
        METHODS,
        {"**": {"silent": "false"}},
        keywords=KEYWORDS,
        comment_tags=["Translators:"],
        directory_filter=_ours,
    )
    for file, line, message, comments, context in found:
        catalogue.add(message, locations=[(file, line)], auto_comments=comments, context=context)
    for words in own_texts():
        catalogue.add(words, locations=[("checkin/domain/instruments", 0)])
    return catalogue


def _ours(folder: str) -> bool:
    return not any(part.startswith(".") or part in {"var", "tests"} for part in Path(folder).parts[1:])


def bring_in_line(folder: Path, catalogue: Catalog) -> dict[str, int]:
    """Write the catalogue into ``folder``, merge it into each translation there and compile that.

    Return how many texts each language still lacks. Texts that are no longer used stay at the end of a file.
    """
    folder.mkdir(exist_ok=True)
    _write(folder / "messages.pot", catalogue)
    lacking = {}
    for path in sorted(folder.glob("*/LC_MESSAGES/messages.po")):
        language = path.parent.parent.name
        translated = read_po(BytesIO(path.read_bytes()), locale=language)
        translated.update(catalogue)
        _write(path, translated)
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, translated)
        done = [message for message in translated if message.id and message.string and not message.fuzzy]
        lacking[language] = len(translated) - len(done)
    return lacking


def _write(path: Path, catalogue: Catalog) -> None:
    with path.open("wb") as file:
        write_po(file, catalogue, sort_output=True, no_location=True)


if __name__ == "__main__":
    texts = collect()
    print(f"{len(texts)} texts in translations/messages.pot")
    for language, number in bring_in_line(ROOT / "translations", texts).items():
        print(f"{language}: {number} to translate")
