"""Reading histories from a table: all of it, or a list of what is wrong with it, line by line."""

import csv
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from checkin.domain.errors import Invalid, Problems
from checkin.domain.window.model import STANDARD
from checkin.domain.window.values import Answer, History
from checkin.domain.words import Text, text

COLUMNS = ("patient", "hours", "kind", "score")
KINDS = ("baseline", "infusion", "check_in")
HIGHEST = 27.0
LONGEST = 24.0 * 366 * 10
"""Hours to either side of the first infusion; beyond ten years a number is not an hour but a mistake."""
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


def read_table(lines: Iterable[str]) -> dict[str, History]:
    """Return the history of each patient, in the order in which the patients first appear.

    The first line names the columns (``COLUMNS`` in any order; others are left alone). ``kind`` is one of
    ``KINDS``; infusions have no score. Hours count from the END of the patient's first infusion, which stands
    at 0 and may be left out. A table without lines has no patients. Raises ``Problems`` with one item per bad
    row, its line number first; then nothing was taken.
    """
    rows, wrong = _rows(lines)
    people: dict[str, _Person] = {}
    for row in rows:
        people.setdefault(row.patient, _Person()).add(row)
    for person in people.values():
        first = min(person.infusions, key=lambda row: row.hours, default=None)
        if first is not None and abs(first.hours) > 1e-6:
            wrong.append((first.line, text("the first infusion of a patient is at hours 0")))
    if wrong:
        raise Problems(
            tuple(_at_line(line, reason) for line, reason in sorted(wrong, key=lambda one: one[0]))
        )
    return {name: person.history() for name, person in people.items()}


@dataclass(frozen=True, kw_only=True)
class _Row:
    line: int
    patient: str
    hours: float
    kind: str
    score: float


@dataclass(frozen=True)
class _Person:
    infusions: list[_Row] = field(default_factory=list)
    answers: list[_Row] = field(default_factory=list)

    def add(self, row: _Row) -> None:
        (self.infusions if row.kind == "infusion" else self.answers).append(row)

    def history(self) -> History:
        ends = sorted({row.hours for row in self.infusions} | {0.0})
        given: list[Answer] = []
        before = -math.inf
        for row in sorted(self.answers, key=lambda row: (row.hours, KINDS.index(row.kind), row.score)):
            since = min((row.hours - end for end in ends if end <= row.hours), default=math.inf)
            if row.kind == "baseline":
                # At the very hour of an infusion it was taken before it.
                hours = math.nextafter(row.hours, -math.inf) if since == 0 else row.hours
                given.append(Answer(hours=hours, score=row.score))
            else:
                soon = min(since, row.hours - before) < STANDARD.early_until
                scaled_up = soon or not row.score.is_integer()
                early = since < math.inf and scaled_up
                given.append(Answer(hours=row.hours, score=row.score, early=early))
            before = row.hours
        return History(infusions=tuple(ends), answers=tuple(given))


_Wrong = list[tuple[int, Text]]


def _rows(lines: Iterable[str]) -> tuple[list[_Row], _Wrong]:
    """Return the good rows, and each bad one's line number with what is wrong."""
    reader = csv.reader(lines, strict=True)
    rows: list[_Row] = []
    wrong: _Wrong = []
    header: Sequence[str] | None = None
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = [cell.strip() for cell in cells]
                missing = [name for name in COLUMNS if header.count(name) != 1]
                if missing:
                    names = ", ".join(missing)
                    return [], [
                        (reader.line_num, text("columns missing or there twice: %(names)s", names=names))
                    ]
                continue
            try:
                rows.append(_row(reader.line_num, header, cells))
            except Invalid as refusal:
                wrong.append((reader.line_num, refusal.text))
    except csv.Error as error:
        wrong.append((reader.line_num, text("not readable as CSV: %(reason)s", reason=str(error))))
    return rows, wrong


def _row(line: int, header: Sequence[str], cells: Sequence[str]) -> _Row:
    if len(cells) != len(header):
        raise Invalid(text("%(found)s cells instead of %(wanted)s", found=len(cells), wanted=len(header)))
    values = dict(zip(header, (cell.strip() for cell in cells), strict=True))
    patient, kind = values["patient"], values["kind"]
    if not patient:
        raise Invalid(text("no patient"))
    if kind not in KINDS:
        raise Invalid(text("kind is “%(kind)s”, not one of %(kinds)s", kind=kind, kinds=", ".join(KINDS)))
    hours = _number(values, "hours", -LONGEST, LONGEST)
    if kind == "infusion":
        if values["score"]:
            raise Invalid(text("an infusion has no score"))
        return _Row(line=line, patient=patient, hours=hours, kind=kind, score=0.0)
    return _Row(
        line=line, patient=patient, hours=hours, kind=kind, score=_number(values, "score", 0.0, HIGHEST)
    )


def _number(values: Mapping[str, str], name: str, low: float, high: float) -> float:
    written = values[name]
    if not written:
        raise Invalid(text("no %(name)s", name=name))
    if not _NUMBER.fullmatch(written):  # float() would also take "1_0", "inf" and the digits of other scripts
        raise Invalid(text("%(name)s is “%(written)s”, not a number", name=name, written=written))
    number = float(written)
    if not low <= number <= high:
        raise Invalid(
            text(
                "%(name)s is %(written)s, not between %(low)s and %(high)s",
                name=name,
                written=written,
                low=f"{low:g}",
                high=f"{high:g}",
            )
        )
    return number


def _at_line(line: int, reason: Text) -> Invalid:
    return Invalid(reason, field=f"line {line}")
