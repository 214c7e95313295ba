"""The commands under ``flask``: where each is. What a command needs is loaded when it is asked for."""

from collections.abc import Mapping
from importlib import import_module
from typing import cast

import click
from flask.cli import AppGroup

COMMANDS: Mapping[str, str] = {
    "bounce": "checkin.cli_bounce:bounce",
    "check-audit": "checkin.cli_house:check_audit",
    "check-config": "checkin.cli_house:check_config",
    "create-staff": "checkin.cli_clinic:create_staff",
    "db-upgrade": "checkin.cli_house:db_upgrade",
    "generate-vapid-keys": "checkin.cli_push:generate_vapid_keys",
    "import-instrument": "checkin.cli_library:import_instrument",
    "import-protocol": "checkin.cli_library:import_protocol",
    "replan": "checkin.cli_house:replan",
    "scheduler": "checkin.cli_house:scheduler",
    "seed-demo": "checkin.cli_demo:seed_demo",
    "simulate": "checkin.cli_simulate:simulate",
    "tick": "checkin.cli_house:tick",
    "trust-clock": "checkin.cli_house:trust_clock",
    "window": "checkin.cli_window:window",
}


class Commands(AppGroup):
    """All of ``COMMANDS``. The web server sees the list too, and must not load simulator and scheduler."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return load(name) if name in COMMANDS else None


def load(name: str) -> click.Command:
    """Import a command. Raises ``KeyError`` for a name that is not in ``COMMANDS``."""
    module, _, attribute = COMMANDS[name].partition(":")
    return cast(click.Command, getattr(import_module(module), attribute))
