"""Names of people, as they are read."""

import unicodedata

from checkin.domain.errors import Invalid
from checkin.domain.words import text

# Overrides and isolates of direction, the empty space, the byte order mark. Joiners are part of some scripts.
_UNSEEN = frozenset("\u200b\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_name(name: str) -> str:
    """Return a name as it is read: without control characters, and without those that turn the text around.

    Raises ``Invalid`` where no letter is left.
    """
    words = " ".join(name.split())
    seen = (letter for letter in words if unicodedata.category(letter) != "Cc" and letter not in _UNSEEN)
    cleaned = "".join(seen).strip()
    if not any(letter.isalpha() for letter in cleaned):
        raise Invalid(text("Enter a name."), field="name")
    return cleaned
