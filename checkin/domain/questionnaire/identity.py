"""What a questionnaire is called: address, version, name and title."""

import json
import re
from dataclasses import dataclass
from hashlib import sha256

from checkin.domain.questionnaire.fhir_json import Findings, Json, Unreadable, brief, string
from checkin.domain.words import text

OWN_URL = "urn:checkin:questionnaire:"
IMPORTED_URL = "urn:checkin:imported:"
LONGEST_URL = 300
LONGEST_VERSION = 64
LONGEST_NAME = 60


@dataclass(frozen=True, kw_only=True)
class Identity:
    """``name`` is lower case with hyphens; ``copyright`` is to be shown with the form where there is one."""

    url: str
    version: str
    name: str
    title: str
    copyright: str | None


def identify(document: Json, findings: Findings, *, own: bool) -> Identity:
    """Return what a document calls itself.

    Exports without an address get one from their name, those without a version one from their content: the
    same file is the same instrument, a changed one is another.
    """
    given = {
        key: _given(document, key, findings) for key in ("url", "version", "name", "title", "id", "copyright")
    }
    title = given["title"] or given["name"] or given["id"]
    if title is None and not findings.refused:
        findings.problem(text("The form has no title, name or id."))
    name = slug((given["id"] if own else given["name"] or title) or "form")
    url = given["url"] or IMPORTED_URL + name
    if re.search(r"[|\s]", url) or len(url) > LONGEST_URL:
        findings.problem(text("The url of the form is not usable: %(url)s.", url=brief(url)))
    if url.startswith(OWN_URL) and not own:
        findings.problem(text("The url %(url)s belongs to a form this program brings itself.", url=url))
    version = given["version"] or _fingerprint(document)
    if len(version) > LONGEST_VERSION or "|" in version:
        findings.problem(text("The version of the form is not usable: %(version)s.", version=brief(version)))
    return Identity(url=url, version=version, name=name, title=title or name, copyright=given["copyright"])


def slug(name: str) -> str:
    """Return a name as protocols write it: lower case letters, digits and single hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:LONGEST_NAME].strip("-") or "form"


def _given(document: Json, key: str, findings: Findings) -> str | None:
    try:
        return string(document, key)
    except Unreadable as problem:
        findings.problem(problem.reason)
        return None


def _fingerprint(document: Json) -> str:
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return f"sha256-{sha256(canonical.encode()).hexdigest()[:16]}"
