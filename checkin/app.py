"""The web application, put together from its parts."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from typing import Any

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from checkin import logs
from checkin.config import Settings
from checkin.services.deps import Deps
from checkin.web import context, errors, guard, headers, pages, scripts, sign_in_state, speech
from checkin.web.form_cookie import FormCookie
from checkin.web.places import CHECKS_ITS_OWN_TOKEN, PLACES
from checkin.wiring import ROOT

_STATIC = ROOT / "static"
_FORM_LASTS = timedelta(hours=12)  # a check-in may lie open from the notice to its expiry
_MAX_BODY = 256 * 1024  # the largest form is a questionnaire's answers with a note


def create_app(settings: Settings, deps: Deps) -> Flask:
    """Build the application. The order matters: the guard stands before every view."""
    app = _App("checkin", static_folder=str(_STATIC), template_folder=str(ROOT / "templates"))
    _configure(app, settings)
    app.extensions[context.EXTENSION] = deps
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=1, x_host=1)  # type: ignore[method-assign]
    speech.install(app)
    headers.install(app, secure=settings.secure)
    sign_in_state.install(app, deps)
    guard.install(app)
    csrf = CSRFProtect(app)
    for view in CHECKS_ITS_OWN_TOKEN:
        csrf.exempt(view)
    errors.install(app, logs.Log())
    pages.install(app)
    for place in PLACES:
        app.register_blueprint(place)
    app.url_defaults(_hashed_static)
    app.jinja_env.globals["url_for"] = _quick_url_for(app)
    return app


class _App(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Nothing here is asynchronous, so no function needs to be looked at for it."""
        return func

    def log_exception(self, exc_info: object) -> None:
        """Left to the page for a fault of ours, which logs without the error's words and the address."""

    def send_static_file(self, filename: str) -> Response:
        made = filename == scripts.NAME
        response = scripts.answer(_STATIC) if made else super().send_static_file(filename)
        return headers.keep_static(response, hashed="v" in request.args)


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.old_secret_keys),
        SESSION_COOKIE_NAME="__Host-form" if settings.secure else "form",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=int(_FORM_LASTS.total_seconds()),
        WTF_CSRF_SSL_STRICT=False,  # no-referrer is our own policy; SameSite and the token do this work
        MAX_CONTENT_LENGTH=_MAX_BODY,
        MAX_FORM_PARTS=400,
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "translations"),
    )
    app.session_interface = FormCookie([*settings.old_secret_keys, settings.secret_key])
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def _quick_url_for(app: Flask) -> Callable[..., str]:
    """Build the addresses that never change only once: every page has several of them."""

    @lru_cache(maxsize=256)
    def fixed(endpoint: str, filename: str | None = None) -> str:
        return app.url_for(endpoint) if filename is None else app.url_for(endpoint, filename=filename)

    def url_for(endpoint: str, **values: Any) -> str:
        if values.keys() <= {"filename"} and not endpoint.startswith("."):
            return fixed(endpoint, **values)
        return app.url_for(endpoint, **values)

    return url_for


def _hashed_static(endpoint: str, values: dict[str, object]) -> None:
    """Give each static file's address the hash of its content, so that browsers may keep it for ever."""
    if endpoint == "static" and "v" not in values:
        values["v"] = _content_hash(str(values.get("filename", "")))


@lru_cache
def _content_hash(filename: str) -> str:
    path = _STATIC / filename
    if filename == scripts.NAME:
        content = scripts.script(_STATIC).encode()
    else:
        content = path.read_bytes() if path.is_file() else b""
    return hashlib.sha256(content).hexdigest()[:12] if content else ""
