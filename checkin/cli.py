"""Commands under ``flask``. Each asks for what it needs, and only for that."""

import click

from checkin.config import Settings, SettingsError, load_settings
from checkin.services.deps import Deps
from checkin.storage.engine import Database
from checkin.storage.migration import current_revision, newest_revision, upgrade
from checkin.wiring import build_deps, open_from


def _settings() -> Settings:
    try:
        return load_settings()
    except SettingsError as error:
        lines = "\n".join(f"  {problem}" for problem in error.problems)
        raise click.ClickException(f"These settings are not right:\n{lines}") from error


def _open() -> tuple[Settings, Database, Deps]:
    """Settings, database and collaborators; refuses a database that is not up to date."""
    settings = _settings()
    database = open_from(settings)
    if current_revision(database) != newest_revision():
        raise click.ClickException("The database is not up to date. Run: flask db-upgrade")
    return settings, database, build_deps(settings, database)


@click.command("check-config")
def check_config() -> None:
    """Check the settings and say everything that is wrong with them."""
    settings = _settings()
    click.echo(f"The settings are complete. People open {settings.base_url}.")


@click.command("db-upgrade")
def db_upgrade() -> None:
    """Bring the database to the newest schema; safe to run again and beside others."""
    before, after = upgrade(open_from(_settings()))
    click.echo(
        f"The database is at {after}." if before == after else f"The database went from {before} to {after}."
    )


commands: tuple[click.Command, ...] = (check_config, db_upgrade)
