"""The way in: ``gunicorn "wsgi:web()"`` serves, ``flask COMMAND`` finds its commands here."""

import gc
import sys

from flask import Flask

from checkin import logs
from checkin.app import create_app as build
from checkin.cli import Commands
from checkin.config import SettingsError, load_settings
from checkin.web.one_at_a_time import OneAtATime
from checkin.wiring import build_deps


def web() -> Flask:
    """The application for a web server. Stops with a list when settings are missing or wrong."""
    logs.configure()
    try:
        settings = load_settings()
    except SettingsError as error:
        sys.exit("checkin cannot start:\n" + "\n".join(f"  {problem}" for problem in error.problems))
    app = build(settings, build_deps(settings))
    if settings.database_url.startswith("sqlite"):
        app.wsgi_app = OneAtATime(app.wsgi_app)  # type: ignore[method-assign]
    # What was built at the start stays for good, and a request leaves next to no cycles behind: the collector
    # need not look through everything again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    return app


def create_app() -> Flask:
    """What the ``flask`` program loads: the commands, which ask for settings only when they need them."""
    app = Flask("checkin")
    app.cli = Commands("checkin")
    return app
