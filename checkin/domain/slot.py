"""Slots: free times around an infusion, in the order in which a therapist would want them."""

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum

from checkin.domain.appointment import MOST_OPTIONS
from checkin.domain.clock import Interval, from_local, local_day, next_day, zone_at
from checkin.domain.person import WakingHours, Zone
from checkin.domain.window.sentence import percent
from checkin.domain.words import Text, text

_HOUR = timedelta(hours=1)
# Not before a night's sleep: labels say no driving until the next day after restful sleep (Spravato label),
# and acute effects on thinking pass within a day; 18 h is the project's own margin.
REST = 18 * _HOUR
# Improvement peaks at 24-48 h (Kishimoto 2016); training that held it ran on days 1-4 (Price 2022, AJP).
CORE = (24 * _HOUR, 72 * _HOUR)
ACCEPTED_UNTIL = 96 * _HOUR
EXTENDED_UNTIL = 168 * _HOUR  # about 35 % mean improvement is left at 7 days (Wilkinson 2018)
HOLDS = 0.5  # later than day 4 only while improvement is at least as likely as not
# A second one, before the predicted fade: repeated dosing of the training (Price 2022).
SECOND = (48 * _HOUR, 96 * _HOUR)
FOLLOWS = EXTENDED_UNTIL + SECOND[1]  # the latest that a second one comes after an infusion
VISIT = 2 * _HOUR  # time in the clinic before an infusion's end (assumed)


class Place(IntEnum):
    """Where a slot lies after an infusion; the order is that of the fixed rule."""

    CORE = 0
    SECOND = 1
    LATER = 2
    EARLY = 3
    EXTENDED = 4


@dataclass(frozen=True, kw_only=True)
class OpenProbability:
    """How likely the response window is open: (moment, probability from 0 to 1), in order of time.

    ``out_of_date``: the last estimate is too old to go by, so nothing is said.
    """

    grid: tuple[tuple[datetime, float], ...]
    out_of_date: bool = False

    def at(self, moment: datetime) -> float | None:
        """The probability at a moment, read off between its neighbours; None outside the grid."""
        moments = [known for known, _ in self.grid]
        index = bisect.bisect_left(moments, moment)
        if index < len(moments) and moments[index] == moment:
            return self.grid[index][1]
        if not 0 < index < len(moments):
            return None
        (before, low), (after, high) = self.grid[index - 1], self.grid[index]
        return low + (high - low) * ((moment - before) / (after - before))

    def holds(self, since: datetime, until: datetime) -> bool:
        """Whether it stays at least even from ``since`` to ``until``, both included and known."""
        inside = [chance for known, chance in self.grid if since < known < until]
        return all(
            chance is not None and chance >= HOLDS for chance in (self.at(since), *inside, self.at(until))
        )


OUT_OF_DATE = OpenProbability(grid=(), out_of_date=True)


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A free time. ``after`` is the end of the infusion it belongs to; ``chance``: that the window is open
    then, None where there is no estimate and the fixed rule decides."""

    time: Interval
    after: datetime
    place: Place
    chance: float | None

    @property
    def by_fixed_rule(self) -> bool:
        return self.chance is None

    @property
    def more_likely_closed(self) -> bool:
        return self.chance is not None and self.chance < HOLDS


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """How an agreed time stands now. ``chance``: that the window is open then, None where nothing is known;
    ``rested``: it keeps clear of every infusion and of the rest after it; ``follows``: there is an infusion
    in the days before it."""

    chance: float | None = None
    rested: bool = True
    follows: bool = True

    @property
    def more_likely_closed(self) -> bool:
        return self.chance is not None and self.chance < HOLDS

    @property
    def doubtful(self) -> bool:
        """Whether its therapist should look at it again."""
        return self.more_likely_closed or not self.rested or not self.follows


@dataclass(frozen=True, kw_only=True)
class Course:
    """What the order depends on. ``ends``: every given or planned infusion, by its end (aware UTC).

    ``zones`` and ``waking`` are the patient's. ``held``: the patient's agreed appointments with this
    therapist.
    """

    ends: tuple[datetime, ...]
    zones: Sequence[Zone]
    waking: WakingHours
    held: tuple[Interval, ...] = ()
    estimate: OpenProbability | None = None


def not_before(end: datetime, zones: Sequence[Zone], waking: WakingHours) -> datetime:
    """Return when an appointment may be at the earliest: after a night's sleep and 18 hours.

    The night is over when the patient's waking hours begin on the day after the infusion.
    """
    zone = zone_at(zones, end + REST)
    return max(end + REST, from_local(next_day(local_day(end, zone)), waking.since, zone))


def rank(times: Iterable[Interval], course: Course) -> tuple[Slot, ...]:
    """Return the times that may be proposed, best first.

    With an estimate the likelier one goes first; without, the fixed rule decides: the core hours, then later
    ones, then those before the core. Of equals the earlier one goes first.
    """
    slots = [slot for slot in (_slot(time, course) for time in times) if slot is not None]
    return tuple(sorted(slots, key=_order))


def rested(time: Interval, course: Course) -> bool:
    """Whether a time keeps clear of every infusion and of the rest after it."""
    return not any(_too_near(time, end, course) for end in course.ends)


def follows(time: Interval, ends: Iterable[datetime]) -> bool:
    """Whether a time comes after the end of an infusion, and at most ``FOLLOWS`` after it."""
    return any(end <= time.since <= end + FOLLOWS for end in ends)


def best(ranked: Sequence[Slot], zone: str, most: int = MOST_OPTIONS) -> tuple[Slot, ...]:
    """Return up to ``most`` slots to propose, in their order: the best one of each day, then the next best.

    Times at which the window is more likely closed are taken only where there are no others.
    """
    days: set[date] = set()
    first: list[Slot] = []
    others: list[Slot] = []
    last: list[Slot] = []
    for slot in ranked:
        day = local_day(slot.time.since, zone)
        (last if slot.more_likely_closed else others if day in days else first).append(slot)
        days.add(day)
    chosen = (first + others + last)[:most]
    return tuple(slot for slot in ranked if slot in chosen)


def earlier(ranked: Sequence[Slot], than: Interval, zone: str) -> tuple[Slot, ...]:
    """Return the best few times before an agreed one at which the window is known to be at least as likely
    open as closed, in order of time."""
    known = [slot for slot in ranked if slot.chance is not None and not slot.more_likely_closed]
    found = best([slot for slot in known if slot.time.since < than.since], zone)
    return tuple(sorted(found, key=lambda slot: slot.time.since))


def _slot(time: Interval, course: Course) -> Slot | None:
    ends = [end for end in course.ends if end <= time.since]
    if not follows(time, ends) or not rested(time, course):
        return None
    after = max(ends)
    chance = None if course.estimate is None else course.estimate.at(time.since)
    place = _place(time, after, course, chance)
    return None if place is None else Slot(time=time, after=after, place=place, chance=chance)


def _too_near(time: Interval, end: datetime, course: Course) -> bool:
    return time.until > end - VISIT and time.since < not_before(end, course.zones, course.waking)


def _place(time: Interval, after: datetime, course: Course, chance: float | None) -> Place | None:
    since = time.since - after
    firsts = [held.since for held in course.held if held.since >= after]
    if firsts:
        gap = time.since - max(firsts)
        if gap < SECOND[0]:
            return None
        if gap <= SECOND[1]:
            return Place.SECOND
    if since < CORE[0]:
        return Place.EARLY
    if since <= CORE[1]:
        return Place.CORE
    if since <= ACCEPTED_UNTIL:
        return Place.LATER
    if chance is None or course.estimate is None or since > EXTENDED_UNTIL:
        return None
    return Place.EXTENDED if course.estimate.holds(after + ACCEPTED_UNTIL, time.since) else None


def _order(slot: Slot) -> tuple[float, int, datetime]:
    # Slots without an estimate stand behind those with one: nothing is known about them.
    return (1.0 if slot.chance is None else -slot.chance, slot.place, slot.time.since)


_PLACE_WORDS = {
    Place.CORE: text("24 to 72 hours after the infusion"),
    Place.SECOND: text("2 to 4 days after the appointment before"),
    Place.LATER: text("72 to 96 hours after the infusion"),
    Place.EARLY: text("Less than 24 hours after the infusion"),
    Place.EXTENDED: text("More than 96 hours after the infusion"),
}
_LIKELY = (
    (0.9, text("Very likely open"), text("The window is very likely open then (%(percent)s %%).")),
    (0.7, text("Likely open"), text("The window is likely open then (%(percent)s %%).")),
    (HOLDS, text("May be open"), text("The window may be open then (%(percent)s %%).")),
    (0.0, text("More likely closed"), text("The window is more likely closed then (%(percent)s %%).")),
)


def place_words(slot: Slot) -> Text:
    """Where the slot lies, in words."""
    return _PLACE_WORDS[slot.place]


def chance_words(slot: Slot) -> Text:
    """How likely the window is open at that time, for a therapist; by the fixed rule it says so."""
    if slot.chance is None:
        return text("By the fixed rule: there is no estimate for this time.")
    words = next(words for least, _, words in _LIKELY if slot.chance >= least)
    return text(words.message, percent=percent(slot.chance))


def doubt_words(outlook: Outlook) -> Text | None:
    """Why a therapist should look at an agreed time again; None where nothing speaks against it."""
    if not outlook.rested:
        return text("It is too near an infusion. Not before a night's sleep and 18 hours after one.")
    if not outlook.follows:
        return text("No infusion is recorded or planned in the days before it.")
    if outlook.chance is None or not outlook.more_likely_closed:
        return None
    return text(
        "By the estimate as it is now, the window is more likely closed then (%(percent)s %%).",
        percent=percent(outlook.chance),
    )


def likely_words(chance: float) -> Text:
    """The same for several times together, without a figure."""
    return next(words for least, words, _ in _LIKELY if chance >= least)
