"""The reader's language and zone: how messages, moments and numbers become words on a page."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache

from babel.dates import format_date, format_time, get_day_names
from babel.support import NullTranslations, Translations
from flask import Flask, g, request
from flask_babel import Babel, get_babel
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from checkin.domain.clinic import OpeningHours
from checkin.domain.clock import clock_name, to_local
from checkin.domain.words import Moment, Text
from checkin.web.sign_in_state import who_was_found

LANGUAGES = ("en",)
# The hyphen of a form's name, PHQ-9 or PHQ-style, at which no line may end: files keep it, pages do not.
_HYPHEN = re.compile(r"(?<=[A-Z]{3})-(?=\d|style\b)")


@dataclass(frozen=True)
class Reader:
    """A ``Translator`` for whoever reads the page."""

    language: str
    catalogue: NullTranslations

    def gettext(self, message: str) -> str:
        return self.catalogue.gettext(message)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return self.catalogue.ngettext(singular, plural, n)

    def moment(self, at: datetime, zone: str) -> str:
        return spoken_moment(at, zone, self.language)


def spoken_moment(at: datetime, zone: str, language: str) -> str:
    """A moment as people say it: "Tuesday 3 March, 6:30pm"."""
    local = to_local(at, zone)
    day = _spoken_day(local.date(), language)
    words = f"{day}, {spoken_hour(local.time(), language)}"
    clock = clock_name(at, zone)
    return words if clock is None else f"{words} {clock}"


def spoken_hour(at: time, language: str) -> str:
    """A time of day as people say it: "6:30pm"."""
    if not language.startswith("en"):
        return format_time(at, "short", locale=language)
    minutes = f":{at.minute:02}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minutes}{'am' if at.hour < 12 else 'pm'}"


def weekly_hours(hours: Sequence[OpeningHours], language: str) -> str:
    """The hours of a week as people say them: "Monday to Friday 9am to 5pm; Saturday 9am to 12pm"."""
    spans: dict[int, str] = {}
    for one in sorted(hours, key=lambda one: (one.weekday, one.since)):
        since, until = spoken_hour(one.since, language), spoken_hour(one.until, language)
        span = _("%(since)s to %(until)s", since=since, until=until)
        spans[one.weekday] = f"{spans[one.weekday]}, {span}" if one.weekday in spans else span
    names = get_day_names("wide", locale=language)
    said = []
    while spans:
        first, span = next(iter(spans.items()))
        last = first
        while spans.pop(last) == span == spans.get(last + 1):
            last += 1
        days = names[first]
        if last > first:
            days = _("%(first)s to %(last)s", first=names[first], last=names[last])
        said.append(f"{days} {span}")
    return "; ".join(said)


@lru_cache(maxsize=1024)
def _spoken_day(day: date, language: str) -> str:
    return format_date(day, "EEEE d MMMM", locale=language)


def install(app: Flask) -> None:
    """Choose the language of each request and give templates the words."""
    Babel(app, locale_selector=_language, default_domain="messages")
    # In the place of Flask-Babel's own: a page has dozens of texts, which need not each ask for the language.
    app.jinja_env.globals.update({"_": _gettext, "gettext": _gettext, "ngettext": _ngettext})
    app.jinja_env.filters["said"] = said
    app.jinja_env.filters["moment"] = lambda at, zone: reader().moment(at, zone)
    app.jinja_env.filters["hour"] = lambda at: spoken_hour(at, reader().language)
    app.jinja_env.filters["day"] = lambda day: _spoken_day(day, reader().language)


def reader() -> Reader:
    """The reader of this request."""
    found: Reader | None = g.get("reader")
    if found is None:
        found = g.reader = _reader(tuple(get_babel().translation_directories), _language())
    return found


@lru_cache(maxsize=64)
def _reader(folders: tuple[str, ...], language: str) -> Reader:
    return Reader(language, Translations.load(folders[0], [language]))


def _gettext(message: str, /, **values: object) -> Markup:
    """The text of a template, which is HTML; values are data and get escaped."""
    return _html(reader(), message) % values if values else _plain(reader(), message)


def _ngettext(singular: str, plural: str, n: int, /, **values: object) -> Markup:
    return Markup(reader().ngettext(singular, plural, n)) % {"num": n, **values}  # noqa: S704 - our own words


def _html(to: Reader, message: str) -> Markup:
    return Markup(_unbroken(to.gettext(message)))  # noqa: S704 - our own words


@lru_cache(maxsize=4096)
def _plain(to: Reader, message: str) -> Markup:
    return _html(to, message) % ()


def said(words: Text | Moment | str) -> str:
    """Render domain words for the reader; a plain string is data, and only names of forms hold together."""
    if isinstance(words, Moment):
        return reader().moment(words.at, words.zone)
    return _unbroken(words.render(reader()) if isinstance(words, Text) else words)


def _unbroken(words: str) -> str:
    return _HYPHEN.sub("\N{NON-BREAKING HYPHEN}", words)


def _language() -> str:
    user = who_was_found()
    if user is not None and user.person.language in LANGUAGES:
        return user.person.language
    return _preferred(request.headers.get("Accept-Language", ""), LANGUAGES)


@lru_cache(maxsize=256)
def _preferred(header: str, languages: tuple[str, ...]) -> str:
    """The language of ours that a browser asks for, as far as it does."""
    return parse_accept_header(header, LanguageAccept).best_match(languages) or languages[0]
