"""The public shell: manifest, worker, and the two pages a phone keeps. Nothing here is about a person."""

import hashlib
import json
from pathlib import Path

from flask import Blueprint, Response, current_app, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from checkin.web import scripts
from checkin.web.help.views import help_page
from checkin.web.speech import reader

shell = Blueprint("shell", __name__)

_FILES = ("checkin.css", scripts.NAME, "icon.svg")  # the worker reads the second one
_PAPER, _ACCENT = "#f6f4ee", "#1b5a62"  # as in checkin.css


@shell.get("/manifest.webmanifest")
def manifest() -> ResponseReturnValue:
    """What a home screen shows; the name says nothing about health."""
    content = {
        "id": "/",
        "name": _("Check-in"),
        "short_name": _("Check-in"),
        "lang": reader().language,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": _PAPER,
        "theme_color": _PAPER,
        "icons": [
            _icon("icon-192.png", "192x192", "any"),
            _icon("icon-512.png", "512x512", "any"),
            _icon("icon-maskable.png", "512x512", "maskable"),
        ],
    }
    return _looked_up_again(json.dumps(content, ensure_ascii=False), "application/manifest+json")


@shell.get("/sw.js")
def worker() -> ResponseReturnValue:
    """The worker with the list of what it keeps; another release or other numbers make it another worker."""
    kept = [url_for("static", filename=name) for name in _FILES]
    pages = {url_for("help.show"): url_for("shell.help_page"), "other": url_for("shell.offline")}
    version = hashlib.sha256(repr((kept, offline(), help_page(kept=True))).encode()).hexdigest()[:12]
    told = {"version": version, "files": kept, "pages": pages, "name": _("Check-in")}
    told["icon"] = url_for("static", filename="icon-192.png")
    script = Path(str(current_app.static_folder), scripts.WORKER).read_text()
    return _looked_up_again(scripts.small(f"const SHELL = {json.dumps(told)};\n{script}"), "text/javascript")


@shell.get("/offline")
def offline() -> ResponseReturnValue:
    """What stands in the place of a page that cannot be fetched."""
    return render_template("shell/offline.html")


@shell.get("/offline/help", endpoint="help_page")
def kept_help() -> ResponseReturnValue:
    """The help page without what changes by the hour: an old copy must not promise that somebody looks."""
    return help_page(kept=True)


@shell.get("/home-screen")
def home_screen() -> ResponseReturnValue:
    """How to put the app on the home screen of a phone."""
    return render_template("shell/home_screen.html")


def _icon(name: str, sizes: str, purpose: str) -> dict[str, str]:
    address = url_for("static", filename=name)
    return {"src": address, "sizes": sizes, "type": "image/png", "purpose": purpose}


def _looked_up_again(body: str, kind: str) -> Response:
    """Kept by the browser, but never used without asking whether it is still the same."""
    response = make_response(body)
    response.content_type = f"{kind}; charset=utf-8"
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response
