"""Refusals: what the rules say no to, each with words for the person it stops."""

from checkin.domain.words import Text, text


class Refusal(Exception):
    """Something asked for is not allowed or not possible; nothing was changed.

    ``text`` says what was wrong and what to do; ``field`` names the form field it stands beside.
    """

    def __init__(self, words: Text, *, field: str | None = None) -> None:
        super().__init__(words.message)
        self.text = words
        self.field = field


class NotFound(Refusal):
    """It does not exist, or the one who asks must not learn that it does: the same answer."""

    def __init__(self) -> None:
        super().__init__(text("This page does not exist, or you cannot see it."))


class Invalid(Refusal):
    """An input breaks a rule."""


class Problems(Refusal):
    """Several inputs break rules at once; ``items`` holds each with its field."""

    def __init__(self, items: tuple[Refusal, ...]) -> None:
        super().__init__(items[0].text, field=items[0].field)
        self.items = items


class Conflict(Refusal):
    """The same thing is already there in another form."""


class Unavailable(Refusal):
    """The database is busy or cannot be written to; nothing was changed and trying again soon may work."""

    def __init__(self) -> None:
        super().__init__(text("We could not save this just now. Nothing is lost. Try again in a minute."))
