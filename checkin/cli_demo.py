"""``seed-demo``: a clinic of made-up people, to look at."""

import click

from checkin.cli_base import open_house


@click.command("seed-demo")
def seed_demo() -> None:
    """Fill an empty database with the demo clinic."""
    with open_house():
        pass
