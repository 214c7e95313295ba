"""Steps: one moment each at which a protocol asks, given by a rule, and what it asks."""

from dataclasses import dataclass
from datetime import time, timedelta

from checkin.domain.words import Text, ntext, text

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_DAYS_FROM = timedelta(days=4)
"""From here on a step is spoken of by its day; before, by its hours."""
_EVENING = time(17)


@dataclass(frozen=True, kw_only=True)
class Elapsed:
    """Due so long after the infusion's END (negative: before it), in hours that pass, whatever the clocks do.

    ``between`` bounds where it may be moved to; where that has no free moment, its opening and expiry do.
    """

    after: timedelta
    between: tuple[timedelta, timedelta] | None = None


@dataclass(frozen=True, kw_only=True)
class LocalTime:
    """Due at a time of the patient's own clock, on the ``day``-th local day after that of the infusion's END.

    It may be moved within ``between``, which holds ``at``, and only where that has no free moment, as far as
    it is open.
    """

    day: int
    at: time
    between: tuple[time, time]


@dataclass(frozen=True, kw_only=True)
class FromEnd:
    """Expires so long after the infusion's END (negative: before it)."""

    after: timedelta


@dataclass(frozen=True, kw_only=True)
class AfterDue:
    """Expires so long after the moment the rule gives, whether or not the notice is moved from there."""

    after: timedelta


@dataclass(frozen=True, kw_only=True)
class AtLocalTime:
    """Expires at a time of the same local day."""

    at: time


Expiry = FromEnd | AfterDue | AtLocalTime


@dataclass(frozen=True, kw_only=True)
class Spacing:
    """Due at least ``gap`` after another step, by that step's plan or, where it has none, by its rule."""

    step: str
    gap: timedelta


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Planned at once, and cancelled later unless the patient has responded by the step ``response_at``."""

    response_at: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """One moment at which to ask.

    ``opens`` is counted from the infusion's END; None opens it when it is due. ``instruments`` are names in
    asking order. ``extra`` steps give way first where a day has too many. ``apart`` (baseline steps): asked
    only if the infusion before ended at least so long before this one. ``enabled`` False keeps a step on the
    list without asking it.
    """

    name: str
    due: Elapsed | LocalTime
    opens: timedelta | None
    expires: Expiry
    instruments: tuple[str, ...]
    spacing: Spacing | None = None
    condition: Condition | None = None
    apart: timedelta | None = None
    extra: bool = False
    enabled: bool = True

    @property
    def title(self) -> Text:
        """What people call the step: "24 hours after", "Evening of the same day", "Day 7"."""
        if isinstance(self.due, LocalTime):
            return _day_title(self.due)
        return (
            _before_title(-self.due.after) if self.due.after < timedelta(0) else _after_title(self.due.after)
        )


def _day_title(due: LocalTime) -> Text:
    evening = due.at >= _EVENING
    if due.day == -1 and evening:
        return text("Evening before the infusion")
    if due.day < 0:
        return ntext("%(n)s day before the infusion", "%(n)s days before the infusion", -due.day)
    if due.day == 0:
        return text("Evening of the same day") if evening else text("The same day")
    return text("Evening of day %(day)s", day=due.day) if evening else text("Day %(day)s", day=due.day)


def _before_title(before: timedelta) -> Text:
    if before >= _DAY:
        return ntext(
            "In the day before the infusion", "In the %(n)s days before the infusion", before // _DAY
        )
    return text("Just before the infusion")


def _after_title(after: timedelta) -> Text:
    if after >= _DAYS_FROM and after % _DAY == timedelta(0):
        return text("Day %(day)s", day=after // _DAY)
    if after % _HOUR == timedelta(0):
        return ntext("%(n)s hour after", "%(n)s hours after", after // _HOUR)
    return text("%(hours)s hours after", hours=f"{after / _HOUR:g}")
