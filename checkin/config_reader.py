"""Reading settings one after the other, keeping what is wrong until all of them are read."""

import stat
from collections.abc import Callable, Mapping, Set
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

PREFIX = "CHECKIN_"
FILE = "_FILE"
T = TypeVar("T")


class SettingsError(Exception):
    """The environment is not usable; ``problems`` says for each setting what is wrong and what to do."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Reader:
    """Reads one setting after the other and collects what is wrong."""

    def __init__(self, environment: Mapping[str, str], names: Set[str]) -> None:
        self.environment = environment
        self.problems: list[str] = []
        known = {PREFIX + name for name in names}
        for name in sorted(name for name in environment if name.startswith(PREFIX)):
            if name.removesuffix(FILE) not in known:
                near = get_close_matches(name, known, n=1)
                self.problems.append(f"{name} is no setting" + (f"; is it {near[0]}?" if near else ""))

    def get(self, name: str, default: str | None = None) -> str:
        """The value of ``CHECKIN_<name>``, or the content of the file that ``CHECKIN_<name>_FILE`` names."""
        value = self.environment.get(PREFIX + name, "").strip()
        path = self.environment.get(f"{PREFIX}{name}{FILE}", "").strip()
        if path and value:
            self.wrong(name, f"and {PREFIX}{name}{FILE} are both set; leave one of them out")
        elif path:
            value = self._from_file(f"{PREFIX}{name}{FILE}", Path(path))
        if value:
            return value
        if default is None:
            self.wrong(name, "is not set")
            return ""
        return default

    def wrong(self, name: str, what: str) -> None:
        self.problems.append(f"{PREFIX}{name} {what}")

    def parsed(self, name: str, value: str, parse: Callable[[str], T], fallback: T) -> T:
        try:
            return parse(value)
        except ValueError as error:
            if value:
                self.wrong(name, str(error))
            return fallback

    def _from_file(self, name: str, path: Path) -> str:
        try:
            if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
                self.problems.append(f"{name}: {path} can be read by others; use chmod 600")
                return ""
            return path.read_text().strip()
        except OSError as error:
            self.problems.append(f"{name}: {path} cannot be read ({error.strerror})")
            return ""
