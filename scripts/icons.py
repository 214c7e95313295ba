"""Draw the icons of the home screen from static/icon.svg, with the Chromium of the browser tests."""

import os
import re
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

STATIC = Path(__file__).parent.parent / "static"
# File → edge in pixels, and whether the system cuts its own shape out: then the ground fills the square and
# the drawing keeps inside the middle four fifths.
ICONS = {"icon-192.png": (192, False), "icon-512.png": (512, False), "icon-maskable.png": (512, True)}
_ROUND = re.compile(r' rx="\d+"')


def main() -> None:
    """Write the files of ``ICONS``."""
    drawing = (STATIC / "icon.svg").read_text()
    with sync_playwright() as playwright:
        unconfined = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=unconfined)
        for name, (edge, whole) in ICONS.items():
            page = browser.new_page(viewport={"width": edge, "height": edge})
            page.set_content(f"<style>body{{margin:0}}svg{{display:block}}</style>{_fitted(drawing, whole)}")
            page.screenshot(path=STATIC / name, omit_background=True)
        browser.close()


def _fitted(drawing: str, whole: bool) -> str:
    if not whole:
        return drawing
    ground = _ROUND.sub("", drawing).replace('width="32" height="32"', 'x="-4" y="-4" width="40" height="40"')
    return ground.replace('viewBox="0 0 32 32"', 'viewBox="-3 -3 38 38"')


if __name__ == "__main__":
    main()
