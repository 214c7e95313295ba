"""``generate-vapid-keys``: the key by which push services know this install."""

import secrets

import click

from checkin.channels.vapid_key import new_vapid_key


@click.command("generate-vapid-keys")
@click.option("--id", "name", help="Name of the key, such as the year; by default a random one.")
def generate_vapid_keys(name: str | None) -> None:
    """Make a key for web push and print it as settings."""
    try:
        key = new_vapid_key(name or secrets.token_hex(3))
    except ValueError as error:
        raise click.UsageError("A name has letters, digits, dots, lines and dashes, 40 at most.") from error
    click.echo(f"CHECKIN_PUSH_KEYS={key.id}:{key.private}")
    click.echo("CHECKIN_PUSH_SUBJECT=mailto:somebody@example.org")
    click.echo(
        "# The first line is secret. Put a newer key before older ones, with a space between them:", err=True
    )
    click.echo("# phones that subscribed with an older key are reached as long as it stands there.", err=True)
    click.echo("# In the second line, write an address at which push services can reach you.", err=True)
    click.echo(f"# The public half, for your records: {key.public}", err=True)
