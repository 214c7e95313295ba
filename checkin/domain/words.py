"""Words that the domain says, kept untranslated until somebody reads them.

``text("…")`` and ``ntext("…", "…", n)`` mark a message for the catalogue; the place that shows it renders it
with its reader's ``Translator``. Values that depend on the reader (moments, nested texts) wait until then.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


class Translator(Protocol):
    """What turns a message into a reader's language and zone."""

    def gettext(self, message: str) -> str: ...
    def ngettext(self, singular: str, plural: str, n: int) -> str: ...
    def moment(self, at: datetime, zone: str) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A point in time to be read out in a zone: "Tuesday 3 March, 6:30pm"."""

    at: datetime
    zone: str


@dataclass(frozen=True)
class Text:
    """One message with its values, not yet in any language."""

    message: str
    plural: str | None = None
    n: int = 0
    values: Mapping[str, object] = field(default_factory=dict)

    def render(self, to: Translator) -> str:
        """Return the sentence in the reader's language."""
        if self.plural is None:
            pattern = to.gettext(self.message)
        else:
            pattern = to.ngettext(self.message, self.plural, self.n)
        if not self.values and self.plural is None:
            return pattern
        return pattern % {"n": self.n, **{name: _shown(value, to) for name, value in self.values.items()}}


def _shown(value: object, to: Translator) -> object:
    if isinstance(value, Text):
        return value.render(to)
    if isinstance(value, Moment):
        return to.moment(value.at, value.zone)
    return value


def text(message: str, /, **values: object) -> Text:
    """Mark a message; ``%(name)s`` places in it take the values."""
    return Text(message, values=values)


def ntext(singular: str, plural: str, n: int, /, **values: object) -> Text:
    """Mark a message that counts; ``%(n)s`` is the number."""
    return Text(singular, plural=plural, n=n, values=values)
