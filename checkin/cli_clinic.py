"""``create-staff``: the first clinic of an install, and its first staff."""

import re

import click

from checkin.cli_base import choose_clinic, open_house
from checkin.domain.clinic import Clinic, ClinicSettings
from checkin.domain.clock import zones_to_choose
from checkin.domain.help_numbers import default_numbers
from checkin.services.deps import Deps
from checkin.services.open_clinic import appoint_staff, every_clinic, open_clinic

_COUNTRY = re.compile("[A-Z]{2}")


@click.command("create-staff")
@click.option("--name", prompt="Name of the member of staff", help="Name of the member of staff.")
@click.option("--email", prompt="E-mail", help="Their e-mail address, which they sign in with.")
@click.option("--clinic", "wanted", help="Id or name of the clinic, where there are several.")
@click.option("--by-mail", is_flag=True, help="Send the invitation by e-mail instead of printing its link.")
def create_staff(name: str, email: str, wanted: str | None, *, by_mail: bool) -> None:
    """Open the first clinic if need be; invite its staff."""
    with open_house() as house:
        deps = house.deps
        clinic = choose_clinic(deps, wanted) if every_clinic(deps) else _open_first(deps)
        invitation = appoint_staff(deps, clinic.id, name=name, email=email, on_paper=not by_mail)
    days = deps.settings.invitation.days
    if invitation.person.ready:
        click.echo("They have a password here already and are staff from now on.")
    elif invitation.secret is None:
        click.echo(f"The scheduler sends the invitation. Its link works once, for {days} days.")
    else:
        click.echo(f"Hand over this link. It works once, for {days} days, and is not shown again:")
        click.echo(f"{deps.settings.base_url}/welcome/{invitation.secret}")


def _open_first(deps: Deps) -> Clinic:
    click.echo("There is no clinic yet. Staff can change all of this later.")
    name = click.prompt("Name of the clinic")
    country = click.prompt("Country (two letters, such as GB)", value_proc=_country)
    zone = click.prompt("Time zone (such as Europe/London)", value_proc=_zone)
    sender = click.prompt("Neutral name that messages come from", default="Check-in")
    settings = ClinicSettings(
        country=country, zone=zone, language="en", sender_name=sender, numbers=default_numbers(country)
    )
    clinic = open_clinic(deps, name=name, settings=settings)
    click.echo("Patients are shown these numbers. Nobody has tried them yet: try them, then note the day.")
    for number in settings.numbers:
        click.echo(f"  {number.number}  {number.title}")
    return clinic


def _country(value: str) -> str:
    country = value.strip().upper()
    if not _COUNTRY.fullmatch(country):
        raise click.UsageError("Enter the two letters of the country, such as GB, US or DE.")
    return country


def _zone(value: str) -> str:
    zone = value.strip()
    if zone in zones_to_choose():
        return zone
    similar = [name for name in zones_to_choose() if zone and zone.casefold() in name.casefold()]
    hint = f" Did you mean {', '.join(similar[:5])}?" if similar else ""
    raise click.UsageError(f"There is no time zone {zone}.{hint}")
