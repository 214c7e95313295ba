"""Messages in words: one folder of templates a kind, in the reader's language and zone."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_hex

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime
from babel.support import NullTranslations, Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import escape

from checkin.channels.base import Outgoing
from checkin.domain.clock import clock_name, to_local
from checkin.domain.message import ChannelName

ENGLISH = Locale("en", "GB")
_MOST_PATTERNS = 200
# Addresses that nobody can know, so that no other text of a message passes for one.
_STAND_INS = {name: f"https://{token_hex(16)}.invalid" for name in ("link", "unsubscribe_link")}
_GAPS = re.compile(r"\n{3,}")
_BREAKING = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, lone surrogates, line and paragraph separators


def one_line(value: str) -> str:
    """The text on one line; a character that could start a header or steer a terminal becomes a space."""
    return " ".join("".join(" " if unicodedata.category(c) in _BREAKING else c for c in value).split())


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """The words of one message; ``subject`` is one line, ``html`` a whole page with its own styles."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class _Reader:
    """A language with its templates; falls back to English as a whole, never half."""

    locale: Locale
    translations: NullTranslations
    environment: Environment

    def moment(self, at: datetime, zone: str) -> str:
        # Translators: a Unicode date pattern, as in "Tuesday 3 March, 6:30pm".
        pattern = self.translations.gettext("EEEE d MMMM, h:mma")
        words: str = format_datetime(to_local(at, zone), pattern, locale=self.locale)
        clock = clock_name(at, zone)
        return words if clock is None else f"{words} {clock}"


class Renderer:
    """Turns an ``Outgoing`` into words.

    Messages of a kind differ in their links alone, so the words are put together once, with stand-ins for the
    links: doing it anew takes as long as sending the mail.

    ``templates`` is the folder with one folder a channel, ``translations`` the folder of the catalogues.
    """

    def __init__(self, templates: Path, translations: Path) -> None:
        self._loader = FileSystemLoader(templates)
        self._translations = translations
        self._readers: dict[str, _Reader] = {}
        self._patterns: dict[tuple[object, ...], Rendered] = {}

    def render(self, outgoing: Outgoing, channel: ChannelName) -> Rendered:
        """Return subject, text and HTML. A template or a value that is missing raises a Jinja error."""
        reader = self._reader(outgoing.language)
        folder, values = f"{channel}/{outgoing.kind}", _values(outgoing, reader)
        if values.pop("values"):  # may hold a code, which is kept nowhere
            return _written(reader, folder, {**values, "values": _one_lined(outgoing.values)})
        links = {name: str(values.pop(name)) for name in _STAND_INS if name in values}
        key = (outgoing.language, folder, frozenset(links), *sorted(values.items()))
        if key not in self._patterns:
            if len(self._patterns) >= _MOST_PATTERNS:
                self._patterns.clear()
            stand_ins = {name: _STAND_INS[name] for name in links}
            self._patterns[key] = _written(reader, folder, {**values, **stand_ins, "values": {}})
        return _with_links(self._patterns[key], links)

    def lines(self, outgoing: Outgoing, channel: ChannelName, *parts: str) -> tuple[str, ...]:
        """Return these parts of a message, each on one line. Raises as ``render`` does."""
        reader = self._reader(outgoing.language)
        values = _values(outgoing, reader)
        templates = (f"{channel}/{outgoing.kind}/{part}.txt" for part in parts)
        return tuple(one_line(reader.environment.get_template(name).render(values)) for name in templates)

    def _reader(self, language: str) -> _Reader:
        if language not in self._readers:
            self._readers[language] = self._read(language)
        return self._readers[language]

    def _read(self, language: str) -> _Reader:
        try:
            locale = Locale.parse(language, sep="-" if "-" in language else "_")
        except (ValueError, UnknownLocaleError):
            locale = ENGLISH
        translations = Translations.load(self._translations, [str(locale), locale.language])
        if not isinstance(translations, Translations):  # no catalogue
            locale = ENGLISH
        return _Reader(locale, translations, self._environment(translations))

    def _environment(self, translations: NullTranslations) -> Environment:
        environment = Environment(
            loader=self._loader,
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
        return environment


def _written(reader: _Reader, folder: str, values: Mapping[str, object]) -> Rendered:
    subject, text, html = (
        reader.environment.get_template(f"{folder}/{part}").render(values)
        for part in ("subject.txt", "body.txt", "body.html")
    )
    return Rendered(subject=one_line(subject), text=_GAPS.sub("\n\n", text).strip() + "\n", html=html)


def _with_links(pattern: Rendered, links: Mapping[str, str]) -> Rendered:
    """The pattern with these links where their stand-ins are."""
    text, html = pattern.text, pattern.html
    for name, link in links.items():
        text = text.replace(_STAND_INS[name], link)
        html = html.replace(_STAND_INS[name], escape(link))
    return Rendered(subject=pattern.subject, text=text, html=html)


def _one_lined(values: Mapping[str, str]) -> dict[str, str]:
    return {name: one_line(value) for name, value in values.items()}


def _values(outgoing: Outgoing, reader: _Reader) -> dict[str, object]:
    """What a template may say. What is not given is left out: naming it fails instead of saying "None"."""
    expires = outgoing.expires_at
    given: dict[str, object] = {
        "language": str(reader.locale).replace("_", "-"),
        "direction": reader.locale.text_direction,
        "sender_name": one_line(outgoing.sender_name),
        "link": outgoing.link,
        "minutes": outgoing.minutes,
        "expires": None if expires is None else reader.moment(expires, outgoing.zone),
        "moment": None if outgoing.at is None else reader.moment(outgoing.at, outgoing.zone),
        "times": tuple(reader.moment(at, outgoing.zone) for at in outgoing.times),
        "unsubscribe_link": outgoing.unsubscribe_link,
        "possible_repeat": outgoing.possible_repeat,
        "values": _one_lined(outgoing.values),
    }
    return {name: value for name, value in given.items() if value is not None}
