"""Steps as a protocol file writes them: each table read, and checked so that every step can be kept."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

from checkin.domain.step import (
    AfterDue,
    AtLocalTime,
    Condition,
    Elapsed,
    Expiry,
    FromEnd,
    LocalTime,
    Spacing,
    Step,
)
from checkin.domain.toml_table import Table
from checkin.domain.words import Text, text

ROOM = timedelta(minutes=30)
"""No step may be open for less: the notice needs time to be answered, the reminder time after the notice."""
NAME = r"(?=.{1,60}\Z)[a-z0-9]+(-[a-z0-9]+)*"
NAME_WORDS = text("write a name of small letters, digits and hyphens, in quotes.")
_ZERO = timedelta(0)

Entry = tuple[Table, Step]


def read_steps(tables: Sequence[Table], instruments: frozenset[str], *, baseline: bool) -> tuple[Step, ...]:
    """Return the steps of one list; ``baseline``: those before a planned infusion."""
    entries = [(table, _read_step(table, instruments, baseline)) for table in tables]
    for table, step in entries:
        if table.sound:
            _check_moments(table, step, baseline)
    _check_links(entries)
    return tuple(step for _, step in entries)


def _read_step(table: Table, instruments: frozenset[str], baseline: bool) -> Step:
    step = Step(
        name=table.string("name", NAME, NAME_WORDS),
        due=_read_due(table.table("due")),
        opens=_only(table.table("opens")) if table.has("opens") else None,
        expires=_read_expiry(table.table("expires")),
        instruments=table.names("instruments"),
        spacing=_read_spacing(table.table("after")) if table.has("after") else None,
        condition=_read_condition(table.table("condition"))
        if table.has("condition") and not baseline
        else None,
        apart=_only(table.table("apart")) if table.has("apart") and baseline else None,
        extra=table.flag("extra", otherwise=False),
        enabled=table.flag("enabled", otherwise=True),
    )
    for name in step.instruments:
        if name not in instruments:
            table.refuse("instruments", text('there is no instrument "%(name)s".', name=name))
    table.refuse_unknown()
    return step


def _only(table: Table) -> timedelta:
    hours = table.hours()
    table.refuse_unknown()
    return hours


def _read_due(table: Table) -> Elapsed | LocalTime:
    due: Elapsed | LocalTime
    if table.has("day"):
        due = LocalTime(
            day=table.whole("day", -30, 366), at=table.clock(), between=table.clock_pair("between")
        )
        inside = due.between[0] <= due.at <= due.between[1]
    else:
        between = table.hours_pair("between") if table.has("between") else None
        due = Elapsed(after=table.hours(), between=between)
        inside = between is None or between[0] <= due.after <= between[1]
    if table.sound and not inside:
        table.refuse("between", text("the moment it is due must lie in between."))
    table.refuse_unknown()
    return due


def _read_expiry(table: Table) -> Expiry:
    expiry: Expiry
    if table.has("at"):
        expiry = AtLocalTime(at=table.clock())
    elif table.has("hours_after_due"):
        expiry = AfterDue(after=table.hours("hours_after_due"))
    else:
        expiry = FromEnd(after=table.hours())
    table.refuse_unknown()
    return expiry


def _read_spacing(table: Table) -> Spacing:
    spacing = Spacing(step=table.string("step", NAME, NAME_WORDS), gap=table.hours())
    if table.sound and spacing.gap <= _ZERO:
        table.refuse("hours", text("write a number of hours above zero."))
    table.refuse_unknown()
    return spacing


def _read_condition(table: Table) -> Condition:
    condition = Condition(response_at=table.string("response_at", NAME, NAME_WORDS))
    table.refuse_unknown()
    return condition


def _check_moments(table: Table, step: Step, baseline: bool) -> None:
    if isinstance(step.due, Elapsed):
        problems = _elapsed_problems(step, step.due, baseline)
    else:
        problems = _local_problems(step, step.due, baseline)
    for key, words in problems:
        table.refuse(key, words)


def _elapsed_problems(step: Step, due: Elapsed, baseline: bool) -> Iterable[tuple[str, Text]]:
    if baseline and due.after >= _ZERO:
        yield "due", text("before an infusion, hours are below zero.")
    if not baseline and due.after <= _ZERO:
        yield "due", text("after an infusion, hours are above zero.")
    if step.opens is not None and not (step.opens <= due.after and (baseline or step.opens >= _ZERO)):
        yield "opens", text("it must open before it is due, and not before the infusion ends.")
    if isinstance(step.expires, AtLocalTime):
        yield "expires", text("a time of day fits only a step that is due at a time of day.")
        return
    expires = step.expires.after + (due.after if isinstance(step.expires, AfterDue) else _ZERO)
    if expires < due.after + ROOM:
        yield "expires", _TOO_SHORT
    if baseline and expires > _ZERO:
        yield "expires", text("before an infusion, it must be over when the infusion ends.")


def _local_problems(step: Step, due: LocalTime, baseline: bool) -> Iterable[tuple[str, Text]]:
    if baseline and due.day >= 0:
        yield "due", text("before an infusion, days are below zero.")
    if not baseline and due.day < 0:
        yield "due", text("after an infusion, the day is 0 or later.")
    if step.opens is not None:
        yield "opens", text("a step that is due at a time of day opens when it is due.")
    if isinstance(step.expires, FromEnd):
        yield (
            "expires",
            text("a step that is due at a time of day expires at one, or some hours after it is due."),
        )
    elif isinstance(step.expires, AfterDue):
        if step.expires.after < ROOM:
            yield "expires", _TOO_SHORT
    elif step.expires.at < due.between[1] or _between(due.at, step.expires.at) < ROOM:
        yield "expires", _TOO_SHORT


_TOO_SHORT = text("it must stay open for at least 30 minutes after it is due.")


def _between(first: time, last: time) -> timedelta:
    return datetime.combine(date.min, last) - datetime.combine(date.min, first)


def _check_links(entries: Sequence[Entry]) -> None:
    ranks = {step.name: (step.extra, index) for index, (_, step) in enumerate(entries)}
    for index, (table, step) in enumerate(entries):
        earlier = {other.name for _, other in entries[:index]}
        if step.spacing is not None and ranks.get(step.spacing.step, (True, index)) >= (step.extra, index):
            # Steps are placed in this order, so the other one must have its moment by then.
            table.refuse(
                "after", text("it must name a step above this one, and no extra one unless it is extra too.")
            )
        if step.condition is not None and step.condition.response_at not in earlier:
            table.refuse("condition", text("it must name a step above this one."))
