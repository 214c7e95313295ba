"""Collect every text a person can read into translations/messages.pot, for translators to start from.

Python marks its texts with text() and ntext(), templates with _() and {% trans %}; built-in forms are FHIR
files and name their own.
"""

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import write_po

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


if __name__ == "__main__":
    target = ROOT / "translations" / "messages.pot"
    target.parent.mkdir(exist_ok=True)
    with target.open("wb") as file:
        write_po(file, collect(), sort_output=True, no_location=True)
