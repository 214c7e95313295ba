"""``bounce``: an address at which nothing arrives."""

import sys

import click

from checkin.channels.bounce import read_bounce
from checkin.cli_base import open_house
from checkin.services.take_bounce import take_bounce

_NOBODYS = "Nobody here has this address. Nothing was changed."
_NOT_OURS = "No such mail was sent from here to this address. Nothing was changed."


@click.command("bounce")
@click.argument("address")
def bounce(address: str) -> None:
    """Note that mail to an address comes back.

    With "-" in the place of ADDRESS, read the mail that came back (RFC 3464). It must name a mail that was
    sent from here to that address: anybody can write one.

    Check-ins are not sent there any more, the person's next channel takes over, and staff see it.
    """
    if address != "-":
        with open_house() as house:
            click.echo("Noted." if take_bounce(house.deps, address) else _NOBODYS)
        return
    # A mail server that pipes mail in here must not get an error for what is no bounce: it would bounce too.
    found = read_bounce(sys.stdin.buffer.read())
    if found is None or found.message_id is None:
        click.echo("This mail does not say that mail from here failed for good. Nothing was changed.")
        return
    with open_house() as house:
        known = take_bounce(house.deps, found.address, message=found.message_id)
    click.echo("Noted." if known else _NOT_OURS)
