"""A calendar reader of our own, from RFC 5545 alone: no library, and of zones only what the file says."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

_PARAMETER = r';([A-Za-z0-9-]+)=((?:"[^"]*"|[^";:])*)'
_LINE = re.compile(rf"([A-Za-z0-9-]+)((?:{_PARAMETER})*):(.*)")
_LOCAL = "%Y%m%dT%H%M%S"


@dataclass(frozen=True)
class Property:
    """One logical line."""

    name: str
    parameters: Mapping[str, str]
    value: str

    @property
    def text(self) -> str:
        """The value with its escapes undone (3.3.11)."""
        return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], self.value)


@dataclass(frozen=True)
class Part:
    """A component: its properties, and the components inside it."""

    name: str
    properties: list[Property] = field(default_factory=list)
    inside: list["Part"] = field(default_factory=list)

    def all(self, name: str) -> list["Part"]:
        return [part for part in self.inside if part.name == name]

    def one(self, name: str) -> Property:
        """Return the only property of a name. Raises ``ValueError`` for none or several."""
        (found,) = [line for line in self.properties if line.name == name]
        return found


def read(content: bytes) -> Part:
    """Return the calendar. Raises ``ValueError`` for what is none."""
    lines = list(_lines(content))
    calendar = _part(iter(lines[1:]), lines[0].value)
    if (lines[0].name, calendar.name) != ("BEGIN", "VCALENDAR"):
        raise ValueError("not a calendar")
    return calendar


def moment(calendar: Part, line: Property) -> datetime:
    """Return a date with time (3.3.5) in UTC; one that clocks show twice is the first of the two."""
    if line.value.endswith("Z"):
        return datetime.strptime(line.value, f"{_LOCAL}Z").replace(tzinfo=UTC)
    local = datetime.strptime(line.value, _LOCAL).replace(tzinfo=UTC)
    (zone,) = [z for z in calendar.all("VTIMEZONE") if z.one("TZID").value == line.parameters["TZID"]]
    changes = sorted(change for rule in zone.inside for change in _changes(rule))
    candidates = {local - offset for _, offset in changes}
    return min(at for at in candidates if at + _offset(changes, at) == local)


def _lines(content: bytes) -> Iterator[Property]:
    for line in content.replace(b"\r\n ", b"").decode().removesuffix("\r\n").split("\r\n"):
        found = _LINE.fullmatch(line)
        if found is None:
            raise ValueError(f"not a content line: {line}")
        parameters = {name.upper(): value.strip('"') for name, value in re.findall(_PARAMETER, found[2])}
        yield Property(found[1].upper(), parameters, found[5])


def _part(lines: Iterator[Property], name: str) -> Part:
    part = Part(name)
    for line in lines:
        if line.name == "BEGIN":
            part.inside.append(_part(lines, line.value))
        elif line.name == "END":
            if line.value != name:
                raise ValueError(f"{name} ends as {line.value}")
            return part
        else:
            part.properties.append(line)
    raise ValueError(f"{name} does not end")


def _changes(rule: Part) -> Iterator[tuple[datetime, timedelta]]:
    """When a rule of a zone begins to hold (UTC), and its offset (3.6.5); only dates written out are read."""
    if any(line.name == "RRULE" for line in rule.properties):
        raise ValueError("a rule that repeats is not read")
    before, after = (_read_offset(rule.one(name).value) for name in ("TZOFFSETFROM", "TZOFFSETTO"))
    for line in rule.properties:
        if line.name in {"DTSTART", "RDATE"}:
            for written in line.value.split(","):
                yield datetime.strptime(written, _LOCAL).replace(tzinfo=UTC) - before, after


def _read_offset(written: str) -> timedelta:
    size = timedelta(hours=int(written[1:3]), minutes=int(written[3:5]), seconds=int(written[5:7] or 0))
    return -size if written[0] == "-" else size


def _offset(changes: list[tuple[datetime, timedelta]], at: datetime) -> timedelta:
    return [offset for since, offset in changes if since <= at][-1]
