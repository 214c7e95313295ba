"""A measured figure beside its bar, and the table of all of them."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import median


class At(Enum):
    """Which side of its bar a figure must be on."""

    MOST = "≤"
    LEAST = "≥"
    EXACTLY = "="


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table: a figure and where the bar for it is.

    ``runs`` are the figures of single runs, in the same unit as ``reached``.
    """

    what: str
    bar: float
    reached: float
    at: At = At.MOST
    unit: str = ""
    runs: Sequence[float] = ()

    @property
    def ok(self) -> bool:
        return {
            At.MOST: self.reached <= self.bar,
            At.LEAST: self.reached >= self.bar,
            At.EXACTLY: self.reached == self.bar,
        }[self.at]


def middle(what: str, runs: Sequence[float], *, bar: float, at: At = At.MOST, unit: str = "") -> Row:
    """A row whose figure is the median of several runs."""
    return Row(what=what, bar=bar, reached=median(runs), at=at, unit=unit, runs=runs)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table that reads well in a terminal too."""
    lines = [("what", "bar", "reached", "runs", "")]
    lines += [
        (
            row.what,
            f"{row.at.value} {_figure(row.bar, row.unit)}",
            _figure(row.reached, row.unit),
            " ".join(_figure(run, "") for run in row.runs),
            "ok" if row.ok else "MISSED",
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    printed = [
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |"
        for line in lines
    ]
    return "\n".join([printed[0], f"|{'|'.join('-' * (width + 2) for width in widths)}|", *printed[1:]])


def machine() -> str:
    """What the figures were taken on, without a name or an address."""
    busy = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} processors ({platform.machine()}), {platform.system()}, "
        f"Python {platform.python_version()}, load {busy:.1f} at the start"
    )


def _figure(value: float, unit: str) -> str:
    shown = (
        f"{value:.0f}" if unit.strip() and value == round(value) else f"{value:.2f}".rstrip("0").rstrip(".")
    )
    return f"{shown}{unit}"
