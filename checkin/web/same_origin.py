"""Requests that scripts make: only from our own pages, beside the form token in their header."""

from urllib.parse import urlsplit

from flask import request

from checkin.domain.errors import Refusal
from checkin.domain.words import text
from checkin.web.context import deps


class FromElsewhere(Refusal):
    """A page of another origin sent it, or something that is no browser."""

    def __init__(self) -> None:
        super().__init__(text("This request did not come from one of our pages."))


def require_same_origin() -> None:
    """Refuse a request that does not say that it comes from our own pages. Raises ``FromElsewhere``."""
    parts = urlsplit(deps().settings.base_url)
    if request.headers.get("Origin") != f"{parts.scheme}://{parts.netloc}":
        raise FromElsewhere
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise FromElsewhere
