"""Commands that keep the house running: settings, schema, the scheduler and its clock."""

from uuid import uuid4

import click

from checkin import logs
from checkin.cli_base import open_database, open_house, read_settings
from checkin.scheduler import jobs, process
from checkin.services import heartbeat
from checkin.services.check_audit import check_trails
from checkin.services.replan_all import replan_all
from checkin.storage.migration import upgrade


@click.command("check-audit")
def check_audit() -> None:
    """Check that the audit trail is whole.

    Ends with 1 when an entry does not fit, and says which one.
    """
    with open_house() as house:
        checked = list(check_trails(house.deps))
    for found in checked:
        if found.broken is None:
            click.echo(f"{found.clinic}: {found.events} entries, all as they were written.")
        else:
            click.echo(f"{found.clinic}: {found.broken}. Keep this database and compare it with a backup.")
    if any(found.broken is not None for found in checked):
        raise SystemExit(1)


@click.command("check-config")
def check_config() -> None:
    """Check the settings and list all that is wrong."""
    settings = read_settings()
    click.echo(f"The settings are complete. People open {settings.base_url}.")


@click.command("db-upgrade")
def db_upgrade() -> None:
    """Bring the database to the newest schema.

    Running it again, or beside another one, does no harm.
    """
    with open_database() as (_settings, database):
        before, after = upgrade(database)
    if before == after:
        click.echo(f"The database is at {after}.")
    else:
        click.echo(f"The database went from {before or 'nothing'} to {after}.")


@click.command("replan")
def replan() -> None:
    """Plan the check-ins to come anew.

    For use after an update of the time zones. What was sent stays as it is. Running it again does no harm.
    """
    with open_house() as house:
        click.echo(f"Planned anew for {replan_all(house.deps)} patients.")


@click.command("scheduler")
def scheduler() -> None:
    """Remind and deliver, day and night, until stopped."""
    logs.configure()
    with open_house() as house:
        process.run(house.deps, logs.Log())


@click.command("tick")
def tick() -> None:
    """Do one pass of every job, say how much it did, end."""
    logs.configure()
    with open_house() as house:
        done = jobs.run_once(house.deps, uuid4(), logs.Log())
    for name, count in done.items():
        click.echo(f"{name}: {'failed, see the log' if count is None else count}")
    if None in done.values():
        raise SystemExit(1)


@click.command("trust-clock")
def trust_clock() -> None:
    """Say that this machine's clock is right.

    The scheduler does nothing when the clock is more than 30 days ahead of when it last ran.
    """
    with open_house() as house:
        heartbeat.trust_clock(house.deps)
        click.echo(f"The scheduler goes on from {house.deps.now():%Y-%m-%d %H:%M} UTC.")
