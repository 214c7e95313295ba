"""``seed-demo``: a clinic of made-up people, to look at."""

from datetime import datetime

import click

from checkin.cli_base import open_house
from checkin.demo.again import again
from checkin.demo.people import PASSWORD, PATIENTS, STAFF, THERAPISTS, email_of
from checkin.demo.seed import Expected, seed
from checkin.services.heartbeat import trust_clock
from checkin.services.open_clinic import every_clinic

# Whom to sign in as, and what there is to see then.
_SHOWN = (
    (STAFF[0], "staff", "an open alert, the day's infusions, people, settings"),
    (THERAPISTS[0], "therapist", "patients who gave access, in the order of need"),
    (PATIENTS[0].name, "patient", "a record to look at; the next check-in comes to her"),
    (PATIENTS[1].name, "patient", "has shared nothing yet: give access, then record an infusion"),
)


@click.command("seed-demo")
def seed_demo() -> None:
    """Fill an empty database with the demo clinic.

    Run again, it keeps what is there and makes one patient's next check-in fall due within two minutes.
    """
    with open_house() as house:
        if not house.settings.demo:
            raise click.ClickException(
                "This is not a demo. Where it is meant to be one, set CHECKIN_DEMO=yes."
            )
        now = house.deps.now()
        first = not every_clinic(house.deps)
        expected = seed(house.deps, now) if first else again(house.deps, now)
        trust_clock(house.deps)  # a demo may lie unused for months
        _show(expected, house.deps.now())


def _show(expected: Expected | None, now: datetime) -> None:
    click.echo("Sign in as:")
    for name, role, what in _SHOWN:
        click.echo(f"  {email_of(name):24} {role:10} {what}")
    click.echo(f"Everybody else is there by first name, such as {email_of(THERAPISTS[1])}.")
    click.echo(f'All have the password "{PASSWORD}". None of these people exists.')
    if expected is not None:
        seconds = max(round((expected.due_at - now).total_seconds()), 0)
        click.echo(f"A check-in for {expected.name} falls due in {seconds} seconds; its link appears here.")
