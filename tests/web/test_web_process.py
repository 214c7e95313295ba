"""The web server as a process of its own: what it loads, and that a page does not make it load more."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from support.clock import Clock
from support.house import environment, url_of
from support.routes import Enter, Things, calls

from checkin.storage.engine import Database

ROOT = Path(__file__).parent.parent.parent
PERSONAS = ("stranger", "patient", "therapist", "staff")
# What only the scheduler and the commands work with: memory, and time at every start.
NOT_FOR_THE_WEB = {"numpy", "apscheduler", "http_ece", "py_vapid"}
_SERVE = """
import json, sys, wsgi
asked = json.load(sys.stdin)
at_start = sorted(sys.modules)
app, statuses = wsgi.web(), []
for cookies, paths in asked:
    browser = app.test_client()
    for name, value in cookies.items():
        browser.set_cookie(name, value)
    statuses += [browser.get(path).status_code for path in paths]
print(json.dumps({"start": at_start, "end": sorted(sys.modules), "statuses": statuses}))
"""


@pytest.fixture
def clock() -> Clock:
    """The server runs on the real clock, so what is planted is of today."""
    return Clock(datetime.now(UTC))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_serving_every_page_loads_nothing_of_the_scheduler_and_no_numpy(
    app: Flask, database: Database, things: Things, enter: Enter
) -> None:
    paths = [call.path for call in calls(app, things, "GET")]
    asked = []
    for persona in PERSONAS:
        browser = enter(persona)
        found = (browser.client.get_cookie(name, "127.0.0.1") for name in ("signin", "form"))
        asked.append(({cookie.key: cookie.value for cookie in found if cookie is not None}, paths))
    served = subprocess.run(
        [sys.executable, "-c", _SERVE],
        cwd=ROOT,
        env={**os.environ, **environment(url_of(database))},
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    assert served.returncode == 0, served.stderr
    told = json.loads(served.stdout)
    opened = {
        path for path, status in zip(paths * len(PERSONAS), told["statuses"], strict=True) if status == 200
    }
    assert len(opened) > 0.8 * len(paths), set(paths) - opened
    assert 500 not in told["statuses"]
    for moment in ("start", "end"):
        loaded = {name.partition(".")[0] for name in told[moment]}
        assert "flask" in loaded
        assert loaded & NOT_FOR_THE_WEB == set(), moment
