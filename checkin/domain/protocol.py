"""Protocols: named, versioned lists of steps, read from TOML; one comes built in."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources

from checkin.domain.instruments import builtin_instruments
from checkin.domain.step import Elapsed, Step
from checkin.domain.step_file import NAME, NAME_WORDS, read_steps
from checkin.domain.toml_table import Table, read_toml
from checkin.domain.words import Text, text

_VERSION = r"[0-9A-Za-z][0-9A-Za-z.-]{0,19}"


class Cancels(StrEnum):
    """What the next infusion does to the steps still to come."""

    REST = "rest"
    NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True)
class QuietHours:
    """Local hours in which nobody is contacted: from ``since`` in the evening to ``until`` next morning."""

    since: time
    until: time


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """A list of steps in their order, and the rules they share. Never edited: a change is a new version.

    ``baseline_steps`` come before a planned infusion. ``most_per_day`` counts the prompts of one local day
    after the infusion's END. ``reminder_share`` is the part of the time from notice to expiry after which
    the one reminder goes, between 0 and 1. ``importable``: the instruments that a step may list though the
    clinic has not imported them, by name, with what people call them.
    """

    name: str
    version: str
    title: str
    steps: tuple[Step, ...]
    baseline_steps: tuple[Step, ...]
    most_per_day: int
    quiet: QuietHours
    reminder_share: float
    next_infusion_cancels: Cancels
    importable: Mapping[str, str] = field(default_factory=dict)

    @property
    def reference(self) -> str:
        """Name and version as one string, as kept with an infusion."""
        return f"{self.name}|{self.version}"

    def find_step(self, name: str) -> Step | None:
        """Return the step of this name, of those before and after the infusion."""
        return next((step for step in (*self.baseline_steps, *self.steps) if step.name == name), None)

    @property
    def titles(self) -> Mapping[str, Text]:
        """Return what people call each step, before and after the infusion, by the step's name."""
        return {step.name: step.title for step in (*self.baseline_steps, *self.steps)}

    @property
    def pre_dose(self) -> Step | None:
        """The baseline step nearest to the infusion, which takes over from the infusion before it."""
        hourly = [step for step in self.baseline_steps if isinstance(step.due, Elapsed) and step.enabled]
        return max(hourly, key=_elapsed, default=None)


def _elapsed(step: Step) -> timedelta:
    return step.due.after if isinstance(step.due, Elapsed) else timedelta.min


@cache
def default_protocol() -> Protocol:
    """Return the protocol that comes with the package."""
    document = resources.files("checkin.domain").joinpath("protocols", "default.toml").read_text("utf-8")
    return read_protocol(document, instruments=builtin_instruments().keys())


def read_protocol(document: str, *, instruments: Collection[str]) -> Protocol:
    """Return the protocol written in a TOML document.

    ``instruments`` are the names there are; a step may also list what the document calls importable. Raises
    ``Problems`` with everything that is wrong, each with its line and its path as the field.
    """
    return read_toml(document, lambda table: _read_protocol(table, frozenset(instruments)))


def _read_protocol(table: Table, instruments: frozenset[str]) -> Protocol:
    importable = table.titles("importable") if table.has("importable") else {}
    known = instruments | importable.keys()
    baseline, after = table.tables("baseline") if table.has("baseline") else (), table.tables("steps")
    protocol = Protocol(
        name=table.string("name", NAME, NAME_WORDS),
        version=table.string(
            "version", _VERSION, text('write the version in quotes, such as "1" or "2026.1".')
        ),
        title=table.string("title", r"\S.{0,199}", text("write a title of one line, in quotes.")),
        steps=read_steps(after, known, baseline=False),
        baseline_steps=read_steps(baseline, known, baseline=True),
        most_per_day=table.whole("most_per_day", 1, 12),
        quiet=_read_quiet(table.table("quiet")),
        reminder_share=table.number("reminder_share", 0.1, 0.9),
        next_infusion_cancels=Cancels(table.choice("next_infusion_cancels", list(Cancels)) or Cancels.REST),
        importable=importable,
    )
    _check_names((*baseline, *after), (*protocol.baseline_steps, *protocol.steps))
    table.refuse_unknown()
    return protocol


def _read_quiet(table: Table) -> QuietHours:
    quiet = QuietHours(since=table.clock("since"), until=table.clock("until"))
    if table.sound and quiet.since <= quiet.until:
        table.refuse("since", text("quiet hours begin in the evening and end the next morning."))
    table.refuse_unknown()
    return quiet


def _check_names(tables: Iterable[Table], steps: Iterable[Step]) -> None:
    taken: set[str] = set()
    for table, step in zip(tables, steps, strict=True):
        if step.name and step.name in taken:
            table.refuse("name", text("another step has this name."))
        taken.add(step.name)
