"""Reading FHIR JSON that nobody vouches for: bounded, typed, every problem noted with its item."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from checkin.domain.errors import Invalid, Problems, Refusal
from checkin.domain.words import Text, text

Json: TypeAlias = Mapping[str, object]

LARGEST_FILE = 2_000_000
"""Bytes. The published questionnaires are below 100 kB."""
DEEPEST = 60
"""Objects and lists inside each other. A question in ten nested groups, with its extensions, needs 35."""
MOST_VALUES = 100_000
LONGEST_TEXT = 10_000
"""Characters of one text shown to a person."""

LOINC = "http://loinc.org"

_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")  # controls and half characters


def brief(value: object) -> str:
    """Return something from a file so that it can be quoted in one line, whatever it is."""
    return str(value)[:60].encode("utf-8", "replace").decode()


class Unreadable(Exception):
    """Something in an item cannot be taken; ``reason`` is the sentence that says why."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.message)
        self.reason = reason


class Findings:
    """What was found while reading one file: problems, which refuse it, and remarks, shown to staff."""

    def __init__(self) -> None:
        self._problems: list[Refusal] = []
        self.remarks: list[Text] = []

    def problem(self, reason: Text, *, item: str | None = None) -> None:
        """Note why the file cannot be taken; ``item`` is the linkId that it is about."""
        words = reason if item is None else text("Item %(item)s: %(reason)s", item=item, reason=reason)
        self._problems.append(Invalid(words, field=item))

    @property
    def refused(self) -> bool:
        """Whether any problem was noted."""
        return bool(self._problems)

    def refused_item(self, item: str) -> bool:
        """Whether a problem with this item was noted."""
        return any(problem.field == item for problem in self._problems)

    def remark(self, words: Text) -> None:
        """Note something staff should know about a file that is taken."""
        self.remarks.append(words)

    def check(self) -> None:
        """Raise ``Problems`` with everything noted so far, if anything was."""
        if self._problems:
            raise Problems(tuple(self._problems))


def load_document(data: bytes) -> Json:
    """Return a file's JSON object. Raises Invalid for anything else, too large or too deep ones included."""
    if len(data) > LARGEST_FILE:
        raise Invalid(text("The file is larger than %(limit)s MB.", limit=LARGEST_FILE // 1_000_000))
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except RecursionError:
        raise Invalid(text("The file is nested too deeply.")) from None
    except json.JSONDecodeError as error:
        words = text(
            "The file is not JSON: line %(line)s, column %(column)s.", line=error.lineno, column=error.colno
        )
        raise Invalid(words) from None
    except ValueError:  # not UTF-8, or a number of absurd length
        raise Invalid(text("The file is not readable as JSON in UTF-8.")) from None
    check_bounds(document)
    if not isinstance(document, dict):
        raise Invalid(text("The file holds no JSON object."))
    return document


def check_bounds(document: object) -> None:
    """Raise Invalid for a document too deep or too large to be read without risk."""
    pending: list[tuple[object, int]] = [(document, 0)]
    count = 0
    while pending:
        value, depth = pending.pop()
        count += 1
        if depth > DEEPEST:
            raise Invalid(text("The file is nested too deeply."))
        if count > MOST_VALUES:
            raise Invalid(text("The file holds more than %(limit)s values.", limit=MOST_VALUES))
        if isinstance(value, Mapping):
            pending += [(inner, depth + 1) for inner in value.values()]
        elif isinstance(value, list):
            pending += [(inner, depth + 1) for inner in value]


def objects(element: Json, key: str) -> tuple[Json, ...]:
    """Return the objects of a list; an absent list is empty. Raises Unreadable for anything else there."""
    value = element.get(key, [])
    if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
        raise Unreadable(text("%(key)s is not a list of objects.", key=key))
    return tuple(value)


def entries(element: Json, key: str) -> Iterator[Json]:
    """Yield the objects of a list, passing over anything else: for what may be ignored."""
    value = element.get(key)
    if isinstance(value, list):
        yield from (entry for entry in value if isinstance(entry, Mapping))


def child(element: Json, key: str) -> Json:
    """Return an object inside another, or an empty one."""
    value = element.get(key)
    return value if isinstance(value, Mapping) else {}


def string(element: Json, key: str) -> str | None:
    """Return a text without surrounding blanks; None where there is none.

    Raises Unreadable for one that is too long or holds characters no page can show.
    """
    value = element.get(key)
    if not isinstance(value, str) or not value.strip():
        return None
    if len(value) > LONGEST_TEXT:
        raise Unreadable(text("%(key)s is longer than %(limit)s characters.", key=key, limit=LONGEST_TEXT))
    if _UNSHOWABLE.search(value):
        raise Unreadable(text("%(key)s holds characters that cannot be shown.", key=key))
    return value.strip()


def extensions(element: Json, *urls: str) -> Iterator[Json]:
    """Yield the extensions of an element that have one of these addresses."""
    return (entry for entry in entries(element, "extension") if entry.get("url") in urls)


def flagged(element: Json, url: str) -> bool:
    """Say whether a yes-or-no extension is set."""
    return any(entry.get("valueBoolean") is True for entry in extensions(element, url))


def loinc_codes(element: Json) -> frozenset[str]:
    """Return an element's LOINC codes. Codes without a system count: several exporters leave it out."""
    return frozenset(
        code
        for coding in entries(element, "code")
        if coding.get("system", LOINC) == LOINC and isinstance(code := coding.get("code"), str)
    )
