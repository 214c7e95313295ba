"""Refusals of a service, sorted to the fields they are about."""

from checkin.domain.errors import Problems, Refusal
from checkin.web.speech import said


def by_field(refusal: Refusal) -> dict[str, str]:
    """Return the words for each field; those that belong to no field stand under an empty name."""
    words: dict[str, str] = {}
    for item in refusal.items if isinstance(refusal, Problems) else (refusal,):
        name = item.field or ""
        words[name] = f"{words[name]} {said(item.text)}" if name in words else said(item.text)
    return words
