"""``seed-demo``: a clinic of made-up people, to look at."""

import click


@click.command("seed-demo")
def seed_demo() -> None:
    """Fill an empty database with the demo clinic."""
