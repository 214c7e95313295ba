"""Security headers, on every response."""

from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
    )
)
_YEAR = 365 * 24 * 3600
_NOT_KEPT = (("Cache-Control", "no-store"),)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "X-Robots-Tag": "noindex, nofollow",
}


def install(app: Flask, *, secure: bool) -> None:
    """Put the headers on whatever the app answers, errors and static files too."""
    always = tuple(HEADERS.items())
    if secure:
        always += (("Strict-Transport-Security", f"max-age={_YEAR}; includeSubDomains"),)
    app.wsgi_app = _Headed(app.wsgi_app, always)  # type: ignore[method-assign]


def keep_static(response: Response, *, hashed: bool) -> Response:
    """Say how long a static file may be kept: one whose address has its content's hash never changes."""
    response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable" if hashed else "no-cache"
    return response


class _Headed:
    """The application around Flask: whatever comes out of it, an answer of Flask's own too, gets them.

    What does not say how long it may be kept must not be kept.
    """

    def __init__(self, inner: WSGIApplication, always: tuple[tuple[str, str], ...]) -> None:
        self._inner = inner
        self._always = always

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None, /
        ) -> Callable[[bytes], object]:
            kept = any(name == "Cache-Control" for name, _ in headers)
            return start_response(status, [*headers, *self._always, *(() if kept else _NOT_KEPT)], exc_info)

        return self._inner(environ, start)
