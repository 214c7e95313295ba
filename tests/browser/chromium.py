"""The Chromium of this machine."""

import os
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Playwright

ARGUMENTS = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOW = (
    "No Chromium was found. Install one (Debian: apt install chromium), or let Playwright bring its own "
    "(playwright install chromium), or set TEST_CHROMIUM to the path of one. "
    'To leave the browser tests out: pytest -m "not browser".'
)


class NoChromium(Exception):
    """There is no browser to test with; the text says what to do."""


def launch(playwright: Playwright) -> Browser:
    """Start TEST_CHROMIUM, else ``chromium`` of the PATH, else Playwright's own. Raises ``NoChromium``."""
    path = os.environ.get("TEST_CHROMIUM") or shutil.which("chromium") or playwright.chromium.executable_path
    if not Path(path).is_file():
        raise NoChromium(f"{path} is not there. {HOW}")
    # Chromium refuses to run as root inside its own sandbox.
    unconfined = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *unconfined])
