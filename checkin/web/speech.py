"""The reader's language and zone: how messages, moments and numbers become words on a page."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from gettext import NullTranslations

from babel.dates import format_date, format_time
from flask import Flask, g, request
from flask_babel import Babel, get_translations
from flask_login import current_user
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from checkin.domain.clock import to_local
from checkin.domain.words import Moment, Text
from checkin.web.sign_in_state import SignedInUser

LANGUAGES = ("en",)


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
    day = format_date(local, "EEEE d MMMM", locale=language)
    if language.startswith("en"):
        minutes = f":{local.minute:02}" if local.minute else ""
        return f"{day}, {local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"
    return f"{day}, {format_time(local, 'short', locale=language)}"


def install(app: Flask) -> None:
    """Choose the language of each request and give templates the words."""
    Babel(app, locale_selector=_language, default_domain="messages")
    # In the place of Flask-Babel's own: a page has dozens of texts, which need not each ask for the language.
    app.jinja_env.globals.update({"_": _gettext, "gettext": _gettext, "ngettext": _ngettext})
    app.jinja_env.filters["said"] = said
    app.jinja_env.filters["moment"] = lambda at, zone: reader().moment(at, zone)


def reader() -> Reader:
    """The reader of this request."""
    if "reader" not in g:
        g.reader = Reader(_language(), get_translations())
    return g.reader


def _gettext(message: str, /, **values: object) -> Markup:
    """The text of a template, which is HTML; values are data and get escaped."""
    return Markup(reader().gettext(message)) % values  # noqa: S704 - our own words


def _ngettext(singular: str, plural: str, n: int, /, **values: object) -> Markup:
    return Markup(reader().ngettext(singular, plural, n)) % {"num": n, **values}  # noqa: S704


def said(words: Text | Moment | str) -> str:
    """Render domain words for the reader; a plain string is data and stays as it is."""
    if isinstance(words, Moment):
        return reader().moment(words.at, words.zone)
    return words.render(reader()) if isinstance(words, Text) else words


def _language() -> str:
    user = current_user._get_current_object() if "_login_user" in g else None
    if isinstance(user, SignedInUser) and user.person.language in LANGUAGES:
        return user.person.language
    return _preferred(request.headers.get("Accept-Language", ""), LANGUAGES)


@lru_cache(maxsize=256)
def _preferred(header: str, languages: tuple[str, ...]) -> str:
    """The language of ours that a browser asks for, as far as it does."""
    return parse_accept_header(header, LanguageAccept).best_match(languages) or languages[0]
