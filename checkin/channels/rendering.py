"""Messages in words: one folder of templates a kind, in the reader's language and zone."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime
from babel.support import NullTranslations, Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from checkin.channels.base import Outgoing
from checkin.domain.clock import clock_name, to_local
from checkin.domain.message import ChannelName

ENGLISH = Locale("en", "GB")
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

    ``templates`` is the folder with one folder a channel, ``translations`` the folder of the catalogues.
    """

    def __init__(self, templates: Path, translations: Path) -> None:
        self._loader = FileSystemLoader(templates)
        self._translations = translations
        self._readers: dict[str, _Reader] = {}

    def render(self, outgoing: Outgoing, channel: ChannelName) -> Rendered:
        """Return subject, text and HTML. A template or a value that is missing raises a Jinja error."""
        reader = self._reader(outgoing.language)
        folder, values = f"{channel}/{outgoing.kind}", _values(outgoing, reader)
        subject, text, html = (
            reader.environment.get_template(f"{folder}/{part}").render(values)
            for part in ("subject.txt", "body.txt", "body.html")
        )
        return Rendered(subject=one_line(subject), text=_GAPS.sub("\n\n", text).strip() + "\n", html=html)

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
        )
        environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
        return environment


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
        "times": [reader.moment(at, outgoing.zone) for at in outgoing.times],
        "unsubscribe_link": outgoing.unsubscribe_link,
        "possible_repeat": outgoing.possible_repeat,
        "values": {name: one_line(value) for name, value in outgoing.values.items()},
    }
    return {name: value for name, value in given.items() if value is not None}
