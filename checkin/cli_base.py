"""What the commands share: settings and database when they need them, refusals in plain words."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import click

from checkin.config import Settings, load_settings
from checkin.config_reader import SettingsError
from checkin.domain.clinic import Clinic
from checkin.domain.clock import to_local
from checkin.domain.errors import Problems, Refusal, Unavailable
from checkin.domain.words import Text
from checkin.services.deps import Deps
from checkin.services.open_clinic import every_clinic
from checkin.storage.engine import Database
from checkin.storage.migration import current_revision, newest_revision
from checkin.wiring import build_deps, open_from


class _Terminal:
    """The words of the domain for whoever runs a command: in English, as the commands are."""

    def gettext(self, message: str) -> str:
        return message

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return singular if n == 1 else plural

    def moment(self, at: datetime, zone: str) -> str:
        return f"{to_local(at, zone):%A %-d %B %Y, %H:%M}"


def said(words: Text | str) -> str:
    """Domain words as a line of text; a plain string is data and stays as it is."""
    return words.render(_Terminal()) if isinstance(words, Text) else words


@contextmanager
def in_plain_words() -> Iterator[None]:
    """Turn refusals into messages of the command line: one problem a line, with its field."""
    try:
        yield
    except Unavailable as error:
        raise click.ClickException(
            "The database cannot be used just now: it is locked, full or not there."
        ) from error
    except Problems as problems:
        lines = "\n".join(f"  {_line(item)}" for item in problems.items)
        raise click.ClickException(f"This cannot be taken:\n{lines}") from problems
    except Refusal as refusal:
        raise click.ClickException(_line(refusal)) from refusal


def _line(refusal: Refusal) -> str:
    words = said(refusal.text)
    return words if refusal.field is None or refusal.field in words else f"{refusal.field}: {words}"


@dataclass(frozen=True, kw_only=True)
class House:
    """What a command that works on the database is given."""

    settings: Settings
    database: Database
    deps: Deps


def read_settings() -> Settings:
    """Return the settings, or end with the list of what is wrong with them."""
    try:
        return load_settings()
    except SettingsError as error:
        lines = "\n".join(f"  {problem}" for problem in error.problems)
        raise click.ClickException(f"These settings are not right:\n{lines}") from error


@contextmanager
def open_database() -> Iterator[tuple[Settings, Database]]:
    """Open the database as it is; what is refused meanwhile is told in plain words."""
    settings = read_settings()
    database = open_from(settings)
    try:
        with in_plain_words():
            yield settings, database
    finally:
        database.engine.dispose()


@contextmanager
def open_house() -> Iterator[House]:
    """Open everything; refuses a database that is not up to date."""
    with open_database() as (settings, database):
        if current_revision(database) != newest_revision():
            raise click.ClickException("The database is not up to date. Run: flask db-upgrade")
        yield House(settings=settings, database=database, deps=build_deps(settings, database))


def choose_clinic(deps: Deps, wanted: str | None) -> Clinic:
    """Return the clinic of this id or name; without one, the only one there is."""
    clinics = every_clinic(deps)
    if not clinics:
        raise click.ClickException("There is no clinic yet. Run: flask create-staff")
    found = [clinic for clinic in clinics if wanted in {None, str(clinic.id), clinic.name}]
    if len(found) == 1:
        return found[0]
    listed = "\n".join(f"  {clinic.id}  {clinic.name}" for clinic in clinics)
    raise click.ClickException(f"Say which clinic, by its id or name, with --clinic:\n{listed}")
