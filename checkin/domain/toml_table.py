"""Reading TOML that a person wrote: every problem is noted with its line and path, none stops the rest."""

import math
import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from datetime import time, timedelta
from typing import Any, TypeVar

from checkin.domain.errors import Invalid, Problems, Refusal
from checkin.domain.words import Text, text

Path = tuple[str | int, ...]
Found = TypeVar("Found")

_HEADER = re.compile(r"\s*(\[\[?)\s*([\w.-]+)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"\s*([\w.-]+)\s*=")
_LABEL = re.compile(r"[\w-]{1,40}")
_SYNTAX = re.compile(r"(.*) \(at line (\d+), column \d+\)", re.DOTALL)
_TITLE = r"\S.{0,59}"
_NO_TIME = timedelta(0)
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
MOST_HOURS = 24 * 366
"""No offset is longer than a year; it also keeps sums of them within what Python can hold."""


class Notes:
    """The problems found so far in one document, and where its keys stand."""

    def __init__(self, document: str) -> None:
        self._lines = _lines_of(document)
        self._problems: list[tuple[int, Path, Refusal]] = []

    def add(self, path: Path, shown: str, words: Text) -> None:
        known = (path[:end] for end in range(len(path), 0, -1))
        line = next((self._lines[part] for part in known if part in self._lines), 0)
        if line:
            said = text("Line %(line)s, %(path)s: %(problem)s", line=line, path=shown, problem=words)
        else:
            said = text("%(path)s: %(problem)s", path=shown, problem=words)
        self._problems.append((line, path, Invalid(said, field=shown)))

    def none_under(self, path: Path) -> bool:
        return all(noted[: len(path)] != path for _, noted, _ in self._problems)

    def problems(self) -> tuple[Refusal, ...]:
        """Return what was noted, in the order of the lines; what has no line comes first."""
        return tuple(refusal for _, _, refusal in sorted(self._problems, key=lambda noted: noted[0]))


class Table:
    """One table of the document. A getter notes what is missing or wrong and returns something harmless.

    So a reader can go on to the end and find every problem; ``sound`` says whether what it read is real.
    ``label`` stands for the table in paths; an entry of a list is labelled by its name, else by its number.
    """

    def __init__(self, values: dict[str, Any], path: Path, label: str, notes: Notes) -> None:
        self._values = values
        self._path = path
        self._label = label
        self._notes = notes
        self._asked: set[str] = set()

    def refuse(self, key: str, words: Text) -> None:
        """Note a problem at one key, or at the table itself for the key ""."""
        path = (*self._path, key) if key else self._path
        self._notes.add(path, self._shown(key), words)

    def refuse_unknown(self) -> None:
        """Note every key that nothing has asked for: a slip in a key must not pass as a default."""
        for key in self._values:
            if key not in self._asked:
                self.refuse(key, text("this key is not known."))

    @property
    def sound(self) -> bool:
        """Whether no problem was noted in this table so far."""
        return self._notes.none_under(self._path)

    def has(self, key: str) -> bool:
        return key in self._values

    def string(self, key: str, pattern: str, expected: Text) -> str:
        """Return a string that matches the pattern as a whole."""

        def read(value: Any) -> str | None:
            return value if isinstance(value, str) and re.fullmatch(pattern, value) else None

        return self._read(key, read, expected, "")

    def choice(self, key: str, choices: Collection[str]) -> str:
        """Return one of ``choices``."""

        def read(value: Any) -> str | None:
            return value if isinstance(value, str) and value in choices else None

        words = text("write one of these: %(choices)s.", choices=", ".join(choices))
        return self._read(key, read, words, "")

    def number(self, key: str, least: float, most: float) -> float:
        """Return a number from ``least`` to ``most``, both included."""
        words = text("write a number from %(least)s to %(most)s.", least=least, most=most)
        return self._read(key, lambda value: _number(value, least, most), words, least)

    def whole(self, key: str, least: int, most: int) -> int:
        """Return a whole number from ``least`` to ``most``, both included."""

        def read(value: Any) -> int | None:
            return value if type(value) is int and least <= value <= most else None

        words = text("write a whole number from %(least)s to %(most)s.", least=least, most=most)
        return self._read(key, read, words, least)

    def hours(self, key: str = "hours") -> timedelta:
        """Return a number of hours, up to a year either way."""
        return self._read(key, _hours, text("write a number of hours."), _NO_TIME)

    def clock(self, key: str = "at") -> time:
        """Return a time of day."""
        return self._read(key, _clock, text('write a time of day in quotes, such as "19:00".'), time())

    def hours_pair(self, key: str) -> tuple[timedelta, timedelta]:
        """Return two numbers of hours, the smaller one first."""
        words = text("write two numbers of hours, the smaller one first.")
        return self._read(key, lambda value: _pair(value, _hours), words, (_NO_TIME, _NO_TIME))

    def clock_pair(self, key: str) -> tuple[time, time]:
        """Return two times of one day, the earlier one first."""
        words = text('write two times of one day, the earlier one first, such as ["19:00", "21:30"].')
        return self._read(key, lambda value: _pair(value, _clock), words, (time(), time()))

    def names(self, key: str) -> tuple[str, ...]:
        """Return a list of at least one string, each once."""

        def read(value: Any) -> tuple[str, ...] | None:
            if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
                return None
            return tuple(value) if len(set(value)) == len(value) else None

        return self._read(key, read, text("write a list of names in quotes, each once."), ())

    def titles(self, key: str) -> Mapping[str, str]:
        """Return names, each with what people call it; a plain list calls each by its name."""

        def read(value: Any) -> Mapping[str, str] | None:
            if isinstance(value, list) and value and all(isinstance(name, str) for name in value):
                value = dict(zip(value, value, strict=True)) if len(set(value)) == len(value) else None
            good = isinstance(value, dict) and value and all(map(_is_title, value.values()))
            return value if good else None

        words = text('write names with what people call them, such as { phq-9 = "PHQ-9" }.')
        empty: Mapping[str, str] = {}
        return self._read(key, read, words, empty)

    def flag(self, key: str, *, otherwise: bool) -> bool:
        """Return true or false; ``otherwise`` if the key is left out."""
        if key not in self._values:
            return otherwise
        words = text("write true or false, without quotes.")
        return self._read(key, lambda value: value if isinstance(value, bool) else None, words, otherwise)

    def table(self, key: str) -> "Table":
        """Return a table inside this one."""
        words = text("write it in braces, such as { hours = 4 }.")
        empty: dict[str, Any] = {}
        found = self._read(key, lambda value: value if isinstance(value, dict) else None, words, empty)
        return Table(found, (*self._path, key), self._shown(key), self._notes)

    def tables(self, key: str) -> "tuple[Table, ...]":
        """Return the tables of a list written as ``[[key]]``, at least one."""

        def read(value: Any) -> list[dict[str, Any]] | None:
            good = isinstance(value, list) and value and all(isinstance(item, dict) for item in value)
            return value if good else None

        words = text("write each entry under its own line with [[%(key)s]].", key=key)
        empty: list[dict[str, Any]] = []
        return tuple(
            Table(values, (*self._path, key, index), f"{key}.{_label(values, index)}", self._notes)
            for index, values in enumerate(self._read(key, read, words, empty))
        )

    def _read(self, key: str, read: Callable[[Any], Found | None], expected: Text, harmless: Found) -> Found:
        self._asked.add(key)
        if key not in self._values:
            self.refuse(key, text("this is missing."))
            return harmless
        found = read(self._values[key])
        if found is None:
            self.refuse(key, expected)
            return harmless
        return found

    def _shown(self, key: str) -> str:
        return ".".join(part for part in (self._label, key) if part)


def read_toml(document: str, read: Callable[[Table], Found]) -> Found:
    """Return what ``read`` makes of the document's top table.

    Raises ``Problems`` with everything it noted on the way, or with the one place that is not TOML at all.
    """
    try:
        values = tomllib.loads(document)
    except (ValueError, RecursionError) as error:
        raise Problems((_syntax_problem(str(error)),)) from error
    notes = Notes(document)
    found = read(Table(values, (), "", notes))
    problems = notes.problems()
    if problems:
        raise Problems(problems)
    return found


def _syntax_problem(error: str) -> Refusal:
    match = _SYNTAX.fullmatch(error)
    if match is None:
        return Invalid(text("This is not a TOML file: %(reason)s.", reason=error))
    words = text("Line %(line)s: this is not TOML: %(reason)s.", line=int(match[2]), reason=match[1])
    return Invalid(words, field=f"line {match[2]}")


def _lines_of(document: str) -> dict[Path, int]:
    """Map each table and key to its line. The parser keeps no lines, so they are looked up in the text."""
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    inside_string = False
    for number, line in enumerate(document.split("\n"), start=1):
        if not inside_string:
            if header := _HEADER.fullmatch(line.rstrip("\r")):
                table = _table_path(header[2].split("."), header[1] == "[[", counts)
                lines[table] = number
            elif key := _KEY.match(line):
                lines[(*table, *key[1].split("."))] = number
        if (line.count('"""') + line.count("'''")) % 2:
            inside_string = not inside_string
    return lines


def _table_path(parts: list[str], entry: bool, counts: dict[Path, int]) -> Path:
    path: Path = ()
    for position, part in enumerate(parts, start=1):
        path = (*path, part)
        if entry and position == len(parts):
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _label(values: dict[str, Any], index: int) -> str:
    name = values.get("name")
    return name if isinstance(name, str) and _LABEL.fullmatch(name) else str(index + 1)


def _is_title(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(_TITLE, value) is not None


def _number(value: Any, least: float, most: float) -> float | None:
    good = type(value) in (int, float) and math.isfinite(value) and least <= value <= most
    return float(value) if good else None


def _hours(value: Any) -> timedelta | None:
    number = _number(value, -MOST_HOURS, MOST_HOURS)
    return None if number is None else timedelta(hours=number)


def _clock(value: Any) -> time | None:
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    return None if match is None else time(int(match[1]), int(match[2]))


def _pair(value: Any, read: Callable[[Any], Any]) -> Any:
    if not isinstance(value, list) or len(value) != 2:
        return None
    first, last = read(value[0]), read(value[1])
    return (first, last) if first is not None and last is not None and first < last else None
