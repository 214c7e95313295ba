"""Running a command as an operator does, in this process."""

from collections.abc import Iterable

from click.testing import CliRunner, Result
from support.house import environment, url_of

from checkin.cli import load
from checkin.storage.engine import Database


def run(
    name: str,
    *arguments: object,
    database: Database | str | None = None,
    typed: Iterable[str] = (),
    **more: str,
) -> Result:
    """Run a command with the settings for a database (or its URL), or with no settings at all."""
    url = url_of(database) if isinstance(database, Database) else database
    settings: dict[str, str | None] = dict.fromkeys(environment(""), None)
    return CliRunner().invoke(
        load(name),
        [str(argument) for argument in arguments],
        env=settings if url is None else {**settings, **environment(url, **more)},
        input="".join(f"{line}\n" for line in typed),
    )


def told(result: Result) -> str:
    """What a command that was refused says; a stack trace would show here as another exception."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code != 0
    return result.output
