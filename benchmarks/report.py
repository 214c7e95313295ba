"""A measured figure beside its bar, and the table of all of them."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table. ``least``: ``bar`` is the lowest figure allowed, otherwise the highest.

    ``spread`` are the figures of the single runs, in the same unit as ``reached``.
    """

    what: str
    bar: float
    reached: float
    unit: str = ""
    least: bool = False
    spread: Sequence[float] = ()

    @property
    def ok(self) -> bool:
        return self.reached >= self.bar if self.least else self.reached <= self.bar


def middle(what: str, runs: Sequence[float], *, bar: float, unit: str = "", least: bool = False) -> Row:
    """A row whose figure is the median of several runs."""
    return Row(what=what, bar=bar, reached=median(runs), unit=unit, least=least, spread=runs)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table that reads well in a terminal too."""
    lines = [("what", "bar", "reached", "runs", "")]
    lines += [
        (
            row.what,
            f"{'≥' if row.least else '≤'} {_figure(row.bar, row.unit)}",
            _figure(row.reached, row.unit),
            " ".join(_figure(run, "") for run in row.spread),
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
