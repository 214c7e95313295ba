"""What every page must be: accessible, free of inline code, big enough to touch, never too wide, light."""

import gzip
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from browser.phone import PHONE, Phone

TARGET_PX = 44
NARROW = {"width": 320, "height": 640}
PAGE_BYTES, LIST_BYTES = 8 * 1024, 40 * 1024
FIRST_VIEW_BYTES, FIRST_VIEW_REQUESTS = 15 * 1024, 4
_HEALTH = ("depress", "ketamine", "infusion", "mood", "suicid", "phq", "score")
_LOOK = (Path(__file__).parent / "examine.js").read_text()
_AXE = """async (options) => (await axe.run(document, { resultTypes: ["violations"], ...options })).violations
  .flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${rule.help}: ${node.html}`))"""
TOO_WIDE = """() => document.documentElement.scrollWidth - document.documentElement.clientWidth"""
# The spacing that a reader may set (WCAG 2.2, 1.4.12).
_SPACED = """() => { const sheet = new CSSStyleSheet(); document.adoptedStyleSheets = [sheet];
  sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; "
    + "word-spacing: .16em !important } p { margin-bottom: 2em !important }"); }"""
# What the page has asked for when it is ready; the rest comes after it, and only its weight counts.
_FILES = """() => { const ready = performance.getEntriesByType("navigation")[0].loadEventStart || Infinity;
  const files = performance.getEntriesByType("resource").filter((entry) => entry.name.includes("/static/"));
  const first = files.filter((entry) => entry.startTime < ready).map((entry) => entry.name);
  const icons = [...document.querySelectorAll("link[rel=icon]")].map((link) => link.href);
  return [new Set([...first, ...icons]), new Set([...first, ...icons, ...files.map((entry) => entry.name)])]
    .map((names) => [...names]); }"""


def faults(phone: Phone, names: Iterable[str] = ()) -> list[str]:
    """Everything that is wrong with the page shown; ``names`` are people's and must not be in a title."""
    page = phone.page
    hidden = [*_HEALTH, *names]
    found: list[str] = page.evaluate(_LOOK, {"least": TARGET_PX, "hidden": hidden})
    page.evaluate(AXE_SCRIPT)
    found += page.evaluate(_AXE, {})
    page.emulate_media(color_scheme="dark")
    only_colours = {"runOnly": ["color-contrast"]}  # nothing else depends on the scheme
    found += [f"dark: {fault}" for fault in page.evaluate(_AXE, only_colours)]
    page.emulate_media(color_scheme="light")
    return found + _widths(phone)


def _widths(phone: Phone) -> list[str]:
    page, found = phone.page, []

    def measure(when: str) -> None:
        extra = page.evaluate(TOO_WIDE)
        if extra > 0:
            found.append(f"{extra} px too wide {when}")

    measure("at 360 px")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    measure("with text twice the size")
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    measure("at 320 px")
    page.evaluate(_SPACED)
    measure("at 320 px with wider spacing")
    page.evaluate("document.adoptedStyleSheets = []")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    return found


def weight(text: str | bytes) -> int:
    """Bytes as they travel through a compressing proxy."""
    return len(gzip.compress(text.encode() if isinstance(text, str) else text, 6))


def first_view(phone: Phone, source: str) -> tuple[int, int]:
    """Requests until a page is ready, and all bytes, for somebody who has not been here before."""
    first, files = phone.page.evaluate(_FILES)
    served = (phone.context.request.get(address).body() for address in files)
    return 1 + len(first), weight(source) + sum(map(weight, served))


def scripts(phone: Phone) -> set[str]:
    """The paths of the scripts that the page asks for."""
    found: list[str] = phone.page.evaluate("[...document.scripts].map((script) => script.src)")
    return {urlsplit(address).path for address in found}
