"""Sending a browser on after an act, so that reloading does not repeat it."""

from flask import Response, make_response, redirect


def go(target: str) -> Response:
    """Redirect with 303: the next request is a GET."""
    return make_response(redirect(target, 303))
