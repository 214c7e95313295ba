"""``window``: the response window of anyone in a table. It needs no settings and no database."""

import json
import math
import sys
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import BinaryIO

import click

from checkin.cli_base import in_plain_words
from checkin.domain.window.estimator import NOT_SAID, estimate
from checkin.domain.window.model import STANDARD
from checkin.domain.window.table import LONGEST, read_table
from checkin.domain.window.values import Criterion, Estimate, History, Interval

_HEADS = ("patient", "as of (h)", "state", "open now", "ever", "opens (h)", "closes (h)")


@click.command("window")
@click.argument("file", type=click.File("rb"))
@click.option(
    "--as-of",
    type=click.FloatRange(-LONGEST, LONGEST),
    metavar="H",
    callback=lambda _context, _option, hour: _finite(hour),
    help="Leave out rows after this hour; without it each patient's last row is now.",
)
@click.option(
    "--criterion",
    type=click.Choice([one.value for one in Criterion]),
    default="meaningful",
    show_default=True,
)
@click.option(
    "--grid",
    type=click.FloatRange(0.25, STANDARD.horizon),
    callback=lambda _context, _option, step: _finite(step),
    default=6.0,
    show_default=True,
    help="Hours between the probabilities of --json.",
)
@click.option("--json", "as_json", is_flag=True, help="One object a line for each patient.")
def window(file: BinaryIO, as_of: float | None, criterion: str, grid: float, *, as_json: bool) -> None:
    """Estimate response windows from a CSV file.

    The columns are patient, hours (since the end of that patient's first infusion, below 0 before it), kind
    (baseline, infusion or check_in) and score (0-27; none for infusions). "-" reads standard input. One bad
    row and nothing is estimated: each is listed with its line.
    """
    with in_plain_words():
        histories = read_table(StringIO(_decoded(file.read()), newline=""))
    if not histories:
        click.echo("There are no patients in this file.", err=True)
    elif not as_json:
        click.echo(_line(_HEADS))
    hours = [step * grid for step in range(int(STANDARD.horizon / grid + 1e-9) + 1)]
    for patient, history in histories.items():
        now = _last(history) if as_of is None else as_of
        found = estimate(history, as_of=now, criterion=Criterion(criterion), hours=hours)
        click.echo(json.dumps(_as_object(patient, found)) if as_json else _line(_as_cells(patient, found)))
        sys.stdout.flush()


def _finite(hour: float | None) -> float | None:
    if hour is not None and math.isnan(hour):
        raise click.BadParameter("not a number")
    return hour


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise click.ClickException(f"This cannot be taken:\n  line {line}: not readable as UTF-8") from error


def _last(history: History) -> float:
    return max((*history.infusions, *(answer.hours for answer in history.answers)))


def _as_object(patient: str, found: Estimate) -> dict[str, object]:
    return {
        "patient": patient,
        "as_of": round(found.as_of, 4),
        "state": found.state.value,
        "p_open": round(found.p_open, 4),
        "p_ever": round(found.p_ever, 4) if found.opens else min(round(found.p_ever, 4), NOT_SAID),
        "opens": _quantiles(found.opens),
        "closes": _quantiles(found.closes),
        "grid": [{"hours": round(at, 4), "p_open": round(chance, 4)} for at, chance in found.grid],
    }


def _quantiles(interval: Interval | None) -> dict[str, float | None]:
    if interval is None:
        return {"p10": None, "p50": None, "p90": None}
    return {name: round(hours, 2) for name, hours in vars(interval).items()}


def _as_cells(patient: str, found: Estimate) -> Iterator[str]:
    yield patient if patient.isprintable() else json.dumps(patient)
    yield f"{found.as_of:g}"
    yield found.state.value
    yield f"{found.p_open:.0%}"
    yield f"{found.p_ever:.0%}"
    for interval in (found.opens, found.closes):
        yield "-" if interval is None else f"{interval.p10:.0f} to {interval.p90:.0f}"


def _line(cells: Iterable[str]) -> str:
    name, *rest = cells
    return "  ".join([f"{name:<20}", *(f"{cell:>11}" for cell in rest)]).rstrip()
