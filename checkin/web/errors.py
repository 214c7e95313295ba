"""What went wrong, as a page: a refusal in words, a missing thing as 404, a fault of ours without a trace."""

import secrets
from typing import Protocol

from flask import Flask, Response, make_response, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError, RequestEntityTooLarge
from werkzeug.exceptions import NotFound as HttpNotFound

from checkin.domain.errors import Conflict, NotFound, Refusal, Unavailable
from checkin.web.speech import said

_BARE = """<!doctype html><html lang="en"><title>Something went wrong</title>
<h1>Something went wrong</h1>
<p>This is our fault. Please try again in a few minutes.</p>
<p><a href="/help">Get help now</a></p>
<p>%(reference)s</p></html>"""


class Log(Protocol):
    """What the pages need of a logger."""

    def warning(self, event: str, **values: object) -> object: ...
    def fault(self, event: str, error: BaseException, **values: object) -> object: ...


def install(app: Flask, log: Log) -> None:
    """Answer every error with a page."""
    app.register_error_handler(NotFound, _missing)
    app.register_error_handler(HttpNotFound, _missing)
    app.register_error_handler(Unavailable, _unavailable)
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(CSRFError, _stale)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(HTTPException, _other)
    app.after_request(_when_to_try_again)

    @app.errorhandler(InternalServerError)
    def twice(error: InternalServerError) -> Response:
        """Another error's page broke."""
        return unexpected(error.original_exception or error)

    @app.errorhandler(Exception)
    def unexpected(error: BaseException) -> Response:
        reference = secrets.token_hex(4)
        log.fault("request failed", error, reference=reference, route=request.endpoint)
        try:
            page = render_template("page/error.html", reference=reference)
        except Exception as second:  # the page of last resort must not need anything that can break
            log.fault("error page failed", second, reference=reference)
            page = _BARE % {"reference": reference}
        return make_response(page, 500)


def _missing(_error: Exception) -> Response:
    message = said(NotFound().text)
    return make_response(
        render_template("page/refusal.html", heading=_("Page not found"), message=message), 404
    )


def _refused(error: Refusal) -> Response:
    status = 409 if isinstance(error, Conflict) else 403
    return make_response(render_template("page/refusal.html", message=said(error.text)), status)


def _unavailable(error: Unavailable) -> Response:
    return make_response(
        render_template("page/refusal.html", heading=_("Not saved yet"), message=said(error.text)), 503
    )


def _when_to_try_again(response: Response) -> Response:
    if response.status_code == 503:
        response.headers.setdefault("Retry-After", "30")
    return response


def _stale(_error: CSRFError) -> Response:
    message = _(
        "This page was open for too long, or cookies are off. Go back, reload the page and send it again."
    )
    return make_response(
        render_template("page/refusal.html", heading=_("Please send it again"), message=message), 400
    )


def _too_large(_error: RequestEntityTooLarge) -> Response:
    message = _("This is more than we can take at once. Send less.")
    return make_response(render_template("page/refusal.html", message=message), 413)


def _other(error: HTTPException) -> Response:
    if error.code is not None and error.code < 400:
        return make_response(error.get_response())
    response = make_response(
        render_template("page/refusal.html", message=_("This request does not work here.")), error.code or 400
    )
    if error.code == 405:
        response.headers["Allow"] = error.get_response().headers.get("Allow", "")
    return response
