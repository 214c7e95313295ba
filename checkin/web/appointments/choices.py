"""Times to choose from: their values in a form, and their words for whoever reads the page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby

from checkin.domain.clock import Interval, to_local
from checkin.domain.errors import Invalid
from checkin.domain.slot import Slot, chance_words, likely_words, place_words
from checkin.domain.window.sentence import percent
from checkin.domain.words import Moment, Text, text

_WRITTEN = "%Y%m%dT%H%MZ"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One time. ``elsewhere``: when that is for the other person, None where their clocks show the same."""

    value: str
    at: Moment
    elsewhere: Text | None
    words: tuple[Text, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Group:
    """Times that have something in common, which the heading says."""

    heading: Text
    choices: tuple[Choice, ...]


def choice_of(slot: Interval, *, own: str, other: str) -> Choice:
    """Return a time as it is read in ``own`` zone, without anything that is known about it."""
    return Choice(
        value=slot.since.strftime(_WRITTEN),
        at=Moment(at=slot.since, zone=own),
        elsewhere=elsewhere(slot.since, own=own, other=other),
    )


def ranked_choice(slot: Slot, *, own: str, other: str) -> Choice:
    """Return a time with what a therapist is told about it."""
    words = (place_words(slot),) if slot.chance is None else (chance_words(slot), place_words(slot))
    return replace(choice_of(slot.time, own=own, other=other), words=words)


def groups_of(slots: Iterable[Slot], *, own: str, other: str) -> tuple[Group, ...]:
    """Return times, which are in the order of rank, gathered by how likely the window is open.

    Within a group, where the estimate tells hardly a difference, the earlier one goes first.
    """
    return tuple(
        group_of(heading, sorted(found, key=lambda slot: slot.time.since), own=own, other=other)
        for heading, found in groupby(slots, key=_heading)
    )


def group_of(heading: Text, slots: Iterable[Slot], *, own: str, other: str) -> Group:
    """Return times under a heading, in their order, each with how likely the window is open then."""
    choices = (replace(choice_of(slot.time, own=own, other=other), words=_short(slot)) for slot in slots)
    return Group(heading=heading, choices=tuple(choices))


def elsewhere(at: datetime, *, own: str, other: str) -> Text | None:
    """Return the moment by another zone's clocks, None where they show the same."""
    if to_local(at, own).replace(tzinfo=None) == to_local(at, other).replace(tzinfo=None):
        return None
    return text("%(at)s in %(zone)s", at=Moment(at=at, zone=other), zone=zone_name(other))


def read_moments(values: Sequence[str]) -> tuple[datetime, ...]:
    """Return the moments that a form sent. Raises ``Invalid`` for what no page of ours offers."""
    try:
        return tuple(datetime.strptime(value, _WRITTEN).replace(tzinfo=UTC) for value in values)
    except ValueError as error:
        raise Invalid(text("Select one of the times on this page."), field="slots") from error


def zone_name(zone: str) -> str:
    """A zone as people read it."""
    return zone.replace("_", " ")


def _short(slot: Slot) -> tuple[Text, ...]:
    """What the heading of a group leaves to be said of one time."""
    if slot.chance is None:
        return ()
    return (text("%(percent)s %%, %(place)s", percent=percent(slot.chance), place=place_words(slot)),)


def _heading(slot: Slot) -> Text:
    return place_words(slot) if slot.chance is None else likely_words(slot.chance)
