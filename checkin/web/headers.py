"""Security headers, on every response."""

from flask import Flask, Response, request

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

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.extend(HEADERS)  # nobody else sets any of these
        if secure:
            response.headers["Strict-Transport-Security"] = f"max-age={_YEAR}; includeSubDomains"
        if request.endpoint == "static":
            # The address carries the content's hash, so what it names never changes.
            known = "v" in request.args
            response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable" if known else "no-cache"
        else:
            response.headers.setdefault("Cache-Control", "no-store")
        return response
