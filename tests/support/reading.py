"""Pages as they are read: their words without markup, what a form has chosen, what it says beside a field."""

import re
from collections.abc import Sequence


def said(page: str) -> str:
    """The words of a page as they are read, without markup."""
    main = page[page.index("<main") : page.index("</main>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def missing(words: str, parts: Sequence[str]) -> list[str]:
    """Return which of these parts do not stand in a text, each after the one before."""
    left, place = [], 0
    for part in parts:
        found = words.find(part, place)
        if found < 0:
            left.append(part)
        else:
            place = found + len(part)
    return left


def checked(page: str) -> dict[str, str]:
    """The radio buttons that are chosen, by field."""
    chosen = [
        button for button in re.findall(r"<input[^>]*type=\"radio\"[^>]*>", page) if " checked" in button
    ]
    names, values = (re.findall(rf' {what}="(\w+)"', " ".join(chosen)) for what in ("name", "value"))
    return dict(zip(names, values, strict=True))


def errors_of(page: str, field: str) -> str:
    """What is said beside a field."""
    return " ".join(re.findall(rf'<p class="error" id="{field}-error\d*">(.*?)</p>', page))
