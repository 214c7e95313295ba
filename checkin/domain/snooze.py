"""Snoozing: when a patient who cannot answer now may be reminded instead, inside the prompt's own time."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from enum import StrEnum

from checkin.domain.clock import Interval, from_local, local_day
from checkin.domain.errors import Refusal
from checkin.domain.free_time import MARGIN
from checkin.domain.words import Text, text

EVENING = time(19)
_LEAST = timedelta(minutes=30)


class Later(StrEnum):
    """The choices there are."""

    HALF_HOUR = "half_hour"
    TWO_HOURS = "two_hours"
    TONIGHT = "tonight"


_WORDS = {
    Later.HALF_HOUR: text("In 30 minutes"),
    Later.TWO_HOURS: text("In 2 hours"),
    Later.TONIGHT: text("This evening, at 7pm"),
}


def later_words(later: Later) -> Text:
    """The choice as it stands on its button."""
    return _WORDS[later]


class TooLate(Refusal):
    """That moment is not free, or the prompt will be over."""

    def __init__(self) -> None:
        super().__init__(text("We cannot remind you then. Choose another time, or answer now."))


def choices(
    now: datetime, *, expires_at: datetime, zone: str, free: Sequence[Interval]
) -> Mapping[Later, datetime]:
    """Return the choices there are at this moment, soonest first, each with when the reminder would go.

    ``free`` holds the stretches in which the patient may be contacted. Each moment lies in one of them and
    leaves at least a quarter of an hour to answer.
    """
    evening = from_local(local_day(now, zone), EVENING, zone)
    wanted = {Later.HALF_HOUR: now + _LEAST, Later.TWO_HOURS: now + timedelta(hours=2)}
    if evening >= now + _LEAST:
        wanted[Later.TONIGHT] = evening
    offered = {
        later: at
        for later, at in wanted.items()
        if at <= expires_at - MARGIN and any(s.since <= at <= s.until - MARGIN for s in free)
    }
    return dict(sorted(offered.items(), key=lambda item: item[1]))
